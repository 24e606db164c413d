# The role that changes the environment, for jobs of its GitHub environment
# alone. What it may touch is named by prefix or, where AWS makes up the name,
# by the tag "environment" that the provider's default tags set.

data "aws_iam_policy_document" "apply_services" {
  statement {
    sid = "Services"
    actions = [
      "apprunner:*AutoScalingConfiguration",
      "apprunner:*CustomDomain",
      "apprunner:*ObservabilityConfiguration",
      "apprunner:*Service",
      "apprunner:*VpcConnector",
      "apprunner:*VpcIngressConnection",
      "apprunner:StartDeployment",
      "apprunner:TagResource",
      "apprunner:UntagResource",
    ]
    resources = local.arns.apprunner
  }

  # A firewall before a service is a matter between both.
  statement {
    sid       = "Firewalled"
    actions   = ["apprunner:AssociateWebAcl", "apprunner:DisassociateWebAcl"]
    resources = concat([local.arns.apprunner_service], local.arns.firewalls)
  }

  statement {
    sid = "Images"
    actions = [
      "ecr:CreateRepository",
      "ecr:DeleteLifecyclePolicy",
      "ecr:DeleteRepository",
      "ecr:DeleteRepositoryPolicy",
      "ecr:PutImageScanningConfiguration",
      "ecr:PutImageTagMutability",
      "ecr:PutLifecyclePolicy",
      "ecr:SetRepositoryPolicy",
      "ecr:TagResource",
      "ecr:UntagResource",
    ]
    resources = [local.arns.repository]
  }

  # A promotion brings the image of a release in, as it was where it comes from.
  statement {
    sid = "Releases"
    actions = [
      "ecr:BatchCheckLayerAvailability",
      "ecr:CompleteLayerUpload",
      "ecr:InitiateLayerUpload",
      "ecr:PutImage",
      "ecr:UploadLayerPart",
    ]
    resources = [local.arns.repository]
  }

  # The settings of the account's one registry. Nobody can reach another's.
  statement {
    sid = "Registry"
    actions = [
      "ecr:DeleteRegistryPolicy",
      "ecr:PutRegistryPolicy",
      "ecr:PutRegistryScanningConfiguration",
      "ecr:PutReplicationConfiguration",
    ]
    resources = ["*"]
  }

  statement {
    sid = "Secrets"
    actions = [
      "secretsmanager:CreateSecret",
      "secretsmanager:DeleteSecret",
      "secretsmanager:PutSecretValue",
      "secretsmanager:RestoreSecret",
      "secretsmanager:TagResource",
      "secretsmanager:UntagResource",
      "secretsmanager:UpdateSecret",
      "secretsmanager:UpdateSecretVersionStage",
    ]
    resources = [local.arns.secrets]
  }
}

data "aws_iam_policy_document" "apply_data" {
  statement {
    sid = "Buckets"
    actions = [
      "s3:CreateBucket",
      "s3:DeleteBucket",
      "s3:DeleteBucketPolicy",
      "s3:PutBucket*",
      "s3:PutEncryptionConfiguration",
      "s3:PutIntelligentTieringConfiguration",
      "s3:PutInventoryConfiguration",
      "s3:PutLifecycleConfiguration",
      "s3:PutMetricsConfiguration",
      "s3:PutReplicationConfiguration",
      "s3:TagResource",
      "s3:UntagResource",
    ]
    resources = [local.arns.buckets]
  }

  dynamic "statement" {
    for_each = var.data_deletion_allowed ? [true] : []

    content {
      sid       = "EmptyBuckets"
      actions   = ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:ListBucketVersions"]
      resources = [local.arns.buckets, local.arns.objects]
    }
  }

  # The name of a key is made up by KMS, so a key is known by its tag: one can
  # only be made with it, and only such a key can be changed.
  statement {
    sid       = "MakeKeys"
    actions   = ["kms:CreateKey", "kms:TagResource"]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/environment"
      values   = [var.environment]
    }
  }

  statement {
    sid = "ManageKeys"
    actions = [
      "kms:CreateAlias",
      "kms:Decrypt",
      "kms:DeleteAlias",
      "kms:DisableKeyRotation",
      "kms:EnableKeyRotation",
      "kms:GenerateDataKey",
      "kms:PutKeyPolicy",
      "kms:ScheduleKeyDeletion",
      "kms:TagResource",
      "kms:UntagResource",
      "kms:UpdateAlias",
      "kms:UpdateKeyDescription",
    ]
    resources = [local.arns.keys]

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/environment"
      values   = [var.environment]
    }
  }

  # App Runner and ECR use the key by grants that only AWS services can redeem.
  statement {
    sid       = "GrantKeysToServices"
    actions   = ["kms:CreateGrant", "kms:RetireGrant", "kms:RevokeGrant"]
    resources = [local.arns.keys]

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/environment"
      values   = [var.environment]
    }

    condition {
      test     = "Bool"
      variable = "kms:GrantIsForAWSResource"
      values   = ["true"]
    }
  }

  statement {
    sid       = "Aliases"
    actions   = ["kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"]
    resources = [local.arns.key_alias]
  }
}

resource "aws_iam_policy" "apply" {
  for_each = {
    data     = data.aws_iam_policy_document.apply_data.json
    guards   = data.aws_iam_policy_document.apply_guards.json
    identity = data.aws_iam_policy_document.apply_identity.json
    network  = data.aws_iam_policy_document.apply_network.json
    services = data.aws_iam_policy_document.apply_services.json
    signals  = data.aws_iam_policy_document.apply_signals.json
  }

  name        = "${local.name}-apply-${each.key}"
  path        = local.deployment_path
  description = "What the apply role of ${local.name} may do: ${each.key}"
  policy      = each.value
}

resource "aws_iam_role" "apply" {
  name                 = "${local.name}-apply"
  path                 = local.deployment_path
  description          = "Changes ${local.name}, for jobs of the GitHub environment ${var.environment}"
  assume_role_policy   = data.aws_iam_policy_document.trust["apply"].json
  max_session_duration = 3600

  lifecycle {
    precondition {
      condition     = local.subjects_are_exact["apply"]
      error_message = local.no_subject_message
    }
  }
}

# The keys are known beforehand and the guards come first, so that the role
# never has powers without them.
resource "aws_iam_role_policy_attachment" "apply_guards" {
  role       = aws_iam_role.apply.name
  policy_arn = aws_iam_policy.apply["guards"].arn
}

resource "aws_iam_role_policy_attachment" "apply" {
  for_each = {
    data     = aws_iam_policy.apply["data"].arn
    identity = aws_iam_policy.apply["identity"].arn
    network  = aws_iam_policy.apply["network"].arn
    read     = aws_iam_policy.read.arn
    services = aws_iam_policy.apply["services"].arn
    signals  = aws_iam_policy.apply["signals"].arn
    state    = aws_iam_policy.state["apply"].arn
    wide     = aws_iam_policy.read_wide.arn
  }

  role       = aws_iam_role.apply.name
  policy_arn = each.value

  depends_on = [aws_iam_role_policy_attachment.apply_guards]
}
