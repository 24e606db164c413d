# ------------------------------------------------------------------------------
# REQUIRED
# ------------------------------------------------------------------------------

variable "environment" {
  description = "The name of the environment that the roles deploy, which is also the name of its GitHub environment."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.environment)) && length(var.environment) >= 2
    error_message = "The environment must have at least 2 lower-case letters, digits or single hyphens and begin with a letter. Example: \"staging\"."
  }

  validation {
    condition     = length("${var.project}-${var.environment}") <= 32
    error_message = "Project and environment joined by a hyphen must not exceed 32 characters, as in the module trending_now. Example: \"trending-now-staging\"."
  }
}

variable "oidc_provider_arn" {
  description = "The ARN of the account's identity provider for GitHub Actions."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::[0-9]{12}:oidc-provider/token\\.actions\\.githubusercontent\\.com$", var.oidc_provider_arn))
    error_message = "The ARN must be that of an account's identity provider for GitHub Actions. Example: module.github_oidc.arn."
  }
}

variable "repository" {
  description = "The GitHub repository whose workflows may take the roles, by name and by number. `subject_forms` are the forms of the token's subject to accept: \"immutable\" for repositories made, renamed or moved since 2026-07-15 and those that opted in, \"name\" for all others, both while one changes over. `id_checked` also compares the token's repository number, in partitions where STS knows that key."
  type = object({
    owner         = string
    repository    = string
    owner_id      = string
    repository_id = string
    subject_forms = set(string)
    id_checked    = optional(bool, true)
  })
  nullable = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9]([a-zA-Z0-9-]{0,37}[a-zA-Z0-9])?$", var.repository.owner)) && can(regex("^[a-zA-Z0-9._-]{1,100}$", var.repository.repository))
    error_message = "owner and repository must be the names of one GitHub account and one repository, without \"/\" and without wildcards. Example: owner = \"octo-org\", repository = \"trending-now\"."
  }

  validation {
    condition     = can(regex("^[1-9][0-9]{0,19}$", var.repository.owner_id)) && can(regex("^[1-9][0-9]{0,19}$", var.repository.repository_id))
    error_message = "owner_id and repository_id must be GitHub's numbers, as `gh api repos/OWNER/REPOSITORY --jq '.owner.id, .id'` prints them. Example: owner_id = \"123456\", repository_id = \"456789\"."
  }

  validation {
    condition     = length(var.repository.subject_forms) > 0 && length(setsubtract(var.repository.subject_forms, ["immutable", "name"])) == 0
    error_message = "subject_forms must hold \"name\", \"immutable\" or both: without a subject, any repository on GitHub could take the roles. Example: [\"immutable\"]."
  }
}

variable "state" {
  description = "Where the environment's Terraform state is: the bucket, the key of the state object in it, and the KMS key that encrypts it, or null for a key of AWS's own. `read_keys` are states beside it that the roles may read, such as that of bootstrap/: what is in no state is told as drift."
  type = object({
    bucket    = string
    key       = string
    kms_key   = optional(object({ arn = string }))
    read_keys = optional(set(string), [])
  })
  nullable = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.state.bucket))
    error_message = "The state bucket must have 3 to 63 lower-case letters, digits, dots or hyphens. Example: \"trending-now-tfstate-123456789012\"."
  }

  validation {
    condition     = !startswith(var.state.bucket, "${var.project}-${var.environment}-")
    error_message = "The state bucket must not begin with the environment's own name, because the apply role manages such buckets. Example: \"trending-now-tfstate-123456789012\"."
  }

  validation {
    condition     = can(regex("^[a-zA-Z0-9_.-]+(/[a-zA-Z0-9_.-]+)*$", var.state.key)) && !endswith(var.state.key, ".tflock")
    error_message = "The state key must be the key of one object, without wildcards and without \"/\" at its ends. Example: \"staging/terraform.tfstate\"."
  }

  validation {
    condition     = alltrue([for key in var.state.read_keys : can(regex("^[a-zA-Z0-9_.-]+(/[a-zA-Z0-9_.-]+)*\\.tfstate$", key))])
    error_message = "read_keys must be the keys of states, without wildcards and with \".tfstate\" at their ends. Example: [\"bootstrap/terraform.tfstate\"]."
  }

  validation {
    condition     = var.state.kms_key == null ? true : can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[a-zA-Z0-9-]+$", var.state.kms_key.arn))
    error_message = "The KMS key of the state must be the ARN of a key and not of an alias. Example: { arn = \"arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab\" }."
  }
}

# ------------------------------------------------------------------------------
# OPTIONAL
# ------------------------------------------------------------------------------

variable "data_deletion_allowed" {
  description = "If set to true, the apply role may delete objects, so that an environment with force_destroy can be destroyed. Leave it false where data must outlive a wrong apply."
  type        = bool
  default     = false
  nullable    = false
}

variable "ledger_key_arn" {
  description = "The ARN of the KMS key that signs the ledger in the state bucket, or null where there is none. The apply role signs with it and adds records; the plan role reads them."
  type        = string
  default     = null

  validation {
    condition     = var.ledger_key_arn == null ? true : can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[a-zA-Z0-9-]+$", var.ledger_key_arn))
    error_message = "The key of the ledger must be the ARN of a key and not of an alias. Example: \"arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab\"."
  }
}

variable "main_branch" {
  description = "The branch whose workflows may plan and push images."
  type        = string
  default     = "main"
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9][a-zA-Z0-9_./-]*$", var.main_branch))
    error_message = "The branch must be the name of one branch, without wildcards. Example: \"main\"."
  }
}

variable "project" {
  description = "The name of the project, as in the module trending_now. All names that the roles may manage begin with project and environment."
  type        = string
  default     = "trending-now"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.project)) && length(var.project) >= 2
    error_message = "The project must have at least 2 lower-case letters, digits or single hyphens and begin with a letter. Example: \"trending-now\"."
  }
}

variable "promotes_to" {
  description = "The environments that take releases from this one. A job of theirs may take the plan role: it reads what was proved here, and copies the image."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for name in var.promotes_to : can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", name)) && name != var.environment])
    error_message = "promotes_to must hold the names of other environments: lower-case letters, digits or single hyphens. Example: [\"prod\"]."
  }
}

variable "replication_account_id" {
  description = "The account into whose buckets S3 may copy the environment's data, or null for none. The roles of the environment cannot write to any other."
  type        = string
  default     = null

  validation {
    condition     = var.replication_account_id == null ? true : can(regex("^[0-9]{12}$", var.replication_account_id))
    error_message = "The account must be a number of twelve digits. Example: \"123456789012\"."
  }
}

variable "secret_values_readable" {
  description = "If set to true, the plan and apply roles may read the environment's own secrets. Versions of the AWS provider before hashicorp/terraform-provider-aws#44876 (5.100 among them) do so in each plan, even of write-only values."
  type        = bool
  default     = false
  nullable    = false
}
