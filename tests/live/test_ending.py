"""However a run ends, what it made is destroyed; where that fails, the sweeper finds all of it."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from harness.accounts import Account
from harness.inventory import inventory
from harness.live import LeftBehindError, Live, live_run
from harness.places import environment_names
from harness.sandboxes import BEFORE, local_place
from harness.striking import fault
from infra.errors import BudgetExceededError
from infra.live.sweeping import sweep

pytestmark = pytest.mark.terraform


def test_ctrl_c_while_it_is_made_ends_with_nothing_left(account: Account, tmp_path: Path) -> None:
    told: list[str] = []

    def tell(text: str) -> None:
        if "Creation complete" in text and not any("Creation complete" in one for one in told):
            os.kill(os.getpid(), signal.SIGINT)
        told.append(text)

    with pytest.raises(KeyboardInterrupt), live_run(local_place(account), tmp_path, tell):
        pytest.fail("it was not stopped")
    assert "Terraform finishes what it has begun, and stops." in told
    assert any("Destruction complete" in text for text in told)
    assert inventory(account) == BEFORE


def test_what_was_made_without_an_answer_is_destroyed_too(account: Account, tmp_path: Path) -> None:
    """The state knows nothing of it: the provider was told at its second try that it exists."""
    told: list[str] = []
    with (
        pytest.raises(AssertionError, match="EntityAlreadyExists"),
        fault(account.endpoint, "unanswered", "iam.CreateRole", "1"),
        live_run(local_place(account), tmp_path, told.append),
    ):
        pytest.fail("it was made")
    (taken,) = [text for text in told if text.startswith("Taken in, to be destroyed too: ")]
    assert "module.roles.aws_iam_role." in taken
    assert inventory(account) == BEFORE


def test_what_could_not_be_destroyed_is_told_and_swept_later(
    account: Account, tmp_path: Path
) -> None:
    place, told = local_place(account), list[str]()
    made: list[Live] = []
    with (
        pytest.raises(LeftBehindError) as caught,
        live_run(place, tmp_path, told.append) as live,
    ):
        made.append(live)
        (live.root.directory / "broken.tf").write_text("nonsense")
        # As a job that is cancelled.
        os.kill(os.getpid(), signal.SIGTERM)
    (live,) = made
    assert isinstance(caught.value.__context__, KeyboardInterrupt)
    text = str(caught.value)
    assert told[-1] in text
    assert f"Its state is kept in {live.root.directory}." in text
    assert f"  bucket {live.output('bucket')}" in text
    assert f"  App Runner service {live.run.name}" in text
    assert f"infra sweep --account {account.account_id} --region eu-west-1 --target local" in text
    assert "nonsense" in text
    swept = sweep(place.clients, environment_names(), live.run.expires, removing=True)
    assert swept.left == ()
    assert inventory(account) == BEFORE


def test_a_run_that_may_cost_too_much_makes_nothing(account: Account, tmp_path: Path) -> None:
    place, told = local_place(account), list[str]()
    dear = replace(place, settings=replace(place.settings, budget_usd=0.01))
    with (
        pytest.raises(BudgetExceededError, match=r"may cost \$0\.0\d+, and the limit is \$0\.01"),
        live_run(dear, tmp_path, told.append),
    ):
        pytest.fail("it was made")
    assert "It costs at most $0.0" in told[0]
    assert inventory(account) == BEFORE
