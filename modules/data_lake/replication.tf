# S3 itself, while it copies objects into another account.

locals {
  destinations = var.replication == null ? {} : var.replication.destination_bucket_arns

  replications = {
    for zone, arn in local.destinations : zone => {
      role_arn                = aws_iam_role.replication[0].arn
      destination_account_id  = var.replication.destination_account_id
      destination_bucket_arn  = arn
      destination_kms_key_arn = var.replication.destination_kms_key_arn
    }
  }

  # Zones that are no zones are refused by the variables and must not get here.
  sources = { for zone, arn in local.arns : zone => arn if contains(keys(local.destinations), zone) }
  locked  = { for zone, arn in local.sources : zone => arn if contains(keys(var.object_lock), zone) }
}

data "aws_iam_policy_document" "replication_trust" {
  statement {
    sid     = "S3Replication"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["s3.${local.dns_suffix}"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }
  }
}

data "aws_iam_policy_document" "replication" {
  count = var.replication == null ? 0 : 1

  statement {
    sid       = "ReadBuckets"
    actions   = ["s3:GetReplicationConfiguration", "s3:ListBucket"]
    resources = values(local.sources)
  }

  statement {
    sid       = "ReadObjects"
    actions   = ["s3:GetObjectVersionAcl", "s3:GetObjectVersionForReplication", "s3:GetObjectVersionTagging"]
    resources = [for arn in values(local.sources) : "${arn}/*"]
  }

  dynamic "statement" {
    for_each = length(local.locked) > 0 ? ["ReadLocks"] : []

    content {
      sid       = statement.value
      actions   = ["s3:GetObjectLegalHold", "s3:GetObjectRetention"]
      resources = [for arn in values(local.locked) : "${arn}/*"]
    }
  }

  # Without s3:ReplicateDelete: what is deleted here stays there.
  statement {
    sid       = "WriteCopies"
    actions   = ["s3:ObjectOwnerOverrideToBucketOwner", "s3:ReplicateObject", "s3:ReplicateTags"]
    resources = [for arn in values(local.destinations) : "${arn}/*"]

    # Bucket names are free for anyone once a bucket is gone.
    condition {
      test     = "StringEquals"
      variable = "aws:ResourceAccount"
      values   = [var.replication.destination_account_id]
    }
  }

  statement {
    sid       = "Decrypt"
    actions   = ["kms:Decrypt"]
    resources = [var.kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${data.aws_region.current.id}.${local.dns_suffix}"]
    }

    # The bucket under a bucket key, else the object.
    condition {
      test     = "StringLike"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = flatten([for arn in values(local.sources) : [arn, "${arn}/*"]])
    }
  }

  statement {
    sid       = "EncryptCopies"
    actions   = ["kms:Encrypt", "kms:GenerateDataKey"]
    resources = [var.replication.destination_kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${split(":", var.replication.destination_kms_key_arn)[3]}.${local.dns_suffix}"]
    }

    condition {
      test     = "StringLike"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = flatten([for arn in values(local.destinations) : [arn, "${arn}/*"]])
    }
  }
}

resource "aws_iam_role" "replication" {
  count = var.replication == null ? 0 : 1

  name                 = "${var.name}-replication"
  description          = "Lets S3 copy the data lake of ${var.name} into another account"
  assume_role_policy   = data.aws_iam_policy_document.replication_trust.json
  permissions_boundary = var.permissions_boundary_arn
}

resource "aws_iam_policy" "replication" {
  count = var.replication == null ? 0 : 1

  name        = "${var.name}-replication"
  description = "Copy the data lake of ${var.name} into another account"
  policy      = data.aws_iam_policy_document.replication[0].json
}

resource "aws_iam_role_policy_attachment" "replication" {
  count = var.replication == null ? 0 : 1

  role       = aws_iam_role.replication[0].name
  policy_arn = aws_iam_policy.replication[0].arn
}
