"""The kill matrix: whatever is ended at whatever point, the environment comes right again."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from harness.checkout import Checkout
from harness.faulting import (
    CHUNK,
    CLOUD,
    TERRAFORM,
    Blow,
    Kill,
    Recorded,
    Small,
    kills,
    left_of,
    settled,
    strike,
)
from harness.first_apply import NAME, First
from harness.modes import told
from harness.promoting import ACCOUNTS
from harness.proving import Ground
from harness.secrets import CANARY, SECRET_FILES, canaries

pytestmark = pytest.mark.terraform

APPLIES, FIRST_APPLIES, PROMOTIONS = 50, 25, 25
"""A hundred together, and each point of each at least once. What takes longer comes less often."""

BEFORE_TERRAFORM = 12
"""The number of a call of a promotion that reads the ledgers."""

FIRST = ("apply", NAME)
PROMOTE = ("promote", "staging", "prod", "--yes")


def ended(kill: Kill, begin: Callable[[], Checkout], *arguments: str) -> tuple[Blow, str]:
    """End something at a point of a command, and say what happened. begin: is called before."""
    point, blow = kill.point, None
    while blow is None:
        assert point, f"{kill}: there was nothing to end"
        blow = strike(begin(), Kill(point, kill.victim, kill.number), *arguments)
        point //= 2
    said = f"{kill}, in {blow.held}\n{blow.answer.code}\n{blow.answer.out}{blow.answer.err}"
    assert "Traceback" not in blow.answer.err, said
    return blow, said


def recovered(checkout: Checkout, environment: str, said: str, *arguments: str) -> str:
    """Have it put right, run the command again, and look. Returns all that was said."""
    answer = checkout.infra("recover", environment, "--yes")
    said += f"\nrecover: {answer.code} {answer.out}{answer.err}"
    assert answer.code in (0, 2), said
    told(answer.out.rstrip().splitlines()[-1])
    again = checkout.infra(*arguments)
    said += f"\nagain: {again.code} {again.out}{again.err}"
    assert again.code == 0, said
    try:
        settled(checkout, environment, [f"{environment}/terraform.tfstate"])
    except AssertionError as error:
        raise AssertionError(f"{said}\n{error}") from error
    return said


def applied_all_the_same(small: Small, kill: Kill) -> None:
    """End something at a point of an apply; have it put right; go on."""

    def begin() -> Checkout:
        small.change()
        return small.checkout

    blow, said = ended(kill, begin, "apply", "staging")
    said = recovered(small.checkout, "staging", said, "apply", "staging")
    assert CANARY not in said
    assert canaries(small.checkout, ["staging"]) <= SECRET_FILES, said
    assert left_of(blow) == [], said


def first_applied_all_the_same(first: First, kill: Kill, whole: list[str]) -> None:
    """End something while all is made; have it put right; go on. whole: what is there then."""
    blow, said = ended(kill, first.emptied, *FIRST)
    said = recovered(first.checkout, NAME, said, *FIRST)
    assert first.inventory() == whole, said
    assert CANARY not in said
    assert canaries(first.checkout, [NAME]) <= SECRET_FILES, said
    assert left_of(blow) == [], said


def promoted_all_the_same(ground: Ground, kill: Kill) -> None:
    """End something at a point of a promotion; have it put right; go on."""
    bed = ground.made.bed
    blow, said = ended(kill, lambda: ground.restored().bed, *PROMOTE)
    if kill.victim == CLOUD and blow.answer.code != 0:
        assert "local cloud" in blow.answer.err, said
    said = recovered(bed, "prod", said, *PROMOTE)
    assert CANARY not in said
    assert canaries(bed, ACCOUNTS) <= SECRET_FILES, said
    assert bed.running("prod") == ground.made.release.image_digest, said
    assert left_of(blow) == [], said


@pytest.mark.mode(2)
@pytest.mark.mode(15)
def test_some_kills(small: Small, recorded: Recorded) -> None:
    for kill in kills(recorded, 3, "apply"):
        applied_all_the_same(small, kill)


@pytest.mark.exhaustive
def test_a_local_cloud_that_ends_during_a_promotion_is_named_as_the_cause(
    ground: Ground,
) -> None:
    """Not the credentials, and no network: nobody has either there."""
    bed = ground.restored().bed
    blow = strike(bed, Kill(BEFORE_TERRAFORM, CLOUD, signal.SIGKILL), *PROMOTE)
    assert blow is not None
    said = f"{blow.held}\n{blow.answer.out}{blow.answer.err}"
    assert blow.answer.code not in (0, 2), said
    assert "The cause: the local cloud stopped meanwhile." in " ".join(blow.answer.err.split())
    recovered(bed, "prod", said, *PROMOTE)


@pytest.mark.faults
@pytest.mark.parametrize("chunk", range(APPLIES // CHUNK))
def test_an_apply_comes_right_again(
    small: Small, recorded: Recorded, chunk: int, record_property: Callable[[str, int], None]
) -> None:
    for kill in kills(recorded, APPLIES, "apply")[chunk * CHUNK : (chunk + 1) * CHUNK]:
        applied_all_the_same(small, kill)
        record_property("kills", 1)


@pytest.mark.exhaustive
def test_a_first_apply_that_was_killed_comes_right(
    first: First, made: tuple[Recorded, list[str]]
) -> None:
    """In the middle of it most things are made, and none of them is in the state."""
    recorded, whole = made
    middle = recorded.alive[len(recorded.alive) // 2]
    first_applied_all_the_same(first, Kill(middle, TERRAFORM, signal.SIGKILL), whole)


@pytest.mark.faults
@pytest.mark.parametrize("chunk", range(FIRST_APPLIES // CHUNK))
def test_a_first_apply_comes_right_again(
    first: First,
    made: tuple[Recorded, list[str]],
    chunk: int,
    record_property: Callable[[str, int], None],
) -> None:
    recorded, whole = made
    failures = []
    for kill in kills(recorded, FIRST_APPLIES, "first")[chunk * CHUNK : (chunk + 1) * CHUNK]:
        try:
            first_applied_all_the_same(first, kill, whole)
            record_property("kills", 1)
        except AssertionError as error:
            failures.append(str(error))
    assert not failures, "\n\n".join(failures)


@pytest.mark.faults
@pytest.mark.parametrize("chunk", range(PROMOTIONS // CHUNK))
def test_a_promotion_comes_right_again(
    ground: Ground, promoted: Recorded, chunk: int, record_property: Callable[[str, int], None]
) -> None:
    failures = []
    for kill in kills(promoted, PROMOTIONS, "promote")[chunk * CHUNK : (chunk + 1) * CHUNK]:
        try:
            promoted_all_the_same(ground, kill)
            record_property("kills", 1)
        except AssertionError as error:
            failures.append(str(error))
    assert not failures, "\n\n".join(failures)
