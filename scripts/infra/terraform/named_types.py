"""Which types of the aws provider a root module has to do with.

Those are the types that its files name, its modules' files, and its state. Terraform itself says
where these are: in its data directory (TF_DATA_DIR).
"""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

TYPE = re.compile(r"\baws_[a-z0-9_]+")
LOCAL_STATE = "terraform.tfstate"
STATE_SECONDS = 10.0
ABSENT = 404


class UnknowableError(Exception):
    """What the root module has to do with can't be told from here."""


def named_types(directory: Path, data: Path, environment: Mapping[str, str]) -> frozenset[str]:
    """The types, and perhaps words that look like one. Raises UnknowableError.

    directory, data: of the root module, and its TF_DATA_DIR. environment: of its runs, with the
    endpoint and credentials of an S3 backend.
    """
    found: set[str] = set()
    try:
        for folder in _folders(directory, data):
            for pattern in ("*.tf", "*.tf.json"):
                for path in folder.glob(pattern):
                    found.update(TYPE.findall(path.read_text(encoding="utf-8")))
        found.update(TYPE.findall(_state(directory, data, environment)))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnknowableError(str(error)) from error
    return frozenset(found)


def _folders(directory: Path, data: Path) -> Iterator[Path]:
    """The folders of the root module and of all modules that init has installed."""
    yield directory
    manifest = data / "modules" / "modules.json"
    if manifest.is_file():
        for module in json.loads(manifest.read_text(encoding="utf-8"))["Modules"]:
            yield directory / module["Dir"]


def _state(directory: Path, data: Path, environment: Mapping[str, str]) -> str:
    """The text of the state, "" where there is none yet."""
    initialised = data / LOCAL_STATE
    if not initialised.is_file():
        path = directory / LOCAL_STATE
        return path.read_text(encoding="utf-8") if path.is_file() else ""
    backend = json.loads(initialised.read_text(encoding="utf-8"))["backend"]
    if backend["type"] != "s3":
        raise UnknowableError(f"the backend is {backend['type']}")
    return _object(backend["config"], environment)


def _object(backend: Mapping[str, Any], environment: Mapping[str, str]) -> str:
    """The state object, read as its owner's Terraform reads it from the local cloud."""
    # Not boto3: it takes longer to load than the provider takes to start.
    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    url = f"{environment['AWS_ENDPOINT_URL']}/{backend['bucket']}/{backend['key']}"
    credentials = Credentials(
        environment["AWS_ACCESS_KEY_ID"],
        environment["AWS_SECRET_ACCESS_KEY"],
        environment["AWS_SESSION_TOKEN"],
    )
    signed = AWSRequest("GET", url)
    S3SigV4Auth(credentials, "s3", str(backend["region"])).add_auth(signed)
    request = urllib.request.Request(url, headers=dict(signed.headers))  # noqa: S310
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request, timeout=STATE_SECONDS) as answer:
            text: str = answer.read().decode("utf-8")
            return text
    except urllib.error.HTTPError as error:
        if error.code == ABSENT:
            return ""
        raise
