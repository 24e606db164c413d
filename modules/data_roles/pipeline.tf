# The role of the batch pipeline.

locals {
  pipeline_reads = try(var.pipeline.read_zones, [])

  # What can be computed again may be replaced. S3 keeps the versions.
  pipeline_replaces = ["features", "models", "processed", "reports"]
}

data "aws_iam_policy_document" "pipeline_trust" {
  dynamic "statement" {
    for_each = length(try(var.pipeline.service_names, [])) > 0 ? [var.pipeline.service_names] : []

    content {
      sid     = "Services"
      actions = ["sts:AssumeRole"]

      principals {
        type        = "Service"
        identifiers = [for name in statement.value : "${name}.${local.dns_suffix}"]
      }

      # A service must not be talked into it on behalf of another account.
      condition {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [data.aws_caller_identity.current.account_id]
      }
    }
  }

  dynamic "statement" {
    for_each = length(try(var.pipeline.principal_arns, [])) > 0 ? [var.pipeline.principal_arns] : []

    content {
      sid     = "Roles"
      actions = ["sts:AssumeRole"]

      principals {
        type        = "AWS"
        identifiers = statement.value
      }
    }
  }
}

data "aws_iam_policy_document" "pipeline" {
  statement {
    sid       = "ListZones"
    actions   = ["s3:ListBucket"]
    resources = [for bucket in values(var.buckets) : bucket.arn]
  }

  dynamic "statement" {
    for_each = length(local.pipeline_reads) > 0 ? [local.pipeline_reads] : []

    content {
      sid       = "ReadZones"
      actions   = ["s3:GetObject"]
      resources = [for zone in statement.value : local.objects[zone]]
    }
  }

  statement {
    sid       = "WriteZones"
    actions   = ["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"]
    resources = values(local.objects)
  }

  statement {
    sid       = "ReplaceWhatWasComputed"
    actions   = ["s3:DeleteObject"]
    resources = [for zone in local.pipeline_replaces : local.objects[zone]]
  }

  # A multipart upload under a KMS key needs Decrypt as well as GenerateDataKey.
  statement {
    sid       = "UseKeyThroughS3"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${data.aws_region.current.id}.${local.dns_suffix}"]
    }
  }

  # The rest holds whatever else is attached to the role or says a bucket policy.
  # Raw data cannot be made again. DVC names objects by their content, and any
  # old commit may still point at one.
  statement {
    sid       = "NeverDeleteSources"
    effect    = "Deny"
    actions   = ["s3:DeleteObject"]
    resources = [local.objects["dvc"], local.objects["raw"]]
  }

  statement {
    sid    = "NeverDeleteVersions"
    effect = "Deny"
    actions = [
      "s3:BypassGovernanceRetention",
      "s3:DeleteObjectVersion",
      "s3:PutObjectLegalHold",
      "s3:PutObjectRetention",
    ]
    resources = ["*"]
  }

  statement {
    sid       = "NeverChangeBuckets"
    effect    = "Deny"
    actions   = local.bucket_changes
    resources = ["*"]
  }
}
