"""What is refused before Terraform can do anything with it, and `infra doctor ENV`, which tells."""

from __future__ import annotations

import json

import pytest

from harness.checkout import Answer, Checkout

pytestmark = pytest.mark.terraform

BUCKET = "state-222222222222"
KEY = "staging/terraform.tfstate"


def refusal(answer: Answer) -> str:
    """The reason of a refusal before any change."""
    assert answer.code == 10, answer.out + answer.err
    reason: str = answer.json["error"]["reason"]
    return reason


def verdicts(answer: Answer) -> dict[str, str]:
    """What doctor says of each guard."""
    return {row["name"]: row["status"] for row in answer.json["result"]}


@pytest.mark.mode(20, "state-corrupt")
@pytest.mark.mode(21, "state-missing")
@pytest.mark.mode(22, "state-rewound")
def test_a_state_that_is_not_the_last_known_one_is_not_planned_or_applied(
    checkout: Checkout,
) -> None:
    assert checkout.infra("apply", "staging").code == 0
    second = json.loads(checkout.state())
    first = json.dumps({**second, "serial": second["serial"] - 1}).encode()
    healthy = checkout.infra("doctor", "staging", "--json")
    assert healthy.code == 0, healthy.out
    assert set(verdicts(healthy).values()) == {"ok"}
    s3 = checkout.client("s3")

    def store(body: bytes) -> None:
        s3.put_object(Bucket=BUCKET, Key=KEY, Body=body)

    # An old version: Terraform alone would go on from it without a word.
    store(first)
    refused = checkout.infra("plan", "staging", "--json")
    assert refusal(refused) == "state-rewound"
    assert f"knows serial {second['serial']}" in refused.json["error"]["message"]
    told = checkout.infra("doctor", "staging", "--json")
    assert told.code == 1
    assert {k for k, v in verdicts(told).items() if v != "ok"} == {"state"}

    # Gone: Terraform alone would make everything once more.
    s3.delete_object(Bucket=BUCKET, Key=KEY)
    assert refusal(checkout.infra("apply", "staging", "--json")) == "state-missing"
    assert checkout.state_objects() == []
    # Cut short: Terraform itself fails, and its message tells nobody what to do.
    store(json.dumps(second).encode()[:200])
    refused = checkout.infra("plan", "staging", "--json")
    assert refusal(refused) == "state-corrupt"
    assert "infra state versions staging" in refused.json["error"]["hint"]

    # Meant: a person says so.
    store(json.dumps({**second, "lineage": "another"}).encode())
    assert refusal(checkout.infra("plan", "staging", "--json")) == "state-foreign"
    assert checkout.infra("state", "accept", "staging").code == 2
    assert checkout.infra("state", "accept", "staging", "--yes").code == 0
    planned = checkout.infra("plan", "staging")
    assert planned.code == 0, planned.out + planned.err


@pytest.mark.mode(28, "stray-input")
def test_files_that_would_change_a_run_unseen_are_refused(new_checkout: Checkout) -> None:
    stray = new_checkout.file("z.auto.tfvars")
    stray.write_text("size = 8\n")
    assert refusal(new_checkout.infra("apply", "staging", "--json")) == "stray-input"
    assert new_checkout.cloud.running() is None
    told = new_checkout.infra("doctor", "staging")
    assert told.code == 1, told.out
    assert "environments/staging/z.auto.tfvars sets variables" in " ".join(told.out.split())


@pytest.mark.mode(51, "protected")
def test_a_protected_environment_is_not_destroyed(new_checkout: Checkout) -> None:
    described = new_checkout.file("environment.yaml")
    described.write_text(f"{described.read_text()}protected: true\n")
    refused = new_checkout.infra("destroy", "staging", "--yes", "--json")
    assert refusal(refused) == "protected"
    assert "exceptions.yaml" in refused.json["error"]["hint"]
    assert new_checkout.cloud.running() is None
