"""What a request may do to a resource of another account: only what the resource's policy allows.

"Cross-account policy evaluation logic" (IAM guide): access across accounts needs an Allow in a
policy of each side. The caller's side is not judged, since IAM is not enforced here. AWS gives the
same answer for a resource that does not exist, and so does this.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse

from local_aws import callers
from local_aws.patches import wrap
from local_aws.policies import ALLOW, Access, decide

Policy = str | bytes | None


def no_policy(arn: str) -> Policy:
    """For resources that AWS has no policies for: nobody else gets in."""
    del arn
    return None


class _DeniedError(ServiceException):
    """moto asks the API model of the service that an exception's module belongs to: none here."""


@dataclass(frozen=True)
class Border:
    """How a service tells its own resources from others'.

    resources: the ARNs that a request of moto's names. policy: the policy of a resource of another
    account, None without one. code: the service's error. closed: operations that no policy opens.
    """

    service: str
    resources: Callable[[Any], list[str]]
    policy: Callable[[str], Policy] = no_policy
    code: str = "AccessDeniedException"
    closed: frozenset[str] = frozenset()


def guard(owner: type[BaseResponse], border: Border) -> None:
    """Judge each request of a service before moto answers it, and let it act where it may."""

    def call_action(original: Callable[..., Any], self: Any) -> Any:
        refusal = _cross(self, border)
        if refusal is None:
            return original()
        status, headers, body = self.serialized(ActionResult(refusal))
        return int(status), {**headers, "status": str(status)}, body

    # `wrap` tells replacements by their names.
    call_action.__qualname__ = f"guard.{border.service}"
    wrap(owner, "call_action", call_action)


def account_of(arn: str) -> str:
    """The account in an ARN, or an empty text where there is none."""
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[0] == "arn" else ""


def _cross(response: Any, border: Border) -> ServiceException | None:
    """Move the request into the account of what it names, or say why not."""
    home = response.current_account
    arns = [arn for arn in border.resources(response) if account_of(arn)]
    foreign = [arn for arn in arns if account_of(arn) != home]
    operation = str(response._get_action())
    action = f"{border.service}:{operation.removesuffix('Batch')}"
    for arn in foreign:
        if operation in border.closed or not _allows(response, border, action, arn):
            caller = callers.of(response)
            return _DeniedError(
                border.code,
                f"User: {caller.arn if caller else 'anonymous'} is not authorized to perform: "
                f"{action} on resource: {arn} because no resource-based policy allows the "
                f"{action} action",
            )
    owners = {account_of(arn) for arn in arns}
    if foreign and len(owners) > 1:
        raise NotImplementedError
    if foreign:
        response.current_account = owners.pop()
    return None


def _allows(response: Any, border: Border, action: str, arn: str) -> bool:
    policy = border.policy(arn)
    caller = callers.of(response)
    if policy is None or caller is None:
        return False
    keys = caller.keys(response.region)
    # SNS's name for the account of a caller, in the policy that each new topic has.
    keys |= {"aws:sourceowner": caller.account, "aws:resourceaccount": account_of(arn)}
    return decide(policy, Access(action, arn, caller.names, keys)) == ALLOW
