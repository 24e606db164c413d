"""STS: roles for the tokens of identity providers.

AWS ("AssumeRoleWithWebIdentity", STS API reference; "Available keys for AWS OIDC federation", IAM
guide): the token's issuer must be a provider of the role's account, its audience one of the
provider's client ids, and it must not be over; then the role's trust policy decides, with the
token's claims as `<issuer>:<claim>`. moto 5.2.5 looks at nothing. Fit for upstream, with a way to
give it the provider's keys.

A signature is not checked: there is no provider to ask for its keys. Anybody can make a token here.
All claims answer conditions, in AWS only some; those that are lists or objects answer none.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.models import iam_backends
from moto.sts.exceptions import STSClientError
from moto.sts.responses import TokenResponse

from local_aws import trust
from local_aws.patches import wrap
from local_aws.policies import Access

_ACTION = "sts:AssumeRoleWithWebIdentity"
_REQUIRED = ("iss", "sub", "aud", "exp")
_NO_JWT = (
    "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
)


def apply() -> None:
    """Ask the provider of the account and the role's trust policy."""
    wrap(TokenResponse, "assume_role_with_web_identity", _assume)


def _assume(original: Callable[..., Any], self: TokenResponse) -> ActionResult:
    arn = str(self._get_param("RoleArn"))
    seconds = self._get_int_param("DurationSeconds", trust.DEFAULT_SECONDS)
    session_name = self._get_param("RoleSessionName")
    account = trust.account_of(arn)
    trust.check_request({"RoleSessionName": session_name}, seconds)
    claims = _claims(str(self._get_param("WebIdentityToken")))
    provider, audience = _provider(account, self.partition, claims)
    issuer = str(claims["iss"]).removeprefix("https://")
    named = {**claims, "aud": claims.get("azp", audience), "oaud": audience}
    keys: dict[str, str | None] = {
        "sts:rolesessionname": session_name,
        "sts:durationseconds": str(seconds),
        "aws:federatedprovider": provider,
        "aws:requestedregion": self.region,
        "aws:resourceaccount": account,
        "aws:securetransport": "true",
        "aws:sourceip": "127.0.0.1",
        **_answers(issuer, named),
    }
    role = trust.find_role(arn)
    access = Access(_ACTION, arn, frozenset({provider}), keys, kinds=("Federated",))
    if role is not None:
        # A claim that the token has not is known to be absent.
        claimed = {f"{issuer}:{name}".lower() for name in named}
        asked = {key for key in trust.condition_keys(role) if key.startswith(f"{issuer}:".lower())}
        keys.update(dict.fromkeys(asked - claimed))
    if role is None or not trust.lets_in(role, access, [_ACTION]):
        raise trust.access_denied(f"Not authorized to perform {_ACTION}")
    trust.check_duration(role, seconds, chained=False)
    answer: Any = original()
    session = answer.result["Credentials"]
    answer.result["AssumedRoleUser"]["AssumedRoleId"] = session.user_id
    answer.result["SubjectFromWebIdentityToken"] = str(claims["sub"])
    answer.result["Audience"] = audience
    answer.result["Provider"] = provider
    return ActionResult(answer.result)


def _claims(token: str) -> dict[str, Any]:
    """The claims of a JSON Web Token (RFC 7519). Raises STS's errors."""
    parts = token.split(".")
    try:
        header, claims = (json.loads(_decoded(part)) for part in parts[:2])
    except ValueError:
        raise _invalid(_NO_JWT) from None
    if len(parts) != 3 or not parts[2] or not isinstance(header, dict) or "alg" not in header:
        raise _invalid(_NO_JWT)
    if not isinstance(claims, dict):
        raise _invalid(_NO_JWT)
    for name in _REQUIRED:
        if not claims.get(name):
            raise _invalid(f"Missing a required claim: {name}")
    if not isinstance(claims["exp"], int | float):
        raise _invalid(_NO_JWT)
    now = int(time.time())
    if claims["exp"] <= now:
        raise STSClientError(
            "ExpiredTokenException",
            f"Token expired: current date/time {now} must be before the expiration date/time "
            f"{int(claims['exp'])}",
        )
    return claims


def _decoded(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)


def _provider(account: str, partition: str, claims: dict[str, Any]) -> tuple[str, str]:
    """The account's provider for the token, and the audience that it was made for."""
    url = str(claims["iss"])
    backends = iam_backends.get(account)
    providers = list(backends[partition].open_id_providers.values()) if backends else []
    found = next((p for p in providers if f"https://{_host(p.url)}" == url), None)
    if found is None:
        raise _invalid(f"No OpenIDConnect provider found in your account for {url}")
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    known = next((str(one) for one in audiences if one in found.client_id_list), None)
    if known is None:
        raise _invalid("Incorrect token audience")
    return str(found.arn), known


def _host(url: str) -> str:
    return url.removeprefix("https://")


def _answers(issuer: str, claims: dict[str, Any]) -> dict[str, str]:
    """The condition keys that the claims answer."""
    return {
        f"{issuer}:{name}".lower(): str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in claims.items()
        if isinstance(value, str | int | float)
    }


def _invalid(message: str) -> STSClientError:
    return STSClientError("InvalidIdentityToken", message)
