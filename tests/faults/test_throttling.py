"""Calls that fail now and then are tried again; a service that stays down ends a run, and soon."""

from __future__ import annotations

import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.checkout import Answer, Checkout, line_with, make_checkout
from harness.faulting import SEED, Small, settled
from harness.modes import told
from harness.promoting import make_bed
from infra import local_faults

pytestmark = pytest.mark.terraform

BOUND_SECONDS = 180.0
"""Within this a run ends when a service stays down."""


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    made = make_checkout(tmp_path / "checkout")
    yield made
    made.close()


def one_in_ten(checkout: Checkout, seed: int) -> None:
    """Let one call in ten fail: every other one of these by throttling, the rest by 500."""
    checkout.cloud.ensure_started()
    local_faults.add(checkout.cloud, "throttled", one_in=20, seed=seed)
    local_faults.add(checkout.cloud, "error-500", one_in=20, seed=seed + 1)


def struck(checkout: Checkout) -> int:
    """How many calls failed; none does after it."""
    return sum(one.struck for one in local_faults.clear(checkout.cloud))


def put_right(checkout: Checkout) -> None:
    """Have the state saved that a run left in a file, when nothing fails any more."""
    local_faults.clear(checkout.cloud)
    recovered = checkout.infra("recover", "staging", "--yes")
    assert recovered.code == 0, recovered.out + recovered.err
    assert "Nothing is left to do: a plan finds no changes." in recovered.out
    settled(checkout, "staging", ["staging/terraform.tfstate"])


def test_an_apply_gets_through_though_one_call_in_ten_fails(tmp_path: Path) -> None:
    bed = make_bed(tmp_path / "checkout")
    try:
        one_in_ten(bed, SEED)
        # Two of them: few calls are made for one, and chance may leave most of those alone.
        for environment in ("dev", "staging"):
            applied = bed.infra("apply", environment)
            said = f"seed {SEED}\n{applied.out}{applied.err}"
            assert applied.code == 0, said
            planned = bed.infra("plan", environment)
            assert planned.code == 0, said + planned.out + planned.err
        assert struck(bed) >= 5
        for environment in ("dev", "staging"):
            settled(bed, environment, [f"{environment}/terraform.tfstate"])
    finally:
        bed.close()


@pytest.mark.faults
def test_a_service_that_stays_down_ends_an_apply_and_what_was_done_is_saved(tmp_path: Path) -> None:
    bed = make_bed(tmp_path / "checkout")
    try:
        bed.cloud.ensure_started()
        local_faults.add(bed.cloud, "error-503", "ecr")
        began = time.monotonic()
        failed = bed.infra("apply", "dev")
        assert time.monotonic() - began < BOUND_SECONDS
        assert failed.code == 20, failed.out + failed.err
        assert "What was done is in the state" in failed.err
        local_faults.clear(bed.cloud)
        applied = bed.infra("apply", "dev")
        assert applied.code == 0, applied.out + applied.err
        settled(bed, "dev", ["dev/terraform.tfstate"])
    finally:
        bed.close()


@pytest.mark.faults
def test_applies_get_through_whatever_calls_fail(small: Small) -> None:
    failed = 0
    for seed in range(SEED, SEED + 20, 2):
        small.change()
        one_in_ten(small.checkout, seed)
        applied = small.checkout.infra("apply", "staging")
        failed += struck(small.checkout)
        assert applied.code == 0, f"seed {seed}\n{applied.out}{applied.err}"
    assert failed >= 20
    settled(small.checkout, "staging", ["staging/terraform.tfstate"])


@pytest.mark.faults
def test_a_state_is_kept_when_s3_goes_down_for_good(checkout: Checkout) -> None:
    checkout.hold_applies()
    process = checkout.start("apply", "staging")
    checkout.wait_for_apply()
    local_faults.add(checkout.cloud, "error-500", "s3")
    began = time.monotonic()
    checkout.let_go()
    out, err = process.communicate(timeout=BOUND_SECONDS)
    assert time.monotonic() - began < BOUND_SECONDS
    assert process.returncode == 20, out + err
    unsaved = checkout.file("errored.tfstate")
    assert stat.S_IMODE(unsaved.stat().st_mode) == 0o600
    assert str(unsaved) in "".join(err.split("\n"))
    assert "infra recover staging" in err
    put_right(checkout)


@pytest.mark.mode(17, "apply-failed")
def test_credentials_that_expire_in_the_middle_of_an_apply_lose_nothing(
    checkout: Checkout,
) -> None:
    """From then on no call of Terraform's succeeds: neither its state nor its lock gets away."""
    checkout.hold_applies()
    process = checkout.start("apply", "staging")
    checkout.wait_for_apply()
    local_faults.add(checkout.cloud, "expired-token")
    checkout.let_go()
    out, err = process.communicate(timeout=BOUND_SECONDS)
    answer = Answer(process.returncode, out, err)
    assert answer.code == 20, out + err
    assert "ExpiredToken" in err
    assert checkout.file("errored.tfstate").exists()
    assert "infra recover staging" in err
    put_right(checkout)


@pytest.mark.mode(18)
@pytest.mark.parametrize("service", ["kms", pytest.param("s3", marks=pytest.mark.faults)])
def test_nothing_is_begun_while_a_service_is_down(small: Small, service: str) -> None:
    small.change()
    before = small.checkout.state()
    local_faults.add(small.checkout.cloud, "error-503", service)
    began = time.monotonic()
    refused = small.checkout.infra("apply", "staging")
    assert time.monotonic() - began < BOUND_SECONDS
    local_faults.clear(small.checkout.cloud)
    assert refused.code in (1, 10), refused.out + refused.err
    told(line_with(refused, "Error: ").removeprefix("Error: "))
    assert "Traceback" not in refused.err
    assert "othing was changed" in refused.err
    assert small.checkout.state() == before
    applied = small.checkout.infra("apply", "staging")
    assert applied.code == 0, applied.out + applied.err
