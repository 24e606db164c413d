data "aws_partition" "current" {}

locals {
  # Made from the name: a policy document that asked the bucket would be read
  # anew, and the policy written again, whenever the bucket itself changes.
  arn = "arn:${data.aws_partition.current.partition}:s3:::${var.name}"
}

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_144:Replication is an input, because it needs a bucket in another account or region.
  #checkov:skip=CKV_AWS_145:The algorithm is an input, because S3 cannot deliver access logs to a bucket under a KMS key.
  #checkov:skip=CKV2_AWS_62:Events are an input, because nobody would hear those of a bucket of access logs.
  bucket        = var.name
  force_destroy = var.force_destroy

  lifecycle {
    # Ties the bucket to its key: otherwise a destroy that stops at a bucket
    # with objects in it has already scheduled the key's deletion.
    precondition {
      condition     = var.kms_key_arn == null ? true : startswith(var.kms_key_arn, "arn:")
      error_message = "The key must be given by its ARN. Example: module.kms_key.arn."
    }
  }
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket = aws_s3_bucket.this.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    bucket_key_enabled = var.encryption_algorithm == "aws:kms"

    apply_server_side_encryption_by_default {
      kms_master_key_id = var.kms_key_arn
      sse_algorithm     = var.encryption_algorithm
    }
  }
}

data "aws_iam_policy_document" "this" {
  source_policy_documents = values(var.policy_documents)

  statement {
    sid       = "DenyPlainTransport"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [local.arn, "${local.arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  statement {
    sid       = "DenyOldTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [local.arn, "${local.arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "NumericLessThan"
      variable = "s3:TlsVersion"
      values   = ["1.2"]
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id
  policy = data.aws_iam_policy_document.this.json

  # S3 refuses two changes of a bucket's access settings at the same time.
  depends_on = [aws_s3_bucket_public_access_block.this]
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  #checkov:skip=CKV_AWS_300:The rule "housekeeping" aborts unfinished uploads in the whole bucket.
  bucket = aws_s3_bucket.this.id

  rule {
    id     = "housekeeping"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = var.abort_multipart_days
    }

    expiration {
      expired_object_delete_marker = true
    }
  }

  dynamic "rule" {
    for_each = var.lifecycle_rules

    content {
      id     = rule.key
      status = "Enabled"

      filter {
        prefix = rule.value.prefix
      }

      dynamic "expiration" {
        for_each = rule.value.expiration_days == null ? [] : [rule.value.expiration_days]

        content {
          days = expiration.value
        }
      }

      dynamic "noncurrent_version_expiration" {
        for_each = rule.value.noncurrent_expiration_days == null ? [] : [rule.value]

        content {
          newer_noncurrent_versions = noncurrent_version_expiration.value.newer_noncurrent_versions
          noncurrent_days           = noncurrent_version_expiration.value.noncurrent_expiration_days
        }
      }

      dynamic "transition" {
        for_each = rule.value.transitions

        content {
          days          = transition.value
          storage_class = transition.key
        }
      }
    }
  }

  # Rules for noncurrent versions need versioning to be on.
  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_logging" "this" {
  count = var.access_logging == null ? 0 : 1

  bucket        = aws_s3_bucket.this.id
  target_bucket = var.access_logging.bucket
  target_prefix = var.access_logging.prefix
}

resource "aws_s3_bucket_notification" "this" {
  count = var.eventbridge_enabled ? 1 : 0

  bucket      = aws_s3_bucket.this.id
  eventbridge = true
}

resource "aws_s3_bucket_intelligent_tiering_configuration" "this" {
  for_each = var.intelligent_tiering

  bucket = aws_s3_bucket.this.id
  name   = each.key

  dynamic "filter" {
    for_each = each.value.prefix == "" ? [] : [each.value.prefix]

    content {
      prefix = filter.value
    }
  }

  dynamic "tiering" {
    for_each = { for tier, days in {
      ARCHIVE_ACCESS      = each.value.archive_access_days
      DEEP_ARCHIVE_ACCESS = each.value.deep_archive_access_days
    } : tier => days if days != null }

    content {
      access_tier = tiering.key
      days        = tiering.value
    }
  }
}

# This turns Object Lock on for a bucket that is there already. The bucket's own
# argument would replace the bucket.
resource "aws_s3_bucket_object_lock_configuration" "this" {
  count = var.object_lock == null ? 0 : 1

  bucket = aws_s3_bucket.this.id

  rule {
    default_retention {
      mode = var.object_lock.mode
      days = var.object_lock.days
    }
  }

  # S3 locks versions, so there have to be some.
  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_replication_configuration" "this" {
  count = var.replication == null ? 0 : 1

  bucket = aws_s3_bucket.this.id
  role   = var.replication.role_arn

  rule {
    id       = "everything"
    priority = 0
    status   = "Enabled"

    filter {}

    # The copy is there for the day on which the wrong thing was deleted here.
    delete_marker_replication {
      status = "Disabled"
    }

    # Without this S3 passes over whatever is encrypted with a KMS key.
    source_selection_criteria {
      sse_kms_encrypted_objects {
        status = "Enabled"
      }
    }

    destination {
      account = var.replication.destination_account_id
      bucket  = var.replication.destination_bucket_arn

      access_control_translation {
        owner = "Destination"
      }

      encryption_configuration {
        replica_kms_key_id = var.replication.destination_kms_key_arn
      }

      # A replication that fails says so nowhere but here.
      metrics {
        status = "Enabled"
      }
    }
  }

  # S3 refuses to replicate a bucket without versions, and a lock that comes
  # later would find a destination that was never asked for one.
  depends_on = [
    aws_s3_bucket_object_lock_configuration.this,
    aws_s3_bucket_versioning.this,
  ]
}

resource "aws_s3_bucket_metric" "this" {
  count = var.request_metrics_enabled ? 1 : 0

  bucket = aws_s3_bucket.this.id
  name   = "EntireBucket"
}
