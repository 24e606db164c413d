# How the apply role lets an environment be heard: logs, alarms, events, topics
# and budgets.

data "aws_iam_policy_document" "apply_signals" {
  statement {
    sid = "Logs"
    actions = [
      "logs:AssociateKmsKey",
      "logs:CreateLogGroup",
      "logs:DeleteLogGroup",
      "logs:DeleteMetricFilter",
      "logs:DeleteRetentionPolicy",
      "logs:DisassociateKmsKey",
      "logs:PutMetricFilter",
      "logs:PutRetentionPolicy",
      "logs:TagResource",
      "logs:UntagResource",
    ]
    resources = local.arns.log_groups
  }

  statement {
    sid = "Signals"
    actions = [
      "budgets:ModifyBudget",
      "budgets:TagResource",
      "budgets:UntagResource",
      "cloudwatch:DeleteAlarms",
      "cloudwatch:DeleteDashboards",
      "cloudwatch:PutDashboard",
      "cloudwatch:PutMetricAlarm",
      "cloudwatch:TagResource",
      "cloudwatch:UntagResource",
      "events:DeleteRule",
      "events:DisableRule",
      "events:EnableRule",
      "events:PutRule",
      "events:PutTargets",
      "events:RemoveTargets",
      "events:TagResource",
      "events:UntagResource",
      "sns:CreateTopic",
      "sns:DeleteTopic",
      "sns:SetTopicAttributes",
      "sns:Subscribe",
      "sns:TagResource",
      "sns:UntagResource",
    ]
    resources = [
      local.arns.alarms,
      local.arns.budgets,
      local.arns.dashboards,
      local.arns.event_rules,
      local.arns.topics,
    ]
  }

  # AWS asks about these for "*" alone, as the API references of PutCompositeAlarm
  # and the service authorization reference of SNS say.
  statement {
    #checkov:skip=CKV_AWS_356:CloudWatch refuses PutCompositeAlarm to anyone who has it for less than "*".
    #checkov:skip=CKV_AWS_111:CloudWatch refuses PutCompositeAlarm to anyone who has it for less than "*".
    sid       = "Unnamed"
    actions   = ["cloudwatch:PutCompositeAlarm", "sns:SetSubscriptionAttributes", "sns:Unsubscribe"]
    resources = ["*"]
  }

  # The Web ACL's logs are delivered by a resource policy of the account, for
  # which CloudWatch Logs knows no narrower resource. web_acl writes its own, and
  # WAF asks for the same in the name of who turns its logs on.
  statement {
    sid = "DeliverLogs"
    actions = [
      "logs:CreateLogDelivery",
      "logs:DeleteLogDelivery",
      "logs:DeleteResourcePolicy",
      "logs:PutResourcePolicy",
    ]
    resources = ["*"]
  }
}
