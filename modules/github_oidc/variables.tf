# ------------------------------------------------------------------------------
# OPTIONAL
# ------------------------------------------------------------------------------

variable "existing_provider" {
  description = "The identity provider that the account already has, or null to make one. An account can have only one for GitHub."
  type        = object({ arn = string })
  default     = null

  validation {
    condition     = var.existing_provider == null ? true : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:oidc-provider/token\\.actions\\.githubusercontent\\.com$", var.existing_provider.arn))
    error_message = "The ARN must be that of an account's identity provider for GitHub Actions. Example: { arn = \"arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com\" }."
  }
}
