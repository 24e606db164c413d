# One key for the environment. Each service that uses it by itself is held to
# what belongs to this environment.
module "kms_key" {
  source = "../kms_key"

  name        = local.name
  description = "Data, images, secrets, logs and alarms of ${local.name}."

  service_principals = {
    alarms = {
      service = "cloudwatch"
      actions = ["kms:Decrypt", "kms:GenerateDataKey*"]
      conditions = {
        "aws:SourceAccount" = { test = "StringEquals", values = [data.aws_caller_identity.current.account_id] }
        "aws:SourceArn"     = { test = "ArnLike", values = [local.alarm_arns] }
      }
    }
    budgets = {
      service = "budgets"
      actions = ["kms:Decrypt", "kms:GenerateDataKey*"]
      conditions = {
        "aws:SourceAccount" = { test = "StringEquals", values = [data.aws_caller_identity.current.account_id] }
      }
    }
    event_rules = {
      service = "events"
      actions = ["kms:Decrypt", "kms:GenerateDataKey*"]
      conditions = {
        "aws:SourceAccount" = { test = "StringEquals", values = [data.aws_caller_identity.current.account_id] }
        "aws:SourceArn"     = { test = "ArnLike", values = [local.event_rule_arns] }
      }
    }
    log_groups = {
      service  = "logs"
      regional = true
      conditions = {
        "kms:EncryptionContext:aws:logs:arn" = { test = "ArnLike", values = local.log_group_arns }
      }
    }
  }
}
