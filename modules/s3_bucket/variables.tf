# ------------------------------------------------------------------------------
# REQUIRED
# ------------------------------------------------------------------------------

variable "name" {
  description = "The name of the bucket, unique in all of AWS."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name)) && !startswith(var.name, "xn--") && !endswith(var.name, "-s3alias")
    error_message = "The name must have 3 to 63 lower-case letters, digits or hyphens, begin and end with a letter or digit, and be free of reserved affixes. Example: \"trending-now-staging-data-123456789012\"."
  }
}

# ------------------------------------------------------------------------------
# OPTIONAL
# ------------------------------------------------------------------------------

variable "abort_multipart_days" {
  description = "The number of days after which an unfinished multipart upload is removed."
  type        = number
  default     = 7
  nullable    = false

  validation {
    condition     = var.abort_multipart_days >= 1 && floor(var.abort_multipart_days) == var.abort_multipart_days
    error_message = "The number of days must be a whole number from 1. Example: 7."
  }
}

variable "access_logging" {
  description = "Where S3 writes the server access logs of this bucket, or null for nowhere. The target bucket must let the S3 log delivery service write."
  type = object({
    bucket = string
    prefix = string
  })
  default = null

  validation {
    condition     = var.access_logging == null ? true : endswith(var.access_logging.prefix, "/")
    error_message = "The prefix must end with \"/\". Example: \"data/\"."
  }
}

variable "encryption_algorithm" {
  description = "How objects are encrypted by default: \"aws:kms\", or \"AES256\" for a bucket that receives access logs, which S3 does not deliver under a KMS key."
  type        = string
  default     = "aws:kms"
  nullable    = false

  validation {
    condition     = contains(["aws:kms", "AES256"], var.encryption_algorithm)
    error_message = "The algorithm must be \"aws:kms\" or \"AES256\". Example: \"aws:kms\"."
  }
}

variable "eventbridge_enabled" {
  description = "If set to true, S3 sends the events of this bucket to EventBridge."
  type        = bool
  default     = false
  nullable    = false
}

variable "force_destroy" {
  description = "If set to true, destroying the bucket deletes all object versions in it. THESE OBJECTS ARE NOT RECOVERABLE."
  type        = bool
  default     = false
  nullable    = false
}

variable "intelligent_tiering" {
  description = "When objects of the storage class INTELLIGENT_TIERING that nobody reads move on to its archive tiers, by the name of the configuration. Objects there must be restored before they can be read, which takes hours."
  type = map(object({
    prefix                   = optional(string, "")
    archive_access_days      = optional(number)
    deep_archive_access_days = optional(number)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for key in keys(var.intelligent_tiering) : can(regex("^[a-zA-Z0-9_.-]{1,64}$", key))])
    error_message = "Each name must have 1 to 64 letters, digits or any of \"_.-\". Example: \"raw\"."
  }

  validation {
    condition     = alltrue([for tiers in values(var.intelligent_tiering) : tiers.archive_access_days != null || tiers.deep_archive_access_days != null])
    error_message = "Each configuration must name a tier: give archive_access_days, deep_archive_access_days or both. Example: { archive_access_days = 90 }."
  }

  validation {
    condition     = alltrue([for tiers in values(var.intelligent_tiering) : tiers.archive_access_days == null ? true : tiers.archive_access_days >= 90 && tiers.archive_access_days <= 730 && floor(tiers.archive_access_days) == tiers.archive_access_days])
    error_message = "archive_access_days must be a whole number from 90 to 730. Example: 90."
  }

  validation {
    condition     = alltrue([for tiers in values(var.intelligent_tiering) : tiers.deep_archive_access_days == null ? true : tiers.deep_archive_access_days >= 180 && tiers.deep_archive_access_days <= 730 && floor(tiers.deep_archive_access_days) == tiers.deep_archive_access_days])
    error_message = "deep_archive_access_days must be a whole number from 180 to 730. Example: 180."
  }

  validation {
    condition     = alltrue([for tiers in values(var.intelligent_tiering) : tiers.archive_access_days == null || tiers.deep_archive_access_days == null ? true : tiers.deep_archive_access_days > tiers.archive_access_days])
    error_message = "deep_archive_access_days must be greater than archive_access_days. Example: { archive_access_days = 90, deep_archive_access_days = 180 }."
  }

  validation {
    condition     = alltrue([for tiers in values(var.intelligent_tiering) : !startswith(tiers.prefix, "/")])
    error_message = "A prefix must not begin with \"/\". Example: \"raw/\"."
  }
}

variable "kms_key_arn" {
  description = "The ARN of the KMS key that encrypts objects by default, or null for the key managed by AWS."
  type        = string
  default     = null

  validation {
    condition     = var.encryption_algorithm == "aws:kms" ? true : var.kms_key_arn == null
    error_message = "A key needs the algorithm \"aws:kms\". Example: { encryption_algorithm = \"aws:kms\", kms_key_arn = module.kms_key.arn }."
  }
}

variable "lifecycle_rules" {
  description = "What happens to objects as they age, by rule id. `transitions` maps a storage class to the age in days at which objects move there. Without `expiration_days` current versions stay for ever."
  type = map(object({
    prefix                     = optional(string, "")
    transitions                = optional(map(number), {})
    expiration_days            = optional(number)
    noncurrent_expiration_days = optional(number)
    newer_noncurrent_versions  = optional(number)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for key in keys(var.lifecycle_rules) : can(regex("^[a-zA-Z0-9_-]{1,255}$", key)) && key != "housekeeping"])
    error_message = "Each rule id must have 1 to 255 letters, digits, \"_\" or \"-\"; \"housekeeping\" is taken. Example: \"raw\"."
  }

  validation {
    condition     = alltrue(flatten([for rule in values(var.lifecycle_rules) : [for class in keys(rule.transitions) : contains(["DEEP_ARCHIVE", "GLACIER", "GLACIER_IR", "INTELLIGENT_TIERING", "ONEZONE_IA", "STANDARD_IA"], class)]]))
    error_message = "Each storage class must be DEEP_ARCHIVE, GLACIER, GLACIER_IR, INTELLIGENT_TIERING, ONEZONE_IA or STANDARD_IA. Example: { STANDARD_IA = 30 }."
  }

  validation {
    condition     = alltrue(flatten([for rule in values(var.lifecycle_rules) : [for class, days in rule.transitions : days >= (endswith(class, "_IA") ? 30 : 0) && floor(days) == days]]))
    error_message = "Each transition must be a whole number of days, from 30 for STANDARD_IA and ONEZONE_IA and from 0 for the others. Example: { STANDARD_IA = 30 }."
  }

  validation {
    condition     = alltrue([for rule in values(var.lifecycle_rules) : rule.expiration_days == null ? true : rule.expiration_days > max(0, values(rule.transitions)...) && floor(rule.expiration_days) == rule.expiration_days])
    error_message = "Each expiration must be a whole number of days greater than 0 and than the rule's transitions. Example: { transitions = { STANDARD_IA = 30 }, expiration_days = 90 }."
  }

  validation {
    condition     = alltrue([for rule in values(var.lifecycle_rules) : rule.noncurrent_expiration_days == null ? true : rule.noncurrent_expiration_days >= 1 && floor(rule.noncurrent_expiration_days) == rule.noncurrent_expiration_days])
    error_message = "Each noncurrent expiration must be a whole number of days from 1. Example: 90."
  }

  validation {
    condition     = alltrue([for rule in values(var.lifecycle_rules) : rule.newer_noncurrent_versions == null ? true : rule.noncurrent_expiration_days != null && rule.newer_noncurrent_versions >= 1 && rule.newer_noncurrent_versions <= 100])
    error_message = "The number of newer noncurrent versions must be from 1 to 100 and needs noncurrent_expiration_days. Example: { noncurrent_expiration_days = 90, newer_noncurrent_versions = 5 }."
  }

  validation {
    condition     = alltrue([for rule in values(var.lifecycle_rules) : rule.expiration_days != null || rule.noncurrent_expiration_days != null || length(rule.transitions) > 0])
    error_message = "Each rule must do something: give transitions, expiration_days or noncurrent_expiration_days. Example: { prefix = \"tmp/\", expiration_days = 7 }."
  }

  validation {
    condition     = alltrue([for rule in values(var.lifecycle_rules) : !startswith(rule.prefix, "/")])
    error_message = "A prefix must not begin with \"/\". Example: \"raw/\"."
  }
}

variable "object_lock" {
  description = "How long no version of a new object can be deleted, or null for no lock. In the mode GOVERNANCE a person with a special permission still can; in the mode COMPLIANCE NOBODY CAN, NOT EVEN THE ACCOUNT'S ROOT USER. A bucket that was once locked keeps Object Lock for ever; null then ends the retention of new objects."
  type = object({
    mode = string
    days = number
  })
  default = null

  validation {
    condition     = var.object_lock == null ? true : contains(["COMPLIANCE", "GOVERNANCE"], var.object_lock.mode)
    error_message = "The mode must be \"COMPLIANCE\" or \"GOVERNANCE\". Example: { mode = \"GOVERNANCE\", days = 30 }."
  }

  validation {
    condition     = var.object_lock == null ? true : var.object_lock.days >= 1 && var.object_lock.days <= 36500 && floor(var.object_lock.days) == var.object_lock.days
    error_message = "The lock must last a whole number of days from 1 to 36500. Example: { mode = \"GOVERNANCE\", days = 30 }."
  }
}

variable "policy_documents" {
  description = "Further bucket policy documents as JSON, by a name of the caller's choice. They are merged with the statements that deny old and plain transport."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for document in values(var.policy_documents) : can(jsondecode(document))])
    error_message = "Each document must be JSON. Example: data.aws_iam_policy_document.log_delivery.json."
  }
}

variable "replication" {
  description = "Where S3 copies every new object, with the role that it does this as, or null for nowhere. The copies belong to the destination's account and are encrypted with its key. Deletions are not copied."
  type = object({
    role_arn                = string
    destination_account_id  = string
    destination_bucket_arn  = string
    destination_kms_key_arn = string
  })
  default = null

  validation {
    condition     = var.replication == null ? true : can(regex("^[0-9]{12}$", var.replication.destination_account_id))
    error_message = "destination_account_id must have 12 digits. Example: \"123456789012\"."
  }

  validation {
    condition     = var.replication == null ? true : can(regex("^arn:[a-z-]+:s3:::[a-z0-9.-]{3,63}$", var.replication.destination_bucket_arn))
    error_message = "destination_bucket_arn must be the ARN of a bucket. Example: \"arn:aws:s3:::trending-now-copy-123456789012\"."
  }

  validation {
    condition     = var.replication == null ? true : can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[a-zA-Z0-9-]+$", var.replication.destination_kms_key_arn))
    error_message = "destination_kms_key_arn must be the ARN of a key and not of an alias, which S3 would look for in the wrong account. Example: \"arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab\"."
  }

  validation {
    condition     = var.replication == null ? true : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/.+$", var.replication.role_arn))
    error_message = "role_arn must be the ARN of a role. Example: \"arn:aws:iam::123456789012:role/replication\"."
  }
}

variable "request_metrics_enabled" {
  description = "If set to true, CloudWatch gets the metrics of the requests on this bucket, under the filter id \"EntireBucket\". They are charged as custom metrics."
  type        = bool
  default     = false
  nullable    = false
}
