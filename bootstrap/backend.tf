# One root module serves all accounts, so bucket, region and account are given at
# init; README.md shows how. The bucket holds the state of what made it.
terraform {
  backend "s3" {
    key          = "bootstrap/terraform.tfstate"
    use_lockfile = true
  }
}
