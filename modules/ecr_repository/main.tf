resource "aws_ecr_repository" "this" {
  name                 = var.name
  force_delete         = var.force_delete
  image_tag_mutability = "IMMUTABLE"

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = var.kms_key_arn
  }

  image_scanning_configuration {
    scan_on_push = true
  }
}

locals {
  # Far beyond the 100000 images that a repository may hold.
  unreachable_image_count = 999999
}

data "aws_ecr_lifecycle_policy_document" "this" {
  # ECR lets no rule expire what a rule before it has matched. This one matches
  # the releases and expires none, which keeps them from the rules after it.
  rule {
    priority    = 1
    description = "Keep every release image"

    selection {
      tag_status       = "tagged"
      tag_pattern_list = [var.release_tag_pattern]
      count_type       = "imageCountMoreThan"
      count_number     = local.unreachable_image_count
    }
  }

  rule {
    priority    = 2
    description = "Keep the newest build images"

    selection {
      tag_status       = "tagged"
      tag_pattern_list = [var.build_tag_pattern]
      count_type       = "imageCountMoreThan"
      count_number     = var.build_image_count
    }
  }

  rule {
    priority    = 3
    description = "Expire images that lost or never had a tag"

    selection {
      tag_status   = "untagged"
      count_type   = "sinceImagePushed"
      count_unit   = "days"
      count_number = var.untagged_days
    }
  }
}

# By id and not by name: a repository that is replaced under the same name loses
# its policies, and only the id makes the same plan bring them back.
resource "aws_ecr_lifecycle_policy" "this" {
  repository = aws_ecr_repository.this.id
  policy     = data.aws_ecr_lifecycle_policy_document.this.json
}

data "aws_iam_policy_document" "pull" {
  statement {
    sid = "Pull"
    actions = [
      "ecr:BatchCheckLayerAvailability",
      "ecr:BatchGetImage",
      "ecr:DescribeImages",
      "ecr:GetDownloadUrlForLayer",
    ]

    principals {
      type        = "AWS"
      identifiers = values(var.pull_principal_arns)
    }
  }
}

resource "aws_ecr_repository_policy" "pull" {
  count = length(var.pull_principal_arns) > 0 ? 1 : 0

  repository = aws_ecr_repository.this.id
  policy     = data.aws_iam_policy_document.pull.json
}
