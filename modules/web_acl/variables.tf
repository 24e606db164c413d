# ------------------------------------------------------------------------------
# REQUIRED
# ------------------------------------------------------------------------------

variable "name" {
  description = "The name of the web ACL, with which its metrics begin and its log group ends."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.name))
    error_message = "The name must have 1 to 64 letters, digits, \"_\" or \"-\". Example: \"trending-now-staging\"."
  }
}

# ------------------------------------------------------------------------------
# OPTIONAL
# ------------------------------------------------------------------------------

variable "kms_key_arn" {
  description = "The ARN of the KMS key that encrypts the log group, or null for none. Its policy must let CloudWatch Logs use it."
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

variable "managed_rule_groups" {
  description = "The groups of managed rules beside the one against known bad inputs, by name. Lower priorities come first. `count_only` lets a whole group count what it would block, and `counted_rules` single rules of it."
  type = map(object({
    priority      = number
    count_only    = optional(bool, false)
    counted_rules = optional(set(string), [])
    vendor_name   = optional(string, "AWS")
    version       = optional(string)
  }))
  default = {
    AWSManagedRulesAmazonIpReputationList = { priority = 10 }
    AWSManagedRulesCommonRuleSet          = { priority = 20 }
  }
  nullable = false

  validation {
    condition     = alltrue([for key in keys(var.managed_rule_groups) : can(regex("^[A-Za-z0-9_-]{1,63}$", key)) && key != "AWSManagedRulesKnownBadInputsRuleSet"])
    error_message = "Each key must be the name of a rule group; AWSManagedRulesKnownBadInputsRuleSet is always there and blocks. Example: { AWSManagedRulesCommonRuleSet = { priority = 20 } }."
  }

  validation {
    condition     = alltrue([for group in values(var.managed_rule_groups) : group.priority >= 10 && floor(group.priority) == group.priority]) && length(distinct([for group in values(var.managed_rule_groups) : group.priority])) == length(var.managed_rule_groups)
    error_message = "Each priority must be a whole number from 10 that no other group has. Example: { AWSManagedRulesCommonRuleSet = { priority = 20 } }."
  }
}

variable "rate_limit" {
  description = "The number of requests from one address within 5 minutes after which it is turned away with the status 429."
  type        = number
  default     = 2000
  nullable    = false

  validation {
    condition     = var.rate_limit >= 10 && var.rate_limit <= 2000000000 && floor(var.rate_limit) == var.rate_limit
    error_message = "The limit must be a whole number from 10 to 2000000000. Example: 2000."
  }
}

variable "resource_arns" {
  description = "The ARNs of what the web ACL protects, such as an App Runner service, by a name of the caller's choice."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for arn in values(var.resource_arns) : can(regex("^arn:[a-z-]+:[a-z-]+:[a-z0-9-]+:[0-9]{0,12}:.+$", arn))])
    error_message = "Each value must be the ARN of a resource in a region. Example: the output `arn` of the module `app_runner_service`."
  }
}
