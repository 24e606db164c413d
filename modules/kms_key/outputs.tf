output "alias_name" {
  description = "The alias of the key, with its leading \"alias/\"."
  value       = aws_kms_alias.this.name
}

output "arn" {
  description = "The ARN of the key."
  value       = aws_kms_key.this.arn
}

output "id" {
  description = "The id of the key."
  value       = aws_kms_key.this.key_id
}

output "policy_json" {
  description = "The key policy as JSON."
  value       = data.aws_iam_policy_document.this.json
}
