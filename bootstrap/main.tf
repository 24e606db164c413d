locals {
  environment = yamldecode(file("${path.module}/../environments/${var.environment}/environment.yaml"))

  # Terraform has no way to read a backend block, and the names in it must not
  # be written twice.
  _backend = file("${path.module}/../environments/${var.environment}/backend.tf")
  state = {
    for name in ["bucket", "key"] : name => one(regex("(?m)^\\s*${name}\\s*=\\s*\"([^\"]+)\"", local._backend))
  }

  # Who takes releases from here, as their own files say.
  _files      = { for file in fileset("${path.module}/../environments", "*/environment.yaml") : dirname(file) => "${path.module}/../environments/${file}" }
  promotes_to = toset([for name, file in local._files : name if yamldecode(file(file)).promotes_from == local.environment.name])

  # As backend.tf of this folder has it.
  _own_key = "bootstrap/terraform.tfstate"

  # An object's key is the beginning of its lock's key, so a rule for states also
  # means their locks. S3 then takes the shorter time.
  _keys = { bootstrap = local._own_key, environment = local.state.key }
  lifecycle_rules = merge(
    { for name, key in local._keys : "${name}-state" => {
      prefix                     = key
      noncurrent_expiration_days = var.state_retention.noncurrent_days
      newer_noncurrent_versions  = var.state_retention.newer_noncurrent_versions
    } },
    { for name, key in local._keys : "${name}-lock" => {
      prefix                     = "${key}.tflock"
      noncurrent_expiration_days = 1
    } },
  )
}

# ------------------------------------------------------------------------------
# The state bucket
# ------------------------------------------------------------------------------

# `infra bootstrap` makes the bucket, because the state of this configuration
# needs a place before the first plan.
import {
  to = module.state_bucket.aws_s3_bucket.this
  id = local.state.bucket
}

module "state_key" {
  source = "../modules/kms_key"

  name        = "${var.project}-tfstate"
  description = "Terraform states of ${var.project}-${local.environment.name}"
}

module "state_bucket" {
  source = "../modules/s3_bucket"

  name             = local.state.bucket
  force_destroy    = var.force_destroy
  kms_key_arn      = module.state_key.arn
  lifecycle_rules  = local.lifecycle_rules
  policy_documents = { encryption = data.aws_iam_policy_document.state_encryption.json, ledger = data.aws_iam_policy_document.ledger_kept.json }
}

# Whoever writes a state without naming an encryption gets the bucket's. A
# negated test is also true where the key is missing, hence the Null tests.
data "aws_iam_policy_document" "state_encryption" {
  dynamic "statement" {
    for_each = {
      DenyOtherAlgorithms = { header = "x-amz-server-side-encryption", allowed = "aws:kms" }
      DenyOtherKeys       = { header = "x-amz-server-side-encryption-aws-kms-key-id", allowed = module.state_key.arn }
    }

    content {
      sid       = statement.key
      effect    = "Deny"
      actions   = ["s3:PutObject"]
      resources = ["arn:${data.aws_partition.current.partition}:s3:::${local.state.bucket}/*"]

      principals {
        type        = "*"
        identifiers = ["*"]
      }

      condition {
        test     = "Null"
        variable = "s3:${statement.value.header}"
        values   = ["false"]
      }

      condition {
        test     = "StringNotEquals"
        variable = "s3:${statement.value.header}"
        values   = [statement.value.allowed]
      }
    }
  }

  statement {
    sid       = "DenyKeysOfCallers"
    effect    = "Deny"
    actions   = ["s3:PutObject"]
    resources = ["arn:${data.aws_partition.current.partition}:s3:::${local.state.bucket}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Null"
      variable = "s3:x-amz-server-side-encryption-customer-algorithm"
      values   = ["false"]
    }
  }
}

# ------------------------------------------------------------------------------
# The ledger
# ------------------------------------------------------------------------------

# Signs the records of what is done in the environment. KMS can't rotate a key
# that signs; the private half never leaves it.
resource "aws_kms_key" "ledger" {
  #checkov:skip=CKV_AWS_7:KMS rotates symmetric keys only.
  description              = "Signs the ledger of ${var.project}-${local.environment.name}"
  customer_master_key_spec = "ECC_NIST_P256"
  deletion_window_in_days  = 30
  key_usage                = "SIGN_VERIFY"
  policy                   = data.aws_iam_policy_document.ledger_key.json
}

# As infra/ledger/signing.py has it: from the bucket's name, which an environment
# and its bootstrap both know.
resource "aws_kms_alias" "ledger" {
  name          = "alias/${replace(local.state.bucket, ".", "-")}-ledger"
  target_key_id = aws_kms_key.ledger.key_id
}

# The account root is there so that IAM policies say who may sign.
data "aws_iam_policy_document" "ledger_key" {
  #checkov:skip=CKV_AWS_109:A key policy can only name its own key, and root delegates to IAM.
  #checkov:skip=CKV_AWS_111:A key policy can only name its own key, and root delegates to IAM.
  #checkov:skip=CKV_AWS_356:A key policy can only name its own key as "*".

  statement {
    sid       = "AccountAdministration"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${data.aws_partition.current.partition}:iam::${local.environment.account_id}:root"]
    }
  }
}

# For everybody in the account: a record is written once, and stays.
data "aws_iam_policy_document" "ledger_kept" {
  statement {
    sid       = "DenyOverwritingLedger"
    effect    = "Deny"
    actions   = ["s3:PutObject"]
    resources = ["arn:${data.aws_partition.current.partition}:s3:::${local.state.bucket}/ledger/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Null"
      variable = "s3:if-none-match"
      values   = ["true"]
    }
  }

  statement {
    sid       = "DenyDeletingLedger"
    effect    = "Deny"
    actions   = ["s3:DeleteObject", "s3:DeleteObjectVersion"]
    resources = ["arn:${data.aws_partition.current.partition}:s3:::${local.state.bucket}/ledger/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}

data "aws_partition" "current" {}

# ------------------------------------------------------------------------------
# Who may deploy
# ------------------------------------------------------------------------------

module "github_oidc" {
  source = "../modules/github_oidc"

  existing_provider = try({ arn = var.existing_oidc_provider_arns[var.environment] }, null)
}

module "deployment_roles" {
  source = "../modules/deployment_roles"

  data_deletion_allowed  = contains(var.data_deletion_allowed_in, var.environment)
  environment            = local.environment.name
  ledger_key_arn         = aws_kms_key.ledger.arn
  main_branch            = var.main_branch
  oidc_provider_arn      = module.github_oidc.arn
  project                = var.project
  promotes_to            = local.promotes_to
  replication_account_id = lookup(var.replication_account_ids, var.environment, null)
  repository             = var.repository
  secret_values_readable = var.secret_values_readable

  state = {
    bucket    = module.state_bucket.name
    key       = local.state.key
    kms_key   = { arn = module.state_key.arn }
    read_keys = [local._own_key]
  }
}

# ------------------------------------------------------------------------------
# The account
# ------------------------------------------------------------------------------

# Above what each bucket says of itself, and whoever makes one.
resource "aws_s3_account_public_access_block" "this" {
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

# One for all repositories of the account.
module "ecr_registry" {
  source = "../modules/ecr_registry"

  scan_type = var.image_scan_type
}
