# What tests/iam asks about. Staging accepts both forms of the subject, dev and prod
# only the immutable one.

data "aws_caller_identity" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  repository = {
    owner         = "octo-org"
    repository    = "trending-now"
    owner_id      = "123456"
    repository_id = "456789"
  }
}

module "github_oidc" {
  source = "../../modules/github_oidc"
}

module "staging" {
  source = "../../modules/deployment_roles"

  environment            = "staging"
  data_deletion_allowed  = true
  ledger_key_arn         = "arn:aws:kms:eu-west-1:${local.account_id}:key/55555555-5555-5555-5555-555555555555"
  oidc_provider_arn      = module.github_oidc.arn
  promotes_to            = ["prod"]
  replication_account_id = "444455556666"
  repository             = merge(local.repository, { subject_forms = ["immutable", "name"] })

  state = {
    bucket    = "trending-now-tfstate-${local.account_id}"
    key       = "staging/terraform.tfstate"
    read_keys = ["bootstrap/terraform.tfstate"]
    kms_key   = { arn = "arn:aws:kms:eu-west-1:${local.account_id}:key/00000000-0000-0000-0000-000000000000" }
  }
}

module "dev" {
  source = "../../modules/deployment_roles"

  environment       = "dev"
  oidc_provider_arn = module.github_oidc.arn
  promotes_to       = ["staging"]
  repository        = merge(local.repository, { subject_forms = ["immutable"] })

  state = {
    bucket = "trending-now-tfstate-${local.account_id}"
    key    = "dev/terraform.tfstate"
  }
}

module "prod" {
  source = "../../modules/deployment_roles"

  environment            = "prod"
  ledger_key_arn         = "arn:aws:kms:eu-west-1:${local.account_id}:key/66666666-6666-6666-6666-666666666666"
  oidc_provider_arn      = module.github_oidc.arn
  repository             = merge(local.repository, { subject_forms = ["immutable"], id_checked = false })
  secret_values_readable = true

  state = {
    bucket = "trending-now-tfstate-${local.account_id}"
    key    = "prod/terraform.tfstate"
  }
}

module "kms_key" {
  source = "../../modules/kms_key"

  name        = "trending-now-staging"
  description = "What staging holds."

  service_principals = {
    alarms = {
      service    = "cloudwatch"
      actions    = ["kms:Decrypt", "kms:GenerateDataKey*"]
      conditions = { "aws:SourceAccount" = { test = "StringEquals", values = [local.account_id] } }
    }
  }
}

module "s3_bucket" {
  source = "../../modules/s3_bucket"

  name        = "trending-now-staging-data-${local.account_id}"
  kms_key_arn = module.kms_key.arn
}

module "app_runner_roles" {
  source = "../../modules/app_runner_roles"

  name                     = "trending-now-staging"
  kms_key_arns             = { environment = module.kms_key.arn }
  permissions_boundary_arn = module.staging.permissions_boundary_arn
  repository_arns          = ["arn:aws:ecr:eu-west-1:${local.account_id}:repository/trending-now-staging"]
  secret_arns              = { key = "arn:aws:secretsmanager:eu-west-1:${local.account_id}:secret:trending-now/staging/session-key-a1B2c3" }

  buckets = {
    data = { arn = module.s3_bucket.arn, read_prefixes = ["models/"], write_prefixes = ["reports/"] }
  }

  telemetry = {
    log_group_arn    = module.observability.log_group_arn
    metric_namespace = "trending-now/staging"
    tracing_enabled  = true
  }
}

module "observability" {
  source = "../../modules/observability"

  name           = "trending-now-staging"
  log_group_name = "/trending-now/staging/application"
}

output "bucket" {
  value = module.s3_bucket.name
}

output "key" {
  value = module.kms_key.id
}

output "topic" {
  value = module.observability.topic_arn
}

# The zones that nobody looks into here need no bucket.
module "raw_bucket" {
  source = "../../modules/s3_bucket"

  name        = "trending-now-staging-raw-${local.account_id}"
  kms_key_arn = module.kms_key.arn
}

locals {
  zones = merge(
    { for zone in ["processed", "features", "models", "dvc", "reports"] : zone => { arn = "arn:aws:s3:::trending-now-staging-${zone}-${local.account_id}" } },
    { raw = { arn = module.raw_bucket.arn } },
  )
}

module "data_roles" {
  source = "../../modules/data_roles"

  name                     = "trending-now-staging"
  buckets                  = local.zones
  data_scientist           = { principal_arns = ["arn:aws:iam::${local.account_id}:user/ada"] }
  kms_key_arn              = module.kms_key.arn
  permissions_boundary_arn = module.staging.permissions_boundary_arn

  pipeline = {
    principal_arns = ["arn:aws:iam::${local.account_id}:role/airflow"]
    service_names  = ["ecs-tasks"]
  }
}

module "opened_data_roles" {
  source = "../../modules/data_roles"

  name                     = "trending-now-staging-opened"
  buckets                  = local.zones
  kms_key_arn              = module.kms_key.arn
  permissions_boundary_arn = module.staging.permissions_boundary_arn

  data_scientist = {
    principal_arns = ["arn:aws:iam::${local.account_id}:user/ada"]
    mfa_required   = false
    raw_readable   = true
  }
}

output "raw" {
  value = module.raw_bucket.name
}
