"""IAM: the description of a role.

AWS ("UpdateRole", IAM API reference): the description stays unless another one is given. moto 5.2.5
takes it away with each update that is about the longest session alone. Fit for upstream.
"""

from __future__ import annotations

from collections.abc import Callable

from moto.iam.models import IAMBackend, Role

from local_aws.patches import wrap


def apply() -> None:
    """Keep the description that an update does not mention."""
    wrap(IAMBackend, "update_role", _update_role)


def _update_role(
    original: Callable[..., Role],
    self: IAMBackend,
    role_name: str,
    role_description: str | None,
    max_session_duration: str,
) -> Role:
    if role_description is None:
        role_description = self.get_role(role_name).description
    return original(role_name, role_description, max_session_duration)
