output "apply_role_arn" {
  description = "The ARN of the role with which GitHub Actions changes the environment."
  value       = module.deployment_roles.apply_role_arn
}

output "ledger_key_arn" {
  description = "The ARN of the key that signs the ledger."
  value       = aws_kms_key.ledger.arn
}

output "oidc_provider_arn" {
  description = "The ARN of the account's identity provider for GitHub Actions."
  value       = module.github_oidc.arn
}

output "permissions_boundary_arn" {
  description = "The ARN of the policy that bounds the environment's roles: the value of `permissions_boundary_arn` in its terraform.tfvars."
  value       = module.deployment_roles.permissions_boundary_arn
}

output "plan_role_arn" {
  description = "The ARN of the role with which GitHub Actions plans."
  value       = module.deployment_roles.plan_role_arn
}

output "push_role_arn" {
  description = "The ARN of the role with which GitHub Actions pushes images."
  value       = module.deployment_roles.push_role_arn
}

output "state_bucket_name" {
  description = "The name of the bucket that holds the account's states."
  value       = module.state_bucket.name
}

output "state_key_arn" {
  description = "The ARN of the key that encrypts the states."
  value       = module.state_key.arn
}
