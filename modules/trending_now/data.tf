module "data_lake" {
  source = "../data_lake"

  name                     = local.name
  force_destroy            = var.force_destroy
  kms_key_arn              = module.kms_key.arn
  object_lock              = var.object_lock
  permissions_boundary_arn = local.permissions_boundary_arn
  replication              = var.replication

  retention = {
    access_logs_days           = var.retention.access_logs_days
    features_days              = var.retention.features_days
    noncurrent_days            = var.retention.noncurrent_days
    processed_days             = var.retention.processed_days
    raw_archive_days           = var.retention.raw_archive_days
    raw_infrequent_access_days = var.retention.raw_infrequent_access_days
    reports_days               = var.retention.reports_days
  }
}

module "data_roles" {
  source = "../data_roles"

  name                     = local.name
  buckets                  = { for zone, bucket in module.data_lake.buckets : zone => { arn = bucket.arn } }
  data_scientist           = var.data_scientist
  kms_key_arn              = module.kms_key.arn
  permissions_boundary_arn = local.permissions_boundary_arn
  pipeline                 = var.pipeline
}

module "drift_alarm" {
  source = "../drift_alarm"

  name        = "${local.name}-drift"
  bucket_name = module.data_lake.buckets["reports"].name
  prefix      = "drift/"
  topic_arn   = module.observability.topic_arn
}
