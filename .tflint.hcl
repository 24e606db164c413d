# Rules that are on by default are not repeated here.
config {
  call_module_type = "local"
}

plugin "terraform" {
  enabled = true
  preset  = "all"
}

plugin "aws" {
  enabled    = true
  deep_check = false
  version    = "0.48.0"
  source     = "github.com/terraform-linters/tflint-ruleset-aws"
}

# ------------------------------------------------------------------------------
# Terraform
# ------------------------------------------------------------------------------

# A module's main.tf may be split by entity once it is long.
rule "terraform_standard_module_structure" {
  enabled = false
}

rule "terraform_naming_convention" {
  enabled = true
  format  = "snake_case"

  # A leading underscore marks a local that only other locals use.
  locals {
    custom = "^_?[a-z][a-z0-9]*(_[a-z0-9]+)*$"
  }
}

# ------------------------------------------------------------------------------
# AWS
# ------------------------------------------------------------------------------

rule "aws_provider_missing_default_tags" {
  enabled = true
  tags    = ["cost_centre", "environment", "managed_by", "owner", "project"]
}

# Tags come from the provider's default_tags, checked above. A module has no
# provider, so looking at it alone this rule could only be wrong.
rule "aws_resource_missing_tags" {
  enabled = false
}

rule "aws_iam_policy_attachment_exclusive_attachment" {
  enabled = true
}

rule "aws_iam_policy_document_gov_friendly_arns" {
  enabled = true
}

rule "aws_iam_policy_gov_friendly_arns" {
  enabled = true
}

rule "aws_iam_role_policy_gov_friendly_arns" {
  enabled = true
}

rule "aws_security_group_inline_rules" {
  enabled = true
}

rule "aws_security_group_rule_deprecated" {
  enabled = true
}

# What is secret must reach neither plan nor state.
rule "aws_ephemeral_resources" {
  enabled = true
}

rule "aws_write_only_arguments" {
  enabled = true
}
