"""infra local fault: calls fail on purpose, and nobody forgets that they do."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from harness.checkout import Checkout


def test_faults_are_set_shown_counted_and_taken_back(checkout: Checkout) -> None:
    assert checkout.infra("local", "fault", "list").out == "No fault is set.\n"
    made = checkout.infra("local", "fault", "add", "throttled", "s3.ListBuckets", "--calls", "2-3")
    assert made.code == 0, made.out + made.err
    assert "1  throttled  s3.ListBuckets, numbers 2 to 3: 0 of 0 so far" in made.out
    s3 = checkout.client("s3")
    s3.list_buckets()
    # Three attempts are made of it; the last one goes through.
    s3.list_buckets()

    status = checkout.infra("local", "status")
    assert "Calls fail on purpose here" in status.err
    assert "2 of 4 so far" in status.err
    (told,) = checkout.infra("local", "status", "--json").json["result"]["faults"]
    (listed,) = checkout.infra("local", "fault", "list", "--json").json["result"]
    assert told == listed
    assert (listed["matched"], listed["struck"]) == (4, 2)

    unknown = checkout.infra("local", "fault", "clear", "9")
    assert unknown.code == 1
    assert "There is no fault 9." in unknown.err
    cleared = checkout.infra("local", "fault", "clear", "1", "--json")
    assert [one["number"] for one in cleared.json["result"]] == [1]
    status = checkout.infra("local", "status")
    assert "on purpose" not in status.err


def test_a_fault_that_can_not_be_is_refused(checkout: Checkout) -> None:
    refused = checkout.infra("local", "fault", "add", "dropped", "s3.PutObjekt", "--json")
    assert refused.code == 1
    assert "s3 has PutObject" in refused.json["error"]["message"]
    for words in (("slow",), ("dropped", "--seconds", "3"), ("earthquake",)):
        refused = checkout.infra("local", "fault", "add", *words, "--json")
        assert refused.json["error"]["reason"] == "usage", words


def test_a_fault_does_not_outlive_the_local_cloud(checkout: Checkout) -> None:
    added = checkout.infra("local", "fault", "add", "error-503", "s3", "--json")
    assert added.json["result"]["service"] == "s3"
    with pytest.raises(ClientError):
        checkout.client("s3").list_buckets()
    assert checkout.infra("local", "stop").code == 0
    assert checkout.infra("local", "fault", "clear").out == "No fault was set.\n"
    assert checkout.infra("local", "start").code == 0
    assert checkout.infra("local", "fault", "list", "--json").json["result"] == []
