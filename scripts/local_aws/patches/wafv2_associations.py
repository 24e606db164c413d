"""WAF: what a web ACL is associated with.

AWS ("AssociateWebACL" and "DeleteWebACL", WAFV2 API reference): a resource has one web ACL, which a
further association replaces; a web ACL with resources cannot be deleted, and its logging
configuration goes with it. moto 5.2.5 adds an association to those that are there, deletes a web
ACL at any time and keeps its logging configuration. Fit for upstream.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.wafv2.exceptions import WAFv2ClientError
from moto.wafv2.models import WAFV2Backend
from moto.wafv2.utils import make_arn_for_wacl

from local_aws.patches import wrap


class _WAFAssociatedItemError(WAFv2ClientError):
    def __init__(self) -> None:
        super().__init__(
            "WAFAssociatedItemException",
            "AWS WAF couldn't perform the operation because your resource is being used by another "
            "resource or it's associated with another resource.",
        )


def apply() -> None:
    """Give each resource one web ACL, and keep that while it has resources."""
    wrap(WAFV2Backend, "associate_web_acl", _associate_web_acl)
    wrap(WAFV2Backend, "delete_web_acl", _delete_web_acl)


def _associate_web_acl(
    original: Callable[..., None], self: WAFV2Backend, web_acl_arn: str, resource_arn: str
) -> None:
    if web_acl_arn in self.wacls:
        self.disassociate_web_acl(resource_arn)
    original(web_acl_arn, resource_arn)


def _delete_web_acl(
    original: Callable[..., None],
    self: WAFV2Backend,
    name: str,
    scope: str,
    _id: str,
    lock_token: str,
) -> Any:
    arn = make_arn_for_wacl(
        name=name, account_id=self.account_id, region_name=self.region_name, _id=_id, scope=scope
    )
    if arn in self.wacls and self.wacls[arn].associated_resources:
        raise _WAFAssociatedItemError
    original(name, scope, _id, lock_token)
    self.logging_configurations.pop(arn, None)
