# ------------------------------------------------------------------------------
# REQUIRED
# ------------------------------------------------------------------------------

variable "domain_name" {
  description = "The domain under which the service answers as well."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$", var.domain_name)) && length(var.domain_name) <= 253
    error_message = "The domain must be a full name in lower case, without \"*\" and without a dot at its end. Example: \"trends.example.com\"."
  }
}

variable "service_arn" {
  description = "The ARN of the App Runner service."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:apprunner:[a-z0-9-]+:[0-9]{12}:service/.+$", var.service_arn))
    error_message = "The service must be given by its ARN. Example: the output `arn` of the module `app_runner_service`."
  }
}

# ------------------------------------------------------------------------------
# OPTIONAL
# ------------------------------------------------------------------------------

variable "enable_www_subdomain" {
  description = "If set to true, the service also answers under `www.` and the domain."
  type        = bool
  default     = false
  nullable    = false
}
