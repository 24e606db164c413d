"""A small checkout with three environments that releases go through: a service and little else.

It has what a promotion looks at (repository, service, alarm, secret, outputs) under the names that
the real environments have, and is applied in seconds.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import warm
from harness.checkout import BACKEND_TF, Answer, Checkout
from harness.places import ROOT
from harness.secrets import CANARY
from harness.terraform import LOCK_FILE
from infra.environments import load_environment
from infra.releases import Release, pinned_release, save_release, write_pin
from infra.repository import Repository

ACCOUNTS = {"dev": "111111111111", "staging": "222222222222", "prod": "333333333333"}
BEFORE = {"dev": None, "staging": "dev", "prod": "staging"}
VARIABLES_TF = """\
variable "release" {
  type = object({
    id            = optional(string)
    image_digest  = string
    data_version  = optional(string)
    git_sha       = optional(string)
    model_version = optional(string)
  })
  default = null
}

variable "token" {
  type      = string
  sensitive = true
}
"""
"""Of the module and of the root alike."""

MODULE_TF = """\
variable "name" {
  type = string
}

locals {
  digest = var.release == null ? null : var.release.image_digest
  image  = local.digest == null ? null : "${aws_ecr_repository.this.repository_url}@${local.digest}"
}

resource "aws_ecr_repository" "this" {
  name                 = var.name
  image_tag_mutability = "IMMUTABLE"
  force_delete         = true
}

resource "aws_iam_role" "access" {
  name = "${var.name}-access"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "build.apprunner.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "access" {
  role = aws_iam_role.access.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["ecr:*"]
      Resource = "*"
    }]
  })
}

resource "aws_cloudwatch_metric_alarm" "this" {
  alarm_name          = "${var.name}-drift"
  namespace           = "bed"
  metric_name         = "drift"
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 1
  period              = 60
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
}

resource "terraform_data" "secret" {
  input = sha256(var.token)
}

resource "aws_apprunner_service" "this" {
  count = var.release == null ? 0 : 1

  service_name = var.name
  tags         = { release = var.release.id }

  instance_configuration {
    cpu    = "256"
    memory = "512"
  }

  source_configuration {
    auto_deployments_enabled = false

    authentication_configuration {
      access_role_arn = aws_iam_role.access.arn
    }

    image_repository {
      image_identifier      = local.image
      image_repository_type = "ECR"
    }
  }

  depends_on = [aws_iam_role_policy.access]
}

output "alarm_names" {
  value = [aws_cloudwatch_metric_alarm.this.alarm_name]
}

output "release" {
  value = var.release
}

output "repository_name" {
  value = aws_ecr_repository.this.name
}

output "repository_url" {
  value = aws_ecr_repository.this.repository_url
}

output "service_arn" {
  value = one(aws_apprunner_service.this[*].arn)
}

output "service_image" {
  value = local.image
}

output "service_name" {
  value = one(aws_apprunner_service.this[*].service_name)
}

output "service_url" {
  value = one([for service in aws_apprunner_service.this : "https://${service.service_url}"])
}
"""

OUTPUTS = (
    "alarm_names",
    "release",
    "repository_name",
    "repository_url",
    "service_arn",
    "service_image",
    "service_name",
    "service_url",
)

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

locals {
  environment = yamldecode(file("${path.module}/environment.yaml"))
}

provider "aws" {
  region              = local.environment.region
  allowed_account_ids = [local.environment.account_id]
  max_retries         = 10

  default_tags {
    tags = { environment = local.environment.name, project = "bed" }
  }
}

variable "suffix" {
  type    = string
  default = ""
}

module "app" {
  source  = "../../modules/app"
  name    = "bed-${local.environment.name}${var.suffix}"
  release = var.release
  token   = var.token
}
""" + "".join(f'\noutput "{name}" {{\n  value = module.app.{name}\n}}\n' for name in OUTPUTS)

ENVIRONMENT_YAML = """\
name: %(name)s
account_id: "%(account)s"
region: eu-west-1
target: local
promotes_from: %(before)s
verify:
  bake_seconds: 0
%(gates)s
"""

GATES = """\
gates:
  clean-tree:
  policy:
  no-drift:
  alarms-ok:
"""


STOPPED = """\
import os, signal, sys, time
from infra import cli
from infra.promotion.steps import Steps

step, number = sys.argv[1], int(sys.argv[2])
ended = Steps._end


def end(self, item):
    ended(self, item)
    if item.name == step and item.status != "failed":
        os.kill(os.getpid(), number)
        time.sleep(30)


Steps._end = end
# As infra/__main__.py does: who runs the tests may have had Ctrl-C ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
cli.main(sys.argv[3:])
"""


@dataclass
class Bed(Checkout):
    """The checkout. Its git repository has a bare one as its origin."""

    @property
    def origin(self) -> Path:
        """The repository that it is pushed to."""
        return self.root.with_name(f"{self.root.name}-origin.git")

    def git(self, *arguments: str) -> str:
        """Run git in it."""
        settings = ("-c", "user.name=test", "-c", "user.email=test@example.com")
        return subprocess.run(
            ["git", "-C", str(self.root), *settings, *arguments],
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def commit(self) -> None:
        """Commit and push everything."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "All")
        self.git("push", "--quiet", "--force", "origin", "HEAD")

    def infra_as(self, user: str, *arguments: str) -> Answer:
        """Run the command as somebody who is called so."""
        return self.run(self.command(*arguments), dict.fromkeys(("LOGNAME", "USER"), user))

    def release(self, *, unhealthy_in: str = "", model: str = "ranker-1") -> Release:
        """Push a new image to dev's registry, and make a release of it."""
        ill = ["--unhealthy-in", unhealthy_in] if unhealthy_in else []
        pushed = self.succeed("local", "image", "push", "dev", "--json", *ill).json["result"]
        made = Release.of(
            {
                "format_version": 1,
                "image": {"digest": pushed["digest"]},
                "code": {"git_sha": "0" * 40},
                "data": {"version": "trends-1"},
                "model": {"version": model},
                "configuration": {"files": {}},
                "metrics": {"values": {}, "thresholds": {}},
                "environment": {"python": {}, "providers": {}, "terraform": ">= 1.11"},
                "lineage": {},
            }
        )
        save_release(Repository(self.root), made)
        return made

    def pinned(self, environment: str) -> Release:
        """The release that an environment pins."""
        repository = Repository(self.root)
        found = pinned_release(repository, load_environment(repository, environment))
        assert found is not None
        return found

    def prove(self, release: Release) -> None:
        """Bring a release to dev and staging, verified."""
        repository = Repository(self.root)
        write_pin(repository, load_environment(repository, "dev"), release)
        self.commit()
        self.succeed("apply", "dev")
        self.succeed("verify", "dev")
        self.succeed("promote", "dev", "staging", "--yes")
        self.commit()

    def waiting(self) -> tuple[Answer, str]:
        """Promote to prod until somebody must approve: the answer, and the plan's identity."""
        answer = self.infra("promote", "staging", "prod", "--json")
        assert answer.code == 10, answer.out + answer.err
        assert answer.json["error"]["reason"] == "not-confirmed", answer.out
        return answer, str(answer.json["error"]["identity"])

    def succeed(self, *arguments: str) -> Answer:
        """Run the command, which must succeed."""
        answer = self.infra(*arguments)
        assert answer.code == 0, answer.out + answer.err
        return answer

    def records(self, environment: str) -> list[Mapping[str, Any]]:
        """The ledger of an environment, oldest first."""
        answer = self.succeed("history", environment, "--limit", "1000", "--json")
        return list(reversed(answer.json["result"]["records"]))

    def kinds(self, environment: str) -> list[str]:
        """What the ledger of an environment tells, oldest first."""
        return [str(record["kind"]) for record in self.records(environment)]

    def running(self, environment: str) -> str:
        """The digest of the image that runs in an environment, "" for none."""
        client = self.client("apprunner", environment)
        found = client.list_services()["ServiceSummaryList"]
        if not found:
            return ""
        service = client.describe_service(ServiceArn=found[0]["ServiceArn"])["Service"]
        image = service["SourceConfiguration"]["ImageRepository"]["ImageIdentifier"]
        return str(image).partition("@")[2]

    def alarms(self, environment: str) -> set[str]:
        """The states of an environment's alarms."""
        found = self.client("cloudwatch", environment).describe_alarms()["MetricAlarms"]
        return {alarm["StateValue"] for alarm in found}

    def has_image(self, environment: str, digest: str) -> bool:
        """Whether the registry of an environment has an image."""
        listed = self.client("ecr", environment).list_images(repositoryName=f"bed-{environment}")
        return digest in {item["imageDigest"] for item in listed["imageIds"]}

    def pin(self, environment: str) -> str:
        """The file that pins the release of an environment."""
        return self.file("release.auto.tfvars.json", environment).read_text()

    def ring(self, environment: str, state: str) -> None:
        """Have the alarm of an environment in this state."""
        self.client("cloudwatch", environment).set_alarm_state(
            AlarmName=f"bed-{environment}-drift", StateValue=state, StateReason="x"
        )

    def without_gate(self, environment: str, gate: str) -> None:
        """Let an environment do without a gate."""
        described = self.file("environment.yaml", environment)
        described.write_text(described.read_text().replace(f"  {gate}:\n", ""))

    def look(self, environment: str) -> tuple[Any, ...]:
        """All that a refusal must leave as it is."""
        listed = self.client("ecr", environment).list_images(repositoryName=f"bed-{environment}")
        return (
            self.state(environment),
            self.pin(environment),
            self.running(environment),
            sorted(item["imageDigest"] for item in listed["imageIds"]),
            self.state_objects(environment),
        )


@dataclass(frozen=True)
class Proved:
    """A bed in which staging proves a release."""

    bed: Bed
    release: Release


def make_bed(root: Path) -> Bed:
    """Write the checkout, with a git repository and its origin beside it."""
    module = root / "modules" / "app"
    module.mkdir(parents=True)
    (module / "main.tf").write_text(MODULE_TF)
    (module / "variables.tf").write_text(VARIABLES_TF)
    for name, account in ACCOUNTS.items():
        folder = root / "environments" / name
        folder.mkdir(parents=True)
        values = {
            "name": name,
            "account": account,
            "bucket": f"bed-tfstate-{account}",
            "before": BEFORE[name] or "null",
            "gates": GATES if name == "prod" else "",
        }
        (folder / "main.tf").write_text(MAIN_TF)
        (folder / "variables.tf").write_text(VARIABLES_TF)
        (folder / "backend.tf").write_text(BACKEND_TF % values)
        (folder / "environment.yaml").write_text(ENVIRONMENT_YAML % values)
        (folder / "terraform.tfvars").write_text(f'token = "{CANARY}-{name}"\n')
        (folder / "release.auto.tfvars.json").write_text('{\n  "release": null\n}\n')
        shutil.copy(LOCK_FILE, folder / ".terraform.lock.hcl")
    shutil.copy(ROOT / ".gitignore", root)
    (root / "environments" / "differences.yaml").write_text("[]\n")
    warm.give(root, "promoting")
    bed = Bed(root, kind="promoting")
    subprocess.run(["git", "init", "--quiet", "--bare", str(bed.origin)], check=True)
    bed.git("init", "--quiet")
    bed.git("remote", "add", "origin", str(bed.origin))
    bed.commit()
    return bed


def document(answer: Answer) -> Any:
    """The failure that a command printed as JSON."""
    return json.loads(answer.out)["error"]


def python(bed: Bed, program: str, arguments: Sequence[str]) -> subprocess.Popen[str]:
    """Start a Python program that drives the infra command of a bed."""
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        env={**bed.shell(), "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def stopped(bed: Bed, step: str, number: signal.Signals, *arguments: str) -> Answer:
    """Run a command of promotion, and send it a signal when a step has ended."""
    words = [step, str(int(number)), "-C", str(bed.root), *arguments]
    process = python(bed, STOPPED, words)
    out, err = process.communicate(timeout=120)
    return Answer(process.returncode, out, err)
