"""The addresses from which the layers of an image are downloaded.

AWS answers GetDownloadUrlForLayer with a presigned address that needs no credentials and is good
for an hour. Here it leads to the local cloud itself and is signed with a secret of this process:
whoever has it may read that one layer, until then or until a restart.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from urllib.parse import parse_qs, urlencode

PATH = "/local/layer"
GOOD_FOR_SECONDS = 3600

_NAMES = ("account", "region", "repository", "digest", "expires")
_secret = secrets.token_bytes(32)

Find = Callable[[str, str, str, str], bytes | None]
"""The content of a layer by account, region, repository and digest."""


def address(account: str, region: str, repository: str, digest: str) -> str:
    """The path and query that lead to a layer."""
    expires = str(int(time.time()) + GOOD_FOR_SECONDS)
    values = (account, region, repository, digest, expires)
    query = dict(zip(_NAMES, values, strict=True))
    return f"{PATH}?{urlencode({**query, 'signature': _sign(values)})}"


def content(query: str, find: Find) -> bytes | None:
    """What an address leads to; None for one that was not made here or is too old."""
    given = parse_qs(query)
    values = tuple(given.get(name, [""])[-1] for name in _NAMES)
    signature = given.get("signature", [""])[-1]
    if not hmac.compare_digest(signature.encode(), _sign(values).encode()):
        return None
    *where, expires = values
    return find(*where) if int(expires) > time.time() else None


def _sign(values: tuple[str, ...]) -> str:
    return hmac.new(_secret, "\n".join(values).encode(), hashlib.sha256).hexdigest()
