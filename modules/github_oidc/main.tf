# AWS trusts GitHub's certificates by its own list of authorities, so there is
# no thumbprint to keep up to date.
resource "aws_iam_openid_connect_provider" "this" {
  count = var.existing_provider == null ? 1 : 0

  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}
