locals {
  # CloudWatch matches the exact set of dimensions: with the name alone an alarm
  # would wait for data for ever.
  dimensions = var.service == null ? {} : {
    ServiceName = var.service.name
    ServiceID   = var.service.id
  }

  # What carries the page alarm below has no actions of its own, so that nobody
  # is told of one incident twice.
  actions = {
    pages = []
    tells = [aws_sns_topic.alarms.arn]
  }

  _service_error_rates = var.service == null ? {} : {
    server-errors = {
      namespace        = "AWS/AppRunner"
      error_metric     = "5xxStatusResponses"
      request_metric   = "Requests"
      dimensions       = local.dimensions
      minimum_requests = var.thresholds.minimum_requests
      threshold        = var.thresholds.server_error_percent
      description      = "Too many requests to ${var.service.name} end with a server error (5xx)."
      role             = "pages"
    }
    client-errors = {
      namespace        = "AWS/AppRunner"
      error_metric     = "4xxStatusResponses"
      request_metric   = "Requests"
      dimensions       = local.dimensions
      minimum_requests = var.thresholds.minimum_requests
      threshold        = var.thresholds.client_error_percent
      description      = "Too many requests to ${var.service.name} end with a client error (4xx)."
      role             = "tells"
    }
  }

  _bucket_error_rates = merge([for key, bucket in var.buckets : {
    "${key}-bucket-server-errors" = {
      namespace        = "AWS/S3"
      error_metric     = "5xxErrors"
      request_metric   = "AllRequests"
      dimensions       = local.bucket_dimensions[key]
      minimum_requests = var.thresholds.bucket_minimum_requests
      threshold        = var.thresholds.bucket_server_error_percent
      description      = "Too many requests to the bucket ${bucket} end with a server error (5xx)."
      role             = "pages"
    }
    "${key}-bucket-client-errors" = {
      namespace        = "AWS/S3"
      error_metric     = "4xxErrors"
      request_metric   = "AllRequests"
      dimensions       = local.bucket_dimensions[key]
      minimum_requests = var.thresholds.bucket_minimum_requests
      threshold        = var.thresholds.bucket_client_error_percent
      description      = "Too many requests to the bucket ${bucket} end with a client error (4xx)."
      role             = "tells"
    }
  }]...)

  error_rates = merge(local._service_error_rates, local._bucket_error_rates)

  bucket_dimensions = { for key, bucket in var.buckets : key => {
    BucketName = bucket
    FilterId   = "EntireBucket"
  } }

  # With a fixed number of instances all of them are always in use.
  can_scale = var.service == null ? false : var.service.min_instances != var.service.max_instances

  _service_levels = var.service == null ? {} : {
    latency = {
      metric_name         = "RequestLatency"
      comparison_operator = "GreaterThanThreshold"
      extended_statistic  = "p95"
      statistic           = null
      threshold           = var.thresholds.latency_p95_milliseconds
      description         = "The slowest 5 % of requests to ${var.service.name} take too long."
      role                = "pages"
      # No requests, no latency: an idle service is healthy.
      treat_missing_data = "notBreaching"
    }
    cpu = {
      metric_name         = "CPUUtilization"
      comparison_operator = "GreaterThanThreshold"
      extended_statistic  = null
      statistic           = "Average"
      threshold           = var.thresholds.cpu_percent
      description         = "The instances of ${var.service.name} are short of CPU."
      role                = "tells"
      # A running instance always reports, so a gap is shown as what it is.
      treat_missing_data = "missing"
    }
    memory = {
      metric_name         = "MemoryUtilization"
      comparison_operator = "GreaterThanThreshold"
      extended_statistic  = null
      statistic           = "Maximum"
      threshold           = var.thresholds.memory_percent
      description         = "An instance of ${var.service.name} is short of memory."
      role                = "tells"
      treat_missing_data  = "missing"
    }
    capacity = {
      metric_name         = "ActiveInstances"
      comparison_operator = "GreaterThanOrEqualToThreshold"
      extended_statistic  = null
      statistic           = "Maximum"
      threshold           = var.service.max_instances
      description         = "${var.service.name} runs on all instances it may have and cannot scale further."
      role                = "tells"
      treat_missing_data  = "notBreaching"
    }
  }

  levels = { for kind, level in local._service_levels : kind => level if kind != "capacity" || local.can_scale }
}

resource "aws_cloudwatch_metric_alarm" "error_rate" {
  for_each = local.error_rates

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  evaluation_periods  = var.thresholds.evaluation_periods
  datapoints_to_alarm = var.thresholds.datapoints_to_alarm
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.actions[each.value.role]
  ok_actions          = local.actions[each.value.role]

  # Below the minimum traffic one failed request would already be a high rate.
  metric_query {
    id          = "rate"
    expression  = "IF(requests >= ${each.value.minimum_requests}, 100 * FILL(errors, 0) / requests, 0)"
    label       = "Share of requests in percent"
    return_data = true
  }

  metric_query {
    id = "errors"

    metric {
      namespace   = each.value.namespace
      metric_name = each.value.error_metric
      dimensions  = each.value.dimensions
      period      = 60
      stat        = "Sum"
    }
  }

  metric_query {
    id = "requests"

    metric {
      namespace   = each.value.namespace
      metric_name = each.value.request_metric
      dimensions  = each.value.dimensions
      period      = 60
      stat        = "Sum"
    }
  }

  lifecycle {
    # CloudWatch keeps an alarm for as long as the page alarm names it, so one
    # that is no longer wanted goes after the page alarm has changed.
    create_before_destroy = true
  }
}

resource "aws_cloudwatch_metric_alarm" "level" {
  for_each = local.levels

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = "AWS/AppRunner"
  metric_name         = each.value.metric_name
  dimensions          = local.dimensions
  comparison_operator = each.value.comparison_operator
  extended_statistic  = each.value.extended_statistic
  statistic           = each.value.statistic
  threshold           = each.value.threshold
  period              = 60
  evaluation_periods  = var.thresholds.evaluation_periods
  datapoints_to_alarm = var.thresholds.datapoints_to_alarm
  treat_missing_data  = each.value.treat_missing_data
  alarm_actions       = local.actions[each.value.role]
  ok_actions          = local.actions[each.value.role]

  # A percentile of a handful of requests says nothing.
  evaluate_low_sample_count_percentiles = each.value.extended_statistic == null ? null : "ignore"

  lifecycle {
    create_before_destroy = true
  }
}
