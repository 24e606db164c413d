resource "aws_secretsmanager_secret" "this" {
  #checkov:skip=CKV2_AWS_57:The secrets belong to third parties and are renewed by a person; App Runner reads them only when it deploys.
  for_each = var.secret_names

  name                    = "${local.path}/${each.value}"
  description             = "Set by a person; Terraform never knows the value"
  kms_key_id              = module.kms_key.arn
  recovery_window_in_days = var.secret_recovery_window_in_days
}

# App Runner cannot deploy with a secret that has no value, so the first apply
# gives each one a placeholder. The label keeps that version from becoming the
# current one again, should Terraform ever have to write it a second time.
resource "aws_secretsmanager_secret_version" "placeholder" {
  for_each = var.secret_names

  secret_id                = aws_secretsmanager_secret.this[each.value].id
  secret_string_wo         = "placeholder"
  secret_string_wo_version = 1
  version_stages           = ["PLACEHOLDER"]

  # Secrets Manager moves AWSCURRENT on when a person sets the value.
  lifecycle {
    ignore_changes = [version_stages]
  }
}
