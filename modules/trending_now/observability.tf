module "observability" {
  source = "../observability"

  name                  = local.name
  alarm_emails          = var.alarm_emails
  buckets               = { for zone, bucket in module.data_lake.buckets : zone => bucket.name }
  kms_key_arn           = module.kms_key.arn
  log_group_name        = local.log_group_name
  log_retention_in_days = var.retention.application_logs_days
  metric_namespace      = local.metric_namespace
  thresholds            = var.thresholds

  service = !local.released ? null : {
    id            = module.app_runner_service[0].id
    max_instances = module.app_runner_service[0].max_instances
    min_instances = module.app_runner_service[0].min_instances
    name          = module.app_runner_service[0].name
  }
}

module "budget" {
  source = "../budget"
  count  = var.budget == null ? 0 : 1

  name      = "${local.name}-monthly"
  limit_usd = var.budget.limit_usd
  topic_arn = module.observability.topic_arn
}
