# ------------------------------------------------------------------------------
# REQUIRED
# ------------------------------------------------------------------------------

variable "name" {
  description = "The name of the repository."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]+([._/-][a-z0-9]+)*$", var.name)) && length(var.name) >= 2 && length(var.name) <= 256
    error_message = "The name must have 2 to 256 lower-case letters and digits, parted by single \".\", \"_\", \"-\" or \"/\". Example: \"trending-now-staging\"."
  }
}

# ------------------------------------------------------------------------------
# OPTIONAL
# ------------------------------------------------------------------------------

variable "build_image_count" {
  description = "The number of build images that are kept, the newest of them."
  type        = number
  default     = 100
  nullable    = false

  validation {
    condition     = var.build_image_count >= 1 && floor(var.build_image_count) == var.build_image_count
    error_message = "The number must be a whole number from 1. Example: 100."
  }
}

variable "build_tag_pattern" {
  description = "The tag pattern that marks an image as a build that no release needs. An image that has a release tag as well is kept."
  type        = string
  default     = "build-*"
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9._*-]{1,128}$", var.build_tag_pattern)) && length(regexall("\\*", var.build_tag_pattern)) <= 4
    error_message = "The pattern must have 1 to 128 letters, digits, \".\", \"_\", \"-\" or at most four \"*\". Example: \"build-*\"."
  }

  validation {
    condition     = var.build_tag_pattern != var.release_tag_pattern
    error_message = "Builds and releases must have different patterns, or no build ever expires. Example: \"build-*\" for builds and \"release-*\" for releases."
  }
}

variable "force_delete" {
  description = "If set to true, destroying the repository deletes all images in it. THESE IMAGES ARE NOT RECOVERABLE."
  type        = bool
  default     = false
  nullable    = false
}

variable "kms_key_arn" {
  description = "The ARN of the KMS key that encrypts the images, or null for the key managed by AWS."
  type        = string
  default     = null
}

variable "pull_principal_arns" {
  description = "The IAM principals of other accounts that may pull images, by a name of the caller's choice."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for arn in values(var.pull_principal_arns) : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:(role|user)/.+$", arn))])
    error_message = "Each principal must be the ARN of one role or user. Example: \"arn:aws:iam::123456789012:role/trending-now-prod-access\"."
  }
}

variable "release_tag_pattern" {
  description = "The tag pattern that marks an image as a release. Such an image never expires."
  type        = string
  default     = "release-*"
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9._*-]{1,128}$", var.release_tag_pattern)) && length(regexall("\\*", var.release_tag_pattern)) <= 4
    error_message = "The pattern must have 1 to 128 letters, digits, \".\", \"_\", \"-\" or at most four \"*\". Example: \"release-*\"."
  }
}

variable "untagged_days" {
  description = "The number of days after its push at which an untagged image expires."
  type        = number
  default     = 14
  nullable    = false

  validation {
    condition     = var.untagged_days >= 1 && floor(var.untagged_days) == var.untagged_days
    error_message = "The number of days must be a whole number from 1. Example: 14."
  }
}
