"""Planning again with what is there, so that one plan shows it and one apply takes it in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from infra.diagnostics import Diagnostic
from infra.left_behind.looking import Answer, find
from infra.left_behind.overlay import with_imports
from infra.left_behind.wanted import Wanted, wanted
from infra.progress import Progress
from infra.sessions import Session

UNREAD = "Whether a stopped run made something could not be found out"


@dataclass(frozen=True)
class Adopted:
    """A plan. document: its JSON. addresses: what it takes in."""

    document: Mapping[str, Any] = field(repr=False)
    addresses: tuple[str, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()


def adopt(session: Session, progress: Progress, path: Path, planned: Adopted) -> Adopted:
    """Look for what a plan would make a second time, and plan anew with that taken in.

    path: the plan's file, which is written over where something is found. Raises what planning
    raises.
    """
    terraform, variables = session.terraform, session.run.variables
    warnings = list(planned.warnings)

    def ask(items: Sequence[Wanted]) -> Answer:
        progress.step("Looking whether any of it is there already")
        answer = find(items, variables)
        warnings.extend(Diagnostic("warning", UNREAD, text) for text in answer.unread)
        return answer

    def plan(found: Mapping[str, str]) -> Mapping[str, Any]:
        progress.step("Planning again, with what is there already")
        with with_imports(session.repository, terraform.directory, found) as folder:
            standing_in = replace(terraform, directory=folder)
            stream = standing_in.plan(path)
            warnings.extend(one for one in stream.warnings if one not in warnings)
            return standing_in.show(path)

    document, found = taken_in(planned.document, ask, plan)
    if found:
        things = "1 thing" if len(found) == 1 else f"{len(found)} things"
        progress.note(
            f"A run that was stopped had made {things} that the state does not know. They are"
            " adopted, not made again."
        )
    return Adopted(document, tuple(sorted(found)), tuple(warnings))


def taken_in(
    document: Mapping[str, Any],
    ask: Callable[[Sequence[Wanted]], Answer],
    plan: Callable[[Mapping[str, str]], Mapping[str, Any]],
) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    """Plan with more and more of what is there, until nothing more is found.

    What is taken in may be what another one is found by, such as the group of a rule. document: the
    JSON of the first plan. plan: with import ids by address. Returns the JSON of the last plan, and
    all that was found.
    """
    found: dict[str, str] = {}
    asked: list[Wanted] = []
    while rest := [item for item in wanted(document) if item not in asked]:
        asked += rest
        more = ask(rest).found
        if not more:
            break
        found |= more
        document = plan(found)
    return document, found
