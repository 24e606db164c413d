# How the apply role makes roles without ever becoming more than it is: each
# role that it makes carries the boundary, and it can pass them to App Runner, and
# one of them to S3, only.

data "aws_iam_policy_document" "apply_identity" {
  # These actions know the boundary of the role that they change.
  statement {
    sid = "BoundedRoles"
    actions = [
      "iam:CreateRole",
      "iam:DeleteRolePolicy",
      "iam:DetachRolePolicy",
      "iam:PutRolePermissionsBoundary",
      "iam:PutRolePolicy",
    ]
    resources = [local.arns.roles]

    condition {
      test     = "StringEquals"
      variable = "iam:PermissionsBoundary"
      values   = [aws_iam_policy.boundary.arn]
    }
  }

  statement {
    sid       = "AttachOwnPolicies"
    actions   = ["iam:AttachRolePolicy"]
    resources = [local.arns.roles]

    condition {
      test     = "StringEquals"
      variable = "iam:PermissionsBoundary"
      values   = [aws_iam_policy.boundary.arn]
    }

    condition {
      test     = "ArnLike"
      variable = "iam:PolicyARN"
      values   = [local.arns.policies]
    }
  }

  # These do not, so they are held to the names of roles that carry it.
  statement {
    sid = "Roles"
    actions = [
      "iam:DeleteRole",
      "iam:TagRole",
      "iam:UntagRole",
      "iam:UpdateAssumeRolePolicy",
      "iam:UpdateRole",
      "iam:UpdateRoleDescription",
    ]
    resources = [local.arns.roles]
  }

  statement {
    sid = "Policies"
    actions = [
      "iam:CreatePolicy",
      "iam:CreatePolicyVersion",
      "iam:DeletePolicy",
      "iam:DeletePolicyVersion",
      "iam:SetDefaultPolicyVersion",
      "iam:TagPolicy",
      "iam:UntagPolicy",
    ]
    resources = [local.arns.policies]
  }

  # AWS's own AWSAppRunnerFullAccess passes roles to the service as such, its
  # documentation to the two principals that take them.
  statement {
    sid       = "PassRolesToAppRunner"
    actions   = ["iam:PassRole"]
    resources = [local.arns.roles]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values = [
        "apprunner.${local.dns_suffix}",
        "build.apprunner.${local.dns_suffix}",
        "tasks.apprunner.${local.dns_suffix}",
      ]
    }
  }

  statement {
    sid       = "PassReplicationRoleToS3"
    actions   = ["iam:PassRole"]
    resources = [local.arns.replication_role]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["s3.${local.dns_suffix}"]
    }
  }

  statement {
    sid       = "ServicesOwnRoles"
    actions   = ["iam:CreateServiceLinkedRole"]
    resources = local.arns.service_roles

    condition {
      test     = "StringEquals"
      variable = "iam:AWSServiceName"
      values   = local.service_principals
    }
  }

  # AWS refuses while the service still needs its role.
  statement {
    sid       = "EndServicesOwnRoles"
    actions   = ["iam:DeleteServiceLinkedRole", "iam:TagRole", "iam:UntagRole"]
    resources = local.arns.service_roles
  }
}
