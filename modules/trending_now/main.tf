data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

# Every name is made here. The variable `environment` checks their lengths.
locals {
  name = "${var.project}-${var.environment}"
  path = "${var.project}/${var.environment}"

  log_group_name   = "/${local.path}/application"
  metric_namespace = local.path

  # Made from names, because the policies of the key and the topic must speak of
  # these before they exist.
  _arn             = "arn:${data.aws_partition.current.partition}"
  _regional        = "${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}"
  alarm_arns       = "${local._arn}:cloudwatch:${local._regional}:alarm:${local.name}-*"
  event_rule_arns  = "${local._arn}:events:${local._regional}:rule/${local.name}-*"
  log_group_arns   = ["${local._arn}:logs:${local._regional}:log-group:/${local.path}/*", "${local._arn}:logs:${local._regional}:log-group:aws-waf-logs-${local.name}"]
  released         = var.release != null
  secret_variables = { for name in var.secret_names : upper(replace(name, "-", "_")) => aws_secretsmanager_secret.this[name].arn }

  # Made by the module deployment_roles, before this environment.
  permissions_boundary_arn = var.roles_bounded ? "${local._arn}:iam::${data.aws_caller_identity.current.account_id}:policy/deployment/${local.name}-boundary" : null
}
