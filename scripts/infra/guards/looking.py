"""Reading, beside Terraform, what it takes to judge its plan.

A plan changes nothing, so the state is compared with the ledger while it is made, and the plan is
thrown away where they disagree: it is neither shown nor kept nor applied. A process of its own
reads (see `reading`), or the one that will write the ledger.
"""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from infra import processes
from infra.diagnostics import Diagnostic
from infra.guards.reading import Source
from infra.guards.state import Facts, facts_from, refuse
from infra.identity import Key
from infra.identity_key import SUFFIX, key_of, remember_key
from infra.ledger.client import Ledger
from infra.sessions import Session

LOOK_SECONDS = 60.0


class Looking:
    """What is being read beside Terraform. All methods wait for it."""

    def __init__(self, session: Session, answer: Callable[[], Mapping[str, Any]]) -> None:
        self._session = session
        pool = ThreadPoolExecutor(1)
        self._answer: Future[Mapping[str, Any]] = pool.submit(answer)
        pool.shutdown(wait=False)

    def key(self) -> Key:
        """The key of the identities. Raises IdentityKeyError."""
        session = self._session
        key = key_of(self._answer.result(), session.backend)
        remember_key(session.backend, session.run.variables, key)
        return key

    def refuse(self) -> tuple[Diagnostic, ...]:
        """Raise StateError where the state is not the one that the ledger knows.

        Returns a warning where that could not be found out.
        """
        answer = self._answer.result()
        if "facts" not in answer:
            text = str(answer.get("unread", "S3 did not answer"))
            return (Diagnostic("warning", "The state was not compared with the ledger", text),)
        facts: Facts = facts_from(answer["facts"])
        session = self._session
        refuse(facts, session.environment.name, session.terraform.binary.version)
        return ()

    def may_have_run(self) -> bool:
        """Whether a run may have changed something here before: False by an empty ledger alone."""
        answer = self._answer.result()
        return "facts" not in answer or facts_from(answer["facts"]).record > 0


def look_beside(session: Session, *, key: bool = False) -> Looking | None:
    """Begin to read; None for a root module without a ledger. key: the identities' key as well."""
    if not session.has_ledger:
        return None
    source = Source(
        bucket=session.backend.bucket,
        key=session.backend.key,
        account=session.environment.account_id,
        environment=session.environment.name,
        identities=session.backend.key + SUFFIX if key else "",
    )
    return Looking(session, functools.partial(_asked, source, session.run.variables))


def look_by(ledger: Ledger, session: Session, *, key: bool = False) -> Looking:
    """The same by the process that will write the ledger anyway."""
    identities = session.backend.key + SUFFIX if key else ""
    return Looking(session, functools.partial(ledger.facts, identities))


def look(session: Session, ledger: Ledger | None, *, key: bool = False) -> Looking | None:
    """Begin to read: by the process of the ledger where it is open already, else by another one."""
    return look_beside(session, key=key) if ledger is None else look_by(ledger, session, key=key)


def _asked(source: Source, environment: Mapping[str, str]) -> Mapping[str, Any]:
    try:
        done = processes.run(
            [sys.executable, "-m", "infra.guards.reading", json.dumps(asdict(source))],
            # The same code as here, also where another checkout is the one that is installed.
            environment={**environment, "PYTHONPATH": str(Path(__file__).parents[2])},
            timeout=LOOK_SECONDS,
        )
        answer: Mapping[str, Any] = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return {"error": "S3 did not answer", "unread": "S3 did not answer"}
    return answer
