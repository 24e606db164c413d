locals {
  sentence = "${var.description} Priority ${var.priority}."
}

resource "aws_cloudwatch_event_rule" "report" {
  name        = var.name
  description = "Drift reports under ${var.prefix} in the bucket ${var.bucket_name}."

  # Two filters of one field are an "or" to EventBridge; a wildcard is the "and".
  event_pattern = jsonencode({
    source      = ["aws.s3"]
    detail-type = ["Object Created"]
    detail = {
      bucket = { name = [var.bucket_name] }
      object = { key = [{ wildcard = "${var.prefix}*${var.suffix}" }] }
    }
  })
}

resource "aws_cloudwatch_event_target" "topic" {
  rule      = aws_cloudwatch_event_rule.report.name
  target_id = "topic"
  arn       = var.topic_arn

  input_transformer {
    input_paths = {
      bucket = "$.detail.bucket.name"
      key    = "$.detail.object.key"
      size   = "$.detail.object.size"
      time   = "$.time"
    }
    input_template = "\"${local.sentence} Report s3://<bucket>/<key> (<size> bytes) arrived at <time>.\""
  }
}

resource "aws_cloudwatch_metric_alarm" "report" {
  alarm_name          = var.name
  alarm_description   = "${local.sentence} Reports are under ${var.prefix} in the bucket ${var.bucket_name}."
  namespace           = "AWS/Events"
  metric_name         = "MatchedEvents"
  dimensions          = { RuleName = aws_cloudwatch_event_rule.report.name }
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  statistic           = "Sum"
  period              = var.period_seconds
  evaluation_periods  = 1
  datapoints_to_alarm = 1
  # EventBridge counts only what happens: no report, no data, no drift.
  treat_missing_data = "notBreaching"
  alarm_actions      = [var.topic_arn]
  ok_actions         = [var.topic_arn]
}
