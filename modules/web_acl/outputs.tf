output "arn" {
  description = "The ARN of the web ACL, known once it writes its log."
  value       = aws_wafv2_web_acl.this.arn

  depends_on = [aws_wafv2_web_acl_logging_configuration.this]
}

output "log_group_arn" {
  description = "The ARN of the log group."
  value       = aws_cloudwatch_log_group.this.arn
}

output "log_group_name" {
  description = "The name of the log group, which is `aws-waf-logs-<name>`."
  value       = aws_cloudwatch_log_group.this.name
}

output "log_policy_json" {
  description = "The policy that lets the delivery service write to the log group, as JSON."
  value       = data.aws_iam_policy_document.log_delivery.json
}
