"""The infra command: the one place that turns errors into a message and an exit code."""

from __future__ import annotations

import errno
import importlib
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from infra import __version__, rendering, reports
from infra.commands.shared import Context
from infra.errors import (
    InfraError,
    InternalError,
    InterruptedRunError,
    StorageError,
    UsageError,
)

EXIT_NO_READER = 141
"""Nobody reads the output any more, as shells report it for SIGPIPE."""

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO)
"""What a disk answers that can't take more, or has failed."""

EXIT_BUG = InternalError.exit_code

COMMANDS: Mapping[str, str] = {
    "plan": "infra.commands.terraform",
    "show": "infra.commands.terraform",
    "apply": "infra.commands.terraform",
    "output": "infra.commands.terraform",
    "destroy": "infra.commands.terraform",
    "promote": "infra.commands.promotion",
    "approve": "infra.commands.promotion",
    "rollback": "infra.commands.promotion",
    "verify": "infra.commands.verification",
    "drift": "infra.commands.verification",
    "unlock": "infra.commands.unlock",
    "recover": "infra.commands.recover",
    "state": "infra.commands.state",
    "bootstrap": "infra.commands.bootstrap",
    "diff": "infra.commands.diff",
    "graph": "infra.commands.graph",
    "gates": "infra.commands.gates",
    "release": "infra.commands.release",
    "history": "infra.commands.ledger",
    "ledger": "infra.commands.ledger",
    "local": "infra.commands.local",
    "ci": "infra.commands.ci",
    "sweep": "infra.commands.sweep",
    "doctor": "infra.commands.doctor",
    "docs": "infra.commands.docs",
    "lint": "infra.commands.lint",
}


class LazyGroup(click.Group):
    """Imports a command's module only when it is asked for, so that each starts fast."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """All commands, in the order in which a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """The command of this name."""
        if name not in COMMANDS:
            return None
        found = getattr(importlib.import_module(COMMANDS[name]), name)
        return found if isinstance(found, click.Command) else None


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  infra plan staging
  infra apply dev
  infra doctor

\b
Guides, one for each thing to be done: docs/guides/. `infra COMMAND --help` has more.
""",
)
@click.option(
    "-C",
    "--directory",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="The checkout to work on, in place of the current folder.",
)
@click.version_option(__version__, prog_name="infra")
@click.pass_context
def cli(context: click.Context, directory: Path | None) -> None:
    """Plan, apply and promote the environments of Trending Now.

    A release goes from dev to staging to prod:

    \b
      infra plan dev                see what an apply would change
      infra apply dev               apply exactly that
      infra release create ...      name what belongs together: image, data, model
      infra release pin dev ID      let dev have it; plan and apply again
      infra verify dev              does it run well? the ledger gets the answer
      infra promote dev staging     bring to staging what dev proved
      infra promote staging prod    the same for prod; somebody approves the plan
      infra rollback prod           back to the release before

    Nothing is needed but this checkout: as shipped, all of it happens in the local cloud, on this
    machine.
    """
    if directory is not None:
        context.ensure_object(Context).directory = directory


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and end the process with its exit code."""
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: Sequence[str]) -> int:
    """Run the command; return its exit code. No exception gets past this."""
    # A failure before the options are parsed is told in the form that was asked for.
    context = Context(as_json="--json" in arguments)
    try:
        result: Any = cli.main(
            args=list(arguments), prog_name="infra", standalone_mode=False, obj=context
        )
        return result if isinstance(result, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 0
    except InfraError as error:
        return _fail(context, error)
    except click.ClickException as error:
        return _fail(context, _usage(error))
    except (KeyboardInterrupt, click.Abort):
        return _fail(context, _stopped())
    except SystemExit as error:
        # Click ends the process like this when the reader has gone (`infra plan staging | head`).
        if isinstance(error.__context__, OSError):
            return _no_reader()
        # And like this when it has answered a shell's request for completion.
        return error.code if isinstance(error.code, int) else EXIT_BUG
    except OSError as error:
        return _fail(context, _storage(error)) if error.errno in NO_ROOM else _crash(context)
    except Exception:
        return _crash(context)


def _no_reader() -> int:
    """Nobody reads any more; whatever Terraform had begun was waited for."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is not None:
            os.dup2(nowhere, stream.fileno())
    return EXIT_NO_READER


def _stopped() -> InterruptedRunError:
    """Ctrl-C outside of Terraform's own work, which tells its own story."""
    return InterruptedRunError(
        "Stopped between two steps; none was cut short.",
        hint="Run the command again. `infra plan` shows what is left to do.",
    )


def _fail(context: Context, error: InfraError) -> int:
    context.result(reports.error(error))
    if not context.as_json:
        context.stderr.print(rendering.error(error))
    return error.exit_code


def _storage(error: OSError) -> StorageError:
    """A disk that gave out in the middle; before anything begins a run looks whether there is room
    (`refuse_unless_room`)."""
    return StorageError(
        f"{error.filename or 'A file'} could not be written: {error.strerror}.",
        hint="Free space, and see where things are: infra recover ENV, then infra plan ENV.",
    )


def _usage(error: click.ClickException) -> UsageError:
    hint = ""
    if isinstance(error, click.UsageError) and error.ctx is not None:
        hint = f"{error.ctx.get_usage()}\nHelp: {error.ctx.command_path} --help"
    return UsageError(error.format_message(), hint=hint)


def _crash(context: Context) -> int:
    """A bug: the traceback goes to a file of the user's, the screen says where."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    place = "It could not be written down."
    try:
        folder = context.repository.private / "crashes"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / f"{stamp}-{os.getpid()}.txt"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            traceback.print_exc(file=file)
        place = f"The details are in {path}; look through them before you pass them on."
    except (OSError, InfraError):
        pass
    kind = sys.exc_info()[0]
    return _fail(
        context,
        InternalError(
            f"The tool itself failed ({kind.__name__ if kind else 'unknown'}).",
            hint=f"{place}\nRun the command again; if it fails again, file an issue.",
        ),
    )
