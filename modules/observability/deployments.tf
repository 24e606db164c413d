locals {
  # A failed update is rolled back, and the service is RUNNING again: only these
  # events tell that it failed.
  failures = [
    "CreateServiceFailed",
    "DeleteServiceFailed",
    "DeploymentFailed",
    "PauseServiceFailed",
    "ResumeServiceFailed",
    "UpdateServiceFailed",
  ]
}

resource "aws_cloudwatch_event_rule" "deployment_failures" {
  count = var.service == null ? 0 : 1

  name        = "${var.name}-deployment-failures"
  description = "Failed operations of the App Runner service ${var.service.name}."

  # The App Runner guide calls the status by two names and writes the service's
  # name in two ways; its ARN stands in every event.
  event_pattern = jsonencode({
    source      = ["aws.apprunner"]
    detail-type = ["AppRunner Service Operation Status Change"]
    resources = [{
      prefix = format(
        "arn:%s:apprunner:%s:%s:service/%s/",
        data.aws_partition.current.partition,
        data.aws_region.current.id,
        data.aws_caller_identity.current.account_id,
        var.service.name,
      )
    }]
    detail = {
      "$or" = [{ operationStatus = local.failures }, { Status = local.failures }]
    }
  })
}

resource "aws_cloudwatch_event_target" "deployment_failures" {
  count = var.service == null ? 0 : 1

  rule      = aws_cloudwatch_event_rule.deployment_failures[0].name
  target_id = "alarms"
  arn       = aws_sns_topic.alarms.arn

  # EventBridge leaves out what an event does not have.
  input_transformer {
    input_paths = {
      message   = "$.detail.Message"
      operation = "$.detail.operationStatus"
      status    = "$.detail.Status"
      time      = "$.time"
    }
    input_template = "\"${var.service.name}: <operation><status> at <time>. <message>\""
  }

  depends_on = [aws_sns_topic_policy.alarms]
}

resource "aws_cloudwatch_metric_alarm" "deployment_failures" {
  count = var.service == null ? 0 : 1

  alarm_name          = "${var.name}-deployment-failures"
  alarm_description   = "An operation of App Runner on ${var.service.name} failed, such as a deployment. App Runner may have rolled it back."
  namespace           = "AWS/Events"
  metric_name         = "MatchedEvents"
  dimensions          = { RuleName = aws_cloudwatch_event_rule.deployment_failures[0].name }
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  datapoints_to_alarm = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.actions.pages
  ok_actions          = local.actions.pages

  lifecycle {
    create_before_destroy = true
  }
}
