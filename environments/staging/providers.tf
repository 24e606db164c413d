# What the command line must know as well stands in environment.yaml alone.
locals {
  environment = yamldecode(file("${path.module}/environment.yaml"))
}

provider "aws" {
  region = local.environment.region

  # Credentials of another account fail here, before they can change anything.
  allowed_account_ids = [local.environment.account_id]

  # Each try waits longer than the one before: with the default of 25 a service that is
  # down keeps a run for more than an hour, with these for about a minute.
  max_retries = 10

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
