module "app_runner_roles" {
  source = "../app_runner_roles"

  name                     = local.name
  kms_key_arns             = { environment = module.kms_key.arn }
  permissions_boundary_arn = local.permissions_boundary_arn
  repository_arns          = [module.ecr_repository.arn]
  secret_arns              = { for name in var.secret_names : name => aws_secretsmanager_secret.this[name].arn }

  buckets = {
    dvc       = { arn = module.data_lake.buckets["dvc"].arn, read_prefixes = [""] }
    features  = { arn = module.data_lake.buckets["features"].arn, read_prefixes = [""] }
    models    = { arn = module.data_lake.buckets["models"].arn, read_prefixes = [""] }
    processed = { arn = module.data_lake.buckets["processed"].arn, read_prefixes = [""] }
    reports   = { arn = module.data_lake.buckets["reports"].arn, write_prefixes = [""] }
  }

  telemetry = {
    log_group_arn    = module.observability.log_group_arn
    metric_namespace = local.metric_namespace
    tracing_enabled  = var.service.tracing_enabled
  }
}

module "app_runner_vpc_connector" {
  source = "../app_runner_vpc_connector"
  count  = var.network == null ? 0 : 1

  name         = local.name
  egress_rules = var.network.egress_rules
  subnet_ids   = var.network.subnet_ids
  vpc_id       = var.network.vpc_id
}

module "app_runner_service" {
  source = "../app_runner_service"
  count  = local.released ? 1 : 0

  name              = local.name
  access_role_arn   = module.app_runner_roles.access_role_arn
  encryption        = { kms_key_arn = module.kms_key.arn }
  image_digest      = var.release.image_digest
  instance_role_arn = module.app_runner_roles.instance_role_arn
  repository_url    = module.ecr_repository.url

  health_check        = { path = var.service.health_check_path }
  port                = var.service.port
  publicly_accessible = try(!var.network.private, true)
  scaling             = var.scaling
  secrets             = local.secret_variables
  size                = { cpu = var.service.cpu, memory = var.service.memory }
  tracing_enabled     = var.service.tracing_enabled
  vpc_connector       = var.network == null ? null : { arn = module.app_runner_vpc_connector[0].arn }

  environment = merge(local.release_environment, local.bucket_environment, {
    ENVIRONMENT      = var.environment
    LOG_GROUP        = local.log_group_name
    METRIC_NAMESPACE = local.metric_namespace
  })

  # A release marks only what it changes, so that a promotion shows as one
  # change in the plan and not as new tags on everything.
  tags = { release = coalesce(var.release.git_sha, substr(var.release.image_digest, 7, 12)) }

  # App Runner reads the secrets while it creates the service.
  depends_on = [aws_secretsmanager_secret_version.placeholder]
}

module "app_runner_private_ingress" {
  source = "../app_runner_private_ingress"
  count  = local.released && try(var.network.private, false) ? 1 : 0

  name                = local.name
  allowed_cidr_blocks = var.network.allowed_cidr_blocks
  service_arn         = module.app_runner_service[0].arn
  subnet_ids          = var.network.subnet_ids
  vpc_id              = var.network.vpc_id
}

module "app_runner_domain" {
  source = "../app_runner_domain"
  count  = local.released && var.domain_name != null ? 1 : 0

  domain_name = var.domain_name
  service_arn = module.app_runner_service[0].arn
}

module "web_acl" {
  source = "../web_acl"
  count  = var.firewall.enabled ? 1 : 0

  name                  = local.name
  kms_key_arn           = module.kms_key.arn
  log_retention_in_days = var.retention.application_logs_days
  rate_limit            = var.firewall.rate_limit
  resource_arns         = local.released ? { service = module.app_runner_service[0].arn } : {}
}

locals {
  # What the release says about itself, as far as it says it.
  release_environment = !local.released ? {} : {
    for key, value in {
      RELEASE_DATA_VERSION  = var.release.data_version
      RELEASE_GIT_SHA       = var.release.git_sha
      RELEASE_ID            = var.release.id
      RELEASE_IMAGE_DIGEST  = var.release.image_digest
      RELEASE_MODEL_VERSION = var.release.model_version
    } : key => value if value != null
  }

  bucket_environment = {
    for zone in ["dvc", "features", "models", "processed", "reports"] :
    "${upper(zone)}_BUCKET" => module.data_lake.buckets[zone].name
  }
}
