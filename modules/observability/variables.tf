# ------------------------------------------------------------------------------
# REQUIRED
# ------------------------------------------------------------------------------

variable "log_group_name" {
  description = "The name of the log group that the application writes to."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_./#-]{1,512}$", var.log_group_name)) && !startswith(var.log_group_name, "aws/") && !startswith(var.log_group_name, "/aws/apprunner/")
    error_message = "The name must have 1 to 512 letters, digits or any of \"_./#-\"; App Runner makes the groups under \"/aws/apprunner/\" itself. Example: \"/trending-now/staging/application\"."
  }
}

variable "name" {
  description = "The name of what is observed. Topic, alarms, rules and dashboard begin with it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,44}$", var.name))
    error_message = "The name must have 1 to 44 letters, digits, \"_\" or \"-\". Example: \"trending-now-staging\"."
  }
}

# ------------------------------------------------------------------------------
# OPTIONAL
# ------------------------------------------------------------------------------

variable "alarm_emails" {
  description = "The e-mail addresses that hear of alarms. Each of them gets a message from AWS with a link that confirms the subscription."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for address in var.alarm_emails : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", address))])
    error_message = "Each value must be an e-mail address. Example: \"on-call@example.com\"."
  }
}

variable "buckets" {
  description = "The S3 buckets to watch: their names, by a name of the caller's choice that the alarms get. Each bucket needs request metrics for all its objects under the id \"EntireBucket\"."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key in keys(var.buckets) : can(regex("^[a-zA-Z0-9_-]{1,32}$", key))])
    error_message = "Each key must have 1 to 32 letters, digits, \"_\" or \"-\". Example: { data = module.data_bucket.name }."
  }

  validation {
    condition     = length(var.buckets) <= 50
    error_message = "At most 50 buckets can be watched, because the page alarm may name 100 alarms. Example: { data = module.data_bucket.name }."
  }
}

variable "kms_key_arn" {
  description = "The ARN of the KMS key that encrypts the log group and the topic, or null for none. Its policy must let CloudWatch Logs and the publishers of the topic use it."
  type        = string
  default     = null
}

variable "log_retention_in_days" {
  description = "The number of days for which log events are kept."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_in_days)
    error_message = "CloudWatch keeps logs for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 days. Example: 365."
  }
}

variable "metric_namespace" {
  description = "The CloudWatch namespace of the metric that counts errors in the log group, or null for the name of what is observed."
  type        = string
  default     = null

  validation {
    condition     = var.metric_namespace == null ? true : can(regex("^[a-zA-Z0-9._/#-]{1,255}$", var.metric_namespace)) && !startswith(var.metric_namespace, "AWS/")
    error_message = "The namespace must have 1 to 255 letters, digits or any of \"._/#-\", and not begin with \"AWS/\". Example: \"trending-now/staging\"."
  }
}

variable "service" {
  description = "The App Runner service to watch, or null while there is none: then nothing of it is watched. `max_instances` is the scaling limit at which capacity is used up; with an equal `min_instances` there is nothing to use up, and no alarm."
  type = object({
    id            = string
    max_instances = number
    min_instances = optional(number)
    name          = string
  })
  default = null

  validation {
    condition     = try(var.service.min_instances, null) == null ? true : var.service.min_instances >= 1 && var.service.min_instances <= var.service.max_instances
    error_message = "min_instances must lie between 1 and max_instances. Example: { id = module.service.id, min_instances = 1, max_instances = 4, name = \"trending-now-staging\" }."
  }
}

variable "thresholds" {
  description = "Where the alarms go off. Percentages of errors count only in minutes with at least `minimum_requests` (`bucket_minimum_requests` for buckets); an alarm needs `datapoints_to_alarm` bad minutes out of `evaluation_periods`."
  type = object({
    bucket_client_error_percent = optional(number, 50)
    bucket_minimum_requests     = optional(number, 20)
    bucket_server_error_percent = optional(number, 5)
    client_error_percent        = optional(number, 25)
    cpu_percent                 = optional(number, 85)
    datapoints_to_alarm         = optional(number, 3)
    evaluation_periods          = optional(number, 5)
    latency_p95_milliseconds    = optional(number, 2000)
    log_errors_per_minute       = optional(number, 5)
    memory_percent              = optional(number, 85)
    minimum_requests            = optional(number, 20)
    server_error_percent        = optional(number, 1)
  })
  default  = {}
  nullable = false

  validation {
    condition = alltrue([for percent in [
      var.thresholds.bucket_client_error_percent,
      var.thresholds.bucket_server_error_percent,
      var.thresholds.client_error_percent,
      var.thresholds.cpu_percent,
      var.thresholds.memory_percent,
      var.thresholds.server_error_percent,
    ] : percent > 0 && percent < 100])
    error_message = "Each percentage must lie between 0 and 100. Example: { server_error_percent = 1 }."
  }

  validation {
    condition     = var.thresholds.latency_p95_milliseconds > 0
    error_message = "The latency must be greater than 0. Example: { latency_p95_milliseconds = 2000 }."
  }

  validation {
    condition     = alltrue([for requests in [var.thresholds.bucket_minimum_requests, var.thresholds.minimum_requests] : requests >= 1 && floor(requests) == requests])
    error_message = "minimum_requests and bucket_minimum_requests must be whole numbers from 1. Example: { minimum_requests = 20 }."
  }

  validation {
    condition     = var.thresholds.log_errors_per_minute >= 0
    error_message = "log_errors_per_minute must not be less than 0. Example: { log_errors_per_minute = 5 }."
  }

  validation {
    condition = (
      var.thresholds.datapoints_to_alarm >= 1 && var.thresholds.datapoints_to_alarm <= var.thresholds.evaluation_periods && var.thresholds.evaluation_periods <= 1440
      && floor(var.thresholds.datapoints_to_alarm) == var.thresholds.datapoints_to_alarm && floor(var.thresholds.evaluation_periods) == var.thresholds.evaluation_periods
    )
    error_message = "datapoints_to_alarm must be a whole number from 1 to evaluation_periods, which must not exceed 1440 minutes. Example: { datapoints_to_alarm = 3, evaluation_periods = 5 }."
  }
}
