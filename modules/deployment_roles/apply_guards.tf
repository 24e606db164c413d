# What the apply role never does, whatever else is attached to it.

data "aws_iam_policy_document" "apply_guards" {
  # A missing key fails StringNotEquals as well: no boundary is a wrong boundary.
  statement {
    sid    = "DenyOtherBoundaries"
    effect = "Deny"
    actions = [
      "iam:AttachRolePolicy",
      "iam:CreateRole",
      "iam:CreateUser",
      "iam:PutRolePermissionsBoundary",
      "iam:PutRolePolicy",
      "iam:PutUserPermissionsBoundary",
    ]
    resources = ["*"]

    condition {
      test     = "StringNotEquals"
      variable = "iam:PermissionsBoundary"
      values   = [aws_iam_policy.boundary.arn]
    }
  }

  statement {
    sid    = "DenyRemovingBoundaries"
    effect = "Deny"
    actions = [
      "iam:DeleteRolePermissionsBoundary",
      "iam:DeleteUserPermissionsBoundary",
    ]
    resources = ["*"]
  }

  # The roles that deploy, this one among them, their policies, the boundary
  # and the provider of their trust.
  statement {
    sid    = "DenyChangingDeployment"
    effect = "Deny"
    actions = [
      "iam:Add*",
      "iam:Attach*",
      "iam:Create*",
      "iam:Delete*",
      "iam:Detach*",
      "iam:PassRole",
      "iam:Put*",
      "iam:Remove*",
      "iam:Set*",
      "iam:Tag*",
      "iam:Untag*",
      "iam:Update*",
    ]
    resources = concat(local.arns.deployment, [var.oidc_provider_arn])
  }

  statement {
    sid    = "DenyPeople"
    effect = "Deny"
    actions = [
      "iam:*AccessKey*",
      "iam:*Group*",
      "iam:*LoginProfile*",
      "iam:*MFADevice*",
      "iam:*SAMLProvider*",
      "iam:*User*",
    ]
    resources = ["*"]
  }

  statement {
    sid    = "DenyChangingStateBucket"
    effect = "Deny"
    actions = [
      "s3:DeleteBucket*",
      "s3:PutBucket*",
      "s3:PutEncryptionConfiguration",
      "s3:PutLifecycleConfiguration",
      "s3:PutReplicationConfiguration",
    ]
    resources = [local.arns.state_bucket]
  }

  # Terraform writes an empty state where everything was destroyed, and deletes
  # no object but its lock, as infra does none but that of a promotion. Versions
  # are the way back after a bad write.
  statement {
    sid           = "DenyDeletingState"
    effect        = "Deny"
    actions       = ["s3:DeleteObject"]
    not_resources = [local.arns.objects, local.arns.promotion_lock, local.arns.state_lock]
  }

  statement {
    sid       = "DenyDeletingStateVersions"
    effect    = "Deny"
    actions   = ["s3:DeleteObjectVersion", "s3:PutObjectRetention", "s3:PutObjectLegalHold"]
    resources = [local.arns.all_state_objects]
  }

  # What a record says stays said.
  statement {
    sid       = "DenyOverwritingLedger"
    effect    = "Deny"
    actions   = ["s3:PutObject"]
    resources = [local.arns.ledger]

    condition {
      test     = "Null"
      variable = "s3:if-none-match"
      values   = ["true"]
    }
  }

  dynamic "statement" {
    for_each = length(concat(local.state_keys, local.ledger_keys)) > 0 ? [true] : []

    content {
      sid     = "DenyChangingStateKey"
      effect  = "Deny"
      actions = ["kms:CreateGrant", "kms:Disable*", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:TagResource", "kms:UntagResource", "kms:UpdateAlias"]

      resources = concat(local.state_keys, local.ledger_keys)
    }
  }

  # A key is known by its tag, so the tag must not be put on a key of others.
  statement {
    sid       = "DenyTakingKeys"
    effect    = "Deny"
    actions   = ["kms:TagResource", "kms:UntagResource"]
    resources = ["*"]

    condition {
      test     = "Null"
      variable = "aws:ResourceTag/environment"
      values   = ["false"]
    }

    condition {
      test     = "StringNotEquals"
      variable = "aws:ResourceTag/environment"
      values   = [var.environment]
    }
  }

  statement {
    sid    = "DenySecretValues"
    effect = "Deny"
    actions = [
      "secretsmanager:BatchGetSecretValue",
      "secretsmanager:GetSecretValue",
      "ssm:GetParameter*",
    ]
    resources     = var.secret_values_readable ? null : ["*"]
    not_resources = var.secret_values_readable ? [local.arns.secrets] : null
  }

  # Services that are the same in all regions are asked in one of their own.
  statement {
    sid         = "DenyOtherRegions"
    effect      = "Deny"
    not_actions = ["budgets:*", "iam:*", "sts:*"]
    resources   = ["*"]

    condition {
      test     = "StringNotEquals"
      variable = "aws:RequestedRegion"
      values   = [local.region]
    }
  }
}
