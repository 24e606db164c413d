data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

# In a key policy "*" means the key that the policy belongs to, and the account
# root is there so that IAM policies, not this policy, say who administers it.
data "aws_iam_policy_document" "this" {
  #checkov:skip=CKV_AWS_109:A key policy can only name its own key, and root delegates to IAM.
  #checkov:skip=CKV_AWS_111:A key policy can only name its own key, and root delegates to IAM.
  #checkov:skip=CKV_AWS_356:A key policy can only name its own key as "*".

  statement {
    sid       = "AccountAdministration"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type = "AWS"
      identifiers = [format(
        "arn:%s:iam::%s:root",
        data.aws_partition.current.partition,
        data.aws_caller_identity.current.account_id,
      )]
    }
  }

  dynamic "statement" {
    for_each = var.service_principals

    content {
      sid       = "Service${replace(title(replace(statement.key, "_", " ")), " ", "")}"
      actions   = statement.value.actions
      resources = ["*"]

      principals {
        type = "Service"
        identifiers = [join(".", compact([
          statement.value.service,
          statement.value.regional ? data.aws_region.current.id : "",
          data.aws_partition.current.dns_suffix,
        ]))]
      }

      dynamic "condition" {
        for_each = statement.value.conditions

        content {
          test     = condition.value.test
          variable = condition.key
          values   = condition.value.values
        }
      }
    }
  }
}

resource "aws_kms_key" "this" {
  description             = var.description
  deletion_window_in_days = var.deletion_window_in_days
  enable_key_rotation     = true
  policy                  = data.aws_iam_policy_document.this.json
  rotation_period_in_days = var.rotation_period_in_days
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this.key_id
}
