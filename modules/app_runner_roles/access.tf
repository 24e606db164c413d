# The role of App Runner itself, while it pulls the image.

data "aws_iam_policy_document" "access_trust" {
  statement {
    sid     = "AppRunnerBuild"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["build.apprunner.${local.dns_suffix}"]
    }
  }
}

data "aws_iam_policy_document" "access" {
  statement {
    sid = "PullImages"
    actions = [
      "ecr:BatchCheckLayerAvailability",
      "ecr:BatchGetImage",
      "ecr:DescribeImages",
      "ecr:GetDownloadUrlForLayer",
    ]
    resources = var.repository_arns
  }

  # ECR hands out its login token for a whole registry only.
  statement {
    sid       = "Login"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }
}

resource "aws_iam_role" "access" {
  name                 = "${var.name}-access"
  description          = "Lets App Runner pull the images of ${var.name}"
  assume_role_policy   = data.aws_iam_policy_document.access_trust.json
  permissions_boundary = var.permissions_boundary_arn
}

resource "aws_iam_policy" "access" {
  name        = "${var.name}-access"
  description = "Pull the images of ${var.name}"
  policy      = data.aws_iam_policy_document.access.json
}

resource "aws_iam_role_policy_attachment" "access" {
  role       = aws_iam_role.access.name
  policy_arn = aws_iam_policy.access.arn
}
