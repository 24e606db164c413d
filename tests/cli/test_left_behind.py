"""What a stopped run made and its state does not know: it is adopted, never made twice or lost."""

from __future__ import annotations

import json
import os
import signal
from typing import Any

import pytest

from harness.checkout import Answer, Checkout, line_with
from harness.faulting import terraforms
from harness.modes import told
from harness.waiting import PATIENCE_SECONDS
from infra import local_faults

pytestmark = pytest.mark.terraform

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

provider "aws" {
  region = "eu-west-1"

  default_tags {
    tags = { environment = "staging", project = "left" }
  }
}

resource "aws_ecr_repository" "this" {
  name = "left"
}

resource "aws_iam_role" "this" {
  name = "left"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "build.apprunner.amazonaws.com" }
    }]
  })
}

resource "aws_cloudwatch_log_group" "this" {
  name = "left"
}

resource "aws_s3_bucket" "this" {
  bucket = "left-222222222222"
}

resource "terraform_data" "last" {
  depends_on = [
    aws_cloudwatch_log_group.this,
    aws_ecr_repository.this,
    aws_iam_role.this,
    aws_s3_bucket.this,
  ]
%s}
"""

HELD = """\

  provisioner "local-exec" {
    command = "touch '%(begun)s'; until test -e '%(go_on)s'; do sleep 0.1; done"
  }
"""

MADE = [
    "aws_cloudwatch_log_group.this",
    "aws_ecr_repository.this",
    "aws_iam_role.this",
    "aws_s3_bucket.this",
]


def write(checkout: Checkout, last: str = "") -> None:
    checkout.file("main.tf").write_text(MAIN_TF % last)


def killed(checkout: Checkout) -> str:
    """Kill Terraform when it has made all but the last; return what the command said."""
    checkout.hold_applies()
    held = {"begun": checkout.root / "begun", "go_on": checkout.root / "go_on"}
    write(checkout, HELD % held)
    process = checkout.start("apply", "staging")
    checkout.wait_for_apply()
    for pid in terraforms(checkout):
        os.kill(pid, signal.SIGKILL)
    checkout.let_go()
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    answer = Answer(process.returncode, out, err)
    assert answer.code == 20, err
    told(line_with(answer, "Error: ").removeprefix("Error: "))
    write(checkout)
    return err


def role_id(checkout: Checkout) -> str:
    """Another role of the same name has another one."""
    return str(checkout.client("iam").get_role(RoleName="left")["Role"]["RoleId"])


def actions(changes: list[Any]) -> dict[str, str]:
    return {item["address"]: item["action"] for item in changes}


@pytest.mark.mode(15, "apply-failed")
def test_what_a_killed_apply_made_is_adopted_by_the_next_one(checkout: Checkout) -> None:
    said = killed(checkout)
    assert "Terraform was killed during apply (SIGKILL)" in said
    assert "infra recover staging" in said
    before = role_id(checkout)

    recovered = checkout.infra("recover", "staging", "--yes")
    assert recovered.code == 2, recovered.err
    assert "had made 4 things that the state does not know" in recovered.err
    assert "4 to update, 1 to create" in recovered.out

    refused = checkout.infra("destroy", "staging", "--yes", "--json")
    assert (refused.code, refused.json["error"]["reason"]) == (10, "left-behind")
    assert refused.json["error"]["details"] == MADE
    assert role_id(checkout) == before

    applied = checkout.infra("apply", "staging", "--json")
    assert applied.code == 0, applied.out
    result = applied.json["result"]
    assert result["applied"]["import"] == 4
    assert actions(result["changes"]) == {
        **dict.fromkeys(MADE, "update"),
        "terraform_data.last": "create",
    }
    assert role_id(checkout) == before
    last = checkout.infra("recover", "staging", "--json")
    assert (last.code, last.json["result"]["plan"]) == (0, {})
    assert not list((checkout.root / ".local" / "plans").iterdir())

    assert checkout.infra("destroy", "staging", "--yes").code == 0
    assert checkout.client("s3").list_buckets(Prefix="left")["Buckets"] == []


def test_what_was_made_without_an_answer_is_adopted_too(checkout: Checkout) -> None:
    """The provider asks again, and is told that the name is taken."""
    write(checkout)
    checkout.cloud.ensure_started()
    local_faults.add(checkout.cloud, "unanswered", "iam.CreateRole", calls="1")
    failed = checkout.infra("apply", "staging")
    local_faults.clear(checkout.cloud)
    assert failed.code == 20, failed.err
    assert "EntityAlreadyExists" in failed.err
    before = role_id(checkout)
    again = checkout.infra("apply", "staging")
    assert again.code == 0, again.err
    assert "had made 1 thing that the state does not know" in again.err
    assert role_id(checkout) == before


def test_what_only_has_the_name_is_not_taken(checkout: Checkout) -> None:
    write(checkout)
    assert checkout.infra("plan", "staging").code == 2
    checkout.client("ecr").create_repository(
        repositoryName="left", tags=[{"Key": "environment", "Value": "staging"}]
    )
    refused = checkout.infra("apply", "staging")
    assert refused.code == 20
    assert "RepositoryAlreadyExistsException" in refused.err
    again = checkout.infra("plan", "staging", "--json")
    assert actions(again.json["result"]["changes"])["aws_ecr_repository.this"] == "create"


def test_a_reviewed_plan_says_what_it_adopts_and_is_applied(checkout: Checkout) -> None:
    killed(checkout)
    assert checkout.infra("recover", "staging", "--yes").code == 2
    planned = checkout.infra("plan", "staging", "--out", "--json")
    adopted = [
        item["address"]
        for item in planned.json["result"]["changes"]
        if item["reason"] == "it exists already and is adopted"
    ]
    assert adopted == MADE
    identity = planned.json["result"]["identity"]
    applied = checkout.infra("apply", "staging", "--plan", identity, "--json")
    assert applied.code == 0, applied.out
    assert applied.json["result"]["applied"]["import"] == 4


def test_what_was_half_made_and_may_not_be_replaced_is_kept(checkout: Checkout) -> None:
    """As Ctrl-C leaves a bucket whose creation it cut off: Terraform would replace it."""
    write(checkout)
    described = checkout.file("environment.yaml")
    described.write_text(described.read_text() + "protected: true\n")
    assert checkout.infra("apply", "staging").code == 0
    taint(checkout, "aws_s3_bucket", "aws_iam_role")

    refused = checkout.infra("apply", "staging", "--json")
    assert (refused.code, refused.json["error"]["reason"]) == (10, "protected")
    assert "infra recover staging" in refused.json["error"]["hint"]

    looked = checkout.infra("recover", "staging", "--json")
    assert [item["kind"] for item in looked.json["result"]["found"]] == ["half-made"]
    kept = checkout.infra("recover", "staging", "--yes")
    assert "Kept 2 resources that were half made." in kept.out
    assert checkout.infra("plan", "staging").code == 0
    assert checkout.infra("ledger", "verify", "staging").code == 0


TOPIC = """
resource "aws_sns_topic" "this" {
  name = "left"

  lifecycle {
    create_before_destroy = true
  }
}

output "topic" {
  value = "topic ${aws_sns_topic.this.arn}"
}
"""


def test_what_was_half_made_is_never_made_a_second_time(checkout: Checkout) -> None:
    """A topic of the same name is the same one: it would go with the one that is replaced."""
    write(checkout)
    checkout.file("topic.tf").write_text(TOPIC)
    assert checkout.infra("apply", "staging").code == 0
    # As Ctrl-C leaves it: AWS has it, and nobody has asked AWS what it is like.
    taint(checkout, "aws_sns_topic", arn=None, owner=None)

    planned = checkout.infra("plan", "staging")
    assert planned.code == 2
    assert "Next: infra recover staging" in planned.err
    refused = checkout.infra("apply", "staging", "--json")
    assert (refused.code, refused.json["error"]["reason"]) == (10, "half-made")
    assert refused.json["error"]["details"] == ["aws_sns_topic.this"]
    assert "infra recover staging" in refused.json["error"]["hint"]

    drifted = checkout.infra("drift", "staging", "--json")
    assert drifted.json["result"]["environments"][0]["reality"] == [], drifted.out

    recovered = checkout.infra("recover", "staging", "--yes")
    assert recovered.code == 0, recovered.out + recovered.err
    assert "Kept 1 resource that was half made." in recovered.out
    assert len(checkout.client("sns").list_topics()["Topics"]) == 1
    # A plan that trusts the state is what tells drift from what the files say.
    assert checkout.infra("plan", "staging", "--no-refresh").code == 0
    assert checkout.infra("drift", "staging").code == 0
    assert checkout.infra("ledger", "verify", "staging").code == 0


def taint(checkout: Checkout, *kinds: str, **attributes: None) -> None:
    """Say in the state that a run ended before it was through with these."""
    state = json.loads(checkout.state())
    for item in state["resources"]:
        if item["type"] in kinds:
            item["instances"][0]["status"] = "tainted"
            item["instances"][0]["attributes"].update(attributes)
    state["serial"] += 1
    checkout.client("s3").put_object(
        Bucket="state-222222222222",
        Key="staging/terraform.tfstate",
        Body=json.dumps(state).encode(),
    )
