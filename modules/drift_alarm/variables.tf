# ------------------------------------------------------------------------------
# REQUIRED
# ------------------------------------------------------------------------------

variable "bucket_name" {
  description = "The name of the bucket that the reports land in. It must send its events to EventBridge."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.bucket_name))
    error_message = "The bucket must be given by its name. Example: module.data_bucket.name."
  }
}

variable "name" {
  description = "The name of the rule and of the alarm. The policy of the topic must let a rule and an alarm of this name publish."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9._-]{1,64}$", var.name))
    error_message = "The name must have 1 to 64 letters, digits or any of \"._-\". Example: \"trending-now-staging-drift\"."
  }
}

variable "topic_arn" {
  description = "The ARN of the SNS topic that hears of each report, of the alarm and of its end."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z0-9-]+:sns:[a-z0-9-]+:\\d{12}:[a-zA-Z0-9_-]+$", var.topic_arn))
    error_message = "The topic must be given by the ARN of a standard topic; a FIFO topic hears of no alarms. Example: module.observability.topic_arn."
  }
}

# ------------------------------------------------------------------------------
# OPTIONAL
# ------------------------------------------------------------------------------

variable "description" {
  description = "What a report means, as a sentence that messages begin with."
  type        = string
  default     = "The monitoring job found drift between the training data and the live data."
  nullable    = false

  validation {
    condition     = can(regex("^[^\"\\\\<>\\n]{1,500}[.]$", var.description))
    error_message = "The description must be one sentence of at most 500 characters that ends with \".\", without quotes, backslashes, angle brackets or line breaks. Example: \"The model drifted.\"."
  }
}

variable "period_seconds" {
  description = "The number of seconds over which reports are counted. The alarm ends once none has come for about as long."
  type        = number
  default     = 300
  nullable    = false

  validation {
    condition     = var.period_seconds >= 60 && var.period_seconds <= 86400 && var.period_seconds % 60 == 0
    error_message = "The period must be a multiple of 60 from 60 to 86400. Example: 300."
  }
}

variable "prefix" {
  description = "What the key of a report begins with."
  type        = string
  default     = "drift/"
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9!_.'()-][a-zA-Z0-9!_.'()/=-]{0,511}$", var.prefix))
    error_message = "The prefix must have 1 to 512 letters, digits or any of \"!_.'()/=-\", and not begin with \"/\". Example: \"drift/\"."
  }
}

variable "priority" {
  description = "How urgent a report is, as the team words it. Messages say so."
  type        = string
  default     = "P3"
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9 _-]{1,32}$", var.priority))
    error_message = "The priority must have 1 to 32 letters, digits, spaces, \"_\" or \"-\". Example: \"P3\"."
  }
}

variable "suffix" {
  description = "What the key of a report ends with, or \"\" for any object under the prefix."
  type        = string
  default     = ".json"
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9!_.'()=-]{0,64}$", var.suffix))
    error_message = "The suffix must have at most 64 letters, digits or any of \"!_.'()=-\". Example: \".json\"."
  }
}
