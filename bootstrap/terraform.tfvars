owner       = "trending-now-team"
cost_centre = "ml-platform"

# Example values. Yours: gh api repos/OWNER/REPOSITORY --jq '.owner.id, .id'
# prints both numbers. The form is "immutable" for a repository that was made,
# renamed or moved since 2026-07-15, otherwise "name".
repository = {
  owner         = "octo-org"
  repository    = "trending-now"
  owner_id      = "123456"
  repository_id = "456789"
  subject_forms = ["immutable"]
}

# As force_destroy in the environments.
data_deletion_allowed_in = ["dev", "staging"]

# Provider 5.100 reads write-only secret values in each plan.
secret_values_readable = true
