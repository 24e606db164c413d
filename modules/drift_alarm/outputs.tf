output "alarm_arn" {
  description = "The ARN of the alarm."
  value       = aws_cloudwatch_metric_alarm.report.arn
}

output "alarm_name" {
  description = "The name of the alarm."
  value       = aws_cloudwatch_metric_alarm.report.alarm_name
}

output "rule_arn" {
  description = "The ARN of the EventBridge rule that matches reports."
  value       = aws_cloudwatch_event_rule.report.arn
}

output "rule_name" {
  description = "The name of the EventBridge rule that matches reports."
  value       = aws_cloudwatch_event_rule.report.name
}
