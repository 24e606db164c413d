"""What the tests share: a local cloud of their own, accounts, scratch copies, real Terraform."""
