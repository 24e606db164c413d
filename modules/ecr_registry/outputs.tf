output "policy_json" {
  description = "The policy of the registry as JSON, or null if no other account may replicate to it."
  value       = one(data.aws_iam_policy_document.this[*].json)
}

output "registry_id" {
  description = "The account id of the registry."
  value       = aws_ecr_registry_scanning_configuration.this.registry_id
}

output "scan_type" {
  description = "How images are scanned: \"BASIC\" or \"ENHANCED\"."
  value       = aws_ecr_registry_scanning_configuration.this.scan_type
}
