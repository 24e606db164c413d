# The role of the application.

data "aws_iam_policy_document" "instance_trust" {
  statement {
    sid     = "AppRunnerTasks"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["tasks.apprunner.${local.dns_suffix}"]
    }
  }
}

data "aws_iam_policy_document" "data" {
  dynamic "statement" {
    for_each = var.buckets

    content {
      sid       = "List${local.statement_names[statement.key]}"
      actions   = ["s3:ListBucket"]
      resources = [statement.value.arn]

      # A request for the whole bucket names no prefix at all.
      dynamic "condition" {
        for_each = contains(local.bucket_prefixes[statement.key], "") ? [] : [local.bucket_prefixes[statement.key]]

        content {
          test     = "StringLike"
          variable = "s3:prefix"
          values   = [for prefix in condition.value : "${prefix}*"]
        }
      }
    }
  }

  dynamic "statement" {
    for_each = local.buckets_read

    content {
      sid       = "Read${local.statement_names[statement.key]}"
      actions   = ["s3:GetObject"]
      resources = [for prefix in statement.value.read_prefixes : "${statement.value.arn}/${prefix}*"]
    }
  }

  dynamic "statement" {
    for_each = local.buckets_written

    content {
      sid       = "Write${local.statement_names[statement.key]}"
      actions   = ["s3:AbortMultipartUpload", "s3:PutObject"]
      resources = [for prefix in statement.value.write_prefixes : "${statement.value.arn}/${prefix}*"]
    }
  }

  # A multipart upload under a KMS key needs Decrypt as well as GenerateDataKey.
  dynamic "statement" {
    for_each = length(var.kms_key_arns) > 0 ? [values(var.kms_key_arns)] : []

    content {
      sid = "UseKeysThroughS3"
      actions = concat(
        ["kms:Decrypt"],
        length(local.buckets_written) > 0 ? ["kms:GenerateDataKey"] : [],
      )
      resources = statement.value

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["s3.${data.aws_region.current.id}.${local.dns_suffix}"]
      }
    }
  }
}

data "aws_iam_policy_document" "secrets" {
  dynamic "statement" {
    for_each = length(var.secret_arns) > 0 ? [values(var.secret_arns)] : []

    content {
      sid       = "ReadSecrets"
      actions   = ["secretsmanager:GetSecretValue"]
      resources = statement.value
    }
  }

  dynamic "statement" {
    for_each = length(var.parameter_arns) > 0 ? [values(var.parameter_arns)] : []

    content {
      sid       = "ReadParameters"
      actions   = ["ssm:GetParameters"]
      resources = statement.value
    }
  }

  dynamic "statement" {
    for_each = length(var.kms_key_arns) > 0 ? local.secret_services : {}

    content {
      sid       = "UseKeysThrough${statement.value}"
      actions   = ["kms:Decrypt"]
      resources = values(var.kms_key_arns)

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["${statement.key}.${data.aws_region.current.id}.${local.dns_suffix}"]
      }
    }
  }
}

# X-Ray and PutMetricData know no resource ARNs; metrics are held to one
# namespace instead.
data "aws_iam_policy_document" "telemetry" {
  dynamic "statement" {
    for_each = var.telemetry == null ? [] : [var.telemetry]

    content {
      sid       = "WriteLogs"
      actions   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
      resources = [statement.value.log_group_arn, "${statement.value.log_group_arn}:*"]
    }
  }

  dynamic "statement" {
    for_each = var.telemetry == null ? [] : [var.telemetry]

    content {
      sid       = "WriteMetrics"
      actions   = ["cloudwatch:PutMetricData"]
      resources = ["*"]

      condition {
        test     = "StringEquals"
        variable = "cloudwatch:namespace"
        values   = [statement.value.metric_namespace]
      }
    }
  }

  dynamic "statement" {
    for_each = try(var.telemetry.tracing_enabled, false) ? [true] : []

    content {
      sid = "WriteTraces"
      actions = [
        "xray:GetSamplingRules",
        "xray:GetSamplingStatisticSummaries",
        "xray:GetSamplingTargets",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
      ]
      resources = ["*"]
    }
  }
}

resource "aws_iam_role" "instance" {
  name                 = "${var.name}-instance"
  description          = "What the application ${var.name} may do"
  assume_role_policy   = data.aws_iam_policy_document.instance_trust.json
  permissions_boundary = var.permissions_boundary_arn
}

resource "aws_iam_policy" "instance" {
  for_each = local.instance_policies

  name        = "${var.name}-instance-${each.key}"
  description = "What the application ${var.name} may do with ${each.key}"
  policy      = local.instance_documents[each.key]
}

resource "aws_iam_role_policy_attachment" "instance" {
  for_each = local.instance_policies

  role       = aws_iam_role.instance.name
  policy_arn = aws_iam_policy.instance[each.key].arn
}
