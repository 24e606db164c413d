data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  dns_suffix = data.aws_partition.current.dns_suffix

  # The keys are the zones. Versions that were overwritten or deleted go after
  # `noncurrent_days` everywhere.
  lifecycle_rules = {
    # DVC names objects by their content, and any old commit may still point at
    # one: current versions must never expire.
    dvc = {
      noncurrent_expiration_days = var.retention.noncurrent_days
    }
    # Which partitions stay in use nobody knows beforehand. Files under 128 KB
    # stay where they are: S3 moves none by itself, and none would be cheaper.
    features = {
      transitions                = { INTELLIGENT_TIERING = 0 }
      expiration_days            = var.retention.features_days
      noncurrent_expiration_days = var.retention.noncurrent_days
    }
    # A rollback may need a model that was overwritten long ago.
    models = {
      newer_noncurrent_versions  = 10
      noncurrent_expiration_days = var.retention.noncurrent_days
    }
    processed = {
      transitions                = { INTELLIGENT_TIERING = 0 }
      expiration_days            = var.retention.processed_days
      noncurrent_expiration_days = var.retention.noncurrent_days
    }
    # Raw data cannot be made again, so it only moves to cheaper storage.
    raw = {
      transitions                = { STANDARD_IA = var.retention.raw_infrequent_access_days, GLACIER_IR = var.retention.raw_archive_days }
      noncurrent_expiration_days = var.retention.noncurrent_days
    }
    reports = {
      expiration_days            = var.retention.reports_days
      noncurrent_expiration_days = var.retention.noncurrent_days
    }
  }

  names = { for zone in keys(local.lifecycle_rules) : zone => "${var.name}-${zone}-${local.account_id}" }

  # Made from names, because policies must speak of these before they exist.
  arns            = { for zone, name in local.names : zone => "arn:${data.aws_partition.current.partition}:s3:::${name}" }
  access_logs_arn = "arn:${data.aws_partition.current.partition}:s3:::${local.access_logs_name}"

  access_logs_name = "${var.name}-access-logs-${local.account_id}"
}

data "aws_iam_policy_document" "access_log_delivery" {
  statement {
    sid       = "AccessLogDelivery"
    actions   = ["s3:PutObject"]
    resources = [for zone in keys(local.arns) : "${local.access_logs_arn}/${zone}/*"]

    principals {
      type        = "Service"
      identifiers = ["logging.s3.${local.dns_suffix}"]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = values(local.arns)
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }
  }
}

module "access_logs" {
  source = "../s3_bucket"

  name                 = local.access_logs_name
  encryption_algorithm = "AES256"
  force_destroy        = var.force_destroy
  policy_documents     = { access_log_delivery = data.aws_iam_policy_document.access_log_delivery.json }

  lifecycle_rules = {
    access-logs = {
      expiration_days            = var.retention.access_logs_days
      noncurrent_expiration_days = 30
    }
  }
}

module "zone" {
  source   = "../s3_bucket"
  for_each = local.names

  name                    = each.value
  access_logging          = { bucket = module.access_logs.name, prefix = "${each.key}/" }
  eventbridge_enabled     = true
  force_destroy           = var.force_destroy
  kms_key_arn             = var.kms_key_arn
  lifecycle_rules         = { (each.key) = local.lifecycle_rules[each.key] }
  object_lock             = lookup(var.object_lock, each.key, null)
  replication             = lookup(local.replications, each.key, null)
  request_metrics_enabled = var.request_metrics_enabled
}
