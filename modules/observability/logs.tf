locals {
  log_error_metric = { namespace = coalesce(var.metric_namespace, var.name), name = "LogErrors" }
}

resource "aws_cloudwatch_log_group" "application" {
  #checkov:skip=CKV_AWS_338:The days are an input, because dev and staging keep logs for weeks and prod for a year.
  name              = var.log_group_name
  kms_key_id        = var.kms_key_arn
  retention_in_days = var.log_retention_in_days
}

resource "aws_cloudwatch_log_metric_filter" "errors" {
  count = var.service == null ? 0 : 1

  name           = "${var.name}-errors"
  log_group_name = aws_cloudwatch_log_group.application.name
  pattern        = "{ ($.level = \"ERROR\") || ($.level = \"CRITICAL\") }"

  metric_transformation {
    namespace     = local.log_error_metric.namespace
    name          = local.log_error_metric.name
    value         = "1"
    default_value = "0"
    unit          = "Count"
  }
}

resource "aws_cloudwatch_metric_alarm" "log_errors" {
  count = var.service == null ? 0 : 1

  alarm_name          = "${var.name}-log-errors"
  alarm_description   = "${var.service.name} writes too many errors to the log group ${var.log_group_name}."
  namespace           = local.log_error_metric.namespace
  metric_name         = local.log_error_metric.name
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.thresholds.log_errors_per_minute
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = var.thresholds.evaluation_periods
  datapoints_to_alarm = var.thresholds.datapoints_to_alarm
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.actions.tells
  ok_actions          = local.actions.tells
}
