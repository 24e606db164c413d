# The role that brings a new image in: from the main branch, to one repository.

data "aws_iam_policy_document" "push" {
  statement {
    sid = "PushImages"
    actions = [
      "ecr:BatchCheckLayerAvailability",
      "ecr:BatchGetImage",
      "ecr:CompleteLayerUpload",
      "ecr:DescribeImages",
      "ecr:InitiateLayerUpload",
      "ecr:PutImage",
      "ecr:UploadLayerPart",
    ]
    resources = [local.arns.repository]
  }

  # ECR hands out its login token for a whole registry only.
  statement {
    sid       = "Login"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }
}

resource "aws_iam_policy" "push" {
  name        = "${local.name}-push"
  path        = local.deployment_path
  description = "Push images of ${local.name}"
  policy      = data.aws_iam_policy_document.push.json
}

resource "aws_iam_role" "push" {
  name                 = "${local.name}-push"
  path                 = local.deployment_path
  description          = "Pushes images of ${local.name} from ${var.main_branch}"
  assume_role_policy   = data.aws_iam_policy_document.trust["push"].json
  max_session_duration = 3600

  lifecycle {
    precondition {
      condition     = local.subjects_are_exact["push"]
      error_message = local.no_subject_message
    }
  }
}

resource "aws_iam_role_policy_attachment" "push" {
  role       = aws_iam_role.push.name
  policy_arn = aws_iam_policy.push.arn
}
