# What environments may hold beside what they hold now, each kind once and as
# small as it can be. The names are those that modules/trending_now would make.

variable "boundary" {
  type = string
}

variable "owner" {
  type    = string
  default = "team"
}

provider "aws" {
  region = "eu-west-1"

  default_tags {
    tags = { environment = "staging", owner = var.owner }
  }
}

data "aws_caller_identity" "current" {}

data "aws_vpc" "default" {
  default = true
}

data "aws_subnets" "default" {
  filter {
    name   = "vpc-id"
    values = [data.aws_vpc.default.id]
  }
}

locals {
  account_id = data.aws_caller_identity.current.account_id
  name       = "trending-now-staging"
}

resource "aws_s3_bucket" "this" {
  for_each = toset(["dvc", "models"])

  bucket              = "${local.name}-${each.value}-${local.account_id}"
  object_lock_enabled = true
  force_destroy       = true
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.bucket

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_object_lock_configuration" "this" {
  bucket = aws_s3_bucket.this["dvc"].bucket

  rule {
    default_retention {
      mode = "GOVERNANCE"
      days = 1
    }
  }
}

resource "aws_s3_bucket_metric" "this" {
  bucket = aws_s3_bucket.this["dvc"].bucket
  name   = "EntireBucket"
}

resource "aws_s3_bucket_intelligent_tiering_configuration" "this" {
  bucket = aws_s3_bucket.this["dvc"].bucket
  name   = "archive"

  tiering {
    access_tier = "ARCHIVE_ACCESS"
    days        = 90
  }
}

resource "aws_iam_role" "replication" {
  name                 = "${local.name}-replication"
  permissions_boundary = var.boundary

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "s3.amazonaws.com" } }]
  })
}

resource "aws_s3_bucket_replication_configuration" "this" {
  bucket = aws_s3_bucket.this["dvc"].bucket
  role   = aws_iam_role.replication.arn

  rule {
    id     = "all"
    status = "Enabled"

    filter {}

    delete_marker_replication {
      status = "Enabled"
    }

    destination {
      bucket = aws_s3_bucket.this["models"].arn
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_sns_topic" "this" {
  name = "${local.name}-events"
}

resource "aws_cloudwatch_event_rule" "this" {
  name          = "${local.name}-drift"
  event_pattern = jsonencode({ source = ["aws.s3"] })
}

resource "aws_cloudwatch_event_target" "this" {
  rule = aws_cloudwatch_event_rule.this.name
  arn  = aws_sns_topic.this.arn
}

resource "aws_cloudwatch_log_group" "this" {
  name = "/trending-now/staging/coming"
}

resource "aws_cloudwatch_log_metric_filter" "this" {
  name           = "${local.name}-errors"
  log_group_name = aws_cloudwatch_log_group.this.name
  pattern        = "ERROR"

  metric_transformation {
    name      = "Errors"
    namespace = "trending-now/staging"
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  alarm_name          = "${local.name}-errors"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  metric_name         = "Errors"
  namespace           = "trending-now/staging"
  period              = 60
  statistic           = "Sum"
  threshold           = 1
}

resource "aws_cloudwatch_composite_alarm" "this" {
  alarm_name = "${local.name}-health"
  alarm_rule = "ALARM(\"${aws_cloudwatch_metric_alarm.this.alarm_name}\")"
}

resource "aws_budgets_budget" "this" {
  name         = "${local.name}-monthly"
  budget_type  = "COST"
  limit_amount = "100"
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  notification {
    comparison_operator        = "GREATER_THAN"
    notification_type          = "ACTUAL"
    subscriber_email_addresses = ["team@example.com"]
    threshold                  = 80
    threshold_type             = "PERCENTAGE"
  }
}

resource "aws_ecr_registry_scanning_configuration" "this" {
  scan_type = "BASIC"

  rule {
    scan_frequency = "SCAN_ON_PUSH"

    repository_filter {
      filter      = "*"
      filter_type = "WILDCARD"
    }
  }
}

resource "aws_ecr_replication_configuration" "this" {
  replication_configuration {
    rule {
      destination {
        region      = "eu-central-1"
        registry_id = local.account_id
      }
    }
  }
}

resource "aws_ecr_registry_policy" "this" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Replication"
      Effect    = "Allow"
      Action    = ["ecr:ReplicateImage"]
      Principal = { AWS = "arn:aws:iam::${local.account_id}:root" }
      Resource  = ["arn:aws:ecr:eu-west-1:${local.account_id}:repository/*"]
    }]
  })
}

resource "aws_iam_service_linked_role" "this" {
  for_each = toset(["apprunner", "networking.apprunner", "wafv2"])

  aws_service_name = "${each.value}.amazonaws.com"
}

resource "aws_security_group" "this" {
  name        = "${local.name}-service"
  description = "The service"
  vpc_id      = data.aws_vpc.default.id
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  security_group_id = aws_security_group.this.id
  cidr_ipv4         = "10.0.0.0/8"
  from_port         = 443
  ip_protocol       = "tcp"
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "this" {
  security_group_id = aws_security_group.this.id
  cidr_ipv4         = "10.0.0.0/8"
  from_port         = 443
  ip_protocol       = "tcp"
  to_port           = 443
}

resource "aws_vpc_endpoint" "this" {
  vpc_id             = data.aws_vpc.default.id
  service_name       = "com.amazonaws.eu-west-1.apprunner.requests"
  vpc_endpoint_type  = "Interface"
  subnet_ids         = data.aws_subnets.default.ids
  security_group_ids = [aws_security_group.this.id]
}

resource "aws_apprunner_vpc_connector" "this" {
  vpc_connector_name = local.name
  subnets            = data.aws_subnets.default.ids
  security_groups    = [aws_security_group.this.id]
}

resource "aws_apprunner_service" "this" {
  service_name = "${local.name}-private"

  source_configuration {
    auto_deployments_enabled = false

    image_repository {
      image_identifier      = "public.ecr.aws/aws-containers/hello-app-runner:latest"
      image_repository_type = "ECR_PUBLIC"
    }
  }

  network_configuration {
    egress_configuration {
      egress_type       = "VPC"
      vpc_connector_arn = aws_apprunner_vpc_connector.this.arn
    }

    ingress_configuration {
      is_publicly_accessible = false
    }
  }
}

resource "aws_apprunner_vpc_ingress_connection" "this" {
  name        = local.name
  service_arn = aws_apprunner_service.this.arn

  ingress_vpc_configuration {
    vpc_id          = data.aws_vpc.default.id
    vpc_endpoint_id = aws_vpc_endpoint.this.id
  }
}

resource "aws_apprunner_custom_domain_association" "this" {
  domain_name          = "trends.example.com"
  enable_www_subdomain = false
  service_arn          = aws_apprunner_service.this.arn
}

resource "aws_wafv2_web_acl" "this" {
  name  = local.name
  scope = "REGIONAL"

  default_action {
    allow {}
  }

  rule {
    name     = "common"
    priority = 1

    override_action {
      none {}
    }

    statement {
      managed_rule_group_statement {
        name        = "AWSManagedRulesCommonRuleSet"
        vendor_name = "AWS"
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "common"
      sampled_requests_enabled   = false
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = local.name
    sampled_requests_enabled   = false
  }
}

resource "aws_wafv2_web_acl_association" "this" {
  resource_arn = aws_apprunner_service.this.arn
  web_acl_arn  = aws_wafv2_web_acl.this.arn
}

resource "aws_cloudwatch_log_group" "waf" {
  name = "aws-waf-logs-${local.name}"
}

resource "aws_wafv2_web_acl_logging_configuration" "this" {
  log_destination_configs = [aws_cloudwatch_log_group.waf.arn]
  resource_arn            = aws_wafv2_web_acl.this.arn
}
