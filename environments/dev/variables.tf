# ------------------------------------------------------------------------------
# REQUIRED
# ------------------------------------------------------------------------------

variable "cost_centre" {
  description = "The cost centre that pays, as a tag of everything."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9 _.:/=+@-]{1,256}$", var.cost_centre))
    error_message = "The cost centre must have 1 to 256 characters that a tag allows. Example: \"ml-platform\"."
  }
}

variable "owner" {
  description = "The team that answers for the environment, as a tag of everything."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9 _.:/=+@-]{1,256}$", var.owner))
    error_message = "The owner must have 1 to 256 characters that a tag allows. Example: \"trending-now-team\"."
  }
}

# ------------------------------------------------------------------------------
# OPTIONAL: what is null or left out takes the default of the module
# `trending_now`, which also checks the values.
# ------------------------------------------------------------------------------

variable "alarm_emails" {
  description = "The e-mail addresses that hear of alarms."
  type        = set(string)
  default     = null
}

variable "budget" {
  description = "What the environment may cost in a calendar month, in US dollars; the topic of the alarms hears of it before and when it is spent. Null for no budget."
  type        = object({ limit_usd = number })
  default     = null
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
    enabled    = optional(bool)
    rate_limit = optional(number)
  })
  default = null
}

variable "force_destroy" {
  description = "If set to true, destroying the environment deletes all objects and images in it. THEY ARE NOT RECOVERABLE."
  type        = bool
  default     = null
}

variable "image_pull_principal_arns" {
  description = "The IAM principals of other accounts that may pull images, by a name of the caller's choice: whoever copies a release to the next environment."
  type        = map(string)
  default     = null
}

variable "network" {
  description = "The VPC through which the service sends its requests, or null for App Runner's own way out. With `private` it also answers only there, to `allowed_cidr_blocks`; `egress_rules` as in the module `app_runner_vpc_connector`."
  type = object({
    vpc_id              = string
    subnet_ids          = set(string)
    private             = optional(bool)
    allowed_cidr_blocks = optional(map(string))
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
}

variable "object_lock" {
  description = "The zones of the data lake whose objects nobody can delete for a number of days, with the mode, \"GOVERNANCE\" or \"COMPLIANCE\". A change replaces the bucket."
  type = map(object({
    mode = string
    days = number
  }))
  default = null
}

variable "pipeline" {
  description = "Who runs the data pipeline and which zones it may read, or null for no pipeline role; meaning and defaults as in the module `data_roles`."
  type = object({
    principal_arns = optional(set(string))
    read_zones     = optional(set(string))
    service_names  = optional(set(string))
  })
  default = null
}

variable "project" {
  description = "The name of the project. All names begin with it."
  type        = string
  default     = "trending-now"
  nullable    = false
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
    access_logs_days           = optional(number)
    application_logs_days      = optional(number)
    features_days              = optional(number)
    noncurrent_days            = optional(number)
    processed_days             = optional(number)
    raw_archive_days           = optional(number)
    raw_infrequent_access_days = optional(number)
    reports_days               = optional(number)
  })
  default = null
}

variable "roles_bounded" {
  description = "If set to true, each role carries the permissions boundary that the bootstrap of the account made, without which the apply role can make none."
  type        = bool
  default     = null
}

variable "scaling" {
  description = "How many instances of the service run, and how many requests one of them gets at a time; defaults as in the module `app_runner_service`."
  type = object({
    max_concurrency = optional(number)
    max_instances   = optional(number)
    min_instances   = optional(number)
  })
  default = null
}

variable "secret_names" {
  description = "The secrets of the application. Each becomes an environment variable in capitals, with \"_\" for \"-\"; a person sets the value."
  type        = set(string)
  default     = null
}

variable "secret_recovery_window_in_days" {
  description = "The number of days during which a deleted secret can be restored and its name is taken. With 0 it is deleted at once."
  type        = number
  default     = null
}

variable "service" {
  description = "The size and shape of the service: `cpu` in units of 1/1024 vCPU, `memory` in MB, and where it listens and answers health checks; defaults as in the module `app_runner_service`."
  type = object({
    cpu               = optional(number)
    health_check_path = optional(string)
    memory            = optional(number)
    port              = optional(number)
    tracing_enabled   = optional(bool)
  })
  default = null
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
  default = null
}
