# ------------------------------------------------------------------------------
# OPTIONAL
# ------------------------------------------------------------------------------

variable "continuous_scan_filters" {
  description = "Which repositories Amazon Inspector scans anew whenever it learns of a vulnerability, by names in which \"*\" stands for anything. They need the scan type \"ENHANCED\" and come before `push_scan_filters`."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.continuous_scan_filters) == 0 || var.scan_type == "ENHANCED"
    error_message = "Continuous scans need the scan type \"ENHANCED\". Example: { scan_type = \"ENHANCED\", continuous_scan_filters = [\"trending-now-*\"] }."
  }

  validation {
    condition     = alltrue([for filter in var.continuous_scan_filters : can(regex("^[a-z0-9*]([a-z0-9._/*-]{0,254}[a-z0-9*])?$", filter))])
    error_message = "Each filter must have 1 to 256 lower-case letters, digits, \".\", \"_\", \"/\", \"-\" or \"*\". Example: \"trending-now-*\"."
  }
}

variable "push_scan_filters" {
  description = "Which repositories are scanned when an image is pushed, by names in which \"*\" stands for anything."
  type        = set(string)
  default     = ["*"]
  nullable    = false

  validation {
    condition     = alltrue([for filter in var.push_scan_filters : can(regex("^[a-z0-9*]([a-z0-9._/*-]{0,254}[a-z0-9*])?$", filter))])
    error_message = "Each filter must have 1 to 256 lower-case letters, digits, \".\", \"_\", \"/\", \"-\" or \"*\". Example: \"*\"."
  }
}

variable "replication_destinations" {
  description = "Where images are copied to when they are pushed, by a name of the caller's choice: the account, the region or null for this one, and how the names of the repositories begin."
  type = map(object({
    account_id        = string
    region            = optional(string)
    repository_prefix = string
  }))
  default  = {}
  nullable = false

  validation {
    condition     = length(var.replication_destinations) <= 10
    error_message = "A registry can have at most 10 destinations here, because each is a rule of its own. Example: { prod = { account_id = \"123456789012\", repository_prefix = \"trending-now\" } }."
  }

  validation {
    condition     = alltrue([for destination in values(var.replication_destinations) : can(regex("^[0-9]{12}$", destination.account_id))])
    error_message = "Each account_id must have twelve digits. Example: \"123456789012\"."
  }

  validation {
    condition     = alltrue([for destination in values(var.replication_destinations) : destination.region == null ? true : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", destination.region))])
    error_message = "Each region must be the name of an AWS region, or null. Example: \"eu-central-1\"."
  }

  validation {
    condition     = alltrue([for destination in values(var.replication_destinations) : can(regex("^[a-z0-9][a-z0-9._/-]{1,255}$", destination.repository_prefix))])
    error_message = "Each repository_prefix must have 2 to 256 lower-case letters, digits, \".\", \"_\", \"/\" or \"-\" and no \"*\". Example: \"trending-now\"."
  }
}

variable "replication_source_account_ids" {
  description = "The accounts that may replicate images to this registry. They may fill repositories that are there and make none."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for id in var.replication_source_account_ids : can(regex("^[0-9]{12}$", id))])
    error_message = "Each account id must have twelve digits. Example: \"123456789012\"."
  }
}

variable "replication_source_prefix" {
  description = "How the names of the repositories begin that other accounts may replicate to. It is needed with `replication_source_account_ids`."
  type        = string
  default     = null

  validation {
    condition     = var.replication_source_prefix == null ? true : can(regex("^[a-z0-9][a-z0-9._/-]{1,255}$", var.replication_source_prefix))
    error_message = "The prefix must have 2 to 256 lower-case letters, digits, \".\", \"_\", \"/\" or \"-\" and no \"*\". Example: \"trending-now\"."
  }

  validation {
    condition     = length(var.replication_source_account_ids) == 0 || var.replication_source_prefix != null
    error_message = "Accounts that replicate to this registry need a prefix that they are held to. Example: { replication_source_account_ids = [\"123456789012\"], replication_source_prefix = \"trending-now\" }."
  }
}

variable "scan_type" {
  description = "Who scans the images of all repositories: ECR itself with \"BASIC\", or Amazon Inspector with \"ENHANCED\", which also looks at Python packages and is paid for by the image."
  type        = string
  default     = "BASIC"
  nullable    = false

  validation {
    condition     = contains(["BASIC", "ENHANCED"], var.scan_type)
    error_message = "The scan type must be \"BASIC\" or \"ENHANCED\". Example: \"BASIC\"."
  }
}
