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

variable "environment" {
  description = "The environment whose account is set up: the name of its folder. `infra bootstrap` gives it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,20}$", var.environment)) && fileexists("${path.module}/../environments/${var.environment}/environment.yaml")
    error_message = "The environment must be the name of a folder in environments/. Example: \"staging\"."
  }
}

variable "owner" {
  description = "The team that answers for the account, as a tag of everything."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9 _.:/=+@-]{1,256}$", var.owner))
    error_message = "The owner must have 1 to 256 characters that a tag allows. Example: \"trending-now-team\"."
  }
}

variable "repository" {
  description = "The GitHub repository whose workflows may take the roles; as in the module `deployment_roles`, which also checks it."
  type = object({
    owner         = string
    repository    = string
    owner_id      = string
    repository_id = string
    subject_forms = set(string)
    id_checked    = optional(bool, true)
  })
  nullable = false
}

# ------------------------------------------------------------------------------
# OPTIONAL
# ------------------------------------------------------------------------------

variable "data_deletion_allowed_in" {
  description = "The environments whose apply role may delete data: those with `force_destroy`."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "existing_oidc_provider_arns" {
  description = "The identity providers for GitHub Actions that accounts already have, by environment. An account can have only one."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "force_destroy" {
  description = "If set to true, destroying this configuration deletes all states in the bucket, with all versions. THEY ARE NOT RECOVERABLE."
  type        = bool
  default     = false
  nullable    = false
}

variable "image_scan_type" {
  description = "Who scans the images of all repositories: ECR itself with \"BASIC\", or Amazon Inspector with \"ENHANCED\"; as in the module `ecr_registry`, which also checks it."
  type        = string
  default     = "BASIC"
  nullable    = false
}

variable "main_branch" {
  description = "The branch whose workflows may plan and push images."
  type        = string
  default     = "main"
  nullable    = false
}

variable "project" {
  description = "The name of the project, as in the environments. All names begin with it."
  type        = string
  default     = "trending-now"
  nullable    = false
}

variable "replication_account_ids" {
  description = "The accounts that data lakes are copied to, by environment: as `replication` in that environment's values."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "secret_values_readable" {
  description = "If set to true, the plan and apply roles may read the environment's own secrets; as in the module `deployment_roles`, which says when that is needed."
  type        = bool
  default     = false
  nullable    = false
}

variable "state_retention" {
  description = "How long versions of a state that were overwritten are kept: `noncurrent_days`, and beyond them the `newer_noncurrent_versions` that are the newest."
  type = object({
    newer_noncurrent_versions = optional(number, 20)
    noncurrent_days           = optional(number, 365)
  })
  default  = {}
  nullable = false
}
