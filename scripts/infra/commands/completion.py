"""What a shell offers after Tab. Only files of the checkout are read: no network, no process."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import click

from infra.environments import TARGETS, environment_names
from infra.errors import InfraError
from infra.kept_plans import MANIFEST
from infra.repository import Repository, find_repository
from infra.sessions import local_cloud

Complete = Callable[[click.Context, click.Parameter, str], list[str]]


def _offer(names: Callable[[click.Context, Repository], Iterable[str]]) -> Complete:
    """Offer those of the names that begin as typed; nothing outside of a checkout."""

    def complete(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
        directory = context.find_root().params.get("directory") or Path.cwd()
        try:
            found = list(names(context, find_repository(Path(directory))))
        except (InfraError, OSError):
            return []
        return [name for name in found if name.startswith(incomplete)]

    return complete


def _plans(context: click.Context, repository: Repository) -> list[str]:
    """The identities of kept plans, of one environment where the line names it already."""
    names = environment_names(repository)
    # While an option lacks its value, click has not given the arguments their names yet.
    typed = (word for word in context.args if word in names)
    chosen = context.params.get("environment") or next(typed, "*")
    found = (repository.private / "plans").glob(f"{chosen}/[!.]*/{MANIFEST}")
    return sorted(path.parent.name for path in found)


def _releases(_context: click.Context, repository: Repository) -> list[str]:
    # Most commands know nothing of releases, and would import them all the same.
    from infra.releases.store import release_ids

    return release_ids(repository)


complete_environment = _offer(lambda _context, repository: environment_names(repository))
complete_plan = _offer(_plans)
complete_release = _offer(_releases)
complete_snapshot = _offer(
    lambda _context, repository: [saved.name for saved in local_cloud(repository).snapshots()]
)
complete_target = _offer(lambda _context, _repository: TARGETS)
