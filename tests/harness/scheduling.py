"""Which tests run side by side: those of a file in one worker, and the longest files first."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

LONGEST_FIRST = (
    "tests/promotion",
    "tests/guides",
    "tests/modules/test_trending_now.py",
    "tests/environments/test_bootstrap.py",
    "tests/environments/test_three_accounts.py",
    "tests/live/test_ending.py",
    "tests/live/test_run.py",
    "tests/cli/test_plan_and_apply.py",
    "tests/cli/test_reviewed_plans.py",
    "tests/modules/test_data_roles.py",
    "tests/modules/test_data_lake.py",
    "tests/modules/test_s3_bucket.py",
    "tests/modules/test_app_runner_roles.py",
    "tests/cli",
    "tests/iam",
    "tests/modules",
)
"""Else one of them, taken up last, keeps a single worker busy when all others have ended. Most of
their time is the provider's own waiting, for a bucket's lifecycle above all."""

ONE_FOR_ALL = "tests/iam"
EXCEPT = "tests/iam/test_enough.py"


def place(node_id: str) -> int:
    """Where in the order a test stands. Tests with the same place keep their order."""
    found = (n for n, start in enumerate(LONGEST_FIRST) if node_id.startswith(start))
    return next(found, len(LONGEST_FIRST))


class Scheduling(LoadScopeScheduling):
    """By file; but the tests that share the one account of tests/iam are one group."""

    def _split_scope(self, nodeid: str) -> str:
        scope = super()._split_scope(nodeid)
        return ONE_FOR_ALL if scope.startswith(ONE_FOR_ALL) and scope != EXCEPT else scope
