# What the command line must know as well stands in environment.yaml alone.
locals {
  environment = yamldecode(file("${path.module}/environment.yaml"))
}

provider "aws" {
  region = local.environment.region

  # Credentials of another account fail here, before they can change anything.
  allowed_account_ids = [local.environment.account_id]

  default_tags {
    tags = {
      cost_centre = var.cost_centre
      environment = local.environment.name
      managed_by  = "terraform"
      owner       = var.owner
      project     = var.project
    }
  }
}
