# App Runner tries the roles while it creates the service, so a consumer must
# wait until the policies are attached.
output "access_role_arn" {
  description = "The ARN of the role with which App Runner pulls the image, known once its policy is attached."
  value       = aws_iam_role.access.arn

  depends_on = [aws_iam_role_policy_attachment.access]
}

output "access_role_name" {
  description = "The name of the role with which App Runner pulls the image."
  value       = aws_iam_role.access.name
}

output "instance_role_arn" {
  description = "The ARN of the role of the application, known once its policies are attached."
  value       = aws_iam_role.instance.arn

  depends_on = [aws_iam_role_policy_attachment.instance]
}

output "instance_role_name" {
  description = "The name of the role of the application."
  value       = aws_iam_role.instance.name
}

output "policy_json" {
  description = "The policies of both roles as JSON: \"access\", and of the instance role those that were asked for among \"data\", \"secrets\" and \"telemetry\"."
  value = merge(
    { access = data.aws_iam_policy_document.access.json },
    { for key in local.instance_policies : key => local.instance_documents[key] },
  )
}
