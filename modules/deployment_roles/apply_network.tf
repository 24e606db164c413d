# How the apply role puts a service into a network, and a firewall before it.
# Networks themselves are given: it makes and changes none. What EC2 makes up the
# name of is known by the tag "environment", which it must be made with.

data "aws_iam_policy_document" "apply_network" {
  statement {
    sid = "MakeParts"
    actions = [
      "ec2:AuthorizeSecurityGroupEgress",
      "ec2:AuthorizeSecurityGroupIngress",
      "ec2:CreateSecurityGroup",
      "ec2:CreateVpcEndpoint",
    ]
    resources = local.arns.network_made

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/environment"
      values   = [var.environment]
    }
  }

  statement {
    sid       = "TagWhatIsMade"
    actions   = ["ec2:CreateTags"]
    resources = local.arns.network_made

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/environment"
      values   = [var.environment]
    }

    condition {
      test     = "StringEquals"
      variable = "ec2:CreateAction"
      values = [
        "AuthorizeSecurityGroupEgress",
        "AuthorizeSecurityGroupIngress",
        "CreateSecurityGroup",
        "CreateVpcEndpoint",
      ]
    }
  }

  statement {
    sid       = "InGivenNetworks"
    actions   = ["ec2:CreateSecurityGroup", "ec2:CreateVpcEndpoint", "ec2:ModifyVpcEndpoint"]
    resources = local.arns.network_given
  }

  statement {
    sid = "ManageParts"
    actions = [
      "ec2:AuthorizeSecurityGroupEgress",
      "ec2:AuthorizeSecurityGroupIngress",
      "ec2:CreateTags",
      "ec2:CreateVpcEndpoint",
      "ec2:DeleteSecurityGroup",
      "ec2:DeleteTags",
      "ec2:DeleteVpcEndpoints",
      "ec2:ModifySecurityGroupRules",
      "ec2:ModifyVpcEndpoint",
      "ec2:RevokeSecurityGroupEgress",
      "ec2:RevokeSecurityGroupIngress",
      "ec2:UpdateSecurityGroupRuleDescriptionsEgress",
      "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
    ]
    resources = local.arns.network_made

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/environment"
      values   = [var.environment]
    }
  }

  statement {
    sid = "Firewalls"
    actions = [
      "wafv2:AssociateWebACL",
      "wafv2:CreateIPSet",
      "wafv2:CreateWebACL",
      "wafv2:DeleteIPSet",
      "wafv2:DeleteLoggingConfiguration",
      "wafv2:DeleteWebACL",
      "wafv2:DisassociateWebACL",
      "wafv2:PutLoggingConfiguration",
      "wafv2:TagResource",
      "wafv2:UntagResource",
      "wafv2:UpdateIPSet",
      "wafv2:UpdateWebACL",
    ]
    resources = concat([local.arns.apprunner_service], local.arns.firewalls)
  }

  # Rules that others manage belong to no account of ours, and are only used.
  statement {
    sid       = "ManagedRules"
    actions   = ["wafv2:CreateWebACL", "wafv2:UpdateWebACL"]
    resources = [local.arns.managed_rules]
  }
}
