# The role of whoever looks: pull requests, the main branch, drift checks, and
# promotions from here. A plan runs the code of the pull request, so this role can
# change nothing but the lock of the state.

# Stands even when somebody attaches ReadOnlyAccess, which reads secrets and data.
data "aws_iam_policy_document" "plan_guards" {
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

  statement {
    sid           = "DenyObjects"
    effect        = "Deny"
    actions       = ["s3:GetObject*"]
    not_resources = concat([local.arns.identity_key, local.arns.ledger, local.arns.state, local.arns.state_lock], local.arns.read_states)
  }

  statement {
    sid    = "DenyWriting"
    effect = "Deny"
    actions = [
      "s3:DeleteObject*",
      "s3:PutObject*",
    ]
    not_resources = [local.arns.state_lock]
  }

  # Versions are the way back after a bad write, of the lock as of all else.
  statement {
    sid       = "DenyDeletingVersions"
    effect    = "Deny"
    actions   = ["s3:DeleteObjectVersion"]
    resources = ["*"]
  }
}

resource "aws_iam_policy" "plan_guards" {
  name        = "${local.name}-plan-guards"
  path        = local.deployment_path
  description = "What the plan role of ${local.name} never does, whatever else is attached to it"
  policy      = data.aws_iam_policy_document.plan_guards.json
}

resource "aws_iam_role" "plan" {
  name                 = "${local.name}-plan"
  path                 = local.deployment_path
  description          = "Plans ${local.name} from pull requests and ${var.main_branch}; changes nothing"
  assume_role_policy   = data.aws_iam_policy_document.trust["plan"].json
  max_session_duration = 3600

  lifecycle {
    precondition {
      condition     = local.subjects_are_exact["plan"]
      error_message = local.no_subject_message
    }
  }
}

resource "aws_iam_role_policy_attachment" "plan" {
  for_each = {
    guards = aws_iam_policy.plan_guards.arn
    read   = aws_iam_policy.read.arn
    state  = aws_iam_policy.state["plan"].arn
    wide   = aws_iam_policy.read_wide.arn
  }

  role       = aws_iam_role.plan.name
  policy_arn = each.value
}
