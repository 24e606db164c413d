locals {
  alarms = concat(
    values(aws_cloudwatch_metric_alarm.error_rate),
    values(aws_cloudwatch_metric_alarm.level),
    aws_cloudwatch_metric_alarm.deployment_failures,
    aws_cloudwatch_metric_alarm.log_errors,
  )

  # The rows of the dashboard: two graphs each, a metric with its statistic.
  _service_graphs = var.service == null ? [] : [
    {
      title      = "Requests"
      unit       = "requests per minute"
      namespace  = "AWS/AppRunner"
      dimensions = local.dimensions
      metrics    = { Requests = "Sum", "2xxStatusResponses" = "Sum", "4xxStatusResponses" = "Sum", "5xxStatusResponses" = "Sum" }
    },
    {
      title      = "Latency (p95)"
      unit       = "milliseconds"
      namespace  = "AWS/AppRunner"
      dimensions = local.dimensions
      metrics    = { RequestLatency = "p95" }
    },
    {
      title      = "CPU and memory"
      unit       = "percent"
      namespace  = "AWS/AppRunner"
      dimensions = local.dimensions
      metrics    = { CPUUtilization = "Average", MemoryUtilization = "Maximum" }
    },
    {
      title      = "Instances and concurrency"
      unit       = "count"
      namespace  = "AWS/AppRunner"
      dimensions = local.dimensions
      metrics    = { ActiveInstances = "Maximum", Concurrency = "Maximum" }
    },
    {
      title      = "Failed operations, such as deployments"
      unit       = "events per minute"
      namespace  = "AWS/Events"
      dimensions = { RuleName = aws_cloudwatch_event_rule.deployment_failures[0].name }
      metrics    = { MatchedEvents = "Sum" }
    },
    {
      title      = "Errors in the log"
      unit       = "log events per minute"
      namespace  = local.log_error_metric.namespace
      dimensions = {}
      metrics    = { (local.log_error_metric.name) = "Sum" }
    },
  ]

  _bucket_graphs = flatten([for key, bucket in var.buckets : [
    {
      title      = "Bucket ${key}: requests"
      unit       = "requests per minute"
      namespace  = "AWS/S3"
      dimensions = local.bucket_dimensions[key]
      metrics    = { AllRequests = "Sum", "4xxErrors" = "Sum", "5xxErrors" = "Sum" }
    },
    {
      title      = "Bucket ${key}: first byte (p99)"
      unit       = "milliseconds"
      namespace  = "AWS/S3"
      dimensions = local.bucket_dimensions[key]
      metrics    = { FirstByteLatency = "p99" }
    },
  ]])

  graphs = concat(local._service_graphs, local._bucket_graphs)
}

resource "aws_cloudwatch_dashboard" "this" {
  count = local.anything_watched ? 1 : 0

  dashboard_name = var.name
  dashboard_body = jsonencode({
    widgets = concat(
      [{
        type   = "alarm"
        x      = 0
        y      = 0
        width  = 24
        height = 3
        properties = {
          title  = "Alarms"
          alarms = concat(aws_cloudwatch_composite_alarm.page[*].arn, [for alarm in local.alarms : alarm.arn])
        }
      }],
      [for index, graph in local.graphs : {
        type   = "metric"
        x      = index % 2 * 12
        y      = 3 + floor(index / 2) * 6
        width  = 12
        height = 6
        properties = {
          title  = graph.title
          region = data.aws_region.current.id
          period = 60
          view   = "timeSeries"
          yAxis  = { left = { label = graph.unit, min = 0, showUnits = false } }
          metrics = [for metric_name, statistic in graph.metrics : concat(
            [graph.namespace, metric_name],
            flatten([for dimension, value in graph.dimensions : [dimension, value]]),
            [{ stat = statistic }],
          )]
        }
      }],
    )
  })
}
