"""Reading the facts about a state, three requests: `python -m infra.guards.reading`.

The process sees the environment that Terraform gets. It brings the key of the identities as well,
since to load boto3 takes longer than all that it asks.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Any

from infra.errors import InfraError
from infra.guards.state import facts_of
from infra.identity_key import answered
from infra.ledger.store import Store
from infra.stored_state import Located, read_object


@dataclass(frozen=True)
class Source:
    """Where a state and its ledger are. identities: the key of the identities' key, "" for none."""

    bucket: str
    key: str
    account: str
    environment: str
    identities: str = ""


def read_facts(s3: Any, state: Located, account: str, environment: str) -> dict[str, Any]:
    """The facts for `facts_from` under `facts`, or why there are none under `unread`."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        # The ledger first: an apply of somebody else's in between makes the state newer, not older.
        newest, _now = Store(s3, state.bucket, account, environment).newest()
        there = read_object(lambda _service: s3, state)
    except (BotoCoreError, ClientError) as error:
        return {"unread": str(error).rstrip(".")}
    except InfraError as error:
        return {"unread": error.message}
    return {"facts": facts_of(there, None if newest is None else newest.text).document()}


def main() -> int:
    """Print one JSON object to the parent's pipe: `key` or `error`, and `facts` or `unread`."""
    import boto3

    source = Source(**json.loads(sys.argv[1]))
    s3 = boto3.session.Session().client("s3")
    answer: dict[str, Any] = {}
    if source.identities:
        answer |= answered(s3, source.bucket, source.identities)
    answer |= read_facts(s3, source, source.account, source.environment)
    sys.stdout.write(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())
