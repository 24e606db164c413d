# What both plan and apply must see: the settings of everything that the
# environment uses, and never what is in it.

data "aws_iam_policy_document" "read" {
  statement {
    sid = "Buckets"
    actions = [
      "s3:GetAccelerateConfiguration",
      "s3:GetBucket*",
      "s3:GetEncryptionConfiguration",
      "s3:GetIntelligentTieringConfiguration",
      "s3:GetInventoryConfiguration",
      "s3:GetLifecycleConfiguration",
      "s3:GetMetricsConfiguration",
      "s3:GetReplicationConfiguration",
      "s3:ListBucket",
      "s3:ListTagsForResource",
    ]
    resources = [local.arns.buckets]
  }

  statement {
    sid = "Images"
    # A promotion to the next environment reads the image itself: manifest and
    # layers. It is what this environment runs, and holds no secret.
    actions = [
      "ecr:BatchGetImage",
      "ecr:DescribeImages",
      "ecr:DescribeRepositories",
      "ecr:GetDownloadUrlForLayer",
      "ecr:GetLifecyclePolicy",
      "ecr:GetRepositoryPolicy",
      "ecr:ListTagsForResource",
    ]
    resources = [local.arns.repository]
  }

  statement {
    sid       = "Services"
    actions   = ["apprunner:Describe*", "apprunner:ListOperations", "apprunner:ListTagsForResource"]
    resources = local.arns.apprunner
  }

  statement {
    sid = "Firewalls"
    actions = [
      "wafv2:GetIPSet",
      "wafv2:GetLoggingConfiguration",
      "wafv2:GetWebACL",
      "wafv2:GetWebACLForResource",
      "wafv2:ListTagsForResource",
    ]
    resources = concat([local.arns.apprunner_service], local.arns.firewalls)
  }

  statement {
    sid       = "ServicesOwnRoles"
    actions   = ["iam:GetRole", "iam:GetServiceLinkedRoleDeletionStatus"]
    resources = local.arns.service_roles
  }

  statement {
    sid = "Identity"
    actions = [
      "iam:GetOpenIDConnectProvider",
      "iam:GetPolicy",
      "iam:GetPolicyVersion",
      "iam:GetRole",
      "iam:ListAttachedRolePolicies",
      "iam:ListEntitiesForPolicy",
      "iam:ListInstanceProfilesForRole",
      "iam:ListPolicyVersions",
      "iam:ListRolePolicies",
    ]
    resources = concat([local.arns.roles, local.arns.policies, var.oidc_provider_arn], local.arns.deployment)
  }

  statement {
    sid       = "Keys"
    actions   = ["kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags"]
    resources = [local.arns.keys]
  }

  statement {
    sid = "Logs"
    actions = [
      "logs:DescribeMetricFilters",
      "logs:DescribeSubscriptionFilters",
      "logs:ListTagsForResource",
    ]
    resources = local.arns.log_groups
  }

  statement {
    sid = "Signals"
    actions = [
      "cloudwatch:GetDashboard",
      "cloudwatch:ListTagsForResource",
      "events:Describe*",
      "events:ListTagsForResource",
      "events:ListTargetsByRule",
      "sns:GetTopicAttributes",
      "sns:ListSubscriptionsByTopic",
      "sns:ListTagsForResource",
      "budgets:ListTagsForResource",
      "budgets:ViewBudget",
    ]
    resources = [
      local.arns.alarms,
      local.arns.budgets,
      local.arns.dashboards,
      local.arns.event_rules,
      local.arns.topics,
    ]
  }

  statement {
    sid       = "Secrets"
    actions   = ["secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy", "secretsmanager:ListSecretVersionIds"]
    resources = [local.arns.secrets]
  }

  dynamic "statement" {
    for_each = var.secret_values_readable ? [true] : []

    content {
      sid       = "SecretValues"
      actions   = ["secretsmanager:GetSecretValue"]
      resources = [local.arns.secrets]
    }
  }

  # Secrets Manager opens a secret in the name of who reads it.
  dynamic "statement" {
    for_each = var.secret_values_readable ? [true] : []

    content {
      sid       = "SecretKeys"
      actions   = ["kms:Decrypt"]
      resources = [local.arns.keys]

      condition {
        test     = "StringEquals"
        variable = "aws:ResourceTag/environment"
        values   = [var.environment]
      }

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["secretsmanager.${local.region}.${local.dns_suffix}"]
      }
    }
  }
}

# These look at the whole account: AWS offers no narrower resource for them.
data "aws_iam_policy_document" "read_wide" {
  # Composite alarms are shown only to who may see all alarms.
  statement {
    #checkov:skip=CKV_AWS_356:CloudWatch refuses to describe composite alarms to anyone who may for less than "*".
    sid       = "AllAlarms"
    actions   = ["cloudwatch:DescribeAlarms"]
    resources = ["*"]
  }

  statement {
    sid = "Lists"
    actions = [
      "apprunner:ListAutoScalingConfigurations",
      "apprunner:ListConnections",
      "apprunner:ListObservabilityConfigurations",
      "apprunner:ListServices",
      "apprunner:ListVpcConnectors",
      "apprunner:ListVpcIngressConnections",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribePrefixLists",
      "ec2:DescribeRouteTables",
      "ec2:DescribeSecurityGroupRules",
      "ec2:DescribeSecurityGroups",
      "ec2:DescribeSubnets",
      "ec2:DescribeVpcEndpoints",
      "ec2:DescribeVpcEndpointServices",
      "ec2:DescribeVpcs",
      "ecr:DescribeRegistry",
      "ecr:GetRegistryPolicy",
      "ecr:GetRegistryScanningConfiguration",
      "iam:ListOpenIDConnectProviders",
      "kms:ListAliases",
      "kms:ListKeys",
      "logs:DescribeLogGroups",
      "logs:DescribeResourcePolicies",
      "sns:GetSubscriptionAttributes",
      "wafv2:DescribeManagedRuleGroup",
      "wafv2:ListWebACLs",
    ]
    resources = ["*"]
  }

  # What is in the account and in no state can have any name, and its tags say
  # whose it is.
  statement {
    #checkov:skip=CKV_AWS_356:Whoever looks for strangers can't name them; names and tags are all that is shown.
    sid = "Strangers"
    actions = [
      "apprunner:ListTagsForResource",
      "cloudwatch:ListTagsForResource",
      "ecr:DescribeRepositories",
      "ecr:ListTagsForResource",
      "iam:ListRoleTags",
      "iam:ListRoles",
      "logs:ListTagsForResource",
      "s3:GetBucketTagging",
      "s3:ListAllMyBuckets",
      "sns:ListTagsForResource",
      "sns:ListTopics",
    ]
    resources = ["*"]
  }

  statement {
    sid       = "Networks"
    actions   = ["ec2:DescribeVpcAttribute"]
    resources = local.arns.network_given
  }
}

resource "aws_iam_policy" "read" {
  name        = "${local.name}-read"
  path        = local.deployment_path
  description = "See the settings of ${local.name}, and not its data"
  policy      = data.aws_iam_policy_document.read.json
}

resource "aws_iam_policy" "read_wide" {
  name        = "${local.name}-read-wide"
  path        = local.deployment_path
  description = "See what ${local.name} shares with its account"
  policy      = data.aws_iam_policy_document.read_wide.json
}

# Both lock the state while they look at it; only apply writes it.
locals {
  _state_actions = { apply = ["s3:GetObject", "s3:PutObject"], plan = ["s3:GetObject"] }
}

data "aws_iam_policy_document" "state" {
  for_each = local._state_actions

  # Terraform lists "env:/" too, to learn which workspaces there are.
  statement {
    sid       = "FindState"
    actions   = ["s3:ListBucket"]
    resources = [local.arns.state_bucket]

    condition {
      test     = "StringEquals"
      variable = "s3:prefix"
      values   = ["env:/", var.state.key, "${var.state.key}.tflock"]
    }
  }

  statement {
    sid       = "State"
    actions   = each.value
    resources = [local.arns.state]
  }

  statement {
    sid       = "LockState"
    actions   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    resources = each.key == "apply" ? [local.arns.promotion_lock, local.arns.state_lock] : [local.arns.state_lock]
  }

  statement {
    sid       = "FindLedger"
    actions   = ["s3:ListBucket", "s3:ListBucketVersions"]
    resources = [local.arns.state_bucket]

    condition {
      test     = "StringEquals"
      variable = "s3:prefix"
      values   = [local.ledger_prefix]
    }
  }

  # The key of the plans' identities too: whoever reads the state, which holds
  # more, may read it.
  statement {
    sid       = "ReadRecords"
    actions   = ["s3:GetObject"]
    resources = concat([local.arns.identity_key, local.arns.ledger], local.arns.read_states)
  }

  # A record, and the key, is put where nothing is yet, or not at all.
  dynamic "statement" {
    for_each = each.key == "apply" ? [[local.arns.identity_key, local.arns.ledger]] : []

    content {
      sid       = "AddRecords"
      actions   = ["s3:PutObject"]
      resources = statement.value

      condition {
        test     = "Null"
        variable = "s3:if-none-match"
        values   = ["false"]
      }
    }
  }

  dynamic "statement" {
    for_each = local.ledger_keys

    content {
      sid       = "LedgerKey"
      actions   = local.ledger_key_actions[each.key]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = local.state_keys

    content {
      sid       = "StateKey"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["s3.${local.region}.${local.dns_suffix}"]
      }
    }
  }
}

resource "aws_iam_policy" "state" {
  # Not over the documents: `terraform import` reads no data source.
  for_each = local._state_actions

  name        = "${local.name}-${each.key}-state"
  path        = local.deployment_path
  description = "What the ${each.key} role of ${local.name} may do with the Terraform state"
  policy      = data.aws_iam_policy_document.state[each.key].json
}
