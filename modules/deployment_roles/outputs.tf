# A workflow must not take a role before it has its policies, nor anyone use the
# boundary while the apply role could still change it.
output "apply_role_arn" {
  description = "The ARN of the role that changes the environment, known once its policies are attached."
  value       = aws_iam_role.apply.arn

  depends_on = [aws_iam_role_policy_attachment.apply, aws_iam_role_policy_attachment.apply_guards]
}

output "permissions_boundary_arn" {
  description = "The ARN of the policy that bounds every role of the environment: the input of the same name of `trending_now` and `app_runner_roles`."
  value       = aws_iam_policy.boundary.arn
}

output "plan_role_arn" {
  description = "The ARN of the role that plans, known once its policies are attached."
  value       = aws_iam_role.plan.arn

  depends_on = [aws_iam_role_policy_attachment.plan]
}

output "push_role_arn" {
  description = "The ARN of the role that pushes images, known once its policy is attached."
  value       = aws_iam_role.push.arn

  depends_on = [aws_iam_role_policy_attachment.push]
}

output "subjects" {
  description = "The subjects of GitHub's tokens that may take each role: \"apply\", \"plan\" and \"push\"."
  value       = local.subjects
}
