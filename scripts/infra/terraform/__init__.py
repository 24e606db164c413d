"""Finding and running Terraform: the only package that starts it."""
