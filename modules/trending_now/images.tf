module "ecr_repository" {
  source = "../ecr_repository"

  name                = local.name
  force_delete        = var.force_destroy
  kms_key_arn         = module.kms_key.arn
  pull_principal_arns = var.image_pull_principal_arns
}
