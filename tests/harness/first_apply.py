"""A checkout whose environment has this repository's modules, and nothing of it exists yet."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from harness.accounts import Account
from harness.checkout import ACCOUNTS, BACKEND_TF, ENVIRONMENT_YAML, Checkout
from harness.inventory import inventory
from harness.places import LEFT_OUT, MODULES
from harness.sandboxes import KEPT_REPOSITORY
from harness.secrets import CANARY
from harness.terraform import LOCK_FILE
from infra import accounts
from infra.environments import load_environment
from infra.repository import Repository
from local_aws.stub_images import stub_images

NAME = "staging"
ACCOUNT = ACCOUNTS[NAME]
EMPTY = "empty"

MAIN_TF = """\
terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
    }
  }
}

variable "image" {
  type = object({ digest = string, repository_arn = string, repository_url = string })
}

variable "token" {
  type      = string
  sensitive = true
}

provider "aws" {
  region = "eu-west-1"

  default_tags {
    tags = { environment = "staging", project = "first" }
  }
}

# Not our module: the provider looks at new life cycle rules for a minute before it believes them.
resource "aws_s3_bucket" "this" {
  bucket = "first-222222222222"
}

module "repository" {
  source = "../../modules/ecr_repository"
  name   = "first"
}

module "roles" {
  source          = "../../modules/app_runner_roles"
  name            = "first"
  buckets         = { data = { arn = aws_s3_bucket.this.arn, read_prefixes = ["models/"] } }
  repository_arns = [module.repository.arn, var.image.repository_arn]
}

module "observability" {
  source                = "../../modules/observability"
  name                  = "first"
  log_group_name        = "/first/application"
  log_retention_in_days = 1
}

module "service" {
  source            = "../../modules/app_runner_service"
  name              = "first"
  access_role_arn   = module.roles.access_role_arn
  image_digest      = var.image.digest
  instance_role_arn = module.roles.instance_role_arn
  repository_url    = var.image.repository_url
  scaling           = { max_instances = 1 }
  size              = { cpu = 256, memory = 512 }
}

resource "aws_secretsmanager_secret" "this" {
  name                    = "first/token"
  recovery_window_in_days = 0
}

resource "aws_secretsmanager_secret_version" "this" {
  secret_id     = aws_secretsmanager_secret.this.id
  secret_string = var.token
}
"""

MADE_UP = re.compile(r"(/\d+)?/[0-9a-f]{32}$|[0-9a-f-]{36}$")
"""The ids that App Runner and KMS give, and the revision, which is higher after a replacement."""


@dataclass
class First:
    """The checkout. Its local cloud has an account with a repository for the service's image."""

    checkout: Checkout

    def emptied(self) -> Checkout:
        """Everything as it was before the first apply."""
        unsaved = self.checkout.file("errored.tfstate")
        unsaved.unlink(missing_ok=True)
        answer = self.checkout.infra("local", "snapshot", "load", EMPTY, "--yes")
        assert answer.code == 0, answer.out + answer.err
        return self.checkout

    def inventory(self) -> list[str]:
        """What is in the account, without what AWS makes up."""
        described = load_environment(Repository(self.checkout.root), NAME)
        endpoint = self.checkout.cloud.running()
        assert endpoint is not None
        account = Account(described, endpoint, accounts.assume_role(described, endpoint))
        return [MADE_UP.sub("...", item) for item in inventory(account)]


def make_first(root: Path) -> First:
    """Write the checkout, and plan once, so that the account has its state bucket."""
    shutil.copytree(MODULES, root / "modules", ignore=LEFT_OUT)
    folder = root / "environments" / NAME
    folder.mkdir(parents=True)
    values = {"name": NAME, "account": ACCOUNT, "bucket": f"state-{ACCOUNT}"}
    (folder / "main.tf").write_text(MAIN_TF)
    (folder / "backend.tf").write_text(BACKEND_TF % values)
    (folder / "environment.yaml").write_text(ENVIRONMENT_YAML % values)
    shutil.copy(LOCK_FILE, folder / ".terraform.lock.hcl")
    checkout = Checkout(root)
    assert checkout.infra("local", "env", NAME).code == 0
    made = checkout.client("ecr").create_repository(repositoryName=KEPT_REPOSITORY)["repository"]
    image = {
        "digest": stub_images()[0].digest,
        "repository_arn": made["repositoryArn"],
        "repository_url": made["repositoryUri"],
    }
    variables = {"image": image, "token": CANARY}
    lines = [f"{name} = {json.dumps(value)}" for name, value in variables.items()]
    (folder / "terraform.tfvars").write_text("\n".join(lines) + "\n")
    planned = checkout.infra("plan", NAME)
    assert planned.code == 2, planned.out + planned.err
    saved = checkout.infra("local", "snapshot", "save", EMPTY)
    assert saved.code == 0, saved.out + saved.err
    return First(checkout)
