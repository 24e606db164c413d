data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  name = "${var.project}-${var.environment}"
  path = "${var.project}/${var.environment}"

  # What deploys stands under a path of its own. A pattern such as
  # "role/trending-now-staging-*" then never means it.
  deployment_path = "/deployment/"

  account_id = data.aws_caller_identity.current.account_id
  dns_suffix = data.aws_partition.current.dns_suffix
  region     = data.aws_region.current.id

  _arn       = "arn:${data.aws_partition.current.partition}"
  _global    = "${local.account_id}:"
  _regional  = "${local.region}:${local.account_id}:"
  _iam       = "${local._arn}:iam::${local._global}"
  _apprunner = "${local._arn}:apprunner:${local._regional}"
  _ec2       = "${local._arn}:ec2:${local._regional}"
  _wafv2     = "${local._arn}:wafv2:${local._regional}"

  # The services whose own roles an environment needs. AWS makes each once for a
  # whole account.
  service_principals = [for service in ["apprunner", "networking.apprunner", "replication.ecr", "wafv2"] : "${service}.${local.dns_suffix}"]

  # Made from names, because the roles must exist before what they deploy.
  arns = {
    alarms            = "${local._arn}:cloudwatch:${local._regional}alarm:${local.name}-*"
    apprunner         = [for kind in ["autoscalingconfiguration", "observabilityconfiguration", "service", "vpcconnector", "vpcingressconnection"] : "${local._apprunner}${kind}/${local.name}*/*"]
    budgets           = "${local._arn}:budgets::${local._global}budget/${local.name}-*"
    buckets           = "${local._arn}:s3:::${local.name}-*"
    dashboards        = "${local._arn}:cloudwatch::${local._global}dashboard/${local.name}*"
    event_rules       = "${local._arn}:events:${local._regional}rule/${local.name}-*"
    key_alias         = "${local._arn}:kms:${local._regional}alias/${local.name}*"
    keys              = "${local._arn}:kms:${local._regional}key/*"
    log_groups        = ["${local._arn}:logs:${local._regional}log-group:/${local.path}/*", "${local._arn}:logs:${local._regional}log-group:/aws/events/${local.path}/*", "${local._arn}:logs:${local._regional}log-group:aws-waf-logs-${local.name}*"]
    objects           = "${local._arn}:s3:::${local.name}-*/*"
    policies          = "${local._iam}policy/${local.name}-*"
    repository        = "${local._arn}:ecr:${local._regional}repository/${local.name}"
    roles             = "${local._iam}role/${local.name}-*"
    secrets           = "${local._arn}:secretsmanager:${local._regional}secret:${local.path}/*"
    topics            = "${local._arn}:sns:${local._regional}${local.name}-*"
    service_roles     = [for principal in local.service_principals : "${local._iam}role/aws-service-role/${principal}/*"]
    apprunner_service = "${local._apprunner}service/${local.name}*/*"
    firewalls         = [for kind in ["ipset", "webacl"] : "${local._wafv2}regional/${kind}/${local.name}*/*"]
    managed_rules     = "${local._arn}:wafv2:${local.region}:*:regional/managedruleset/*/*"
    network_made      = [for kind in ["security-group", "security-group-rule", "vpc-endpoint"] : "${local._ec2}${kind}/*"]
    network_given     = [for kind in ["route-table", "subnet", "vpc"] : "${local._ec2}${kind}/*"]
    parameters        = "${local._arn}:ssm:${local._regional}parameter/${local.path}/*"
    replication_role  = "${local._iam}role/${local.name}-replication"
    deployment        = ["${local._iam}role${local.deployment_path}*", "${local._iam}policy${local.deployment_path}*"]
    ledger            = "${local._arn}:s3:::${var.state.bucket}/${local.ledger_prefix}*"
    state_bucket      = "${local._arn}:s3:::${var.state.bucket}"
    state             = "${local._arn}:s3:::${var.state.bucket}/${var.state.key}"
    read_states       = [for key in sort(var.state.read_keys) : "${local._arn}:s3:::${var.state.bucket}/${key}"]
    state_lock        = "${local._arn}:s3:::${var.state.bucket}/${var.state.key}.tflock"
    promotion_lock    = "${local._arn}:s3:::${var.state.bucket}/${var.state.key}.promotion-lock"
    identity_key      = "${local._arn}:s3:::${var.state.bucket}/${var.state.key}.identity-key"
    all_state_objects = "${local._arn}:s3:::${var.state.bucket}/*"
  }

  replication_accounts = var.replication_account_id == null ? [] : [var.replication_account_id]

  # As infra/ledger/store.py has it.
  ledger_prefix = "ledger/${var.environment}/"

  state_keys  = var.state.kms_key == null ? [] : [var.state.kms_key.arn]
  ledger_keys = var.ledger_key_arn == null ? [] : [var.ledger_key_arn]

  # By who asks: what the apply role may do with the ledger, and the plan role not.
  ledger_key_actions = {
    apply = ["kms:GetPublicKey", "kms:Sign", "kms:Verify"]
    plan  = ["kms:GetPublicKey", "kms:Verify"]
  }
}
