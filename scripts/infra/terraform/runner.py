"""Running Terraform in one environment's folder."""

from __future__ import annotations

import contextlib
import re
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from infra import json_text, processes
from infra.diagnostics import Diagnostic
from infra.errors import (
    ApplyFailedError,
    InterruptedRunError,
    PlanStaleError,
    StateLockedError,
    TerraformError,
)
from infra.plan_shape import is_plan
from infra.terraform.binary import Binary
from infra.terraform.events import Progress, Stream
from infra.terraform.resident import Attachment

Listener = Callable[[Mapping[str, Any]], None]
LOCK_TIMEOUT_SECONDS = 15
STALE = "saved plan is stale"
"""What Terraform says of a plan for a former serial of the state."""

MOST_NAMED = 10
"""Addresses of a kind in one message."""

UNSAVED_STATE = "errored.tfstate"
"""What Terraform writes beside the configuration when it can't upload the state."""


@dataclass(frozen=True)
class Terraform:
    """Terraform, bound to one folder and one process environment.

    data: its TF_DATA_DIR. on_interrupt receives how often the user asked to stop.
    lock_timeout: how long to wait for the state lock, in seconds. attach: how all runs come
    by a provider that is up (see `resident`). backend: arguments of init. lock: what its
    runs inherit where the state lock is held for them (see `state_lock`); else they take it.
    takes_lock: False for runs that only look, and may do so while somebody else is at work.
    """

    binary: Binary
    directory: Path
    data: Path
    environment: Mapping[str, str]
    listener: Listener = lambda _event: None
    on_interrupt: Callable[[int], None] = lambda _count: None
    lock_timeout: int = LOCK_TIMEOUT_SECONDS
    attach: Callable[[], Attachment] = Attachment
    backend: tuple[str, ...] = ()
    lock: int | None = None
    takes_lock: bool = True

    @property
    def locking(self) -> str:
        """The argument that says how a run comes by the state lock."""
        if self.lock is None and self.takes_lock:
            return f"-lock-timeout={self.lock_timeout}s"
        return "-lock=false"

    def init(self) -> None:
        """Initialise backend, modules and provider. The lock file is never changed.

        Where a provider is attached it is neither installed nor compared with its checksums.
        """
        self._stream(
            "init", "-input=false", "-json", "-lockfile=readonly", "-reconfigure", *self.backend
        )

    def plan(self, out: Path, *, destroy: bool = False, refresh: bool = True) -> Stream:
        """Write a plan to `out`. Raises TerraformError, StateLockedError, InterruptedRunError."""
        arguments = ["plan", "-input=false", "-json", self.locking]
        if destroy:
            arguments.append("-destroy")
        if not refresh:
            arguments.append("-refresh=false")
        stream = self._stream(*arguments, f"-out={out}")
        out.chmod(0o600)
        return stream

    def show(self, plan: Path) -> Mapping[str, Any]:
        """The JSON of a saved plan. It holds secrets: never print it as it is."""
        document = self._json("show", "-json", str(plan))
        major = str(document.get("format_version", "")).split(".")[0]
        if major != "1":
            raise TerraformError(
                f"Terraform {self.binary.version} writes plans in format"
                f" {document.get('format_version')}, which this tool does not know.",
                hint="Use the Terraform version that README.md names.",
            )
        if not is_plan(document):
            raise TerraformError(
                f"What Terraform {self.binary.version} says of a plan is not laid out as this tool"
                " knows it. Nothing was changed.",
                hint="Use the Terraform version that README.md names.",
            )
        return document

    def apply(self, plan: Path) -> Stream:
        """Apply a saved plan. Raises ApplyFailedError, StateLockedError, InterruptedRunError."""
        return self._stream("apply", "-input=false", "-json", self.locking, str(plan))

    def refresh(self, addresses: Sequence[str]) -> Stream:
        """Write into the state what AWS says of these, and of what they need; nothing else.

        Raises TerraformError, StateLockedError, InterruptedRunError.
        """
        targets = [f"-target={address}" for address in addresses]
        return self._stream(
            "apply", "-refresh-only", "-auto-approve", "-input=false", "-json", self.locking,
            *targets,
        )  # fmt: skip

    def release_lock(self, before: datetime) -> bool:
        """Release the state lock if it was taken before a moment; tell whether it was."""
        # Terraform has no command that only looks; asked for a wrong id it tells the right one.
        told = self._run("force-unlock", "-force", "unknown").stderr
        lock, taken = _lock_field("ID", told), _lock_field("Created", told)
        if not lock or not taken:
            return False
        # Such as 2026-11-25 08:36:31.343487376 +0000 UTC
        if datetime.fromisoformat(f"{taken[:19]}+00:00") > before:
            return False
        return self._run("force-unlock", "-force", lock).returncode == 0

    def push(self, state: Path) -> None:
        """Save a state that Terraform left in a file. Raises TerraformError, StateLockedError."""
        done = self._run("state", "push", f"-lock-timeout={self.lock_timeout}s", str(state))
        if done.returncode != 0:
            raise failure("state push", Stream(), done, self.binary, self.directory, self.data)

    def output(self) -> Mapping[str, Any]:
        """The outputs in the state, by name: {"value": ..., "sensitive": ...}."""
        return self._json("output", "-json")

    def state(self) -> Mapping[str, Any]:
        """The JSON of the state. It holds secrets: never print it as it is."""
        return self._json("show", "-json")

    def _run(self, *arguments: str) -> processes.Completed:
        attached = self.attach()
        return processes.run(
            [*self.binary.arguments, f"-chdir={self.directory}", *arguments],
            environment={**self.environment, **attached.variables},
            inherited=attached.held,
        )

    def _json(self, *arguments: str) -> Mapping[str, Any]:
        done = self._run(*arguments, "-no-color")
        if done.returncode != 0:
            raise failure(arguments[0], Stream(), done, self.binary, self.directory, self.data)
        try:
            document = json_text.load(done.stdout)
        except ValueError as error:
            raise TerraformError(
                f"What Terraform {arguments[0]} printed can't be read: {error}."
            ) from error
        if not isinstance(document, dict):
            raise TerraformError(f"Terraform {arguments[0]} printed no JSON object.")
        return document

    def _stream(self, *arguments: str) -> Stream:
        stream = Stream()

        def on_line(line: str) -> None:
            event = stream.read(line)
            if event is not None:
                self.listener(event)

        attached = self.attach()
        done = processes.stream(
            [*self.binary.arguments, f"-chdir={self.directory}", *arguments],
            environment={**self.environment, **attached.variables},
            directory=self.directory,
            on_line=on_line,
            on_interrupt=self.on_interrupt,
            inherited=attached.held if self.lock is None else (*attached.held, self.lock),
        )
        # Terraform writes it for everybody to read, and it holds secrets.
        with contextlib.suppress(OSError):
            (self.directory / UNSAVED_STATE).chmod(0o600)
        # A plan that was told to stop may still end well; an apply that did is finished.
        if done.interrupts and (done.returncode != 0 or arguments[0] != "apply"):
            raise interruption(
                arguments[0], stream, self.directory, self.data, forced=done.interrupts > 1
            )
        if done.returncode != 0:
            raise failure(arguments[0], stream, done, self.binary, self.directory, self.data)
        return stream


def interruption(
    command: str, stream: Stream, directory: Path, data: Path, *, forced: bool
) -> InterruptedRunError:
    """What to say of a run that the user ended. forced: by more than one Ctrl-C."""
    if command != "apply":
        return InterruptedRunError(
            f"Stopped during {command}; nothing was changed.", hint="Run the command again."
        )
    unsaved = directory / UNSAVED_STATE
    if unsaved.exists():
        return InterruptedRunError(
            f"Stopped, and the state could not be saved; it is in {unsaved}.",
            hint=f"Keep that file. {saving(directory, data)}",
        )
    noun = "change" if stream.finished == 1 else "changes"
    if forced:
        return InterruptedRunError(
            f"Stopped at once after {stream.finished} {noun};"
            " what was being changed may be missing in the state, and the lock may remain.",
            hint=going_on(data),
        )
    cut_off = Progress.FAILED in stream.progress.values()
    return InterruptedRunError(
        f"Stopped after {stream.finished} {noun}. The state is saved and its lock is released.",
        hint=going_on(data) if cut_off else "Run the same command again to go on from here.",
    )


def failure(
    command: str,
    stream: Stream,
    done: processes.Completed,
    binary: Binary,
    directory: Path,
    data: Path,
) -> TerraformError:
    """Turn a failed run into the error that says what it means. data: its TF_DATA_DIR."""
    errors = stream.errors or _from_text(done.stderr or "\n".join(stream.text))
    locked = next((e for e in errors if "acquiring the state lock" in e.summary.lower()), None)
    if locked is not None:
        return state_locked(_lock_info(locked.detail), directory, data, _lock_id(locked.detail))
    if any(STALE in error.summary.lower() for error in errors):
        return PlanStaleError(
            "Somebody else changed this environment after the plan was made, so the plan was not"
            " applied. Nothing was changed by this run.",
            hint="Run the command again: it plans anew.",
        )
    if command == "apply" and stream.started:
        unsaved = directory / UNSAVED_STATE
        said = (
            f"Terraform failed during apply: {stream.finished} of {stream.started}"
            " changes that had begun are finished"
        )
        if unsaved.exists():
            return ApplyFailedError(
                f"{said}, and the state could not be saved.",
                details=(*_how_far(stream), f"The state could not be saved; it is in {unsaved}."),
                diagnostics=tuple(errors),
                hint=f"Keep that file. {saving(directory, data)}",
            )
        if done.returncode < 0:
            number = signal.Signals(-done.returncode).name
            return ApplyFailedError(
                f"Terraform was killed during apply ({number}): what it did since it last saved its"
                " state is missing there, and the lock may remain.",
                details=tuple(_how_far(stream)),
                hint=going_on(data),
            )
        return ApplyFailedError(
            f"{said}.",
            details=tuple(_how_far(stream)),
            diagnostics=tuple(errors),
            hint="What was done is in the state. Mend the cause and run the command again.",
        )
    return TerraformError(
        f"terraform {command} failed (Terraform {binary.version}); nothing was changed.",
        diagnostics=tuple(errors),
    )


def _how_far(stream: Stream) -> Iterator[str]:
    """Which changes are finished and which are not, a line for each kind."""
    for progress in Progress:
        found = [address for address, reached in stream.progress.items() if reached is progress]
        if found:
            more = f" and {len(found) - MOST_NAMED} more" * (len(found) > MOST_NAMED)
            yield f"{progress}: {', '.join(found[:MOST_NAMED])}{more}"
    if stream.progress:
        yield "Every other planned change was not begun."


def state_locked(
    details: tuple[str, ...], directory: Path, data: Path, identifier: str
) -> StateLockedError:
    """What to say when somebody else holds the lock.

    details: of the lock, one a line; none where it could not be read, as it was given back in
    between. directory, data: Terraform's folder and its TF_DATA_DIR.
    """
    if not details:
        return StateLockedError(
            "The state was locked a moment ago; whose lock it was can't be read any more.",
            hint=f"Run the command again: it plans anew. Nothing was changed.{_told(data)}",
        )
    return StateLockedError(
        "The state is locked: somebody else is working on this environment.",
        details=details,
        hint="Wait for them and run the command again. Nothing was changed."
        f"{_told(data)}"
        "\nIf that run is known to be dead, by a crash of this machine for example:"
        f"\n{unlocking(directory, data, identifier)}",
    )


def recovering(data: Path) -> str:
    """The command that puts an environment right, "" for a bootstrap. data: the TF_DATA_DIR."""
    if data.name.startswith("bootstrap-"):
        return ""
    name, _, target = data.name.rpartition("-")
    return f"infra recover {name} --target {target}"


def going_on(data: Path) -> str:
    """What to do after a run that was cut off. data: its TF_DATA_DIR."""
    command = recovering(data)
    if command:
        return f"This says what is left, and puts it right:\n{command}"
    return "Run the same command again: it goes on from there, and adopts what is there already."


def saving(directory: Path, data: Path) -> str:
    """What to do about a state that could not be saved."""
    command = recovering(data)
    if command:
        return f"This saves it, once what was in the way is mended:\n{command}"
    return (
        f"Push it with `terraform state push {UNSAVED_STATE}` in {directory}, then remove it;\nor"
        " move it away, if what it describes is gone."
    )


def _told(data: Path) -> str:
    command = recovering(data)
    return f"\nWhether that run is dead, and what it left, says:\n{command}" if command else ""


def unlocking(directory: Path, data: Path, identifier: str) -> str:
    """The command that breaks a lock, and the same as Terraform alone does it.

    directory, data: Terraform's folder and its TF_DATA_DIR, whose name says environment and target.
    """
    name, _, target = data.name.removeprefix("bootstrap-").rpartition("-")
    kind = " --bootstrap" if data.name.startswith("bootstrap-") else ""
    way_in = f'\n(and before it: eval "$(infra local env {name})").' if target == "local" else ""
    return (
        f"infra unlock {name} --target {target}{kind}"
        f"\nor, without infra:"
        f"\nTF_DATA_DIR={data} terraform -chdir={directory} force-unlock {identifier}{way_in}"
    )


def _from_text(text: str) -> list[Diagnostic]:
    """Errors that came as plain text: the box drawing is taken off, the words are kept."""
    lines = [line.strip(" │╷╵|") for line in text.splitlines()]
    body = [line for line in lines if line]
    if not body:
        return [Diagnostic("error", "Terraform said nothing more.")]
    return [Diagnostic("error", body[0].removeprefix("Error: "), "\n".join(body[1:]))]


def _lock_id(detail: str) -> str:
    return _lock_field("ID", detail) or "LOCK-ID"


def _lock_field(name: str, text: str) -> str:
    """A line of Terraform's "Lock Info". What stands before it has a RequestID and a HostID."""
    found = re.search(rf"^\s*{name}:\s+(\S.*?)\s*$", text, re.MULTILINE)
    return found.group(1) if found else ""


def _lock_info(detail: str) -> tuple[str, ...]:
    wanted = ("ID:", "Operation:", "Who:", "Created:")
    lines = (line.strip() for line in detail.splitlines())
    return tuple(line for line in lines if line.startswith(wanted))
