"""Results for machines: the `--json` output, one object with a version."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from infra.diagnostics import Diagnostic
from infra.errors import (
    ApprovalMissingError,
    InfraError,
    NotVerifiedError,
    PlanChangedError,
    TerraformError,
)
from infra.ledger.records import MalformedError, parse
from infra.plans import AttributeChange, PlanSummary
from infra.untrusted import visible

if TYPE_CHECKING:  # Each command would import them, and few report them.
    from infra.differences import Comparison
    from infra.environments import Environment
    from infra.kept_plans import KeptPlan, Manifest
    from infra.ledger.store import Stored
    from infra.ledger.verification import Verification
    from infra.reconciliation import Identified
    from infra.sessions import Session
    from infra.workflows import ApplyResult, PlanResult

FORMAT_VERSION = 1
_UNUSUAL = re.compile(r"[^\n -~]")


def text(document: Mapping[str, Any]) -> str:
    """A result as it is printed; what a terminal would obey, or could not show, is escaped."""
    plain = json.dumps(document, indent=2, ensure_ascii=False)
    return _UNUSUAL.sub(_escaped, plain)


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    return character if visible(character) == character else json.dumps(character)[1:-1]


def envelope(
    command: str, environment: Environment | None, target: str | None, result: Any
) -> dict[str, Any]:
    """Every successful command's JSON: what was asked, where, and the result."""
    head: dict[str, Any] = {"format_version": FORMAT_VERSION, "command": command}
    if environment is not None:
        head |= {
            "environment": environment.name,
            "account_id": environment.account_id,
            "region": environment.region,
            "target": target,
        }
    return {**head, "result": result}


def session_envelope(command: str, session: Session, result: Any) -> dict[str, Any]:
    """The same for a command that worked in an environment.

    `refused_requests`: what tried to leave this machine, by destination; null in AWS.
    `notes`: what was out of the ordinary with the local cloud.
    """
    refused = session.refused()
    document = envelope(command, session.environment, session.target, result)
    return {
        **document,
        "refused_requests": None if refused is None else dict(refused),
        "notes": list(session.notes),
    }


def error(failure: InfraError) -> dict[str, Any]:
    """A failure's JSON. `reason` is stable; the texts are for people."""
    body: dict[str, Any] = {
        "reason": failure.reason,
        "message": failure.message,
        "hint": failure.hint,
        "details": list(failure.details),
        "exit_code": failure.exit_code,
    }
    if isinstance(failure, TerraformError):
        body["diagnostics"] = _diagnostics(failure.diagnostics)
    if isinstance(failure, PlanChangedError):
        body["ingredients"] = list(failure.ingredients)
        body["differences"] = [dict(item) for item in failure.differences]
    if isinstance(failure, NotVerifiedError):
        body["causes"] = list(failure.causes)
    if isinstance(failure, ApprovalMissingError):
        body["identity"] = failure.identity
    return {"format_version": FORMAT_VERSION, "error": body}


def plan(result: PlanResult) -> dict[str, Any]:
    """A plan; values of sensitive attributes are masked."""
    return {**_summary(result.summary), "warnings": _diagnostics(result.warnings)}


def identified(found: Identified) -> dict[str, Any]:
    """A plan with its identity; null where it has none, and where it is not kept."""
    return {
        **plan(found.result),
        "identity": found.identity or None,
        "kept_in": None if found.folder is None else str(found.folder),
    }


def kept_plan(found: KeptPlan, summary: PlanSummary) -> dict[str, Any]:
    """A kept plan and what its manifest says, but for the digests of single files."""
    manifest = asdict(found.manifest)
    left_out = ("files", "format_version")
    return {
        **_summary(summary),
        **{name: value for name, value in manifest.items() if name not in left_out},
    }


def kept_plans(manifests: Sequence[Manifest]) -> list[dict[str, Any]]:
    """The kept plans, the newest last; nobody has checked their files."""
    names = ("identity", "environment", "target", "counts", "created_at", "expires_at", "who")
    return [{name: getattr(manifest, name) for name in names} for manifest in manifests]


def apply(result: ApplyResult) -> dict[str, Any]:
    """An apply or a destroy that has succeeded."""
    return {
        **_summary(result.summary),
        "applied": dict(result.counts),
        "outputs": outputs(result.outputs),
        "warnings": _diagnostics(result.warnings),
    }


def outputs(values: Mapping[str, Any]) -> dict[str, Any]:
    """Outputs by name; null where a value is sensitive."""
    return {
        name: {
            "value": None if raw.get("sensitive") else raw.get("value"),
            "sensitive": bool(raw.get("sensitive")),
        }
        for name, raw in sorted(values.items())
    }


def comparison(found: Comparison) -> dict[str, Any]:
    """Two environments side by side; `reason` is null where nobody gave one."""
    return {
        "environments": [found.left, found.right],
        "differences": [{"path": item.path, **asdict(item)} for item in found.differences],
        "unexplained": len(found.unexplained),
        "stale": list(found.stale),
    }


def history(items: Sequence[Stored]) -> dict[str, Any]:
    """Records, newest first; null where one can't be read."""
    return {"records": [_record(item) for item in items]}


def record(item: Stored) -> dict[str, Any]:
    """One record with its hash and signature; null when it can't be read."""
    return {"sequence": item.sequence, "entry": _entry(item)}


def verification(found: Verification, *, signatures: bool) -> dict[str, Any]:
    """What is wrong with a ledger. signatures: whether they were checked."""
    head = found.head
    return {
        "count": found.count,
        "head": None
        if head is None
        else {"sequence": head.record.sequence, "hash": head.record.hash},
        "signatures_checked": signatures,
        "findings": [asdict(item) for item in found.findings],
    }


def _record(item: Stored) -> dict[str, Any] | None:
    entry = _entry(item)
    return None if entry is None else dict(entry["record"])


def _entry(item: Stored) -> dict[str, Any] | None:
    try:
        return parse(item.text or "").document()
    except MalformedError:
        return None


def _summary(summary: PlanSummary) -> dict[str, Any]:
    return {
        "changes": [
            {
                "address": change.address,
                "module": change.module,
                "type": change.kind,
                "action": change.action.value,
                "reason": change.reason,
                "attributes": _attributes(change.attributes),
            }
            for change in summary.changes
        ],
        "output_changes": _attributes(summary.outputs),
        "drifted": list(summary.drifted),
        "counts": {action.value: count for action, count in summary.counts.items()},
    }


def _attributes(items: Sequence[AttributeChange]) -> list[dict[str, Any]]:
    return [asdict(item) for item in items]


def _diagnostics(items: Sequence[Diagnostic]) -> list[dict[str, Any]]:
    return [asdict(item) for item in items]
