data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  dns_suffix = data.aws_partition.current.dns_suffix

  # Which roles exist must be known when planning, so it follows from nulls of
  # the inputs and never from ARNs.
  _pipeline       = var.pipeline == null ? [] : ["pipeline"]
  _data_scientist = var.data_scientist == null ? [] : ["data_scientist"]
  roles           = toset(concat(local._pipeline, local._data_scientist))

  names = {
    data_scientist = "${var.name}-data-scientist"
    pipeline       = "${var.name}-data-pipeline"
  }
  descriptions = {
    data_scientist = "Reads the data lake of ${var.name}"
    pipeline       = "Fills the data lake of ${var.name}"
  }
  max_session_seconds = {
    data_scientist = try(var.data_scientist.max_session_seconds, 3600)
    pipeline       = 3600
  }
  trust = {
    data_scientist = data.aws_iam_policy_document.data_scientist_trust.json
    pipeline       = data.aws_iam_policy_document.pipeline_trust.json
  }
  policies = {
    data_scientist = data.aws_iam_policy_document.data_scientist.json
    pipeline       = data.aws_iam_policy_document.pipeline.json
  }

  # Who works with data changes neither how a bucket is guarded nor who owns what
  # is in it.
  bucket_changes = [
    "s3:CreateBucket",
    "s3:DeleteBucket*",
    "s3:ObjectOwnerOverrideToBucketOwner",
    "s3:PutAccelerateConfiguration",
    "s3:PutBucket*",
    "s3:PutEncryptionConfiguration",
    "s3:PutIntelligentTieringConfiguration",
    "s3:PutInventoryConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutMetricsConfiguration",
    "s3:PutObjectAcl",
    "s3:PutObjectVersionAcl",
    "s3:PutReplicationConfiguration",
  ]

  objects = { for zone, bucket in var.buckets : zone => "${bucket.arn}/*" }
}

resource "aws_iam_role" "this" {
  for_each = local.roles

  name                 = local.names[each.key]
  description          = local.descriptions[each.key]
  assume_role_policy   = local.trust[each.key]
  max_session_duration = local.max_session_seconds[each.key]
  permissions_boundary = var.permissions_boundary_arn
}

resource "aws_iam_policy" "this" {
  for_each = local.roles

  name        = local.names[each.key]
  description = "What ${local.names[each.key]} may do with the zones of the data lake, and what it never does"
  policy      = local.policies[each.key]
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each = local.roles

  role       = aws_iam_role.this[each.key].name
  policy_arn = aws_iam_policy.this[each.key].arn
}
