# ------------------------------------------------------------------------------
# REQUIRED
# ------------------------------------------------------------------------------

variable "name" {
  description = "The name of the service that the roles belong to. The roles are called `<name>-access` and `<name>-instance`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9+=,.@_-]{1,55}$", var.name))
    error_message = "The name must have 1 to 55 letters, digits or any of \"+=,.@_-\", because a role name has at most 64. Example: \"trending-now-staging\"."
  }
}

variable "repository_arns" {
  description = "The ARNs of the ECR repositories that App Runner may pull from."
  type        = set(string)
  nullable    = false

  validation {
    condition     = length(var.repository_arns) > 0
    error_message = "At least one repository is needed. Example: [module.ecr_repository.arn]."
  }

  validation {
    condition     = alltrue([for arn in var.repository_arns : can(regex("^arn:[a-z-]+:ecr:[a-z0-9-]+:[0-9]{12}:repository/[^*]+$", arn))])
    error_message = "Each value must be the ARN of one ECR repository, without \"*\". Example: \"arn:aws:ecr:eu-west-1:123456789012:repository/trending-now-staging\"."
  }
}

# ------------------------------------------------------------------------------
# OPTIONAL
# ------------------------------------------------------------------------------

variable "buckets" {
  description = "The buckets that the application uses, by a name of the caller's choice, with the prefixes that it may read and those that it may write, \"\" for the whole bucket. To write is not to read."
  type = map(object({
    arn            = string
    read_prefixes  = optional(set(string), [])
    write_prefixes = optional(set(string), [])
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for key in keys(var.buckets) : can(regex("^[a-z][a-z0-9_]*$", key))])
    error_message = "Each key must be snake_case, because it becomes part of a statement id. Example: \"data_lake\"."
  }

  validation {
    condition     = alltrue([for bucket in values(var.buckets) : length(bucket.read_prefixes) + length(bucket.write_prefixes) > 0])
    error_message = "Each bucket needs at least one prefix to read or to write. Example: { arn = module.s3_bucket.arn, read_prefixes = [\"models/\"] }."
  }

  validation {
    condition     = alltrue(flatten([for bucket in values(var.buckets) : [for prefix in setunion(bucket.read_prefixes, bucket.write_prefixes) : can(regex("^([a-zA-Z0-9!_.()'-][a-zA-Z0-9!_.()'/-]*/)?$", prefix))]]))
    error_message = "Each prefix must end with \"/\", must not begin with it and must be free of wildcards, or be empty for the whole bucket. Example: \"models/\"."
  }
}

variable "kms_key_arns" {
  description = "The KMS keys that encrypt the buckets, parameters and secrets, by a name of the caller's choice. The application may use them only through S3, SSM and Secrets Manager, and there only if it has something to read."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for arn in values(var.kms_key_arns) : can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[a-zA-Z0-9-]+$", arn))])
    error_message = "Each value must be the ARN of a key and not of an alias, because policies do not follow aliases. Example: \"arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab\"."
  }
}

variable "parameter_arns" {
  description = "The SSM parameters that the application may read, by a name of the caller's choice."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for arn in values(var.parameter_arns) : can(regex("^arn:[a-z-]+:ssm:[a-z0-9-]+:[0-9]{12}:parameter/[a-zA-Z0-9_./-]+$", arn))])
    error_message = "Each value must be the full ARN of one parameter, without \"*\" and without a version behind it. Example: \"arn:aws:ssm:eu-west-1:123456789012:parameter/trending-now/staging/api-key\"."
  }
}

variable "permissions_boundary_arn" {
  description = "The ARN of the policy that bounds both roles, or null for none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null ? true : can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/.+$", var.permissions_boundary_arn))
    error_message = "The boundary must be the ARN of a managed policy. Example: \"arn:aws:iam::123456789012:policy/workload-boundary\"."
  }
}

variable "secret_arns" {
  description = "The Secrets Manager secrets that the application may read, by a name of the caller's choice."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for arn in values(var.secret_arns) : can(regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[^:*]+$", arn))])
    error_message = "Each value must be the full ARN of one secret, without \"*\" and without a JSON key behind it. Example: \"arn:aws:secretsmanager:eu-west-1:123456789012:secret:trending-now/staging/api-key-a1B2c3\"."
  }
}

variable "telemetry" {
  description = "Where the application may write logs and metrics, and whether it may write X-Ray traces, or null for none of them."
  type = object({
    log_group_arn    = string
    metric_namespace = string
    tracing_enabled  = optional(bool, false)
  })
  default = null

  validation {
    condition     = var.telemetry == null ? true : can(regex("^arn:[a-z-]+:logs:[a-z0-9-]+:[0-9]{12}:log-group:[^:*]+$", var.telemetry.log_group_arn))
    error_message = "The log group ARN must name one log group, without \":*\" at its end. Example: \"arn:aws:logs:eu-west-1:123456789012:log-group:/trending-now/staging/application\"."
  }

  validation {
    condition     = var.telemetry == null ? true : can(regex("^[a-zA-Z0-9._/#-]{1,255}$", var.telemetry.metric_namespace)) && !startswith(var.telemetry.metric_namespace, "AWS/")
    error_message = "The metric namespace must have 1 to 255 letters, digits or any of \"._/#-\" and must not begin with \"AWS/\". Example: \"trending-now/staging\"."
  }
}
