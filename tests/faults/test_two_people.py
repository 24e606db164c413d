"""Two people at once: one wins, and the other is told who, since when, and that nothing changed."""

from __future__ import annotations

import json
import os
import pwd
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from harness import modes
from harness.checkout import Answer, Checkout
from harness.faulting import CHUNK, Recorded, Small, settled
from harness.proving import Ground
from harness.racing import Order, error, orders, race
from infra.backend import load_backend
from infra.environments import load_environment
from infra.repository import Repository
from infra.state_lock import lock_info

pytestmark = pytest.mark.terraform

STATE = "staging/terraform.tfstate"
APPLY = ("apply", "staging", "--lock-timeout", "0", "--json")
PROMOTE = ("promote", "staging", "prod", "--yes", "--json")
REFUSED = {"state-locked", "plan-stale", "plan-applied", "plan-changed", "promotion-running"}
PROMOTIONS = 8
"""In half of them both work in one checkout, in the others each has one."""

SYSTEM_USER = pwd.getpwuid(os.getuid()).pw_name
GONE = 2**22 + 1
"""No process can have this number: it is above Linux's highest (PID_MAX_LIMIT)."""


def records(checkout: Checkout, environment: str = "staging") -> list[Mapping[str, Any]]:
    """The ledger, oldest first."""
    answer = checkout.infra("history", environment, "--limit", "1000", "--json")
    return list(reversed(answer.json["result"]["records"]))


def serial(checkout: Checkout) -> int:
    return int(json.loads(checkout.state())["serial"])


def lock(checkout: Checkout) -> Mapping[str, str] | None:
    """The state lock, as it is stored."""
    s3 = checkout.client("s3")
    bucket = load_backend(load_environment(Repository(checkout.root), "staging")).bucket
    try:
        body = s3.get_object(Bucket=bucket, Key=f"{STATE}.tflock")["Body"].read()
    except s3.exceptions.NoSuchKey:
        return None
    found: Mapping[str, str] = json.loads(body)
    return found


def told(loser: Answer, winner: str, said: str) -> None:
    """Fail unless a refusal says who was first, since when, and that nothing was changed."""
    document = error(loser)
    modes.told(document["message"])
    text = " ".join([document["message"], *document["details"], document["hint"]])
    assert document["reason"] in REFUSED, said
    assert "othing was changed" in text, said
    if "can't be read any more" in text:
        # It was refused in the very moment in which the other one was ready.
        return
    # Terraform's own lock names the user of the system, whatever the shell says.
    assert winner in text or f"{SYSTEM_USER}@" in text, said
    assert "20" in text and ":" in text, said


def raced(
    checkout: Checkout, order: Order, arguments: tuple[str, ...], his: Checkout | None = None
) -> tuple[dict[str, Answer], str]:
    """Both do the same: what each was answered, and all of it as a text."""
    answers = dict(
        zip(("ann", "bob"), race(checkout, order, arguments, arguments, his), strict=True)
    )
    said = "\n".join(f"{who}: {a.code} {a.out}{a.err}" for who, a in answers.items())
    return answers, f"{order}\n{said}"


def one_applied(small: Small, order: Order, arguments: tuple[str, ...] = APPLY) -> None:
    """Let both apply the same change."""
    checkout = small.checkout
    before, known = serial(checkout), len(records(checkout))
    answers, said = raced(checkout, order, arguments)
    new = records(checkout)[known:]
    winners = [r["user"] for r in new if (r["kind"], r["result"]) == ("applied", "succeeded")]
    assert len(winners) == 1, said
    assert serial(checkout) == before + 1, said
    (loser,) = set(answers) - set(winners)
    assert answers[winners[0]].code == 0, said
    if answers[loser].code == 0:
        # Whoever came after the other one had ended finds nothing to do.
        assert [r["result"] for r in new if r["user"] == loser] == ["unchanged"], said
    else:
        told(answers[loser], winners[0], said)


def both_apply(small: Small, order: Order) -> None:
    small.change()
    one_applied(small, order)


def both_apply_what_was_reviewed(small: Small, order: Order) -> None:
    small.change()
    planned = small.checkout.infra("plan", "staging", "--out", "--json")
    identity = planned.json["result"]["identity"]
    one_applied(small, order, (*APPLY, "--plan", identity))


def one_unlocks_while_the_other_applies(small: Small, order: Order) -> None:
    """Bob, who sees the lock of Ann's run, may not break it."""
    checkout = small.checkout
    small.change()
    before, known = serial(checkout), len(records(checkout))
    seen: list[Mapping[str, str]] = []

    def look() -> tuple[str, ...]:
        found = lock(checkout)
        seen.extend([found] if found else [])
        name = found["ID"] if found else str(uuid.uuid4())
        return ("unlock", "staging", "--yes", "--id", name, "--json")

    ann, bob = race(checkout, order, APPLY, look)
    said = f"{order}\nann: {ann.code} {ann.out}{ann.err}\nbob: {bob.code} {bob.out}{bob.err}"
    assert ann.code == 0, said
    assert serial(checkout) == before + 1, said
    assert "unlocked" not in [r["kind"] for r in records(checkout)[known:]], said
    if bob.code != 0:
        assert error(bob)["reason"] in ("state-locked", "usage"), said
        assert "othing was" in json.dumps(error(bob)), said
    else:
        assert json.loads(bob.out)["result"]["broken"] is False, said
    if seen and bob.code != 0 and order.bob is None:
        document = json.dumps(error(bob))
        assert "ann@" in document or f"{SYSTEM_USER}@" in document, said


def both_unlock(small: Small, order: Order) -> None:
    """Both break the lock of a run that is dead."""
    checkout = small.checkout
    known = len(records(checkout))
    name = str(uuid.uuid4())
    bucket = load_backend(load_environment(Repository(checkout.root), "staging")).bucket
    info = lock_info(name, "OperationTypeApply", "1.11.4", f"{bucket}/{STATE}")
    dead = {**info, "Who": "carl@elsewhere", "Info": f"infra, held by process {GONE}"}
    checkout.client("s3").put_object(
        Bucket=bucket, Key=f"{STATE}.tflock", Body=json.dumps(dead).encode()
    )
    unlock = ("unlock", "staging", "--yes", "--id", name, "--json")
    answers = race(
        checkout, Order(order.ann % 12 + 1, order.bob and order.bob % 12 + 1), unlock, unlock
    )
    said = f"{order}\n" + "\n".join(f"{a.code} {a.out}{a.err}" for a in answers)
    new = [r for r in records(checkout)[known:] if r["kind"] == "unlocked"]
    broke = [r["user"] for r in new if r["result"] == "succeeded"]
    assert len(broke) == 1, said
    assert lock(checkout) is None, said
    for answer in answers:
        if answer.code != 0:
            assert error(answer)["reason"] == "state-locked", said
            assert "Nothing was removed" in error(answer)["hint"], said
            (detail,) = error(answer)["details"]
            assert re.match(f"{broke[0]} (broke|began to break) it at 20", detail), said
    won = [a for a in answers if a.code == 0 and json.loads(a.out)["result"]["broken"]]
    assert len(won) == 1, said


def both_promote(ground: Ground, order: Order, *, beside: bool) -> None:
    """Let both promote the same release. beside: in two checkouts of the same commit."""
    made = ground.restored()
    bed, known = made.bed, len(records(made.bed, "prod"))
    his = ground.beside() if beside else bed
    answers, said = raced(bed, order, PROMOTE, his)
    new = records(bed, "prod")[known:]
    (winner,) = [r["user"] for r in new if r["kind"] == "promoted"]
    assert [r["kind"] for r in new].count("applied") == 1, said
    assert {r["user"] for r in new} == {winner}, said
    assert bed.running("prod") == made.release.image_digest, said
    assert answers[winner].code == 0, said
    (loser,) = set(answers) - {winner}
    if answers[loser].code == 0:
        assert json.loads(answers[loser].out)["result"]["status"] == "already", said
    else:
        told(answers[loser], winner, said)
    settled(bed, "prod", ["prod/terraform.tfstate"])


RACES: Mapping[str, tuple[int, Callable[[Small, Order], None]]] = {
    "apply-apply": (16, both_apply),
    "reviewed": (10, both_apply_what_was_reviewed),
    "apply-unlock": (8, one_unlocks_while_the_other_applies),
    "unlock-unlock": (8, both_unlock),
}
"""How many of which kind: fifty, with those of promotions."""


@pytest.mark.mode(3)
@pytest.mark.parametrize("name", ["apply-apply", "apply-unlock"])
def test_some_races(small: Small, recorded: Recorded, name: str) -> None:
    RACES[name][1](small, orders(name, 1, recorded.calls)[0])


@pytest.mark.faults
@pytest.mark.parametrize(
    ("name", "begin"),
    [(name, i) for name, (races, _) in RACES.items() for i in range(0, races, CHUNK)],
)
def test_one_wins_and_the_other_is_told(
    small: Small,
    recorded: Recorded,
    name: str,
    begin: int,
    record_property: Callable[[str, int], None],
) -> None:
    races, run = RACES[name]
    for order in orders(name, races, recorded.calls)[begin : begin + CHUNK]:
        run(small, order)
        record_property("races", 1)
    settled(small.checkout, "staging", [STATE])


@pytest.mark.faults
@pytest.mark.parametrize("number", range(PROMOTIONS))
def test_one_promotion_wins_and_the_other_person_is_told(
    ground: Ground,
    promoted: Recorded,
    number: int,
    record_property: Callable[[str, int], None],
) -> None:
    order = orders("promote-promote", PROMOTIONS, promoted.calls)[number]
    both_promote(ground, order, beside=number % 2 == 1)
    record_property("races", 1)
