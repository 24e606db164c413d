"""How a promotion and a rollback begin: the environment is entered and locked."""

from __future__ import annotations

import contextlib

from infra.promotion.bench import Bench, open_bench
from infra.promotion.lock import checkout_lock, promotion_lock
from infra.promotion.requests import Request
from infra.promotion.steps import Steps
from infra.repository import Repository
from infra.sessions import open_session


def entered(
    stack: contextlib.ExitStack, repository: Repository, request: Request, steps: Steps
) -> Bench:
    """Enter the environment that is to change, until the stack ends."""
    session = stack.enter_context(
        open_session(
            repository, request.target, request.override, steps.progress, request.lock_timeout
        )
    )
    return stack.enter_context(open_bench(session, steps))


def locked(
    stack: contextlib.ExitStack, bench: Bench, what: str, operation: str, *, dry_run: bool
) -> None:
    """Keep others from promoting to it, until the stack ends. Raises PromotionRunningError.

    what: for the person at work. operation: what others are told. dry_run: only in this checkout,
    whose pin it writes for a while: who may only look can't take the lock of the account.
    """
    name, session = bench.environment.name, bench.session
    with bench.steps.step("lock", f"Locking {name} for this {what}") as step:
        stack.enter_context(checkout_lock(session.repository, name, session.target, operation))
        if dry_run:
            step.found("in this checkout only, for a dry run")
            return
        stack.enter_context(promotion_lock(name, session.backend, session.run.variables, operation))
        step.found("nobody else promotes to it")
