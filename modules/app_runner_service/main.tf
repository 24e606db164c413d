resource "aws_apprunner_auto_scaling_configuration_version" "this" {
  auto_scaling_configuration_name = var.name
  max_concurrency                 = var.scaling.max_concurrency
  max_size                        = var.scaling.max_instances
  min_size                        = var.scaling.min_instances

  # Each change is a new revision, and App Runner refuses to delete the one that
  # the service still uses.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_apprunner_observability_configuration" "this" {
  count = var.tracing_enabled ? 1 : 0

  observability_configuration_name = var.name

  trace_configuration {
    vendor = "AWSXRAY"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_apprunner_service" "this" {
  service_name                   = var.name
  auto_scaling_configuration_arn = aws_apprunner_auto_scaling_configuration_version.this.arn
  tags                           = var.tags

  dynamic "encryption_configuration" {
    for_each = var.encryption == null ? [] : [var.encryption]

    content {
      kms_key = encryption_configuration.value.kms_key_arn
    }
  }

  health_check_configuration {
    protocol            = "HTTP"
    path                = var.health_check.path
    interval            = var.health_check.interval_seconds
    timeout             = var.health_check.timeout_seconds
    healthy_threshold   = var.health_check.healthy_threshold
    unhealthy_threshold = var.health_check.unhealthy_threshold
  }

  instance_configuration {
    cpu               = tostring(var.size.cpu)
    memory            = tostring(var.size.memory)
    instance_role_arn = var.instance_role_arn
  }

  network_configuration {
    ip_address_type = "IPV4"

    egress_configuration {
      egress_type       = var.vpc_connector == null ? "DEFAULT" : "VPC"
      vpc_connector_arn = var.vpc_connector == null ? null : var.vpc_connector.arn
    }

    ingress_configuration {
      is_publicly_accessible = var.publicly_accessible
    }
  }

  observability_configuration {
    observability_enabled           = var.tracing_enabled
    observability_configuration_arn = one(aws_apprunner_observability_configuration.this[*].arn)
  }

  source_configuration {
    # A digest never moves, so there is nothing to deploy by itself: a release
    # is a change of the digest, and a rollback is the former digest.
    auto_deployments_enabled = false

    authentication_configuration {
      access_role_arn = var.access_role_arn
    }

    image_repository {
      image_identifier      = "${var.repository_url}@${var.image_digest}"
      image_repository_type = "ECR"

      image_configuration {
        port                          = tostring(var.port)
        runtime_environment_secrets   = var.secrets
        runtime_environment_variables = var.environment
      }
    }
  }
}
