"""The story of three releases: one is promoted, one is ill in prod, one follows, and back again."""

from __future__ import annotations

import pytest

from harness.promoting import Proved

pytestmark = pytest.mark.terraform


@pytest.mark.mode(44, "rolled-back")
def test_three_releases_and_a_rollback(proved: Proved) -> None:
    bed, first = proved.bed, proved.release
    _, identity = bed.waiting()
    approval = str(bed.root.parent / "story.approval.json")
    given = bed.infra_as("reviewer", "approve", "prod", identity, "--out", approval, "--json")
    assert given.json["result"]["identity"] == identity
    bed.succeed("promote", "staging", "prod", "--approval", approval)
    bed.commit()
    assert bed.running("prod") == first.image_digest

    ill = bed.release(unhealthy_in="prod", model="ranker-2")
    bed.prove(ill)
    assert bed.running("staging") == ill.image_digest
    taken_back = bed.infra("promote", "staging", "prod", "--yes", "--json")
    assert taken_back.code == 30, taken_back.out + taken_back.err
    assert taken_back.json["error"]["reason"] == "rolled-back"
    assert bed.running("prod") == first.image_digest
    assert first.id in bed.pin("prod")
    bed.commit()

    third = bed.release(model="ranker-3")
    bed.prove(third)
    promoted = bed.succeed("promote", "staging", "prod", "--yes", "--json")
    assert promoted.json["result"]["status"] == "promoted"
    assert bed.running("prod") == third.image_digest
    bed.commit()

    rolled_back = bed.succeed("rollback", "prod", "--yes", "--json")
    assert rolled_back.json["result"]["status"] == "rolled-back"
    assert bed.running("prod") == first.image_digest
    assert first.id in bed.pin("prod")
    bed.commit()

    assert bed.kinds("prod")[2:] == [
        *("promotion-started", "gate", "approved", "apply-started", "applied"),
        *("verified", "promoted"),
        *("promotion-started", "gate", "approved", "apply-started", "applied", "unhealthy"),
        *("promotion-started", "gate", "approved", "apply-started", "applied"),
        *("verified", "rolled-back"),
        *("promotion-started", "gate", "approved", "apply-started", "applied"),
        *("verified", "promoted"),
        *("promotion-started", "gate", "approved", "apply-started", "applied"),
        *("verified", "rolled-back"),
    ]
    for environment in ("dev", "staging", "prod"):
        bed.succeed("ledger", "verify", environment)
