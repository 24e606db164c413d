"""ECR: more than one replication rule.

AWS ("ReplicationConfiguration" and "ReplicationRule", ECR API reference): a registry has up to ten
rules and each up to 25 destinations; none may be the registry itself. moto 5.2.5 refuses a second
rule with "This feature is disabled". Fit for upstream.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.ecr.exceptions import InvalidParameterException, ValidationException
from moto.ecr.models import ECRBackend

from local_aws.patches import wrap

_MAXIMUM_RULES = 10
_MAXIMUM_DESTINATIONS = 25


def apply() -> None:
    """Take as many rules as ECR takes."""
    wrap(ECRBackend, "put_replication_configuration", _put_replication_configuration)


def _put_replication_configuration(
    original: Callable[..., Any], self: ECRBackend, replication_config: dict[str, Any]
) -> Any:
    rules = replication_config["rules"]
    if len(rules) > _MAXIMUM_RULES:
        raise _too_many("rules", _MAXIMUM_RULES)
    for rule in rules:
        destinations = rule["destinations"]
        if len(destinations) > _MAXIMUM_DESTINATIONS:
            raise _too_many("destinations", _MAXIMUM_DESTINATIONS)
        here = {"region": self.region_name, "registryId": self.account_id}
        if here in destinations:
            raise InvalidParameterException(
                "Invalid parameter at 'replicationConfiguration' failed to satisfy constraint: "
                "'Replication destination cannot be the same as the source registry'"
            )
    # The original has only its limit of one rule left to check.
    original({"rules": rules[:1]})
    self.replication_config = replication_config
    return {"replicationConfiguration": replication_config}


def _too_many(member: str, most: int) -> ValidationException:
    return ValidationException(
        f"1 validation error detected: Value at '{member}' failed to satisfy constraint: "
        f"Member must have length less than or equal to {most}"
    )
