data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  scan_filters = {
    CONTINUOUS_SCAN = var.continuous_scan_filters
    SCAN_ON_PUSH    = var.push_scan_filters
  }

  replication_destinations = {
    for key, destination in var.replication_destinations : key => {
      account_id        = destination.account_id
      region            = coalesce(destination.region, data.aws_region.current.id)
      repository_prefix = destination.repository_prefix
    }
  }
}

resource "aws_ecr_registry_scanning_configuration" "this" {
  scan_type = var.scan_type

  dynamic "rule" {
    for_each = { for frequency, filters in local.scan_filters : frequency => filters if length(filters) > 0 }

    content {
      scan_frequency = rule.key

      dynamic "repository_filter" {
        for_each = rule.value

        content {
          filter      = repository_filter.value
          filter_type = "WILDCARD"
        }
      }
    }
  }
}

resource "aws_ecr_replication_configuration" "this" {
  count = length(var.replication_destinations) > 0 ? 1 : 0

  replication_configuration {
    dynamic "rule" {
      for_each = local.replication_destinations

      content {
        destination {
          region      = rule.value.region
          registry_id = rule.value.account_id
        }

        repository_filter {
          filter      = rule.value.repository_prefix
          filter_type = "PREFIX_MATCH"
        }
      }
    }
  }

  lifecycle {
    precondition {
      condition     = alltrue([for destination in values(local.replication_destinations) : destination.account_id != data.aws_caller_identity.current.account_id || destination.region != data.aws_region.current.id])
      error_message = "A registry cannot replicate to itself. Give another account_id or another region."
    }
  }
}

data "aws_iam_policy_document" "this" {
  count = length(var.replication_source_account_ids) > 0 ? 1 : 0

  statement {
    sid     = "Replicate"
    actions = ["ecr:ReplicateImage"]
    resources = [join(":", [
      "arn", data.aws_partition.current.partition, "ecr", data.aws_region.current.id,
      data.aws_caller_identity.current.account_id, "repository/${var.replication_source_prefix}*",
    ])]

    principals {
      type        = "AWS"
      identifiers = [for id in sort(var.replication_source_account_ids) : "arn:${data.aws_partition.current.partition}:iam::${id}:root"]
    }
  }
}

resource "aws_ecr_registry_policy" "this" {
  count = length(var.replication_source_account_ids) > 0 ? 1 : 0

  policy = data.aws_iam_policy_document.this[0].json
}
