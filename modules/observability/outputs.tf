output "alarm_names" {
  description = "The names of all metric alarms, empty while nothing is watched. The page alarm is not among them."
  value       = sort([for alarm in local.alarms : alarm.alarm_name])
}

output "dashboard_name" {
  description = "The name of the dashboard, or null while nothing is watched."
  value       = one(aws_cloudwatch_dashboard.this[*].dashboard_name)
}

output "log_group_arn" {
  description = "The ARN of the application's log group, without \":*\" at its end."
  value       = aws_cloudwatch_log_group.application.arn
}

output "log_group_name" {
  description = "The name of the application's log group."
  value       = aws_cloudwatch_log_group.application.name
}

output "page_alarm_name" {
  description = "The name of the composite alarm that says whether somebody is needed now, or null while nothing is watched."
  value       = one(aws_cloudwatch_composite_alarm.page[*].alarm_name)
}

output "topic_arn" {
  description = "The ARN of the topic that alarms go to, known once its publishers may publish to it."
  value       = aws_sns_topic.alarms.arn

  depends_on = [aws_sns_topic_policy.alarms]
}

output "topic_policy_json" {
  description = "The policy of the topic as JSON."
  value       = data.aws_iam_policy_document.alarms.json
}
