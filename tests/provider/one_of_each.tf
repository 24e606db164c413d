# One of each resource type that the modules use, and of App Runner's others, with no more around it
# than it needs. `text` and `number` stand wherever an update in place is possible, and `name`
# wherever a change replaces the resource.

variable "text" {
  type    = string
  default = "one"
}

variable "number" {
  type    = number
  default = 3
}

variable "name" {
  type    = string
  default = "first"
}

data "aws_caller_identity" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id
  first   = var.name == "first"
  one     = var.text == "one"
  tags    = { text = var.text }

  key = local.one ? aws_kms_key.this.arn : aws_kms_key.other.arn

  # Images that each repository of the local cloud has.
  digests = {
    one = "sha256:dd3165aa301720519e86c5624d80e7f164fd377afec2a118efbbf139585a25d2"
    two = "sha256:d0dedd7dbfdb9af3e3ee8778c6e3a9f755f5ada6e05801ad2c49bbb5d737be45"
  }
}

# App Runner

resource "aws_iam_role" "access" {
  for_each = toset(["one", "two"])

  name                 = "${var.name}-access-${each.key}"
  description          = var.text
  max_session_duration = var.number * 1200
  path                 = "/${var.name}/"
  permissions_boundary = local.one ? null : aws_iam_policy.this.arn
  tags                 = local.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = var.text
      Effect    = "Allow"
      Principal = { Service = ["build.apprunner.amazonaws.com", "tasks.apprunner.amazonaws.com"] }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_apprunner_auto_scaling_configuration_version" "this" {
  auto_scaling_configuration_name = "${var.name}-scaling"
  max_concurrency                 = local.first ? 50 : 60
  max_size                        = local.first ? 2 : 4
  min_size                        = local.first ? 1 : 2
  tags                            = local.tags
}

resource "aws_apprunner_auto_scaling_configuration_version" "other" {
  auto_scaling_configuration_name = "other-scaling"
}

# A default cannot be deleted, so the account's own is the default again before the destroy.
resource "aws_apprunner_default_auto_scaling_configuration_version" "this" {
  auto_scaling_configuration_arn = (
    local.one
    ? aws_apprunner_auto_scaling_configuration_version.other.arn
    : "arn:aws:apprunner:eu-west-1:${local.account}:autoscalingconfiguration/DefaultConfiguration/1/${format("%032d", 1)}"
  )
}

resource "aws_apprunner_observability_configuration" "this" {
  observability_configuration_name = "${var.name}-tracing"
  tags                             = local.tags

  trace_configuration {
    vendor = "AWSXRAY"
  }
}

# Two: a service can go from one to the other once somebody has completed the handshakes.
resource "aws_apprunner_connection" "this" {
  for_each = toset(["one", "two"])

  connection_name = "${var.name}-${each.key}"
  provider_type   = local.first ? "GITHUB" : "BITBUCKET"
  tags            = local.tags
}

resource "aws_apprunner_vpc_connector" "this" {
  vpc_connector_name = "${var.name}-connector"
  subnets            = [local.first ? aws_subnet.this["a"].id : aws_subnet.this["b"].id]
  security_groups    = [local.first ? aws_security_group.this.id : aws_security_group.other.id]
  tags               = local.tags
}

resource "aws_apprunner_service" "this" {
  service_name = "${var.name}-service"
  auto_scaling_configuration_arn = (
    local.one
    ? aws_apprunner_auto_scaling_configuration_version.this.arn
    : aws_apprunner_auto_scaling_configuration_version.other.arn
  )
  tags = local.tags

  encryption_configuration {
    kms_key = aws_kms_key.this.arn
  }

  source_configuration {
    auto_deployments_enabled = false

    authentication_configuration {
      access_role_arn = aws_iam_role.access[var.text].arn
    }

    image_repository {
      image_identifier      = "${aws_ecr_repository.this.repository_url}@${local.digests[var.text]}"
      image_repository_type = "ECR"

      image_configuration {
        port                          = "80${var.number}0"
        runtime_environment_secrets   = { SECRET = "/app/${var.text}" }
        runtime_environment_variables = { TEXT = var.text }
        start_command                 = "serve ${var.text}"
      }
    }
  }

  instance_configuration {
    cpu               = local.one ? 1024 : 2048
    instance_role_arn = aws_iam_role.access[var.text].arn
    memory            = local.one ? 3072 : 4096
  }

  health_check_configuration {
    protocol            = local.one ? "HTTP" : "TCP"
    path                = "/${var.text}"
    healthy_threshold   = var.number
    interval            = var.number * 2
    timeout             = var.number
    unhealthy_threshold = var.number
  }

  network_configuration {
    ip_address_type = local.one ? "IPV4" : "DUAL_STACK"

    egress_configuration {
      egress_type       = local.one ? "VPC" : "DEFAULT"
      vpc_connector_arn = local.one ? aws_apprunner_vpc_connector.this.arn : null
    }
  }

  observability_configuration {
    observability_enabled           = local.one
    observability_configuration_arn = local.one ? aws_apprunner_observability_configuration.this.arn : null
  }

  # App Runner pulls the image at once.
  depends_on = [aws_iam_role_policy_attachment.this]
}

resource "aws_apprunner_service" "private" {
  service_name = "${var.name}-private"

  source_configuration {
    auto_deployments_enabled = false

    # ECR Public wants no role.
    dynamic "authentication_configuration" {
      for_each = local.one ? ["ECR"] : []

      content {
        access_role_arn = aws_iam_role.access["one"].arn
      }
    }

    image_repository {
      image_identifier      = local.one ? "${aws_ecr_repository.this.repository_url}:release-54718e4509ed" : "public.ecr.aws/example/app:1"
      image_repository_type = local.one ? "ECR" : "ECR_PUBLIC"
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

# From source code, which App Runner builds.
resource "aws_apprunner_service" "code" {
  service_name = "${var.name}-code"

  source_configuration {
    auto_deployments_enabled = local.one

    authentication_configuration {
      connection_arn = aws_apprunner_connection.this[var.text].arn
    }

    code_repository {
      repository_url   = "https://github.com/example/${var.text}"
      source_directory = "/${var.text}"

      source_code_version {
        type  = "BRANCH"
        value = var.text
      }

      code_configuration {
        configuration_source = "API"

        code_configuration_values {
          build_command                 = "make ${var.text}"
          port                          = "80${var.number}0"
          runtime                       = local.one ? "PYTHON_3" : "PYTHON_311"
          runtime_environment_secrets   = { SECRET = "/app/${var.text}" }
          runtime_environment_variables = { TEXT = var.text }
          start_command                 = "serve ${var.text}"
        }
      }
    }
  }

  instance_configuration {
    instance_role_arn = aws_iam_role.access["one"].arn
  }

  network_configuration {
    ingress_configuration {
      is_publicly_accessible = local.one
    }
  }
}

# The repository itself says how it is built, or this does.
resource "aws_apprunner_service" "configured" {
  service_name = "${var.name}-configured"

  source_configuration {
    authentication_configuration {
      connection_arn = aws_apprunner_connection.this["one"].arn
    }

    code_repository {
      repository_url = "https://github.com/example/configured"

      source_code_version {
        type  = "BRANCH"
        value = "main"
      }

      code_configuration {
        configuration_source = local.one ? "REPOSITORY" : "API"

        dynamic "code_configuration_values" {
          for_each = local.one ? [] : ["PYTHON_311"]

          content {
            runtime = code_configuration_values.value
          }
        }
      }
    }
  }
}

# It starts a deployment when it is made, and that is all: no import, no update.
resource "aws_apprunner_deployment" "this" {
  service_arn = aws_apprunner_service.this.arn
}

resource "aws_apprunner_vpc_ingress_connection" "this" {
  name        = "${var.name}-ingress"
  service_arn = aws_apprunner_service.private.arn
  tags        = local.tags

  ingress_vpc_configuration {
    vpc_id          = local.first ? aws_vpc.this.id : "vpc-0123456789abcdef0"
    vpc_endpoint_id = local.first ? aws_vpc_endpoint.this.id : "vpce-0123456789abcdef0"
  }
}

resource "aws_apprunner_custom_domain_association" "this" {
  domain_name          = "${var.name}.example.com"
  enable_www_subdomain = local.first
  service_arn          = aws_apprunner_service.this.arn
}

# Network

resource "aws_vpc" "this" {
  cidr_block           = local.first ? "10.0.0.0/16" : "10.0.0.0/17"
  enable_dns_hostnames = true
  tags                 = local.tags
}

resource "aws_subnet" "this" {
  for_each = { a = 0, b = 1 }

  availability_zone       = "eu-west-1${each.key}"
  cidr_block              = "10.0.${each.value}.0/24"
  map_public_ip_on_launch = !local.one
  tags                    = local.tags
  vpc_id                  = aws_vpc.this.id
}

resource "aws_security_group" "this" {
  name        = "${var.name}-group"
  description = "The ${var.name} group"
  tags        = local.tags
  vpc_id      = aws_vpc.this.id
}

resource "aws_security_group" "other" {
  name        = "other-group"
  description = "Another group"
  vpc_id      = aws_vpc.this.id
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  cidr_ipv4         = "10.0.${var.number}.0/24"
  description       = var.text
  from_port         = var.number
  ip_protocol       = local.one ? "tcp" : "udp"
  security_group_id = aws_security_group.this.id
  tags              = local.tags
  to_port           = var.number * 100
}

resource "aws_vpc_security_group_ingress_rule" "group" {
  from_port                    = 443
  ip_protocol                  = "tcp"
  referenced_security_group_id = local.one ? aws_security_group.this.id : aws_security_group.other.id
  security_group_id            = aws_security_group.this.id
  to_port                      = 443
}

resource "aws_vpc_security_group_egress_rule" "this" {
  cidr_ipv4         = "10.0.${var.number}.0/24"
  description       = var.text
  from_port         = var.number
  ip_protocol       = local.one ? "tcp" : "udp"
  security_group_id = aws_security_group.this.id
  to_port           = var.number * 100
}

resource "aws_vpc_security_group_egress_rule" "group" {
  from_port                    = 443
  ip_protocol                  = "tcp"
  referenced_security_group_id = local.one ? aws_security_group.this.id : aws_security_group.other.id
  security_group_id            = aws_security_group.this.id
  to_port                      = 443
}

resource "aws_vpc_security_group_egress_rule" "list" {
  from_port         = 443
  ip_protocol       = "tcp"
  prefix_list_id    = local.one ? "pl-6da54004" : "pl-6fa54006"
  security_group_id = aws_security_group.this.id
  to_port           = 443
}

resource "aws_vpc_endpoint" "this" {
  private_dns_enabled = !local.one
  security_group_ids  = [local.one ? aws_security_group.this.id : aws_security_group.other.id]
  service_name        = "com.amazonaws.eu-west-1.${local.first ? "apprunner.requests" : "ecr.api"}"
  subnet_ids          = [local.one ? aws_subnet.this["a"].id : aws_subnet.this["b"].id]
  tags                = local.tags
  vpc_endpoint_type   = local.first ? "Interface" : "GatewayLoadBalancer"
  vpc_id              = aws_vpc.this.id
}

resource "aws_wafv2_web_acl" "this" {
  name        = "${var.name}-acl"
  description = var.text
  scope       = local.first ? "REGIONAL" : "CLOUDFRONT"
  tags        = local.tags

  default_action {
    dynamic "allow" {
      for_each = local.one ? ["allow"] : []

      content {}
    }

    dynamic "block" {
      for_each = local.one ? [] : ["block"]

      content {}
    }
  }

  rule {
    name     = "rate-${var.text}"
    priority = var.number

    action {
      block {
        custom_response {
          response_code = local.one ? 403 : 429
        }
      }
    }

    statement {
      rate_based_statement {
        aggregate_key_type    = local.one ? "IP" : "FORWARDED_IP"
        evaluation_window_sec = local.one ? 120 : 300
        limit                 = var.number * 1000

        dynamic "forwarded_ip_config" {
          for_each = local.one ? [] : ["MATCH"]

          content {
            fallback_behavior = forwarded_ip_config.value
            header_name       = "X-Forwarded-For"
          }
        }
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = local.one
      metric_name                = "rate-${var.text}"
      sampled_requests_enabled   = !local.one
    }
  }

  rule {
    name     = "managed"
    priority = 10

    override_action {
      dynamic "none" {
        for_each = local.one ? ["none"] : []

        content {}
      }

      dynamic "count" {
        for_each = local.one ? [] : ["count"]

        content {}
      }
    }

    statement {
      managed_rule_group_statement {
        name        = local.one ? "AWSManagedRulesCommonRuleSet" : "ExampleRuleSet"
        vendor_name = local.one ? "AWS" : "Example"
        version     = "Version_1.${var.number}"

        rule_action_override {
          name = var.text

          action_to_use {
            dynamic "block" {
              for_each = local.one ? ["block"] : []

              content {}
            }

            dynamic "count" {
              for_each = local.one ? [] : ["count"]

              content {}
            }
          }
        }
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "managed"
      sampled_requests_enabled   = true
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = local.one
    metric_name                = "acl-${var.text}"
    sampled_requests_enabled   = !local.one
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
  name                 = "${var.name}-repository"
  force_delete         = !local.one
  image_tag_mutability = local.one ? "IMMUTABLE" : "MUTABLE"
  tags                 = local.tags

  encryption_configuration {
    encryption_type = local.first ? "KMS" : "KMS_DSSE"
    kms_key         = local.first ? aws_kms_key.this.arn : aws_kms_key.other.arn
  }

  image_scanning_configuration {
    scan_on_push = local.one
  }
}

resource "aws_ecr_lifecycle_policy" "this" {
  repository = aws_ecr_repository.this.name

  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "Old images of the ${var.name}"
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
  scan_type = local.one ? "BASIC" : "ENHANCED"

  dynamic "rule" {
    for_each = local.one ? { SCAN_ON_PUSH = "one*" } : { CONTINUOUS_SCAN = "two*", SCAN_ON_PUSH = "*" }

    content {
      scan_frequency = rule.key

      repository_filter {
        filter      = rule.value
        filter_type = "WILDCARD"
      }
    }
  }
}

resource "aws_ecr_replication_configuration" "this" {
  replication_configuration {
    rule {
      destination {
        region      = local.one ? "eu-central-1" : "eu-west-1"
        registry_id = local.one ? local.account : "999999999999"
      }

      dynamic "repository_filter" {
        for_each = local.one ? ["one"] : ["two", "three"]

        content {
          filter      = repository_filter.value
          filter_type = "PREFIX_MATCH"
        }
      }
    }
  }
}

# Identity, keys, secrets

resource "aws_iam_openid_connect_provider" "this" {
  url             = "https://${local.first ? "token.actions.githubusercontent.com" : "id.example.com"}"
  client_id_list  = ["sts.amazonaws.com", var.text]
  tags            = local.tags
  thumbprint_list = ["6938fd4d98bab03faadb97b34396831e3780aea1"]
}

resource "aws_iam_policy" "this" {
  name        = "${var.name}-policy"
  description = "The ${var.name} policy"
  path        = "/${var.name}/"
  tags        = local.tags

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Sid = var.text, Effect = "Allow", Action = ["ecr:*"], Resource = "*" }]
  })
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each = aws_iam_role.access

  policy_arn = aws_iam_policy.this.arn
  role       = each.value.name
}

resource "aws_kms_key" "this" {
  customer_master_key_spec = local.first ? "SYMMETRIC_DEFAULT" : "ECC_NIST_P256"
  deletion_window_in_days  = var.number + 10
  description              = var.text
  enable_key_rotation      = true
  key_usage                = local.first ? "ENCRYPT_DECRYPT" : "SIGN_VERIFY"
  rotation_period_in_days  = var.number * 100
  tags                     = local.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = var.text
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${local.account}:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}

resource "aws_kms_key" "other" {
  description         = "Another key"
  enable_key_rotation = local.one
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}"
  target_key_id = local.key
}

resource "aws_secretsmanager_secret" "this" {
  name                    = "${var.name}-secret"
  description             = var.text
  kms_key_id              = local.key
  recovery_window_in_days = var.number + 4
  tags                    = local.tags
}

resource "aws_secretsmanager_secret_version" "this" {
  secret_id                = aws_secretsmanager_secret.this.id
  secret_string_wo         = "written"
  secret_string_wo_version = local.first ? 1 : 2
  version_stages           = ["AWSCURRENT", var.text]
}

# Buckets

resource "aws_s3_account_public_access_block" "this" {
  block_public_acls       = local.one
  block_public_policy     = !local.one
  ignore_public_acls      = local.one
  restrict_public_buckets = !local.one
}

resource "aws_s3_bucket" "this" {
  bucket              = "${var.name}-of-each-${local.account}"
  force_destroy       = !local.one
  object_lock_enabled = true
  tags                = local.tags
}

resource "aws_s3_bucket" "target" {
  for_each = toset(["one", "two", "plain"])

  bucket = "one-of-each-${each.key}-${local.account}"
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_versioning" "target" {
  for_each = aws_s3_bucket.target

  bucket = each.value.id

  versioning_configuration {
    status = each.key != "plain" || local.one ? "Enabled" : "Suspended"
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket                  = aws_s3_bucket.this.id
  block_public_acls       = local.one
  block_public_policy     = !local.one
  ignore_public_acls      = local.one
  restrict_public_buckets = !local.one
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = local.one ? "BucketOwnerEnforced" : "BucketOwnerPreferred"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    bucket_key_enabled = local.one

    apply_server_side_encryption_by_default {
      kms_master_key_id = local.one ? aws_kms_key.this.arn : null
      sse_algorithm     = local.one ? "aws:kms" : "AES256"
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
    id     = "expire-${var.text}"
    status = local.one ? "Enabled" : "Disabled"

    filter {
      prefix = "${var.text}/"
    }

    expiration {
      days = var.number * 100
    }

    noncurrent_version_expiration {
      newer_noncurrent_versions = var.number
      noncurrent_days           = var.number * 10
    }

    transition {
      days          = var.number * 20
      storage_class = local.one ? "STANDARD_IA" : "GLACIER"
    }
  }

  rule {
    id     = "clean"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = var.number
    }

    expiration {
      days                         = local.one ? null : 1000
      expired_object_delete_marker = local.one ? true : null
    }
  }
}

resource "aws_s3_bucket_policy" "target" {
  for_each = aws_s3_bucket.target

  bucket = each.value.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "logs"
      Effect    = "Allow"
      Principal = { Service = "logging.s3.amazonaws.com" }
      Action    = "s3:PutObject"
      Resource  = "${each.value.arn}/*"
    }]
  })
}

resource "aws_s3_bucket_logging" "this" {
  bucket        = aws_s3_bucket.this.id
  target_bucket = aws_s3_bucket.target[var.text].id
  target_prefix = "${var.text}/"

  depends_on = [aws_s3_bucket_policy.target]
}

resource "aws_s3_bucket_notification" "this" {
  bucket      = aws_s3_bucket.this.id
  eventbridge = local.one
}

resource "aws_s3_bucket_metric" "this" {
  bucket = aws_s3_bucket.this.id
  name   = var.name

  filter {
    prefix = var.text
  }
}

resource "aws_s3_bucket_intelligent_tiering_configuration" "this" {
  bucket = aws_s3_bucket.this.id
  name   = var.name

  filter {
    prefix = "${var.text}/"
  }

  tiering {
    access_tier = local.one ? "ARCHIVE_ACCESS" : "DEEP_ARCHIVE_ACCESS"
    days        = var.number * 40
  }
}

resource "aws_s3_bucket_object_lock_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    default_retention {
      mode = local.one ? "GOVERNANCE" : "COMPLIANCE"
      days = var.number
    }
  }
}

resource "aws_s3_bucket_replication_configuration" "this" {
  bucket = aws_s3_bucket.this.id
  role   = aws_iam_role.access[var.text].arn

  rule {
    id       = "copy-${var.text}"
    priority = var.number
    status   = local.one ? "Enabled" : "Disabled"

    filter {
      prefix = var.text
    }

    delete_marker_replication {
      status = local.one ? "Disabled" : "Enabled"
    }

    source_selection_criteria {
      sse_kms_encrypted_objects {
        status = local.one ? "Enabled" : "Disabled"
      }
    }

    destination {
      account       = local.one ? null : local.account
      bucket        = aws_s3_bucket.target[var.text].arn
      storage_class = local.one ? "STANDARD_IA" : "STANDARD"

      dynamic "access_control_translation" {
        for_each = local.one ? [] : ["Destination"]

        content {
          owner = access_control_translation.value
        }
      }

      encryption_configuration {
        replica_kms_key_id = local.key
      }

      metrics {
        status = local.one ? "Enabled" : "Disabled"
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.target, aws_s3_bucket_versioning.this]
}

# Watching

locals {
  topic = local.one ? aws_sns_topic.this.arn : aws_sns_topic.other.arn
}

resource "aws_sns_topic" "this" {
  name              = "${var.name}-topic"
  display_name      = var.text
  kms_master_key_id = local.key
  tags              = local.tags
}

resource "aws_sns_topic" "other" {
  name = "other-topic"
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
  endpoint      = local.first ? "on-call@example.com" : "https://example.com"
  filter_policy = jsonencode({ kind = [var.text] })
  protocol      = local.first ? "email" : "https"
  topic_arn     = aws_sns_topic.this.arn
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "aws-waf-logs-${var.name}"
  kms_key_id        = local.key
  retention_in_days = var.number
  tags              = local.tags
}

resource "aws_cloudwatch_log_metric_filter" "this" {
  name           = "${var.name}-errors"
  log_group_name = aws_cloudwatch_log_group.this.name
  pattern        = "\"${var.text}\""

  metric_transformation {
    name          = "Errors-${var.text}"
    default_value = var.number
    namespace     = "OneOfEach/${var.text}"
    unit          = local.one ? "Count" : "Bytes"
    value         = var.number
  }
}

resource "aws_cloudwatch_log_resource_policy" "this" {
  policy_name = "${var.name}-policy"

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
  alarm_name                            = "${var.name}-alarm"
  alarm_actions                         = [local.topic]
  alarm_description                     = var.text
  comparison_operator                   = local.one ? "GreaterThanThreshold" : "LessThanThreshold"
  datapoints_to_alarm                   = var.number - 1
  dimensions                            = { Text = var.text }
  evaluate_low_sample_count_percentiles = local.one ? null : "ignore"
  evaluation_periods                    = var.number
  extended_statistic                    = local.one ? null : "p95"
  metric_name                           = "Errors-${var.text}"
  namespace                             = "OneOfEach/${var.text}"
  ok_actions                            = [local.topic]
  period                                = var.number * 60
  statistic                             = local.one ? "Sum" : null
  tags                                  = local.tags
  threshold                             = var.number
  treat_missing_data                    = local.one ? "notBreaching" : "breaching"
}

resource "aws_cloudwatch_metric_alarm" "math" {
  alarm_name          = "math"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  threshold           = 1

  metric_query {
    id          = "sum_${var.text}"
    expression  = "m_${var.text} * ${var.number}"
    label       = var.text
    return_data = true
  }

  # One more in the second variant, since exactly one may return data.
  dynamic "metric_query" {
    for_each = local.one ? ["m"] : ["m", "n"]

    content {
      id          = "${metric_query.value}_${var.text}"
      return_data = false

      metric {
        dimensions  = { Text = var.text }
        metric_name = "Errors-${var.text}"
        namespace   = "OneOfEach/${var.text}"
        period      = var.number * 60
        stat        = local.one ? "Sum" : "Average"
      }
    }
  }
}

resource "aws_cloudwatch_composite_alarm" "this" {
  alarm_name        = "${var.name}-composite"
  alarm_actions     = [local.topic]
  alarm_description = var.text
  alarm_rule        = "${local.one ? "ALARM" : "OK"}(\"${aws_cloudwatch_metric_alarm.this.alarm_name}\")"
  ok_actions        = [local.topic]
  tags              = local.tags
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = "${var.name}-dashboard"

  dashboard_body = jsonencode({
    widgets = [{ type = "text", x = 0, y = 0, width = var.number, height = 3, properties = { markdown = var.text } }]
  })
}

resource "aws_cloudwatch_event_rule" "this" {
  name          = "${var.name}-rule"
  description   = var.text
  event_pattern = jsonencode({ source = ["aws.apprunner"], detail-type = [var.text] })
  tags          = local.tags
}

resource "aws_cloudwatch_event_target" "this" {
  arn       = local.topic
  rule      = aws_cloudwatch_event_rule.this.name
  target_id = "${var.name}-topic"

  input_transformer {
    input_paths    = { (var.text) = "$.detail.${var.text}" }
    input_template = "\"<${var.text}>\""
  }
}

resource "aws_budgets_budget" "this" {
  name         = "${var.name}-budget"
  budget_type  = local.one ? "COST" : "USAGE"
  limit_amount = tostring(var.number * 10)
  limit_unit   = local.one ? "USD" : "GB"
  tags         = local.tags
  time_unit    = local.one ? "MONTHLY" : "QUARTERLY"

  cost_filter {
    name   = local.one ? "Service" : "Region"
    values = [var.text]
  }

  notification {
    comparison_operator        = local.one ? "GREATER_THAN" : "LESS_THAN"
    notification_type          = local.one ? "ACTUAL" : "FORECASTED"
    subscriber_email_addresses = ["${var.text}@example.com"]
    subscriber_sns_topic_arns  = [local.topic]
    threshold                  = var.number * 10
    threshold_type             = local.one ? "PERCENTAGE" : "ABSOLUTE_VALUE"
  }
}
