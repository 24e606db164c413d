# ------------------------------------------------------------------------------
# REQUIRED
# ------------------------------------------------------------------------------

variable "description" {
  description = "What the key protects, as shown in the KMS console."
  type        = string
  nullable    = false

  validation {
    condition     = length(var.description) >= 1 && length(var.description) <= 8192
    error_message = "The description must have 1 to 8192 characters. Example: \"Data and secrets of trending-now-staging.\"."
  }
}

variable "name" {
  description = "The alias of the key, without the leading \"alias/\"."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9/_-]{1,250}$", var.name)) && !startswith(var.name, "aws/") && !startswith(var.name, "alias/")
    error_message = "The name must have 1 to 250 letters, digits, \"/\", \"_\" or \"-\" and must not begin with \"aws/\" or \"alias/\". Example: \"trending-now-staging\"."
  }
}

# ------------------------------------------------------------------------------
# OPTIONAL
# ------------------------------------------------------------------------------

variable "deletion_window_in_days" {
  description = "The number of days during which a deleted key can still be rescued."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.deletion_window_in_days >= 7 && var.deletion_window_in_days <= 30 && floor(var.deletion_window_in_days) == var.deletion_window_in_days
    error_message = "The deletion window must be a whole number from 7 to 30. Example: 30."
  }
}

variable "rotation_period_in_days" {
  description = "The number of days after which KMS makes new key material."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = var.rotation_period_in_days >= 90 && var.rotation_period_in_days <= 2560 && floor(var.rotation_period_in_days) == var.rotation_period_in_days
    error_message = "The rotation period must be a whole number from 90 to 2560. Example: 365."
  }
}

variable "service_principals" {
  description = "The AWS services that may use the key by themselves, by a name of the caller's choice. `service` is the principal without its DNS suffix, `regional` puts the region into it, and `conditions` maps each condition key to its test and values."
  type = map(object({
    service  = string
    regional = optional(bool, false)
    actions = optional(set(string), [
      "kms:Decrypt",
      "kms:DescribeKey",
      "kms:Encrypt",
      "kms:GenerateDataKey*",
      "kms:ReEncrypt*",
    ])
    conditions = map(object({
      test   = string
      values = set(string)
    }))
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for key in keys(var.service_principals) : can(regex("^[a-z][a-z0-9_]*$", key))])
    error_message = "Each key must be snake_case, because it becomes part of a statement id. Example: \"log_groups\"."
  }

  validation {
    condition     = alltrue([for principal in values(var.service_principals) : can(regex("^[a-z0-9]+([.-][a-z0-9]+)*$", principal.service)) && !strcontains(principal.service, "amazonaws")])
    error_message = "Each service must be given without region and DNS suffix. Examples: \"logs\", \"cloudwatch\"."
  }

  validation {
    condition     = alltrue([for principal in values(var.service_principals) : length(principal.conditions) > 0])
    error_message = "Each service needs at least one condition, so that it cannot be used by another account. Example: { \"aws:SourceAccount\" = { test = \"StringEquals\", values = [\"<account id>\"] } }."
  }

  validation {
    condition     = alltrue(flatten([for principal in values(var.service_principals) : [for action in principal.actions : can(regex("^kms:[A-Za-z]+\\*?$", action))]]))
    error_message = "Each action must be a KMS action and not \"kms:*\". Example: \"kms:Decrypt\"."
  }
}
