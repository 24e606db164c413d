"""The versions of a state, as a user looks at them and brings one back."""

from __future__ import annotations

import json

import pytest

from harness.checkout import MAIN_TF, Checkout

pytestmark = pytest.mark.terraform

BUCKET = "state-222222222222"
KEY = "staging/terraform.tfstate"
SECRET = "canary-7f3a"
MORE = f"""
resource "terraform_data" "more" {{
  input = {{ token = "{SECRET}" }}
}}
"""


def test_a_former_state_is_found_compared_and_brought_back(checkout: Checkout) -> None:
    assert checkout.infra("apply", "staging").code == 0
    first = json.loads(checkout.state())
    checkout.file("main.tf").write_text(MAIN_TF % "" + MORE)
    assert checkout.infra("apply", "staging").code == 0
    second = json.loads(checkout.state())
    (serial, new_serial) = (str(first["serial"]), second["serial"])

    listed = checkout.infra("state", "versions", "staging", "--json").json["result"]["versions"]
    assert listed[0]["serial"] == new_serial and listed[0]["latest"]
    assert {item["lineage"] for item in listed} == {first["lineage"]}
    by = {item["serial"]: item["by"] for item in listed if item["by"]}
    assert by[first["serial"]]["kind"] == "applied" and by[new_serial]["kind"] == "applied"

    differing = checkout.infra("state", "diff", "staging", serial)
    assert differing.code == 2, differing.err
    assert "+ terraform_data.more" in differing.out
    assert SECRET not in differing.out + checkout.infra("state", "show", "staging").out

    looked = checkout.infra("state", "restore", "staging", serial, "--json")
    assert looked.code == 2, looked.out + looked.err
    assert looked.json["result"]["difference"]["removed"] == ["terraform_data.more"]
    assert looked.json["result"]["restored"] is False
    assert json.loads(checkout.state()) == second

    done = checkout.infra("state", "restore", "staging", serial, "--yes")
    assert done.code == 0, done.out + done.err
    now = json.loads(checkout.state())
    assert now["serial"] == new_serial + 1
    assert {**now, "serial": 0} == {**first, "serial": 0}
    assert checkout.state_objects() == [KEY]

    # Damaged, it can be brought back all the same.
    checkout.client("s3").put_object(Bucket=BUCKET, Key=KEY, Body=checkout.state()[:100])
    assert checkout.infra("state", "restore", "staging", str(new_serial), "--yes").code == 0
    again = json.loads(checkout.state())
    assert {**again, "serial": 0} == {**second, "serial": 0}
    assert again["serial"] == new_serial + 2

    # A state of somebody else's never takes its place.
    other = json.dumps({**second, "lineage": "other", "serial": 99}).encode()
    kept = checkout.state()
    checkout.client("s3").put_object(Bucket=BUCKET, Key=KEY, Body=other)
    checkout.client("s3").put_object(Bucket=BUCKET, Key=KEY, Body=kept)
    refused = checkout.infra("state", "restore", "staging", "99", "--yes", "--json")
    assert refused.code == 10, refused.out
    assert refused.json["error"]["reason"] == "state-foreign"
    assert checkout.state() == kept
