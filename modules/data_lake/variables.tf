# ------------------------------------------------------------------------------
# REQUIRED
# ------------------------------------------------------------------------------

variable "kms_key_arn" {
  description = "The ARN of the KMS key that encrypts the zones. The access logs are encrypted with a key of S3, the only one that S3 delivers them under."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[a-zA-Z0-9-]+$", var.kms_key_arn))
    error_message = "The value must be the ARN of a key and not of an alias, because policies do not follow aliases. Example: \"arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab\"."
  }
}

variable "name" {
  description = "What the names of the buckets begin with. They go on with the zone and the account, as in `<name>-raw-<account id>`, because a bucket name is unique in all of AWS."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{0,36}[a-z0-9]$", var.name)) && !startswith(var.name, "xn--")
    error_message = "The name must have 2 to 38 lower-case letters, digits or hyphens, begin and end with a letter or digit, and not begin with \"xn--\", because a bucket name has at most 63. Example: \"trending-now-staging\"."
  }
}

# ------------------------------------------------------------------------------
# OPTIONAL
# ------------------------------------------------------------------------------

variable "force_destroy" {
  description = "If set to true, destroying the data lake deletes all object versions in it. THESE OBJECTS ARE NOT RECOVERABLE."
  type        = bool
  default     = false
  nullable    = false
}

variable "object_lock" {
  description = "How long no version of a new object can be deleted, by zone; other zones have no lock. In the mode GOVERNANCE a person with a special permission still can; in the mode COMPLIANCE NOBODY CAN, NOT EVEN THE ACCOUNT'S ROOT USER. A zone that was once locked keeps Object Lock for ever."
  type = map(object({
    mode = string
    days = number
  }))
  default  = {}
  nullable = false

  validation {
    condition     = length(setsubtract(keys(var.object_lock), ["dvc", "features", "models", "processed", "raw", "reports"])) == 0
    error_message = "Each key must be a zone: dvc, features, models, processed, raw or reports. Example: { raw = { mode = \"GOVERNANCE\", days = 30 } }."
  }
}

variable "permissions_boundary_arn" {
  description = "The ARN of the policy that bounds the replication role, or null for none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null ? true : can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/.+$", var.permissions_boundary_arn))
    error_message = "The boundary must be the ARN of a managed policy. Example: \"arn:aws:iam::123456789012:policy/workload-boundary\"."
  }
}

variable "replication" {
  description = "The zones that S3 copies into another account, with the bucket there of each, or null for none. All copies are encrypted with one key there. Deletions are not copied."
  type = object({
    destination_account_id  = string
    destination_bucket_arns = map(string)
    destination_kms_key_arn = string
  })
  default = null

  validation {
    condition     = var.replication == null ? true : length(setsubtract(keys(var.replication.destination_bucket_arns), ["dvc", "features", "models", "processed", "raw", "reports"])) == 0
    error_message = "Each key of destination_bucket_arns must be a zone: dvc, features, models, processed, raw or reports. Example: { raw = \"arn:aws:s3:::trending-now-copy-raw-123456789012\" }."
  }

  validation {
    condition     = var.replication == null ? true : length(var.replication.destination_bucket_arns) > 0
    error_message = "At least one zone is needed, or null for no replication. Example: { raw = \"arn:aws:s3:::trending-now-copy-raw-123456789012\" }."
  }

  validation {
    condition     = var.replication == null ? true : can(regex("^[0-9]{12}$", var.replication.destination_account_id))
    error_message = "destination_account_id must have 12 digits. Example: \"123456789012\"."
  }

  validation {
    condition     = var.replication == null ? true : can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[a-zA-Z0-9-]+$", var.replication.destination_kms_key_arn))
    error_message = "destination_kms_key_arn must be the ARN of a key and not of an alias, because policies do not follow aliases. Example: \"arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab\"."
  }
}

variable "request_metrics_enabled" {
  description = "If set to true, CloudWatch gets the metrics of the requests on each zone, under the filter id \"EntireBucket\". They are charged as custom metrics."
  type        = bool
  default     = true
  nullable    = false
}

variable "retention" {
  description = "How many days objects are kept, or stay in a storage class. Raw data, models and the DVC cache never expire; of them only versions that were overwritten or deleted do, after `noncurrent_days`."
  type = object({
    access_logs_days           = optional(number, 365)
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
    condition     = alltrue([for days in values(var.retention) : days >= 1 && floor(days) == days])
    error_message = "Each retention must be a whole number of days from 1. Example: { processed_days = 180 }."
  }

  validation {
    condition     = var.retention.raw_infrequent_access_days >= 30
    error_message = "raw_infrequent_access_days must be at least 30, because S3 moves nothing to STANDARD_IA before that. Example: { raw_infrequent_access_days = 30 }."
  }

  validation {
    condition     = var.retention.raw_archive_days >= var.retention.raw_infrequent_access_days + 30
    error_message = "raw_archive_days must be at least 30 more than raw_infrequent_access_days. Example: { raw_infrequent_access_days = 30, raw_archive_days = 90 }."
  }
}
