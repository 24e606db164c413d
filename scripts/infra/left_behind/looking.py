"""Asking an account what of a plan is there already.

They are known by their names and by the tags that the configuration gives to everything, so that
nothing of somebody else's is taken in. A process of its own asks, `python -m
infra.left_behind.looking`: it sees the environment that Terraform gets.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from infra import processes
from infra.left_behind.kinds import ABSENT, KINDS, Account
from infra.left_behind.wanted import Wanted

LOOK_SECONDS = 120.0


@dataclass(frozen=True)
class Answer:
    """found: import ids by address. unread: what could not be found out, a sentence each."""

    found: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[str, ...] = ()


def find(wanted: Sequence[Wanted], environment: Mapping[str, str]) -> Answer:
    """What is there and ours. environment: the process environment that Terraform gets."""
    if not wanted:
        return Answer()
    try:
        done = processes.run(
            [sys.executable, "-m", "infra.left_behind.looking", _asked(wanted)],
            environment={**environment, "PYTHONPATH": str(Path(__file__).parents[2])},
            timeout=LOOK_SECONDS,
        )
        told = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return Answer(unread=("The account did not say what is there.",))
    return Answer(told["found"], tuple(told["unread"]))


def _asked(wanted: Sequence[Wanted]) -> str:
    return json.dumps([asdict(item) for item in wanted])


def look(wanted: Sequence[Wanted], clients: Callable[[str], Any]) -> Answer:
    """What is there with our tags. clients: makes a boto3 client, the same one each time.

    Raises botocore's errors where the account itself can't be asked for.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    _, partition, _, _, identifier, _ = clients("sts").get_caller_identity()["Arn"].split(":", 5)
    account = Account(clients, identifier, partition)
    found: dict[str, str] = {}
    taken: set[tuple[str, str]] = set()
    unread = []
    for item in wanted:
        try:
            there = _first(account, item)
        except (BotoCoreError, ClientError) as error:
            unread.append(f"{item.address}: {str(error).rstrip('.')}.")
            continue
        # Two addresses never share one thing; who asked first has it.
        if there is not None and (item.kind, there) not in taken:
            found[item.address] = there
            taken.add((item.kind, there))
    return Answer(found, tuple(unread))


def _first(account: Account, item: Wanted) -> str | None:
    from botocore.exceptions import ClientError

    try:
        for there in KINDS[item.kind].find(account, item.values):
            if there.tags is None or there.tags.items() >= item.tags.items():
                return there.id
    except ClientError as error:
        if error.response["Error"]["Code"] not in ABSENT:
            raise
    return None


def main() -> int:
    """Look for what the argument lists; print what `Answer` has as a JSON object."""
    import functools

    import boto3

    wanted = [Wanted(**item) for item in json.loads(sys.argv[1])]
    answer = look(wanted, functools.cache(boto3.session.Session().client))
    sys.stdout.write(json.dumps(asdict(answer)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
