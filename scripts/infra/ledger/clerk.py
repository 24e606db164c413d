"""The process that reads and writes a ledger: `python -m infra.ledger.clerk`.

A process of its own sees exactly the environment that Terraform gets. It lives as long as a
command, and gets ready while Terraform plans, because loading boto3 takes longer than all that a
record needs. It reads one JSON object a line and answers each with one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from infra.backend import Backend
from infra.errors import InfraError, LedgerUnavailableError
from infra.guards.reading import read_facts
from infra.identity_key import answered
from infra.ledger import signing
from infra.ledger.records import ENDS, Mark
from infra.ledger.signing import Checker, Signer
from infra.ledger.store import Store
from infra.ledger.writing import append
from infra.stored_state import parsed_state

CONNECT_SECONDS = 5
READ_SECONDS = 15
ATTEMPTS = 5


@dataclass(frozen=True)
class Place:
    """Where a ledger is. local: in the local cloud, where a missing key is made.

    state: the key of the environment's state in the same bucket.
    """

    environment: str
    account: str
    region: str
    bucket: str
    local: bool
    state: str = ""


class Clerk:
    """Does what it is asked, in the account of one environment."""

    def __init__(self, place: Place, client: Callable[[str], Any]) -> None:
        self._place = place
        self._client = client
        self._arn = ""
        self._signer = Signer(
            client("kms"),
            signing.aliases(place.bucket, local=place.local),
            make=place.local,
            command=f"infra bootstrap {place.environment}",
        )
        self._s3 = client("s3")
        self._store = Store(self._s3, place.bucket, place.account, place.environment)
        self._checker: Checker | None = None

    def prepare(self) -> None:
        """Ask what does not change between two records."""
        self._who()
        self._check()

    def answer(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """Do one thing. Raises LedgerUnavailableError and botocore's errors."""
        what = question["do"]
        if what == "append":
            about = {
                "environment": self._place.environment,
                "account": self._place.account,
                "actor": self._who(),
            }
            event = question["event"]
            entry = append(
                self._store,
                self._signer.sign,
                self._check().signed,
                about,
                event,
                mark=self._mark() if event["kind"] in ENDS else None,
            )
            return {"entry": entry.text()}
        if what == "facts":
            place, identities = self._place, question["identities"]
            backend = Backend(place.bucket, place.state, place.region, (place.account,))
            return {
                **(answered(self._s3, place.bucket, identities) if identities else {}),
                **read_facts(self._s3, backend, place.account, place.environment),
            }
        if what == "latest":
            return {"stored": [item.document() for item in self._store.latest(question["limit"])]}
        if what == "get":
            return {"stored": [self._store.get(question["sequence"]).document()]}
        stored = [item.document() for item in self._store.everything()]
        return {"stored": stored, "keys": dict(self._signer.keys().pems) if stored else {}}

    def _mark(self) -> dict[str, Any] | None:
        """Which state there is now, None where that can't be said: then it is not noted."""
        from botocore.exceptions import BotoCoreError, ClientError

        where = {"Bucket": self._place.bucket, "ExpectedBucketOwner": self._place.account}
        try:
            body = self._s3.get_object(**where, Key=self._place.state)["Body"].read()
            state = parsed_state(body, self._place.state)
        except (BotoCoreError, ClientError, InfraError):
            return None
        return Mark(state.lineage, state.serial, state.count).document() if state.lineage else None

    def _who(self) -> str:
        if not self._arn:
            self._arn = str(self._client("sts").get_caller_identity()["Arn"])
        return self._arn

    def _check(self) -> Checker:
        if self._checker is None:
            self._checker = Checker(list(self._signer.keys().pems.values()))
        return self._checker


def _refusal(error: Exception, place: Place) -> dict[str, str]:
    if isinstance(error, LedgerUnavailableError):
        return {"message": error.message, "hint": error.hint}
    code = getattr(error, "response", {}).get("Error", {}).get("Code", "")
    hint = "Check the credentials and the network, and run the command again."
    if code == "NoSuchBucket" or "Denied" in code:
        hint = (
            f"`infra bootstrap {place.environment}` sets up what the ledger needs, the rights of"
            " the roles too; an administrator of the account runs it once."
        )
    text = str(error).rstrip(".")
    return {"message": f"The ledger of {place.environment} can't be used: {text}.", "hint": hint}


def main() -> int:
    """Answer until nobody asks any more."""
    place = Place(**json.loads(sys.argv[1]))
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    errors = (BotoCoreError, ClientError, LedgerUnavailableError)
    configuration = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        max_pool_connections=16,
    )
    session = boto3.session.Session(region_name=place.region)
    clerk: Clerk | None = None
    try:
        clerk = Clerk(place, lambda service: session.client(service, config=configuration))
        if "--prepare" in sys.argv[2:]:
            clerk.prepare()
    except errors:
        pass  # Whoever asks is told; perhaps nobody does.
    for line in sys.stdin:
        try:
            if clerk is None:
                clerk = Clerk(place, lambda service: session.client(service, config=configuration))
            answer = clerk.answer(json.loads(line))
        except errors as error:
            answer = {"error": _refusal(error, place)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
