locals {
  page_alarm_names = concat(
    [for kind, alarm in aws_cloudwatch_metric_alarm.error_rate : alarm.alarm_name if local.error_rates[kind].role == "pages"],
    [for kind, alarm in aws_cloudwatch_metric_alarm.level : alarm.alarm_name if local.levels[kind].role == "pages"],
    aws_cloudwatch_metric_alarm.deployment_failures[*].alarm_name,
  )
}

resource "aws_cloudwatch_composite_alarm" "page" {
  count = local.anything_watched ? 1 : 0

  alarm_name        = "${var.name}-page"
  alarm_description = "${var.name} needs somebody now. The dashboard and the alarms of this rule say why."
  alarm_rule        = join(" OR ", [for name in sort(local.page_alarm_names) : "ALARM(\"${name}\")"])
  alarm_actions     = [aws_sns_topic.alarms.arn]
  ok_actions        = [aws_sns_topic.alarms.arn]
}
