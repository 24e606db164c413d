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
      # Not the environment's own value: by that tag its apply role knows the keys
      # that it may change, and the key of the state must never be one of them.
      environment = "${local.environment.name}-bootstrap"
      managed_by  = "terraform"
      owner       = var.owner
      project     = var.project
    }
  }
}
