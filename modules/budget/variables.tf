# ------------------------------------------------------------------------------
# REQUIRED
# ------------------------------------------------------------------------------

variable "limit_usd" {
  description = "What may be spent in a calendar month, in US dollars."
  type        = number
  nullable    = false

  validation {
    condition     = var.limit_usd > 0 && can(regex("^\\d+([.]\\d{1,2})?$", tostring(var.limit_usd)))
    error_message = "The limit must be greater than 0 and have at most two decimals. Example: 250."
  }
}

variable "name" {
  description = "The name of the budget, unique in the account."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9 ._-]{1,100}$", var.name))
    error_message = "The name must have 1 to 100 letters, digits, spaces or any of \"._-\". Example: \"trending-now-staging\"."
  }
}

# ------------------------------------------------------------------------------
# OPTIONAL
# ------------------------------------------------------------------------------

variable "cost_tag" {
  description = "The tag whose costs count, or null for all costs of the account. The tag must be activated as a cost allocation tag, and counts from then on."
  type = object({
    key   = string
    value = string
  })
  default = null

  validation {
    condition     = var.cost_tag == null ? true : can(regex("^[^$]{1,128}$", var.cost_tag.key)) && length(var.cost_tag.value) >= 1 && length(var.cost_tag.value) <= 256
    error_message = "The key must have 1 to 128 characters without \"$\", the value 1 to 256. Example: { key = \"environment\", value = \"staging\" }."
  }
}

variable "emails" {
  description = "The e-mail addresses that AWS Budgets writes to itself, without a subscription to confirm."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for address in var.emails : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", address))])
    error_message = "Each value must be an e-mail address. Example: \"finance@example.com\"."
  }

  validation {
    condition     = length(var.emails) <= 10
    error_message = "At most 10 addresses can hear of a threshold. Example: [\"finance@example.com\"]."
  }
}

variable "thresholds" {
  description = "When somebody is told, in percent of the limit: once so much is spent (`actual`), and once so much will be by the end of the month (`forecasted`)."
  type = object({
    actual     = optional(set(number), [80, 100])
    forecasted = optional(set(number), [100])
  })
  default  = {}
  nullable = false

  validation {
    condition     = length(var.thresholds.actual) + length(var.thresholds.forecasted) >= 1 && length(var.thresholds.actual) + length(var.thresholds.forecasted) <= 10
    error_message = "A budget has 1 to 10 thresholds. Example: { actual = [80, 100], forecasted = [] }."
  }

  validation {
    condition     = alltrue([for percent in concat(tolist(var.thresholds.actual), tolist(var.thresholds.forecasted)) : percent > 0 && percent <= 1000])
    error_message = "Each percentage must be greater than 0 and at most 1000. Example: { actual = [80, 100] }."
  }
}

variable "topic_arn" {
  description = "The ARN of the SNS topic that hears of each threshold, or null for none."
  type        = string
  default     = null

  validation {
    condition     = var.topic_arn == null ? true : can(regex("^arn:[a-z0-9-]+:sns:[a-z0-9-]+:\\d{12}:[a-zA-Z0-9_-]+$", var.topic_arn))
    error_message = "The topic must be given by its ARN. Example: module.observability.topic_arn."
  }

  validation {
    condition     = var.topic_arn != null || length(var.emails) > 0
    error_message = "Somebody must hear of it: give topic_arn or emails. Example: { topic_arn = module.observability.topic_arn }."
  }
}
