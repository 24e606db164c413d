# A pipeline that starts at once must find its role with the policy attached.
output "data_scientist_role_arn" {
  description = "The ARN of the role that reads the lake, known once its policy is attached, or null if there is none."
  value       = try(aws_iam_role.this["data_scientist"].arn, null)

  depends_on = [aws_iam_role_policy_attachment.this]
}

output "pipeline_role_arn" {
  description = "The ARN of the role that fills the lake, known once its policy is attached, or null if there is none."
  value       = try(aws_iam_role.this["pipeline"].arn, null)

  depends_on = [aws_iam_role_policy_attachment.this]
}

output "policy_json" {
  description = "The policies of the roles as JSON: \"data_scientist\" and \"pipeline\", as far as there are such roles."
  value       = { for role in local.roles : role => local.policies[role] }
}
