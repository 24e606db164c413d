"""One provider process for all Terraform runs of one command.

Terraform starts the provider anew for each run, and twice within a plan; reading its schema takes
longer than most plans of ours. In its debug mode ("Debugging Providers" in Terraform's plugin
documentation) the provider stays up and Terraform attaches to it.

Between them stands a process that leaves out of the schema what the root module has nothing to do
with (see `provider_proxy`): to decode 1,500 types takes Terraform longer than most plans of ours.

Two rules keep this safe. A provider is configured by each run that attaches, so no two commands
ever share one. And Terraform does not check the checksum of a provider that it attaches to, so
only the local cloud, where there is nothing to lose, is worked on in this way.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from infra import processes

READY_SECONDS = 60.0
REATTACH = re.compile(r"TF_REATTACH_PROVIDERS='(\{.*\})'")

SILENT = dict.fromkeys(
    (
        "TF_LOG",
        "TF_LOG_PROVIDER",
        "TF_LOG_SDK",
        "TF_LOG_SDK_FRAMEWORK",
        "TF_LOG_SDK_HELPER_RESOURCE",
        "TF_LOG_SDK_HELPER_SCHEMA",
        "TF_LOG_SDK_MUX",
        "TF_LOG_SDK_PROTO",
    ),
    "OFF",
)
"""In debug mode a provider traces every request, values included, unless told not to."""


@dataclass(frozen=True)
class Attachable:
    """A provider's program, and for whom it is kept up.

    directory, data: of the root module, and its TF_DATA_DIR. schemas: where schemas are kept.
    """

    program: Path
    directory: Path
    data: Path
    schemas: Path

    @property
    def schema(self) -> Path:
        """The file of this program's schema; a program that is replaced has another one."""
        found = self.program.stat()
        text = f"{self.program.resolve()} {found.st_ino} {found.st_size} {found.st_mtime_ns}"
        return self.schemas / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.pb"


@dataclass(frozen=True)
class Attachment:
    """How Terraform comes by a provider that is up.

    variables: what to add to its environment. held: the file descriptors that it must inherit, so
    that the provider stays up for it even if this process is killed.
    """

    variables: Mapping[str, str] = field(default_factory=dict)
    held: tuple[int, ...] = ()


@contextlib.contextmanager
def resident_provider(
    provider: Attachable | None, environment: Mapping[str, str]
) -> Iterator[Callable[[], Attachment]]:
    """Keep a provider up for the block.

    Yields a function that waits for it and says how Terraform is attached to it; that is nothing
    where there is no program to keep, or where it does not come up: Terraform then starts the
    provider by itself.
    """
    answer: dict[str, str] = {}
    answered = threading.Event()

    def on_line(line: str) -> None:
        found = REATTACH.search(line)
        if found:
            answer["TF_REATTACH_PROVIDERS"] = found.group(1)
            answered.set()

    def attach() -> Attachment:
        answered.wait(READY_SECONDS)
        return Attachment(dict(answer), companion.lifeline)

    if provider is None:
        yield Attachment
        return
    try:
        companion = processes.Companion(
            [
                sys.executable,
                "-m",
                "infra.terraform.provider_proxy",
                str(provider.program),
                str(provider.directory),
                str(provider.data),
                str(provider.schema),
            ],
            environment={
                **environment,
                **SILENT,
                "PYTHONPATH": str(Path(__file__).parents[2]),
            },
            on_line=on_line,
            on_end=answered.set,
            shared=True,
        )
    except OSError:
        yield Attachment
        return
    try:
        yield attach
    finally:
        companion.end()
