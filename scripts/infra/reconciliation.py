"""Keeping a plan for a review, and applying what was reviewed: plan again, compare, apply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from infra import __version__, identity, kept_plans, trees
from infra.diagnostics import Diagnostic
from infra.errors import (
    IdentityKeyError,
    PlanAppliedError,
    PlanChangedError,
    PlanRefusedError,
)
from infra.guards.looking import look, look_by
from infra.identity import Key
from infra.identity_key import load_key
from infra.kept_plans import KeptPlan, Manifest
from infra.ledger.client import Ledger
from infra.ledger.recording import Recorder
from infra.plans import PlanSummary
from infra.progress import Progress
from infra.sessions import Session
from infra.state_lock import held_lock, who
from infra.workflows import (
    ApplyResult,
    Approval,
    PlanResult,
    apply_plan,
    made_plan,
    refuse_incomplete,
)

SHOWN_DIFFERENCES = 40
PLAN = "plan"
TERRAFORM = "Terraform version"
PLACE = "environment, account and backend"


@dataclass(frozen=True)
class Identified:
    """A plan with its identity. folder: where it is kept, None where it is not.

    problem: why there is no identity, which is "" then.
    """

    result: PlanResult
    identity: str = ""
    folder: Path | None = None
    problem: str = ""


@dataclass(frozen=True)
class _Facts:
    """All that the identity of a plan is made of, and what it was made from."""

    identity: str
    hash: str
    ingredients: Mapping[str, str]
    files: Mapping[str, Mapping[str, str]]
    plan: Mapping[str, Any]
    content: bytes


def plan_with_identity(
    session: Session,
    progress: Progress,
    *,
    keep: bool,
    ledger: Ledger | None = None,
) -> Identified:
    """Plan, and say which plan it is. keep: keep it for a review; without changes nothing is kept.

    ledger: the environment's, where it is open already.
    Raises IdentityKeyError and PlanChangedError where it is to be kept, and what planning raises.
    """
    now = datetime.now(UTC)
    kept_plans.sweep(session.repository, now)
    # Beside Terraform, which takes longer.
    looking = look(session, ledger, key=True)
    before = trees.files(session.repository, session.environment)
    with made_plan(session, progress, destroy=False, refresh=True, looking=looking) as (
        result,
        path,
    ):
        try:
            key = _key(session) if looking is None else looking.key()
        except IdentityKeyError as error:
            if keep:
                raise
            return Identified(result, problem=error.message)
        if result.summary.empty:
            return Identified(result)
        facts = _facts(session, result, key, before)
        if not keep:
            return Identified(result, facts.identity)
        refuse_incomplete(result.document)
        manifest = _manifest(session, facts, result.summary, path, now)
        folder = kept_plans.keep(session.repository, manifest, path, facts.content, key)
    return Identified(result, facts.identity, folder)


def load_plan(session: Session, wanted: str) -> KeptPlan:
    """A kept plan of the session's environment. Raises PlanTamperedError, UsageError."""
    folder = kept_plans.find(session.repository, wanted, session.environment.name)
    return kept_plans.load(folder, _key(session))


def apply_reviewed(
    session: Session,
    progress: Progress,
    wanted: str,
    approve: Approval,
    recorder: Recorder | None = None,
    ready: Callable[[], None] = lambda: None,
) -> ApplyResult:
    """Plan anew under the state lock, and apply that plan if it is the one called `wanted`.

    wanted: the identity of a kept plan or its beginning, or the whole identity of one that was
    kept elsewhere. recorder: as in `apply_environment`. A kept plan is approved before the lock is
    taken, so that nobody waits for a person. ready: is called when the plan is known to be the
    reviewed one, before it is applied. Raises PlanRefusedError, whereupon nothing was
    changed, and what an apply raises.
    """
    name = session.environment.name
    backend = session.backend
    progress.step("Looking at the reviewed plan")
    key = _key(session)
    reviewed: KeptPlan | None = None
    identities = [folder.name for folder in kept_plans.kept(session.repository)]
    whole = wanted.strip().lower()
    if whole in identities or not identity.is_whole(whole, name):
        folder = kept_plans.find(session.repository, wanted, name)
        reviewed = kept_plans.load(folder, key)
        kept_plans.refuse_unless_fit(reviewed, datetime.now(UTC))
        whole = reviewed.manifest.identity
        progress.end()
        approve(identity.summary(reviewed.plan))
    progress.step("Locking the state")
    with held_lock(
        backend,
        session.run.variables,
        operation="OperationTypeApply",
        terraform_version=session.terraform.binary.version,
        timeout=session.terraform.lock_timeout,
        directory=session.terraform.directory,
        data=session.terraform.data,
    ) as lock:
        locked = replace(session, terraform=replace(session.terraform, lock=lock.descriptor))
        before = trees.files(session.repository, session.environment)
        looking = None if recorder is None else look_by(recorder.ledger, session)
        with made_plan(locked, progress, destroy=False, refresh=True, looking=looking) as (
            result,
            path,
        ):
            facts = _facts(session, result, key, before)
            state = kept_plans.state_of(path)
            try:
                _compare(whole, reviewed, session, facts, result.summary, state)
            except PlanRefusedError as error:
                moved_on = reviewed is not None and reviewed.manifest.state != state
                if recorder is not None and moved_on:
                    error.details += recorder.who_was_first()
                raise
            ready()
            agreed = approve if reviewed is None else _already_approved
            done = apply_plan(
                locked,
                progress,
                agreed,
                result,
                path,
                recorder,
                destroy=False,
                identity=facts.identity,
            )
            if reviewed is not None:
                kept_plans.mark_applied(reviewed.folder, datetime.now(UTC), who())
    if lock.problem:
        warning = Diagnostic("warning", "The state is still locked", lock.problem)
        done = replace(done, warnings=(*done.warnings, warning))
    return done


def _already_approved(_summary: PlanSummary) -> None:
    """The same plan was approved before the lock was taken."""


def _key(session: Session) -> Key:
    return load_key(session.backend, session.run.variables)


def _facts(
    session: Session, result: PlanResult, key: Key, before: Mapping[str, Mapping[str, str]]
) -> _Facts:
    """Identify a plan. before: the files as they were before it was made."""
    groups = trees.files(session.repository, session.environment)
    if groups != before:
        changed = [path for name in groups for path in trees.changed(before[name], groups[name])]
        raise PlanChangedError(
            "Files changed while Terraform was planning. Nothing was changed in"
            f" {session.environment.name}.",
            details=tuple(changed),
            hint="Run the command again when nobody edits them.",
        )
    plan = identity.canonical(result.document, key)
    content = identity.encoded(plan)
    files = trees.sealed(groups, key)
    ingredients = {
        PLAN: key.digest("plan", content),
        **{name: key.digest("files", identity.encoded(group)) for name, group in files.items()},
        TERRAFORM: key.digest("terraform", session.terraform.binary.version.encode()),
        PLACE: key.digest("place", identity.encoded(_place(session))),
    }
    printed, digest = identity.identify(session.environment.name, ingredients, key)
    return _Facts(printed, digest, ingredients, files, plan, content)


def _place(session: Session) -> dict[str, Any]:
    backend = session.backend
    return {
        "environment": session.environment.name,
        "target": session.target,
        "account_id": session.environment.account_id,
        "region": session.environment.region,
        "backend": {"bucket": backend.bucket, "key": backend.key},
    }


def _manifest(
    session: Session, facts: _Facts, summary: PlanSummary, path: Path, now: datetime
) -> Manifest:
    created_at, expires_at = kept_plans.lifetime(now)
    return Manifest(
        identity=facts.identity,
        hash=facts.hash,
        ingredients=facts.ingredients,
        files=facts.files,
        artifacts=kept_plans.artifacts(path, facts.content),
        counts={action.value: count for action, count in summary.counts.items()},
        who=who(),
        versions={"terraform": session.terraform.binary.version, "infra": __version__},
        state=kept_plans.state_of(path),
        created_at=created_at,
        expires_at=expires_at,
        **_place(session),
    )


def _compare(
    wanted: str,
    reviewed: KeptPlan | None,
    session: Session,
    facts: _Facts,
    summary: PlanSummary,
    state: Mapping[str, Any],
) -> None:
    """Raise PlanRefusedError unless the fresh plan is the reviewed one."""
    if facts.identity == wanted and (reviewed is None or reviewed.manifest.hash == facts.hash):
        return
    name = session.environment.name
    if summary.empty:
        raise PlanAppliedError(
            f"Nothing is left of {wanted} to apply: {name} is already what the configuration says."
            " Nothing was changed.",
            hint=f"infra plan {name}",
        )
    hint = f"Look at the plan as it is now, and apply that one: infra plan {name} --out"
    if reviewed is None:
        raise PlanChangedError(
            f"The plan of {name} is not {wanted}, but {facts.identity}. Nothing was changed.",
            details=("What differs can be told only where the reviewed plan is kept.",),
            hint=hint,
        )
    manifest = reviewed.manifest
    ingredients = [
        part
        for part in sorted({*manifest.ingredients, *facts.ingredients}, key=_last_the_plan)
        if manifest.ingredients.get(part) != facts.ingredients.get(part)
    ]
    differences = identity.differences(reviewed.plan, facts.plan)
    lines: list[str] = []
    for part in ingredients:
        lines += _told(part, manifest, session, facts)
    lines += [difference.text for difference in differences[:SHOWN_DIFFERENCES]]
    if len(differences) > SHOWN_DIFFERENCES:
        lines.append(f"and {len(differences) - SHOWN_DIFFERENCES} more; --json has all")
    if manifest.state != state:
        serials = [str(one.get("serial", "none")) for one in (manifest.state, state)]
        lines.append(f"the state moved on meanwhile: serial {serials[0]}, now {serials[1]}")
    raise PlanChangedError(
        f"The plan of {name} is no longer {manifest.identity}: {', '.join(ingredients)}"
        f" {'differs' if len(ingredients) == 1 else 'differ'}. Nothing was changed.",
        details=tuple(lines),
        hint=hint,
        ingredients=tuple(ingredients),
        differences=tuple(asdict(difference) for difference in differences),
    )


def _last_the_plan(part: str) -> tuple[bool, str]:
    """The causes before their effect."""
    return part == PLAN, part


def _told(part: str, manifest: Manifest, session: Session, facts: _Facts) -> list[str]:
    """What differs in one ingredient, one thing a line; the plan's own differences come apart."""
    if part == TERRAFORM:
        version = session.terraform.binary.version
        return [f"{part}: was {manifest.versions.get('terraform')}, now {version}"]
    if part == PLACE:
        before = asdict(manifest)
        return [
            f"{name}: was {identity.shown(before[name])}, now {identity.shown(value)}"
            for name, value in _place(session).items()
            if before[name] != value
        ]
    if part in facts.files:
        changed = trees.changed(manifest.files.get(part, {}), facts.files[part])
        return [f"{part}: {path}" for path in changed]
    return []
