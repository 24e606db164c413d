output "arn" {
  description = "The ARN of the repository."
  value       = aws_ecr_repository.this.arn
}

output "lifecycle_policy_json" {
  description = "The lifecycle policy as JSON."
  value       = data.aws_ecr_lifecycle_policy_document.this.json
}

output "name" {
  description = "The name of the repository."
  value       = aws_ecr_repository.this.name
}

output "registry_id" {
  description = "The account id of the registry."
  value       = aws_ecr_repository.this.registry_id
}

output "url" {
  description = "The address of the repository, without tag or digest."
  value       = aws_ecr_repository.this.repository_url
}
