# ------------------------------------------------------------------------------
# REQUIRED
# ------------------------------------------------------------------------------

variable "environment" {
  description = "The name of the environment. All names begin with the project and this name."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.environment)) && length(var.environment) >= 2
    error_message = "The environment must have at least 2 lower-case letters, digits or single hyphens and begin with a letter. Example: \"staging\"."
  }

  validation {
    condition     = length("${var.project}-${var.environment}") <= 32
    error_message = "Project and environment joined by a hyphen must not exceed 32 characters, the limit of App Runner's scaling configurations. Example: \"trending-now-staging\"."
  }
}

# ------------------------------------------------------------------------------
# OPTIONAL
# ------------------------------------------------------------------------------

variable "alarm_emails" {
  description = "The e-mail addresses that hear of alarms."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "budget" {
  description = "What the environment may cost in a calendar month, in US dollars; the topic of the alarms hears of it before and when it is spent. Null for no budget."
  type        = object({ limit_usd = number })
  default     = null

  validation {
    condition     = var.budget == null ? true : var.budget.limit_usd > 0
    error_message = "limit_usd must be greater than 0. Example: { limit_usd = 500 }."
  }
}

variable "data_scientist" {
  description = "Who may read the data lake, with which care, or null for nobody; meaning and defaults as in the module `data_roles`."
  type = object({
    principal_arns      = set(string)
    max_session_seconds = optional(number)
    mfa_required        = optional(bool)
    raw_readable        = optional(bool)
  })
  default = null
}

variable "domain_name" {
  description = "The domain under which the service answers besides its own address, or null for none. Its owner adds the DNS records that the output `domain` names."
  type        = string
  default     = null
}

variable "firewall" {
  description = "If enabled, a web ACL stands before the service: AWS's managed rules, and at most `rate_limit` requests from one address in five minutes."
  type = object({
    enabled    = optional(bool, true)
    rate_limit = optional(number, 2000)
  })
  default  = {}
  nullable = false
}

variable "force_destroy" {
  description = "If set to true, destroying the environment deletes all objects and images in it. THEY ARE NOT RECOVERABLE."
  type        = bool
  default     = false
  nullable    = false
}

variable "image_pull_principal_arns" {
  description = "The IAM principals of other accounts that may pull images, by a name of the caller's choice: whoever copies a release to the next environment."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "network" {
  description = "The VPC through which the service sends its requests, or null for App Runner's own way out. With `private` it also answers only there, to `allowed_cidr_blocks`; `egress_rules` as in the module `app_runner_vpc_connector`."
  type = object({
    vpc_id              = string
    subnet_ids          = set(string)
    private             = optional(bool, false)
    allowed_cidr_blocks = optional(map(string), {})
    egress_rules = optional(map(object({
      cidr_ipv4         = optional(string)
      prefix_list_id    = optional(string)
      security_group_id = optional(string)
      from_port         = number
      to_port           = optional(number)
      protocol          = optional(string)
    })))
  })
  default = null

  validation {
    condition     = try(var.network.private, false) ? length(var.network.allowed_cidr_blocks) > 0 : true
    error_message = "A private service needs allowed_cidr_blocks, or nobody could reach it. Example: { office = \"10.20.0.0/16\" }."
  }
}

variable "object_lock" {
  description = "The zones of the data lake whose objects nobody can delete for a number of days, with the mode, \"GOVERNANCE\" or \"COMPLIANCE\". A change replaces the bucket."
  type = map(object({
    mode = string
    days = number
  }))
  default  = {}
  nullable = false
}

variable "pipeline" {
  description = "Who runs the data pipeline and which zones it may read, or null for no pipeline role; meaning and defaults as in the module `data_roles`."
  type = object({
    principal_arns = optional(set(string), [])
    read_zones     = optional(set(string))
    service_names  = optional(set(string), [])
  })
  default = null
}

variable "project" {
  description = "The name of the project. All names begin with it."
  type        = string
  default     = "trending-now"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.project)) && length(var.project) >= 2
    error_message = "The project must have at least 2 lower-case letters, digits or single hyphens and begin with a letter. Example: \"trending-now\"."
  }
}

variable "release" {
  description = "The release that the environment runs, or null while nothing is released: the service needs an image in the repository, so the first apply makes all but the service."
  type = object({
    image_digest  = string
    data_version  = optional(string)
    git_sha       = optional(string)
    id            = optional(string)
    model_version = optional(string)
  })
  default = null

  validation {
    condition     = var.release == null ? true : can(regex("^sha256:[0-9a-f]{64}$", var.release.image_digest))
    error_message = "image_digest must be \"sha256:\" and 64 lower-case hexadecimal digits. Example: \"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"."
  }

  validation {
    condition     = try(var.release.git_sha, null) == null ? true : can(regex("^[0-9a-f]{40}$", var.release.git_sha))
    error_message = "git_sha must be a full commit id of 40 lower-case hexadecimal digits. Example: \"da39a3ee5e6b4b0d3255bfef95601890afd80709\"."
  }

  validation {
    condition     = try(var.release.id, null) == null ? true : can(regex("^r-[0-9a-f]{16}$", var.release.id))
    error_message = "id must be \"r-\" and 16 lower-case hexadecimal digits, as `infra release create` makes it. Example: \"r-0123456789abcdef\"."
  }

  validation {
    condition = alltrue([
      for version in [try(var.release.data_version, null), try(var.release.model_version, null)] :
      version == null ? true : can(regex("^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,127}$", version))
    ])
    error_message = "data_version and model_version must have 1 to 128 letters, digits or any of \"._:/@+-\" and begin with a letter or digit. Example: \"trends-2026.11.18\"."
  }
}

variable "replication" {
  description = "Where the data lake is copied to, or null for nowhere: the account and key of the copies, and the bucket of each zone that is copied."
  type = object({
    destination_account_id  = string
    destination_bucket_arns = map(string)
    destination_kms_key_arn = string
  })
  default = null
}

variable "retention" {
  description = "How long data and logs are kept. Raw data, models and the DVC cache never expire; of them only versions that were overwritten or deleted do, after `noncurrent_days`."
  type = object({
    access_logs_days           = optional(number, 365)
    application_logs_days      = optional(number, 365)
    features_days              = optional(number, 365)
    noncurrent_days            = optional(number, 90)
    processed_days             = optional(number, 180)
    raw_archive_days           = optional(number, 90)
    raw_infrequent_access_days = optional(number, 30)
    reports_days               = optional(number, 400)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.retention.raw_archive_days >= var.retention.raw_infrequent_access_days + 30
    error_message = "raw_archive_days must be at least 30 more than raw_infrequent_access_days. Example: { raw_infrequent_access_days = 30, raw_archive_days = 90 }."
  }
}

variable "roles_bounded" {
  description = "If set to true, each role carries the permissions boundary that the bootstrap of the account made, without which the apply role can make none."
  type        = bool
  default     = true
  nullable    = false
}

variable "scaling" {
  description = "How many instances of the service run, and how many requests one of them gets at a time; defaults as in the module `app_runner_service`."
  type = object({
    max_concurrency = optional(number)
    max_instances   = optional(number)
    min_instances   = optional(number)
  })
  default  = {}
  nullable = false
}

variable "secret_names" {
  description = "The secrets of the application. Each becomes an environment variable in capitals, with \"_\" for \"-\"; a person sets the value."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for name in var.secret_names : can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", name)) && length(name) <= 64])
    error_message = "Each name must have 1 to 64 lower-case letters, digits or single hyphens and begin with a letter. Example: \"trends-api-key\"."
  }

  validation {
    condition     = alltrue([for name in var.secret_names : !can(regex("-[a-z0-9]{6}$", name))])
    error_message = "No name may end with a hyphen and six characters, because Secrets Manager appends just that to make an ARN and would mistake one secret for another. Example: \"session-key\" and not \"session-secret\"."
  }

  validation {
    condition     = length(setintersection([for name in var.secret_names : upper(replace(name, "-", "_"))], ["DVC_BUCKET", "ENVIRONMENT", "FEATURES_BUCKET", "LOG_GROUP", "METRIC_NAMESPACE", "MODELS_BUCKET", "PROCESSED_BUCKET", "REPORTS_BUCKET"])) == 0
    error_message = "The names environment, log-group, metric-namespace and those of buckets, such as models-bucket, are taken by plain variables. Example: \"trends-api-key\"."
  }
}

variable "secret_recovery_window_in_days" {
  description = "The number of days during which a deleted secret can be restored and its name is taken. With 0 it is deleted at once."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.secret_recovery_window_in_days == 0 || (var.secret_recovery_window_in_days >= 7 && var.secret_recovery_window_in_days <= 30 && floor(var.secret_recovery_window_in_days) == var.secret_recovery_window_in_days)
    error_message = "The recovery window must be 0 or a whole number from 7 to 30. Example: 30."
  }
}

variable "service" {
  description = "The size and shape of the service: `cpu` in units of 1/1024 vCPU, `memory` in MB, and where it listens and answers health checks; defaults as in the module `app_runner_service`."
  type = object({
    cpu               = optional(number)
    health_check_path = optional(string)
    memory            = optional(number)
    port              = optional(number)
    tracing_enabled   = optional(bool, true)
  })
  default  = {}
  nullable = false
}

variable "thresholds" {
  description = "Where the alarms go off; meaning and defaults as in the module `observability`."
  type = object({
    bucket_client_error_percent = optional(number)
    bucket_minimum_requests     = optional(number)
    bucket_server_error_percent = optional(number)
    client_error_percent        = optional(number)
    cpu_percent                 = optional(number)
    datapoints_to_alarm         = optional(number)
    evaluation_periods          = optional(number)
    latency_p95_milliseconds    = optional(number)
    log_errors_per_minute       = optional(number)
    memory_percent              = optional(number)
    minimum_requests            = optional(number)
    server_error_percent        = optional(number)
  })
  default  = {}
  nullable = false
}
