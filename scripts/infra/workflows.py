"""One function for each thing that a user asks for; each returns a result and prints nothing."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from infra import processes
from infra.contents import guarded, refuse_unless_empty
from infra.diagnostics import Diagnostic
from infra.errors import (
    HalfMadeError,
    LeftBehindError,
    PlanIncompleteError,
    TerraformError,
    UsageError,
)
from infra.guards.looking import Looking, look_beside, look_by
from infra.ledger.recording import Recorder, Run
from infra.left_behind.adoption import Adopted, adopt
from infra.plans import PlanSummary, summarize
from infra.progress import Progress
from infra.repository import private_folder
from infra.sessions import Session

Approval = Callable[[PlanSummary], None]
"""Receives the plan before it is applied; raises ConfirmationError to stop."""


@dataclass(frozen=True)
class PlanResult:
    """What would change, and what Terraform warned of.

    adopted: the addresses of what an earlier run had made and the state does not know yet.
    guarded: the stores that it destroys and that must be empty for it (see `contents`).
    document: the plan's JSON, empty where nothing would change. It holds secrets.
    """

    summary: PlanSummary
    warnings: tuple[Diagnostic, ...] = ()
    adopted: tuple[str, ...] = ()
    guarded: Mapping[str, list[str]] = field(default_factory=dict)
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class ApplyResult:
    """What was planned and has been applied. counts: Terraform's own figures."""

    summary: PlanSummary
    counts: Mapping[str, int]
    outputs: Mapping[str, Any]
    warnings: tuple[Diagnostic, ...] = ()


def plan_environment(session: Session, progress: Progress, *, refresh: bool = True) -> PlanResult:
    """Plan; nothing is changed and no plan file is left behind."""
    with made_plan(session, progress, destroy=False, refresh=refresh) as (result, _path):
        return result


def apply_environment(
    session: Session,
    progress: Progress,
    approve: Approval,
    *,
    destroy: bool = False,
    recorder: Recorder | None = None,
) -> ApplyResult:
    """Plan, have the plan approved, and apply exactly that plan.

    destroy: plan the end of everything in the environment. recorder: writes the run into the
    ledger, None for none. Raises ConfirmationError, NotEmptyError, HalfMadeError,
    LeftBehindError, LedgerUnavailableError, LedgerMissedError, ApplyFailedError and what planning
    raises.
    """
    looking = None if recorder is None else look_by(recorder.ledger, session)
    if destroy and recorder is not None and recorder.stopped_half_way():
        _refuse_left_behind(session, progress, looking)
    with made_plan(session, progress, destroy=destroy, refresh=True, looking=looking) as (
        planned,
        path,
    ):
        return apply_plan(session, progress, approve, planned, path, recorder, destroy=destroy)


def _refuse_left_behind(session: Session, progress: Progress, looking: Looking | None) -> None:
    """Raise LeftBehindError where a destroy would not find all that there is."""
    with made_plan(session, progress, destroy=False, refresh=True, looking=looking) as (asked, _):
        adopted = asked.adopted
    if not adopted:
        return
    name = session.environment.name
    things = "1 thing" if len(adopted) == 1 else f"{len(adopted)} things"
    raise LeftBehindError(
        f"A run that was stopped had made {things} in {name} that the state does not know, so a"
        " destroy would leave them behind. Nothing was changed.",
        details=adopted,
        hint=f"An apply takes them in; then destroy.\ninfra apply {name}",
    )


def apply_plan(
    session: Session,
    progress: Progress,
    approve: Approval,
    planned: PlanResult,
    path: Path,
    recorder: Recorder | None,
    *,
    destroy: bool,
    identity: str | None = None,
) -> ApplyResult:
    """Have a plan that was just made approved, and apply it. path: its file.

    identity: what the records call it, where it was compared with a reviewed one.

    Raises what `apply_environment` raises, but for planning.
    """
    refuse_incomplete(planned.document)
    _refuse_doubled(session, planned.summary)
    if destroy:
        progress.step("Looking for what must not be lost")
        refuse_unless_empty(planned.guarded, session.run.variables, session.environment.name)
    progress.end()
    approve(planned.summary)
    if planned.summary.empty:
        if recorder is not None:
            recorder.unchanged(destroy=destroy, plan=identity)
        return ApplyResult(planned.summary, {}, _outputs(session), planned.warnings)
    progress.step("Destroying" if destroy else "Applying")
    # Written before anything can change; what can't be recorded is not done.
    recording: contextlib.AbstractContextManager[Run] = contextlib.nullcontext(Run())
    if recorder is not None:
        recording = recorder.running(planned.summary, destroy=destroy, plan=identity)
    with recording as run, _cloud_checked(session):
        stream = session.terraform.apply(path)
        run.counts = stream.counts
    return ApplyResult(
        planned.summary, stream.counts, stream.outputs, (*planned.warnings, *stream.warnings)
    )


def _refuse_doubled(session: Session, summary: PlanSummary) -> None:
    """Raise HalfMadeError for a plan that would make a second one of what is half made."""
    doubled = summary.doubled
    # The state of a bootstrap is not what `infra recover` looks at; nothing is made first there.
    if not doubled or not session.has_ledger:
        return
    name = session.environment.name
    noun = "1 resource is" if len(doubled) == 1 else f"{len(doubled)} resources are"
    raise HalfMadeError(
        f"{noun} half made in {name}. Terraform would make a second one of the same name before the"
        " first one goes; AWS refuses that, or loses both. Nothing was changed.",
        details=doubled,
        hint=f"This puts it right:\ninfra recover {name}",
    )


def refuse_incomplete(document: Mapping[str, Any]) -> None:
    """Raise PlanIncompleteError for the JSON of a plan that is not the whole of one."""
    if not document:
        return
    what = ""
    if document.get("errored") is not False:
        what = "it ended with an error"
    elif document.get("complete") is not True:
        what = "a part of the configuration is left out of it"
    if what:
        raise PlanIncompleteError(
            f"The plan is not applied: {what}. Nothing was changed.",
            hint="Mend what Terraform complains of, and plan all of it.",
        )


def environment_outputs(session: Session, name: str | None = None) -> Mapping[str, Any]:
    """The outputs of the last apply, or the one called `name`.

    Raises TerraformError when nothing has been applied, UsageError for an unknown name.
    """
    values = _outputs(session)
    if not values:
        environment = session.environment.name
        raise TerraformError(
            f"{environment} has no outputs: nothing has been applied in target {session.target}.",
            hint=f"make apply ENV={environment}",
        )
    if name is None:
        return values
    if name not in values:
        raise UsageError(
            f"There is no output named {name!r}.", hint=f"The outputs are {', '.join(values)}."
        )
    return {name: values[name]}


def _outputs(session: Session) -> Mapping[str, Any]:
    with _cloud_checked(session):
        return session.terraform.output()


@contextlib.contextmanager
def made_plan(
    session: Session,
    progress: Progress,
    *,
    destroy: bool,
    refresh: bool,
    looking: Looking | None = None,
    adopting: bool = True,
) -> Iterator[tuple[PlanResult, Path]]:
    """Make a plan that lives as long as the block: a plan file holds secrets in clear.

    looking: what compares the state with the ledger meanwhile; None for one of its own. adopting:
    take in what a stopped run made, which a plan that trusts the state can't. Raises StateError
    where state and ledger disagree, whatever Terraform made of it.
    """
    beside = looking or look_beside(session)
    parent = private_folder(session.repository.private / "plans")
    _sweep(parent)
    with tempfile.TemporaryDirectory(prefix=f"{os.getpid()}-", dir=parent) as folder:
        path = Path(folder) / "plan.tfplan"
        progress.step("Planning")
        try:
            with _cloud_checked(session):
                stream = session.terraform.plan(path, destroy=destroy, refresh=refresh)
        except TerraformError:
            if beside is not None:
                beside.refuse()
            raise
        unsure = () if beside is None else beside.refuse()
        adopted = Adopted({}, warnings=tuple(stream.warnings))
        if stream.changed:
            progress.step("Reading the plan")
            adopted = replace(adopted, document=session.terraform.show(path))
        looks = adopting and refresh and not destroy
        if looks and (beside is None or beside.may_have_run()):
            with _cloud_checked(session):
                adopted = adopt(session, progress, path, adopted)
        document = adopted.document
        yield (
            PlanResult(
                summarize(document),
                (*adopted.warnings, *unsure),
                adopted.addresses,
                guarded(document),
                document,
            ),
            path,
        )


def _sweep(parent: Path) -> None:
    """Remove the plans of commands that were killed: each folder begins with its process's id.

    The other folders are those of the environments, with plans that are kept (see `kept_plans`).
    """
    for folder in parent.iterdir():
        owner = folder.name.partition("-")[0]
        if owner.isdecimal() and not processes.is_running(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _cloud_checked(session: Session) -> Iterator[None]:
    """Say of a failed run that the local cloud is gone, when that is the reason."""
    try:
        yield
    except TerraformError:
        session.check_cloud()
        raise
