# ------------------------------------------------------------------------------
# REQUIRED
# ------------------------------------------------------------------------------

variable "buckets" {
  description = "The buckets of the data lake by zone: \"raw\", \"processed\", \"features\", \"models\", \"dvc\" and \"reports\"."
  type = map(object({
    arn = string
  }))
  nullable = false

  validation {
    condition     = toset(keys(var.buckets)) == toset(["raw", "processed", "features", "models", "dvc", "reports"])
    error_message = "There must be one bucket for each zone: raw, processed, features, models, dvc and reports. Example: { for zone, bucket in module.zones : zone => { arn = bucket.arn } }."
  }

  validation {
    condition     = alltrue([for bucket in values(var.buckets) : can(regex("^arn:[a-z-]+:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", bucket.arn))])
    error_message = "Each ARN must name one bucket, without a path and without wildcards. Example: \"arn:aws:s3:::trending-now-staging-raw-123456789012\"."
  }
}

variable "kms_key_arn" {
  description = "The ARN of the KMS key that encrypts the buckets. The roles may use it only through S3."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[a-zA-Z0-9-]+$", var.kms_key_arn))
    error_message = "The value must be the ARN of a key and not of an alias, because policies do not follow aliases. Example: \"arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab\"."
  }
}

variable "name" {
  description = "The name of the environment that the roles belong to. The roles are called `<name>-data-pipeline` and `<name>-data-scientist`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9+=,.@_-]{1,49}$", var.name))
    error_message = "The name must have 1 to 49 letters, digits or any of \"+=,.@_-\", because a role name has at most 64. Example: \"trending-now-staging\"."
  }
}

# ------------------------------------------------------------------------------
# OPTIONAL
# ------------------------------------------------------------------------------

variable "data_scientist" {
  description = "Who may take the role that reads the lake, or null for no such role. `principal_arns` are exact roles or users. `mfa_required` asks for a second factor that is at most an hour old; sessions of IAM Identity Center do not carry it, so ask for it there and set this to false. `raw_readable` opens the zone raw, which may hold personal data."
  type = object({
    principal_arns      = set(string)
    max_session_seconds = optional(number, 3600)
    mfa_required        = optional(bool, true)
    raw_readable        = optional(bool, false)
  })
  default = null

  validation {
    condition     = var.data_scientist == null ? true : length(var.data_scientist.principal_arns) > 0
    error_message = "The role for data scientists needs at least one principal. Example: { principal_arns = [\"arn:aws:iam::123456789012:role/data-science\"] }."
  }

  validation {
    condition     = var.data_scientist == null ? true : alltrue([for arn in var.data_scientist.principal_arns : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:(role|user)/[^*?]+$", arn))])
    error_message = "Each principal must be the ARN of one role or one user, without wildcards and not a whole account. Example: \"arn:aws:iam::123456789012:role/data-science\"."
  }

  validation {
    condition     = var.data_scientist == null ? true : var.data_scientist.max_session_seconds >= 3600 && var.data_scientist.max_session_seconds <= 43200 && floor(var.data_scientist.max_session_seconds) == var.data_scientist.max_session_seconds
    error_message = "A session must last from 3600 to 43200 whole seconds. Example: 3600."
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

variable "pipeline" {
  description = "Who may take the role that fills the lake, or null for no such role. `service_names` are AWS services without their DNS suffix, which must act for this account; `principal_arns` are exact roles, such as the one of the instance on which a scheduler runs. `read_zones` are the zones that the pipeline may read, beside writing to all."
  type = object({
    principal_arns = optional(set(string), [])
    read_zones     = optional(set(string), ["dvc", "raw"])
    service_names  = optional(set(string), [])
  })
  default = null

  validation {
    condition     = var.pipeline == null ? true : length(var.pipeline.principal_arns) + length(var.pipeline.service_names) > 0
    error_message = "The role of the pipeline needs at least one service or principal. Example: { service_names = [\"ecs-tasks\"] }."
  }

  validation {
    condition     = var.pipeline == null ? true : alltrue([for arn in var.pipeline.principal_arns : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/[^*?]+$", arn))])
    error_message = "Each principal must be the ARN of one role, without wildcards and not a whole account. Example: \"arn:aws:iam::123456789012:role/airflow\"."
  }

  validation {
    condition     = var.pipeline == null ? true : alltrue([for zone in var.pipeline.read_zones : contains(["raw", "processed", "features", "models", "dvc", "reports"], zone)])
    error_message = "Each zone must be raw, processed, features, models, dvc or reports. Example: [\"dvc\", \"processed\", \"raw\"]."
  }

  validation {
    condition     = var.pipeline == null ? true : alltrue([for name in var.pipeline.service_names : can(regex("^[a-z][a-z0-9-]*$", name))])
    error_message = "Each service must be named without its DNS suffix and without wildcards. Example: \"ecs-tasks\"."
  }

  # EC2 hands roles out by instance profile and does not say for which account.
  validation {
    condition     = var.pipeline == null ? true : !contains(var.pipeline.service_names, "ec2")
    error_message = "The service ec2 cannot prove for which account it acts; name the role of the instance among principal_arns instead. Example: { principal_arns = [\"arn:aws:iam::123456789012:role/airflow\"] }."
  }
}
