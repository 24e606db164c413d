"""S3 operations that moto does not have are refused.

AWS has an operation for each sub-resource, such as `PUT /bucket?abac`. moto 5.2.5 overlooks a
sub-resource it does not know: a Put answers as CreateBucket, a Get lists objects, and a Delete
deletes the bucket or the object. Fit for upstream, as NotImplementedError in moto's dispatch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.utils import get_service_model
from moto.s3.responses import S3Response

from local_aws.patches import wrap

# What moto and the modules beside this one answer, by method.
_CONFIGURATIONS = "analytics intelligent-tiering inventory metrics"
_BUCKET = {
    "GET": f"{_CONFIGURATIONS} accelerate acl cors encryption lifecycle list-type location logging "
    "notification object-lock ownershipControls policy policyStatus publicAccessBlock replication "
    "requestPayment tagging uploads versioning versions website",
    "PUT": f"{_CONFIGURATIONS} accelerate acl cors encryption lifecycle logging notification "
    "object-lock ownershipControls policy publicAccessBlock replication requestPayment tagging "
    "versioning website",
    "DELETE": f"{_CONFIGURATIONS} cors encryption lifecycle ownershipControls policy "
    "publicAccessBlock replication tagging website",
    "POST": "delete",
}
_KEY = {
    "GET": "acl attributes legal-hold tagging",
    "PUT": "acl legal-hold retention tagging",
    "DELETE": "tagging",
    "POST": "restore select select-type uploads",
}


def apply() -> None:
    """Refuse the sub-resources that nobody answers for."""
    known = _all_sub_resources()
    for method, table in (("_bucket_response", _BUCKET), ("_key_response", _KEY)):
        wrap(S3Response, method, _refuser(known, table))


def _refuser(known: frozenset[str], table: dict[str, str]) -> Callable[..., Any]:
    answered = {method: frozenset(names.split()) for method, names in table.items()}

    def refuse(original: Callable[..., Any], self: Any, request: Any, full_url: str) -> Any:
        del self
        missing = (known & set(request.args)) - answered.get(request.method, frozenset())
        if missing:
            raise NotImplementedError(f"{request.method} ?{'&'.join(sorted(missing))}")
        return original(request, full_url)

    return refuse


def _all_sub_resources() -> frozenset[str]:
    """The query parameters that tell S3's operations apart."""
    model = get_service_model("s3")
    found: set[str] = set()
    for name in model.operation_names:
        query = model.operation_model(name).http["requestUri"].partition("?")[2]
        found.update(part.partition("=")[0] for part in query.split("&") if part)
    return frozenset(found - {"x-id"})
