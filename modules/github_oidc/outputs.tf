output "arn" {
  description = "The ARN of the identity provider, whether made here or given."
  value       = var.existing_provider == null ? one(aws_iam_openid_connect_provider.this[*].arn) : var.existing_provider.arn
}
