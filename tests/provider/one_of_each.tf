# One of each resource type that the modules use, and of App Runner's others, with no more around it
# than it needs. `text` and `number` stand wherever an update in place is possible.

variable "text" {
  type    = string
  default = "one"
}

variable "number" {
  type    = number
  default = 3
}

data "aws_caller_identity" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id
  tags    = { text = var.text }

  # Images that each repository of the local cloud has.
  digests = {
    one = "sha256:dd3165aa301720519e86c5624d80e7f164fd377afec2a118efbbf139585a25d2"
    two = "sha256:d0dedd7dbfdb9af3e3ee8778c6e3a9f755f5ada6e05801ad2c49bbb5d737be45"
  }
}

# App Runner

resource "aws_iam_role" "access" {
  name        = "access"
  description = var.text
  tags        = local.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "build.apprunner.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_apprunner_auto_scaling_configuration_version" "this" {
  auto_scaling_configuration_name = "scaling"
  max_size                        = 2
  tags                            = local.tags
}

resource "aws_apprunner_auto_scaling_configuration_version" "other" {
  auto_scaling_configuration_name = "other-scaling"
}

# A default cannot be deleted, so the account's own is the default again before the destroy.
resource "aws_apprunner_default_auto_scaling_configuration_version" "this" {
  auto_scaling_configuration_arn = (
    var.text == "one"
    ? aws_apprunner_auto_scaling_configuration_version.other.arn
    : "arn:aws:apprunner:eu-west-1:${local.account}:autoscalingconfiguration/DefaultConfiguration/1/${format("%032d", 1)}"
  )
}

resource "aws_apprunner_observability_configuration" "this" {
  observability_configuration_name = "tracing"
  tags                             = local.tags

  trace_configuration {
    vendor = "AWSXRAY"
  }
}

resource "aws_apprunner_connection" "this" {
  connection_name = "connection"
  provider_type   = "GITHUB"
  tags            = local.tags
}

resource "aws_apprunner_vpc_connector" "this" {
  vpc_connector_name = "connector"
  subnets            = [aws_subnet.this.id]
  security_groups    = [aws_security_group.this.id]
  tags               = local.tags
}

resource "aws_apprunner_service" "this" {
  service_name                   = "service"
  auto_scaling_configuration_arn = aws_apprunner_auto_scaling_configuration_version.this.arn
  tags                           = local.tags

  source_configuration {
    auto_deployments_enabled = false

    authentication_configuration {
      access_role_arn = aws_iam_role.access.arn
    }

    image_repository {
      image_identifier      = "${aws_ecr_repository.this.repository_url}@${local.digests[var.text]}"
      image_repository_type = "ECR"

      image_configuration {
        port                          = "80${var.number}0"
        runtime_environment_variables = { TEXT = var.text }
      }
    }
  }

  instance_configuration {
    cpu    = 1024
    memory = var.text == "one" ? 3072 : 4096
  }

  health_check_configuration {
    protocol            = var.text == "one" ? "HTTP" : "TCP"
    path                = "/health"
    healthy_threshold   = var.number
    interval            = var.number * 2
    timeout             = var.number
    unhealthy_threshold = var.number
  }

  network_configuration {
    egress_configuration {
      egress_type       = var.text == "one" ? "VPC" : "DEFAULT"
      vpc_connector_arn = var.text == "one" ? aws_apprunner_vpc_connector.this.arn : null
    }
  }

  observability_configuration {
    observability_enabled           = var.text == "one"
    observability_configuration_arn = var.text == "one" ? aws_apprunner_observability_configuration.this.arn : null
  }

  # App Runner pulls the image at once.
  depends_on = [aws_iam_role_policy_attachment.this]
}

resource "aws_apprunner_service" "private" {
  service_name                   = "private-service"
  auto_scaling_configuration_arn = aws_apprunner_auto_scaling_configuration_version.this.arn

  source_configuration {
    auto_deployments_enabled = false

    authentication_configuration {
      access_role_arn = aws_iam_role.access.arn
    }

    image_repository {
      image_identifier      = "${aws_ecr_repository.this.repository_url}:release-54718e4509ed"
      image_repository_type = "ECR"
    }
  }

  network_configuration {
    ingress_configuration {
      is_publicly_accessible = false
    }
  }

  # App Runner pulls the image at once.
  depends_on = [aws_iam_role_policy_attachment.this]
}

resource "aws_apprunner_vpc_ingress_connection" "this" {
  name        = "ingress"
  service_arn = aws_apprunner_service.private.arn
  tags        = local.tags

  ingress_vpc_configuration {
    vpc_id          = aws_vpc.this.id
    vpc_endpoint_id = aws_vpc_endpoint.this.id
  }
}

resource "aws_apprunner_custom_domain_association" "this" {
  domain_name = "trends.example.com"
  service_arn = aws_apprunner_service.this.arn
}

# Network

resource "aws_vpc" "this" {
  cidr_block           = "10.0.0.0/16"
  enable_dns_hostnames = var.text == "one"
  tags                 = local.tags
}

resource "aws_subnet" "this" {
  availability_zone       = "eu-west-1a"
  cidr_block              = "10.0.0.0/24"
  map_public_ip_on_launch = var.text == "two"
  tags                    = local.tags
  vpc_id                  = aws_vpc.this.id
}

resource "aws_security_group" "this" {
  name        = "group"
  description = "A group"
  tags        = local.tags
  vpc_id      = aws_vpc.this.id
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  cidr_ipv4         = "10.0.0.0/16"
  description       = var.text
  from_port         = var.number
  ip_protocol       = "tcp"
  security_group_id = aws_security_group.this.id
  tags              = local.tags
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "this" {
  cidr_ipv4         = "0.0.0.0/0"
  description       = var.text
  ip_protocol       = "-1"
  security_group_id = aws_security_group.this.id
}

resource "aws_vpc_endpoint" "this" {
  private_dns_enabled = false
  security_group_ids  = [aws_security_group.this.id]
  service_name        = "com.amazonaws.eu-west-1.apprunner.requests"
  subnet_ids          = [aws_subnet.this.id]
  tags                = local.tags
  vpc_endpoint_type   = "Interface"
  vpc_id              = aws_vpc.this.id
}

resource "aws_wafv2_web_acl" "this" {
  name        = "acl"
  description = var.text
  scope       = "REGIONAL"
  tags        = local.tags

  default_action {
    allow {}
  }

  rule {
    name     = "rate"
    priority = 1

    action {
      block {}
    }

    statement {
      rate_based_statement {
        aggregate_key_type = "IP"
        limit              = var.number * 1000
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "rate"
      sampled_requests_enabled   = false
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = "acl"
    sampled_requests_enabled   = var.text == "two"
  }
}

resource "aws_wafv2_web_acl_association" "this" {
  resource_arn = aws_apprunner_service.this.arn
  web_acl_arn  = aws_wafv2_web_acl.this.arn
}

resource "aws_wafv2_web_acl_logging_configuration" "this" {
  log_destination_configs = [aws_cloudwatch_log_group.this.arn]
  resource_arn            = aws_wafv2_web_acl.this.arn

  redacted_fields {
    single_header {
      name = var.text
    }
  }
}

# Images

resource "aws_ecr_repository" "this" {
  name                 = "repository"
  image_tag_mutability = var.text == "one" ? "IMMUTABLE" : "MUTABLE"
  tags                 = local.tags

  image_scanning_configuration {
    scan_on_push = var.text == "one"
  }
}

resource "aws_ecr_lifecycle_policy" "this" {
  repository = aws_ecr_repository.this.name

  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "Old images"
      selection    = { tagStatus = "untagged", countType = "imageCountMoreThan", countNumber = 3 }
      action       = { type = "expire" }
    }]
  })
}

resource "aws_ecr_repository_policy" "this" {
  repository = aws_ecr_repository.this.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = var.text
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${local.account}:root" }
      Action    = ["ecr:BatchGetImage"]
    }]
  })
}

resource "aws_ecr_registry_policy" "this" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = var.text
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::999999999999:root" }
      Action    = ["ecr:ReplicateImage"]
      Resource  = "arn:aws:ecr:eu-west-1:${local.account}:repository/*"
    }]
  })
}

resource "aws_ecr_registry_scanning_configuration" "this" {
  scan_type = "BASIC"

  rule {
    scan_frequency = "SCAN_ON_PUSH"

    repository_filter {
      filter      = "${var.text}*"
      filter_type = "WILDCARD"
    }
  }
}

resource "aws_ecr_replication_configuration" "this" {
  replication_configuration {
    rule {
      destination {
        region      = "eu-central-1"
        registry_id = local.account
      }

      repository_filter {
        filter      = var.text
        filter_type = "PREFIX_MATCH"
      }
    }
  }
}

# Identity, keys, secrets

resource "aws_iam_openid_connect_provider" "this" {
  url             = "https://token.actions.githubusercontent.com"
  client_id_list  = ["sts.amazonaws.com", var.text]
  tags            = local.tags
  thumbprint_list = ["6938fd4d98bab03faadb97b34396831e3780aea1"]
}

resource "aws_iam_policy" "this" {
  name        = "policy"
  description = "A policy"
  tags        = local.tags

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Sid = var.text, Effect = "Allow", Action = ["ecr:*"], Resource = "*" }]
  })
}

resource "aws_iam_role_policy_attachment" "this" {
  policy_arn = aws_iam_policy.this.arn
  role       = aws_iam_role.access.name
}

resource "aws_kms_key" "this" {
  description             = var.text
  enable_key_rotation     = true
  rotation_period_in_days = var.number * 100
  tags                    = local.tags
}

resource "aws_kms_alias" "this" {
  name          = "alias/one"
  target_key_id = aws_kms_key.this.key_id
}

resource "aws_secretsmanager_secret" "this" {
  name        = "secret"
  description = var.text
  tags        = local.tags
}

resource "aws_secretsmanager_secret_version" "this" {
  secret_id     = aws_secretsmanager_secret.this.id
  secret_string = "placeholder"
}

# Buckets

resource "aws_s3_account_public_access_block" "this" {
  block_public_acls   = true
  block_public_policy = var.text == "one"
}

resource "aws_s3_bucket" "this" {
  bucket              = "one-of-each-${local.account}"
  object_lock_enabled = true
  tags                = local.tags
}

resource "aws_s3_bucket" "copy" {
  bucket = "one-of-each-copy-${local.account}"
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_versioning" "copy" {
  bucket = aws_s3_bucket.copy.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket            = aws_s3_bucket.this.id
  block_public_acls = var.text == "one"
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = var.text == "one" ? "BucketOwnerEnforced" : "BucketOwnerPreferred"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    bucket_key_enabled = var.text == "one"

    apply_server_side_encryption_by_default {
      kms_master_key_id = aws_kms_key.this.arn
      sse_algorithm     = "aws:kms"
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = var.text
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = "${aws_s3_bucket.this.arn}/*"
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    id     = "expire"
    status = "Enabled"

    filter {
      prefix = "tmp/"
    }

    noncurrent_version_expiration {
      newer_noncurrent_versions = 2
      noncurrent_days           = var.number
    }
  }
}

resource "aws_s3_bucket_policy" "copy" {
  bucket = aws_s3_bucket.copy.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "logs"
      Effect    = "Allow"
      Principal = { Service = "logging.s3.amazonaws.com" }
      Action    = "s3:PutObject"
      Resource  = "${aws_s3_bucket.copy.arn}/*"
    }]
  })
}

resource "aws_s3_bucket_logging" "this" {
  bucket        = aws_s3_bucket.this.id
  target_bucket = aws_s3_bucket.copy.id
  target_prefix = "${var.text}/"

  depends_on = [aws_s3_bucket_policy.copy]
}

resource "aws_s3_bucket_notification" "this" {
  bucket      = aws_s3_bucket.this.id
  eventbridge = true
}

resource "aws_s3_bucket_metric" "this" {
  bucket = aws_s3_bucket.this.id
  name   = "all"

  filter {
    prefix = var.text
  }
}

resource "aws_s3_bucket_intelligent_tiering_configuration" "this" {
  bucket = aws_s3_bucket.this.id
  name   = "archive"

  tiering {
    access_tier = "ARCHIVE_ACCESS"
    days        = var.number * 40
  }
}

resource "aws_s3_bucket_object_lock_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    default_retention {
      mode = "GOVERNANCE"
      days = var.number
    }
  }
}

resource "aws_s3_bucket_replication_configuration" "this" {
  bucket = aws_s3_bucket.this.id
  role   = aws_iam_role.access.arn

  rule {
    id       = "copy"
    priority = var.number
    status   = "Enabled"

    filter {
      prefix = var.text
    }

    delete_marker_replication {
      status = "Disabled"
    }

    destination {
      bucket        = aws_s3_bucket.copy.arn
      storage_class = "STANDARD_IA"
    }
  }

  depends_on = [aws_s3_bucket_versioning.copy, aws_s3_bucket_versioning.this]
}

# Watching

resource "aws_sns_topic" "this" {
  name         = "topic"
  display_name = var.text
  tags         = local.tags
}

resource "aws_sns_topic_policy" "this" {
  arn = aws_sns_topic.this.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = var.text
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "SNS:Publish"
      Resource  = aws_sns_topic.this.arn
    }]
  })
}

resource "aws_sns_topic_subscription" "this" {
  endpoint      = "on-call@example.com"
  filter_policy = jsonencode({ kind = [var.text] })
  protocol      = "email"
  topic_arn     = aws_sns_topic.this.arn
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "aws-waf-logs-group"
  retention_in_days = var.number
  tags              = local.tags
}

resource "aws_cloudwatch_log_metric_filter" "this" {
  name           = "errors"
  log_group_name = aws_cloudwatch_log_group.this.name
  pattern        = "\"${var.text}\""

  metric_transformation {
    name      = "Errors"
    namespace = "OneOfEach"
    value     = var.number
  }
}

resource "aws_cloudwatch_log_resource_policy" "this" {
  policy_name = "policy"

  policy_document = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = var.text
      Effect    = "Allow"
      Principal = { Service = "delivery.logs.amazonaws.com" }
      Action    = ["logs:PutLogEvents"]
      Resource  = "*"
    }]
  })
}

resource "aws_cloudwatch_metric_alarm" "this" {
  alarm_name          = "alarm"
  alarm_actions       = [aws_sns_topic.this.arn]
  alarm_description   = var.text
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = var.number
  metric_name         = "Errors"
  namespace           = "OneOfEach"
  period              = 60
  statistic           = "Sum"
  tags                = local.tags
  threshold           = var.number
}

resource "aws_cloudwatch_composite_alarm" "this" {
  alarm_name        = "composite"
  alarm_description = var.text
  alarm_rule        = "ALARM(\"${aws_cloudwatch_metric_alarm.this.alarm_name}\")"
  tags              = local.tags
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = "dashboard"

  dashboard_body = jsonencode({
    widgets = [{ type = "text", x = 0, y = 0, width = var.number, height = 3, properties = { markdown = var.text } }]
  })
}

resource "aws_cloudwatch_event_rule" "this" {
  name          = "rule"
  description   = var.text
  event_pattern = jsonencode({ source = ["aws.apprunner"], detail-type = [var.text] })
  tags          = local.tags
}

resource "aws_cloudwatch_event_target" "this" {
  arn       = aws_sns_topic.this.arn
  input     = jsonencode({ text = var.text })
  rule      = aws_cloudwatch_event_rule.this.name
  target_id = "topic"
}

resource "aws_budgets_budget" "this" {
  name         = "budget"
  budget_type  = "COST"
  limit_amount = tostring(var.number * 10)
  limit_unit   = "USD"
  tags         = local.tags
  time_unit    = "MONTHLY"

  notification {
    comparison_operator        = "GREATER_THAN"
    notification_type          = "ACTUAL"
    subscriber_email_addresses = ["on-call@example.com"]
    threshold                  = 80
    threshold_type             = "PERCENTAGE"
  }
}
