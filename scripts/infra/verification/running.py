"""A whole verification, check by check."""

from __future__ import annotations

import time
from collections.abc import Callable

from infra.clients import clients
from infra.errors import UsageError
from infra.ledger.recording import pinned_release
from infra.progress import Progress
from infra.service_url import address_of
from infra.sessions import Session
from infra.stored_state import StoredState, read_stored_state
from infra.trees import proof
from infra.verification import account
from infra.verification import health as answers
from infra.verification import service as app_runner
from infra.verification.checks import INCONCLUSIVE, Check, Scalar, Verification
from infra.verification.context import Found, Subject, failed, passed, timed
from infra.verification.settings import Settings
from infra.workflows import made_plan

LOOK_SECONDS = 30.0
PLAN_SECONDS = 120.0

Sleep = Callable[[float], None]


def verify_environment(
    session: Session,
    settings: Settings,
    progress: Progress,
    sleep: Sleep = time.sleep,
    *,
    taken_back: bool = False,
) -> Verification:
    """See whether an environment runs the release that is pinned for it, and runs it well.

    taken_back: the environment was just brought back to a release before, so that a deployment
    which App Runner itself took back is no fault any more.
    Nothing is changed. Raises UsageError where nothing is pinned or applied, and what planning and
    reading the state raise.
    """
    subject = _subject(session, settings)
    tell = progress.step
    service = app_runner.Service()
    checks: list[Check] = []

    def check(name: str, budget: float, what: str, look: Callable[[], Found]) -> bool:
        progress.step(what)
        checks.append(timed(name, budget, look))
        return checks[-1].passed

    check(
        "applied",
        PLAN_SECONDS,
        "Comparing the files with the state",
        lambda: _applied(session, progress),
    )
    settled = check(
        "operation",
        settings.operation_timeout_seconds,
        "Looking at the newest operation of the service",
        lambda: app_runner.operation(subject, service, tell, sleep, taken_back=taken_back),
    )
    right = check(
        "image",
        LOOK_SECONDS,
        "Looking at what the service runs",
        lambda: app_runner.running_image(subject, service),
    )
    check(
        "registry",
        LOOK_SECONDS,
        "Looking for the image in the registry",
        lambda: app_runner.registry(subject),
    )
    check(
        "health",
        settings.health_timeout_seconds,
        "Asking the service for its health",
        lambda: answers.health(subject, patient=settled and right, tell=tell, sleep=sleep),
    )
    check(
        "alarms",
        account.SETTLING_SECONDS,
        "Looking at the alarms",
        lambda: account.alarms_quiet(subject, tell, sleep),
    )
    check(
        "outputs",
        LOOK_SECONDS,
        "Looking for what the outputs name",
        lambda: account.outputs(subject),
    )
    if all(found.passed for found in checks):
        check(
            "bake",
            settings.bake_seconds,
            "Watching the alarms",
            lambda: account.bake(subject, tell, sleep),
        )
    else:
        text = "not begun, because another check did not pass"
        checks.append(Check("bake", INCONCLUSIVE, text, 0.0, settings.bake_seconds))
    progress.end()
    version = str(session.terraform.binary.version)
    return Verification(
        checks=tuple(checks),
        release=_text(subject.pin.get("id")),
        digest=subject.digest,
        running_digest=service.running_digest,
        rolled_back_by_app_runner=service.rolled_back,
        proof=proof(session.repository, session.environment, version),
        lineage=subject.state.lineage,
        serial=subject.state.serial,
    )


def _subject(session: Session, settings: Settings) -> Subject:
    name = session.environment.name
    make = clients(session.environment, session.target, session.run)
    state = read_stored_state(make, session.backend)
    if not state.outputs:
        raise UsageError(
            f"There is nothing to verify in {name}: nothing has been applied in target"
            f" {session.target}.",
            hint=f"make apply ENV={name}",
        )
    pin = pinned_release(session.terraform.directory)
    if not pin or not pin.get("image_digest"):
        raise UsageError(
            f"There is nothing to verify in {name}: no release is pinned.",
            hint=f"environments/{name}/release.auto.tfvars.json says which image it should run.",
        )
    _refuse_without_service(name, state)
    url = str(state.output("service_url") or "")
    address = address_of(session.target, session.run, url) if url.rpartition("//")[2] else None
    return Subject(make, state, settings, pin, session.target, session.run, address)


def _refuse_without_service(name: str, state: StoredState) -> None:
    if not state.output("service_arn"):
        raise UsageError(
            f"There is nothing to verify in {name}: a release is pinned, but the state has no"
            " service.",
            hint=f"Apply it first: make apply ENV={name}",
        )


def _applied(session: Session, progress: Progress) -> Found:
    """What the files say is what was applied; else this checkout would prove what never ran."""
    quiet = session.unlocked()
    with made_plan(quiet, progress, destroy=False, refresh=False) as (planned, _path):
        changes = planned.summary
    if changes.empty:
        return passed("the state is what this checkout says")
    count = len(changes.changes)
    what = f"{count} resource{'s' if count != 1 else ''}" if count else "outputs"
    return failed(f"this checkout is not what was applied: a plan changes {what}")


def _text(value: Scalar) -> str | None:
    return None if value is None else str(value)
