"""Faults in Terraform's language, and against the repository's own rules."""

from __future__ import annotations

_PLAIN = """\
terraform {
  required_version = ">= 1.11"
}
"""

_INVALID = """\
module "other" {
  source = "../../modules/other"
}
"""

_UNDECLARED = """\
resource "terraform_data" "thing" {
  input = var.missing
}
"""

_OTHER = """\
variable "size" {
  description = "How large it is."
  type        = number
}

resource "terraform_data" "thing" {
  imput = var.size
}
"""

_VARIABLES = """\
variable "described" {
  type = string
}

variable "typed" {
  description = "This one has no type."
}

variable "anything" {
  description = "This one takes all."
  type        = map(any)
}

variable "unused" {
  description = "Only its own validation reads it."
  type        = string

  validation {
    condition     = var.unused != ""
    error_message = "For example 123456789012."
  }
}
"""

_MAIN = """\
# var.unused, 123456789012 and eu-west-1 in a comment are nothing.
variable "misplaced" {
  description = "This one stands elsewhere."
  type        = string
}

output "elsewhere" {
  description = "This one, too."
  value       = "arn:aws:iam::${var.misplaced}"
}

provider "aws" {
  region = "eu-west-1"
}

terraform {
  backend "s3" {}
}

resource "aws_sqs_queue" "counted" {
  count = length(var.described)

  name = "https://sqs.amazonaws.com/123456789012"
}

resource "aws_sqs_queue" "switched" {
  count = var.typed == null ? 0 : 1

  name = var.anything["name"]

  tags = {
    Name  = "mine"
    owner = "somebody"
  }
}
"""

_PROVIDERS = """\
provider "aws" {
  default_tags {
    tags = {
      environment = "dev"
      managed_by  = "terraform"
      project     = "trending-now"
    }
  }
}
"""

SEEDS = {
    "terraform-fmt": {
        "modules/thing/main.tf": 'locals {\n  a   = "b"\n  longer = "c"\n}\n',
        "environments/dev/terraform.tfvars": "a=1\n",
        "environments/dev/main.tf": 'locals {\n  tidy = "yes"\n}\n',
    },
    "terraform-validate": {
        "bootstrap/main.tf": _UNDECLARED,
        "environments/dev/main.tf": _INVALID,
        "environments/dev/backend.tf": _PLAIN,
        "environments/prod/main.tf": _INVALID,
        "environments/prod/backend.tf": "terraform {\n",
        "modules/other/main.tf": _OTHER,
    },
    "terraform-rules": {
        "modules/thing/variables.tf": _VARIABLES,
        "modules/thing/main.tf": _MAIN,
        "modules/thing/outputs.tf": 'output "silent" {\n  value = 1\n}\n',
        "environments/dev/providers.tf": _PROVIDERS,
        # Terraform takes no variables here.
        "environments/dev/backend.tf": 'terraform {\n  backend "s3" {\n'
        '    bucket = "state-123456789012"\n    region = "eu-west-1"\n  }\n}\n',
    },
}

_DEV, _MODULE, _NAMES = "environments/dev", "modules/thing/main.tf", "modules/thing/variables.tf"

FAULTS = {
    "terraform-fmt": [
        ("unformatted file", "unformatted", "modules/thing/main.tf"),
        ("unformatted values", "unformatted", f"{_DEV}/terraform.tfvars"),
    ],
    "terraform-validate": [
        ("undeclared variable", "error", "bootstrap/main.tf", "var.missing"),
        ("missing input of a module", "error", f"{_DEV}/main.tf", 'module "other"'),
        ("misspelt argument in a module", "error", "modules/other/main.tf", "imput"),
        ("broken backend of an environment like another", "error", "environments/prod/backend.tf"),
    ],
    "terraform-rules": [
        ("variable without description", "variable-description", _NAMES, '"described"'),
        ("variable without type", "variable-type", _NAMES, '"typed"'),
        ("variable of any", "variable-any", _NAMES, "map(any)"),
        ("unused variable", "variable-unused", _NAMES, '"unused"'),
        ("variable in another file", "variable-place", _MODULE, '"misplaced"'),
        ("output without description", "output-description", "modules/thing/outputs.tf", "silent"),
        ("output in another file", "output-place", _MODULE, '"elsewhere"'),
        ("literal account id", "literal-account", _MODULE, "123456789012"),
        ("literal partition", "literal-partition", _MODULE, "arn:aws:"),
        ("literal region", "literal-region", _MODULE, "eu-west-1"),
        ("literal domain", "literal-domain", _MODULE, "amazonaws.com"),
        ("provider in a module", "module-provider", _MODULE, 'provider "aws"'),
        ("backend in a module", "module-backend", _MODULE, "terraform {"),
        ("count that numbers", "count-condition", _MODULE, "length("),
        ("default tags that lack some", "default-tags", f"{_DEV}/providers.tf", "provider"),
        ("default tag that a resource sets", "overridden-tag", _MODULE, "tags = {"),
    ],
}
