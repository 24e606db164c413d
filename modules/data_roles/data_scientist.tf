# The role of people who look into the lake.

locals {
  data_scientist_reads = concat(
    ["dvc", "features", "models", "processed", "reports"],
    try(var.data_scientist.raw_readable, false) ? ["raw"] : [],
  )

  # How old the second factor may be when the role is taken.
  mfa_max_age_seconds = 3600
}

data "aws_iam_policy_document" "data_scientist_trust" {
  statement {
    sid     = "DataScientists"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = try(var.data_scientist.principal_arns, [])
    }

    dynamic "condition" {
      for_each = try(var.data_scientist.mfa_required, true) ? [true] : []

      content {
        test     = "Bool"
        variable = "aws:MultiFactorAuthPresent"
        values   = ["true"]
      }
    }

    dynamic "condition" {
      for_each = try(var.data_scientist.mfa_required, true) ? [true] : []

      content {
        test     = "NumericLessThan"
        variable = "aws:MultiFactorAuthAge"
        values   = [local.mfa_max_age_seconds]
      }
    }
  }
}

data "aws_iam_policy_document" "data_scientist" {
  statement {
    sid       = "ListZones"
    actions   = ["s3:ListBucket"]
    resources = [for zone in local.data_scientist_reads : var.buckets[zone].arn]
  }

  statement {
    sid       = "ReadZones"
    actions   = ["s3:GetObject"]
    resources = [for zone in local.data_scientist_reads : local.objects[zone]]
  }

  statement {
    sid       = "UseKeyThroughS3"
    actions   = ["kms:Decrypt"]
    resources = [var.kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${data.aws_region.current.id}.${local.dns_suffix}"]
    }
  }

  # The rest holds whatever else is attached to the role or says a bucket policy.
  dynamic "statement" {
    for_each = try(var.data_scientist.raw_readable, false) ? [] : [var.buckets["raw"].arn]

    content {
      sid       = "NeverReadRaw"
      effect    = "Deny"
      actions   = ["s3:GetObject*", "s3:ListBucket*"]
      resources = [statement.value, local.objects["raw"]]
    }
  }

  statement {
    sid    = "NeverWriteObjects"
    effect = "Deny"
    actions = [
      "s3:AbortMultipartUpload",
      "s3:BypassGovernanceRetention",
      "s3:DeleteObject*",
      "s3:PutObject*",
      "s3:Replicate*",
      "s3:RestoreObject",
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
