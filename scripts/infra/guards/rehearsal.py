"""All that is looked at before a run in an environment, as a dry run: `infra doctor ENV`."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from infra.backend import load_backend
from infra.broken_locks import described, read_lock
from infra.environments import Environment, load_environment
from infra.errors import InfraError, UnsavedStateError
from infra.guards import files
from infra.guards.files import LOCK_FILE, Place
from infra.guards.reading import read_facts
from infra.guards.state import facts_from, refuse
from infra.progress import Progress
from infra.repository import Repository
from infra.sessions import choose_target
from infra.targets import ignored_variables, refuse_redirected
from infra.terraform.binary import find_terraform
from infra.terraform.provider import find_mirror, locked_provider
from infra.terraform.runner import UNSAVED_STATE, saving
from infra.visits import Visit, visit

Verdict = Literal["ok", "refuses", "unknown"]
OK: Verdict = "ok"


@dataclass(frozen=True)
class Row:
    """One guard. status: what a run would meet. text: why. advice: what to do about it."""

    name: str
    status: Verdict
    text: str
    advice: str = ""


def rehearse(
    repository: Repository, name: str, override: str | None, progress: Progress
) -> list[Row]:
    """Ask every guard; none of them changes anything.

    Raises UnknownEnvironmentError; all else is a row.
    """
    environment = load_environment(repository, name)
    target = choose_target(environment, override)
    data = repository.terraform_data(f"{name}-{target}")
    place = Place(repository.root, environment.directory, data, environment.protected)
    rows = [
        _row("environment", lambda: _environment(environment, target)),
        _row("variables", lambda: _variables(environment, target)),
        _row("terraform", _terraform),
        _row("provider", lambda: _provider(repository, environment)),
        *(
            _row(guard, functools.partial(_held, check, place))
            for guard, check in files.GUARDS.items()
        ),
        _row("unsaved-state", lambda: _unsaved(place)),
    ]
    progress.step("Entering the account")
    visited: Visit | None = None

    def enter() -> str:
        nonlocal visited
        visited = visit(repository, environment, override, progress)
        return f"account {environment.account_id}, region {environment.region}"

    rows.append(_row("account", enter))
    return [*rows, *_stored(visited)]


def _stored(visited: Visit | None) -> Iterator[Row]:
    """What is asked of the account; nothing of it can be told from outside."""
    if visited is None:
        for name in ("state", "lock"):
            yield Row(name, "unknown", "the account could not be entered")
        return
    entered = visited
    name = entered.environment.name

    def state() -> str:
        read = read_facts(
            entered.clients("s3"), entered.backend, entered.environment.account_id, name
        )
        if "facts" not in read:
            raise InfraError(f"It could not be read: {read['unread']}.")
        facts = facts_from(read["facts"])
        refuse(facts, name, find_terraform().version)
        if not facts.lineage:
            return "there is none yet"
        known = (
            f"the ledger knows serial {facts.mark.serial}" if facts.mark else "not in the ledger"
        )
        return f"serial {facts.serial}, {facts.resources} resources; {known}"

    def lock() -> str:
        found = read_lock(entered.clients, entered.backend)
        if found is None:
            return "nobody holds it"
        raise InfraError(
            f"Somebody holds it: {'; '.join(described(found))}.",
            hint=f"Wait, or see whether that run is dead: infra recover {name}",
        )

    yield _row("state", state)
    yield _row("lock", lock)


def _row(name: str, check: Callable[[], str]) -> Row:
    try:
        return Row(name, OK, check())
    except InfraError as error:
        return Row(name, "refuses", error.message, error.hint)


def _held(check: Callable[[Place], None], place: Place) -> str:
    check(place)
    if check is files.lock_file and (told := files.changed_lock_file(place)):
        return f"{told} Only a protected environment refuses that."
    return ""


def _environment(environment: Environment, target: str) -> str:
    load_backend(environment)
    kind = ", protected" if environment.protected else ""
    return f"target {target}, account {environment.account_id}{kind}"


def _variables(environment: Environment, target: str) -> str:
    if target == "aws":
        refuse_redirected(environment, os.environ)
    ignored = ignored_variables(os.environ)
    return f"not passed on: {', '.join(ignored)}" if ignored else ""


def _terraform() -> str:
    binary = find_terraform()
    return f"{binary.version}, {binary.source}"


def _provider(repository: Repository, environment: Environment) -> str:
    provider = locked_provider(environment.directory / LOCK_FILE)
    mirror = find_mirror(provider, repository)
    where = "is downloaded when it is needed" if mirror is None else f"in {mirror.found_in}"
    return f"{provider.version}, {where}"


def _unsaved(place: Place) -> str:
    path = place.directory / UNSAVED_STATE
    if path.exists():
        raise UnsavedStateError(
            f"An earlier run could not save its state; it is in {place.shown(path)}.",
            hint=saving(place.directory, place.data),
        )
    return ""
