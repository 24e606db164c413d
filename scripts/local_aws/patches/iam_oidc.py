"""IAM: the client ids of an OpenID Connect provider.

AWS ("AddClientIDToOpenIDConnectProvider", "RemoveClientIDFromOpenIDConnectProvider", IAM API
reference): both are idempotent. moto 5.2.5 has neither. Fit for upstream.
"""

from __future__ import annotations

from moto.core.responses import ActionResult, EmptyResult
from moto.iam.models import OpenIDConnectProvider
from moto.iam.responses import IamResponse

from local_aws.patches import add


def apply() -> None:
    """Add both operations."""
    add(IamResponse, "add_client_id_to_open_id_connect_provider", _add_client_id)
    add(IamResponse, "remove_client_id_from_open_id_connect_provider", _remove_client_id)


def _add_client_id(self: IamResponse) -> ActionResult:
    provider, client_id = _provider(self), self._get_param("ClientID")
    if client_id not in provider.client_id_list:
        provider.client_id_list = [*provider.client_id_list, client_id]
    return EmptyResult()


def _remove_client_id(self: IamResponse) -> ActionResult:
    provider, client_id = _provider(self), self._get_param("ClientID")
    provider.client_id_list = [known for known in provider.client_id_list if known != client_id]
    return EmptyResult()


def _provider(self: IamResponse) -> OpenIDConnectProvider:
    return self.backend.get_open_id_connect_provider(self._get_param("OpenIDConnectProviderArn"))
