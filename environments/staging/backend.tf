# Terraform allows no variables here, so name, account and region are repeated
# from environment.yaml. Nothing else differs between the environments' code.
#
# `encrypt` is not set: it asks for AES256 in each request, past the bucket's own
# KMS key, and the bucket refuses that.
terraform {
  backend "s3" {
    allowed_account_ids = ["222222222222"]
    bucket              = "trending-now-tfstate-222222222222"
    key                 = "staging/terraform.tfstate"
    region              = "eu-west-1"
    use_lockfile        = true
  }
}
