"""STS: who may assume which role.

AWS ("AssumeRole", STS API reference; "Update a role trust policy", IAM guide): the role must exist
and its trust policy must allow sts:AssumeRole to the caller, sts:SetSourceIdentity too if a source
identity is given and sts:TagSession if tags are; otherwise AccessDenied, the same for a role that
does not exist. A session is as long as the role's MaxSessionDuration at most, one hour
if a session asks; it keeps its source identity in the sessions made from it. moto 5.2.5 gives
credentials for any role of any account. GetSessionToken, GetFederationToken and AssumeRoleWithSAML
answer keys that open nothing, or check nothing; here they are not implemented. Fit for upstream as
an option, the bootstrap exception aside.

The exception: the entry credentials (`callers.py`) may assume OrganizationAccountAccessRole of any
account in which no such role was made. Once there is one, its trust policy decides.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.sts.models import STSBackend
from moto.sts.responses import TokenResponse

from local_aws import callers, trust
from local_aws.callers import Caller
from local_aws.patches import wrap
from local_aws.policies import Access

_NOT_IMPLEMENTED = ("get_session_token", "get_federation_token", "assume_role_with_saml")


def apply() -> None:
    """Ask the role's trust policy."""
    wrap(TokenResponse, "assume_role", _assume_role)
    wrap(STSBackend, "get_caller_identity", _get_caller_identity)
    for name in _NOT_IMPLEMENTED:
        wrap(TokenResponse, name, _not_implemented)


def _assume_role(original: Callable[..., Any], self: TokenResponse) -> ActionResult:
    caller = callers.of(self)
    if caller is None:
        raise trust.access_denied("Access denied")
    arn = str(self._get_param("RoleArn"))
    seconds = self._get_int_param("DurationSeconds", trust.DEFAULT_SECONDS)
    asked = {name: self._get_param(name) for name in _TEXTS}
    account = trust.account_of(arn)
    trust.check_request(asked, seconds)
    role = trust.find_role(arn)
    given, kept = asked["SourceIdentity"], caller.source_identity
    tags = {tag["Key"]: tag["Value"] for tag in self._get_param("Tags") or []}
    keys = {
        **caller.keys(self.region),
        "aws:resourceaccount": account,
        "sts:externalid": asked["ExternalId"],
        "sts:rolesessionname": asked["RoleSessionName"],
        "sts:sourceidentity": given,
        "sts:durationseconds": str(seconds),
        **{f"aws:requesttag/{name.lower()}": value for name, value in tags.items()},
    }
    actions = ["sts:AssumeRole"]
    # A source identity goes along with a session, and each role on its way must allow it.
    actions += ["sts:SetSourceIdentity"] if given or kept else []
    actions += ["sts:TagSession"] if tags else []
    access = Access(actions[0], arn, caller.names, keys)
    allowed = _is_entrance(caller, arn) if role is None else trust.lets_in(role, access, actions)
    if not allowed or (given and kept and given != kept):
        raise trust.access_denied(
            f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}"
        )
    trust.check_duration(role, seconds, chained=caller.role_arn is not None)
    answer: Any = original()
    answer.result["Credentials"].source_identity = given or kept
    if given or kept:
        answer.result["SourceIdentity"] = given or kept
    return ActionResult(answer.result)


_TEXTS = ("RoleSessionName", "ExternalId", "SourceIdentity")


def _is_entrance(caller: Caller, arn: str) -> bool:
    return caller.is_entry and arn.partition(":role/")[2] == callers.ENTRY_ROLE


def _get_caller_identity(
    original: Callable[..., Any], self: STSBackend, access_key_id: str, region: str
) -> tuple[str, str, str]:
    del self
    if access_key_id == callers.ENTRY_KEY:
        return callers.ENTRY.user_id, callers.ENTRY.arn, callers.ENTRY.account
    answer: tuple[str, str, str] = original(access_key_id, region)
    return answer


def _not_implemented(original: Callable[..., Any], self: TokenResponse) -> ActionResult:
    del original, self
    raise NotImplementedError
