"""Files of the checkout that could change a run unseen. They are looked at in a millisecond."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from infra.errors import LocalStateError, LockFileError, StrayInputError, WorkspaceError
from infra.ledger.recording import RELEASE_FILE
from infra.untrusted import visible

LOCK_FILE = ".terraform.lock.hcl"
AUTOMATIC = re.compile(r".*\.auto\.tfvars(\.json)?|terraform\.tfvars\.json")
"""What Terraform reads without being told ("Input Variables" in its documentation), beside
terraform.tfvars."""

OVERRIDING = re.compile(r"(.*_)?override\.tf(\.json)?")
"""What Terraform merges over other files ("Override Files")."""

LOCAL_STATES = ("terraform.tfstate", "terraform.tfstate.d")
DEFAULT_WORKSPACE = "default"
WORKSPACE_FILE = "environment"
"""Where Terraform notes the selected workspace, in its TF_DATA_DIR."""


@dataclass(frozen=True)
class Place:
    """A root module. root: the checkout. data: its TF_DATA_DIR. protected: see Environment."""

    root: Path
    directory: Path
    data: Path
    protected: bool = False

    def shown(self, path: Path) -> str:
        """A path as a message names it."""
        inside = path.is_relative_to(self.root)
        return visible(str(path.relative_to(self.root) if inside else path))


def stray_values(place: Place) -> None:
    """Raise StrayInputError for values that nobody gave the environment as its own."""
    names = sorted(
        path.name
        for path in place.directory.iterdir()
        if AUTOMATIC.fullmatch(path.name) and path.name != RELEASE_FILE
    )
    if names:
        raise StrayInputError(
            f"{place.shown(place.directory / names[0])} sets variables without being asked for."
            " Nothing was changed.",
            details=tuple(place.shown(place.directory / name) for name in names[1:]),
            hint=f"What a person decides stands in terraform.tfvars, what a promotion decides in"
            f" {RELEASE_FILE}.\nMove what is meant into terraform.tfvars, and remove the file.",
        )


def overrides(place: Place) -> None:
    """Raise StrayInputError for a file that changes others without a trace in them."""
    found = sorted(_overriding(place))
    if found:
        raise StrayInputError(
            f"{found[0]} overrides what the other files say. Nothing was changed.",
            details=tuple(found[1:]),
            hint="Change the files themselves, and remove it.",
        )


def local_state(place: Place) -> None:
    """Raise LocalStateError where somebody ran Terraform without the backend."""
    for name in LOCAL_STATES:
        path = place.directory / name
        if path.exists():
            raise LocalStateError(
                f"{place.shown(path)} is a state beside the one in the bucket: somebody ran"
                " Terraform here without the backend. Nothing was changed.",
                hint="Find out what it describes (terraform show, in that folder), and move it out"
                " of the checkout.",
            )


def workspace(place: Place) -> None:
    """Raise WorkspaceError where another workspace is selected: its state is another one."""
    path = place.data / WORKSPACE_FILE
    try:
        selected = path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return
    if selected not in ("", DEFAULT_WORKSPACE):
        raise WorkspaceError(
            f"The workspace {visible(selected[:60])!r} is selected, and its state is another one."
            " Nothing was changed.",
            hint=f"Environments are folders here, not workspaces. Remove {place.shown(path)}.",
        )


def lock_file(place: Place) -> None:
    """Raise LockFileError where a protected environment's provider lock is not as committed."""
    if place.protected and (told := changed_lock_file(place)):
        raise LockFileError(
            f"{told} Nothing was changed.",
            hint="A protected environment runs only the provider that was reviewed. Commit the"
            f" file, or bring it back: git checkout -- {place.shown(place.directory / LOCK_FILE)}",
        )


def changed_lock_file(place: Place) -> str:
    """How the provider lock differs from git's, "" where it doesn't or nobody can say."""
    # Imported late: all gates come with it, and few runs ask.
    from infra.gates import git
    from infra.gates.results import UncheckedError

    path = place.directory / LOCK_FILE
    try:
        lines = git.Checkout(place.root, "").paths(
            "status", "--porcelain=v1", "-z", "--untracked-files=all", "--", str(path)
        )
    except UncheckedError:
        return ""
    if not lines:
        return ""
    how = "is not in git" if lines[0].startswith("?") else "is not the one that is committed"
    return f"{place.shown(path)} {how}."


GUARDS: dict[str, Callable[[Place], None]] = {
    "stray-values": stray_values,
    "overrides": overrides,
    "local-state": local_state,
    "workspace": workspace,
    "lock-file": lock_file,
}


def refuse(place: Place) -> None:
    """Raise what the first guard raises that does not hold."""
    for check in GUARDS.values():
        check(place)


def _overriding(place: Place) -> Iterator[str]:
    """Overrides beside the root module, and in the modules that it may use."""
    modules = (place.root / "modules").glob("*/")
    for folder in (place.directory, *modules):
        for path in folder.iterdir():
            if OVERRIDING.fullmatch(path.name):
                yield place.shown(path)
