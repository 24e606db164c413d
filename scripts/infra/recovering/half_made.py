"""What a run had begun to make when it was stopped, or failed, before it was through with it.

Terraform calls it tainted, and replaces it at the next apply: in these environments by making the
new one first, as the service and the alarms ask for that and all that they need follows. Of most
things AWS makes no second one of the same name; where it does, it is the same one, and goes with
the old one. Nothing has to be made anew, though: an update does what is missing. Only what AWS
itself could not make must be deleted first.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.clients import Clients
from infra.errors import InfraError
from infra.states.comparison import address_of
from infra.stored_state import StoredState

NOT_THERE = ("InvalidRequestException", "ResourceNotFoundException")
DELETED = "DELETED"
DELETION_SECONDS = 900.0
POLL_SECONDS = 2.0


@dataclass(frozen=True)
class Asked:
    """How App Runner says what became of something that takes it minutes to make.

    usable, failed: the statuses with which an update can go on, and those with which AWS can do
    nothing but delete it (API reference of App Runner).
    """

    thing: str
    usable: tuple[str, ...]
    failed: tuple[str, ...]

    def status(self, arn: str, clients: Clients) -> str:
        """What it is now, DELETED where it is not there. Raises botocore's errors."""
        from botocore import xform_name
        from botocore.exceptions import ClientError

        describe = getattr(clients("apprunner"), xform_name(f"Describe{self.thing}"))
        try:
            told = describe(**{f"{self.thing}Arn": arn})
        except ClientError as error:
            if error.response["Error"]["Code"] in NOT_THERE:
                return DELETED
            raise
        return str(told[self.thing]["Status"])

    def delete(self, arn: str, clients: Clients) -> None:
        """Begin to delete it. Raises botocore's errors."""
        from botocore import xform_name

        remove = getattr(clients("apprunner"), xform_name(f"Delete{self.thing}"))
        remove(**{f"{self.thing}Arn": arn})


ASKED: Mapping[str, Asked] = {
    "aws_apprunner_service": Asked("Service", ("RUNNING", "PAUSED"), ("CREATE_FAILED",)),
    "aws_apprunner_vpc_ingress_connection": Asked(
        "VpcIngressConnection", ("AVAILABLE",), ("FAILED_CREATION",)
    ),
}


@dataclass(frozen=True)
class Failed:
    """What AWS could not make. kind: its type in Terraform."""

    address: str
    kind: str
    arn: str


@dataclass(frozen=True)
class HalfMade:
    """All of it. keep: what an update can finish. failed: what must be deleted. unready: what AWS
    is still making, or deleting."""

    keep: tuple[str, ...] = ()
    failed: tuple[Failed, ...] = ()
    unready: tuple[str, ...] = ()

    @property
    def settled(self) -> tuple[str, ...]:
        """The addresses of which the state says something else once this was seen to."""
        return (*self.keep, *(item.address for item in self.failed))


def half_made(state: StoredState, clients: Clients) -> HalfMade:
    """What is tainted of the resources of AWS. Raises botocore's errors."""
    keep, failed, unready = [], [], []
    for address, kind, instance in _tainted(state.resources):
        asked = ASKED.get(kind)
        if asked is None:
            keep.append(address)
            continue
        # Cut off, it may have nothing but its id, which is its ARN.
        arn = str((instance.get("attributes") or {}).get("id"))
        status = asked.status(arn, clients)
        if status in asked.usable:
            keep.append(address)
        elif status in asked.failed:
            failed.append(Failed(address, kind, arn))
        elif status != DELETED:
            # What is not there any more, each plan finds out by itself.
            unready.append(address)
    return HalfMade(tuple(sorted(keep)), tuple(failed), tuple(sorted(unready)))


def kept(body: bytes, addresses: tuple[str, ...]) -> bytes:
    """A state in which these are whole, with the next serial."""
    document = json.loads(body)
    for address, _kind, instance in _tainted(document["resources"]):
        if address in addresses:
            del instance["status"]
    document["serial"] += 1
    return json.dumps(document, indent=2).encode()


def delete(
    item: Failed,
    clients: Clients,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Delete it, and wait for the end of that. Raises InfraError."""
    from botocore.exceptions import BotoCoreError, ClientError

    asked, until = ASKED[item.kind], clock() + DELETION_SECONDS
    try:
        if asked.status(item.arn, clients) in asked.failed:
            asked.delete(item.arn, clients)
        while (status := asked.status(item.arn, clients)) != DELETED:
            if clock() > until:
                raise InfraError(
                    f"AWS has not deleted {item.address} after {DELETION_SECONDS / 60:.0f} minutes;"
                    f" it says {status}.",
                    hint="Look at it in the console of App Runner, and run the command again.",
                )
            sleep(POLL_SECONDS)
    except (BotoCoreError, ClientError) as error:
        raise InfraError(
            f"{item.address} can't be deleted: {str(error).rstrip('.')}.",
            hint="Whoever applies may delete it; check the credentials and the network.",
        ) from error


def _tainted(resources: Any) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The address, type and instance of what is tainted in AWS, but for what is deposed as well."""
    for resource in resources:
        kind = str(resource.get("type"))
        if resource.get("mode") != "managed" or not kind.startswith("aws_"):
            continue
        for instance in resource.get("instances") or ():
            if instance.get("status") == "tainted" and not instance.get("deposed"):
                yield address_of(resource, instance), kind, instance
