# The most that a role made by the apply role can ever do. It lists what
# workloads do with data, images, secrets, logs and metrics of the environment;
# IAM, STS and everything else is not in it.

data "aws_iam_policy_document" "boundary" {
  statement {
    sid = "Data"
    actions = [
      "s3:AbortMultipartUpload",
      "s3:DeleteObject",
      "s3:GetObject",
      "s3:ListBucket",
      "s3:ListMultipartUploadParts",
      "s3:PutObject",
    ]
    resources = [local.arns.buckets, local.arns.objects]
  }

  # What S3 reads of a bucket to copy it.
  statement {
    sid = "Originals"
    actions = [
      "s3:GetObjectLegalHold",
      "s3:GetObjectRetention",
      "s3:GetObjectVersionAcl",
      "s3:GetObjectVersionForReplication",
      "s3:GetObjectVersionTagging",
      "s3:GetReplicationConfiguration",
    ]
    resources = [local.arns.buckets, local.arns.objects]
  }

  # Where copies go is another account's to name, so it is known by its number.
  dynamic "statement" {
    for_each = local.replication_accounts

    content {
      sid       = "Copies"
      actions   = ["s3:ObjectOwnerOverrideToBucketOwner", "s3:ReplicateObject", "s3:ReplicateTags"]
      resources = ["${local._arn}:s3:::*/*"]

      condition {
        test     = "StringEquals"
        variable = "aws:ResourceAccount"
        values   = [statement.value]
      }
    }
  }

  dynamic "statement" {
    for_each = local.replication_accounts

    content {
      sid       = "CopyKeys"
      actions   = ["kms:Encrypt", "kms:GenerateDataKey"]
      resources = ["${local._arn}:kms:*:${statement.value}:key/*"]

      condition {
        test     = "StringLike"
        variable = "kms:ViaService"
        values   = ["s3.*.${local.dns_suffix}"]
      }
    }
  }

  statement {
    sid = "Images"
    actions = [
      "ecr:BatchCheckLayerAvailability",
      "ecr:BatchGetImage",
      "ecr:DescribeImages",
      "ecr:GetDownloadUrlForLayer",
    ]
    resources = [local.arns.repository]
  }

  # ECR hands out its login token for a whole registry only.
  statement {
    sid       = "Login"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    sid       = "Secrets"
    actions   = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
    resources = [local.arns.secrets]
  }

  statement {
    sid       = "Parameters"
    actions   = ["ssm:GetParameter", "ssm:GetParameters"]
    resources = [local.arns.parameters]
  }

  statement {
    sid       = "Keys"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [local.arns.keys]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = [for service in ["s3", "secretsmanager", "ssm"] : "${service}.${local.region}.${local.dns_suffix}"]
    }
  }

  statement {
    sid       = "Logs"
    actions   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    resources = local.arns.log_groups
  }

  # Metrics and traces know no resource ARNs.
  statement {
    sid       = "Metrics"
    actions   = ["cloudwatch:PutMetricData"]
    resources = ["*"]

    condition {
      test     = "StringLike"
      variable = "cloudwatch:namespace"
      values   = [local.path, "${local.path}/*"]
    }
  }

  statement {
    sid = "Traces"
    actions = [
      "xray:GetSamplingRules",
      "xray:GetSamplingStatisticSummaries",
      "xray:GetSamplingTargets",
      "xray:PutTelemetryRecords",
      "xray:PutTraceSegments",
    ]
    resources = ["*"]
  }

  # A bucket policy could let a session in past what the boundary allows, but
  # never past what it denies.
  statement {
    sid       = "DenyState"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [local.arns.state_bucket, local.arns.all_state_objects]
  }

  statement {
    sid       = "DenyIdentity"
    effect    = "Deny"
    actions   = ["iam:*", "sts:AssumeRole*"]
    resources = ["*"]
  }
}

resource "aws_iam_policy" "boundary" {
  name        = "${local.name}-boundary"
  path        = local.deployment_path
  description = "The most that a role of ${local.name} can do"
  policy      = data.aws_iam_policy_document.boundary.json
}
