"""AWS JSON 1.0 calls to App Runner that no SDK has looked at: signed, and sent as they stand."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from harness.waiting import PATIENCE_SECONDS


@dataclass(frozen=True)
class Answer:
    """What came back: the HTTP status, and the body as JSON."""

    status: int
    body: Mapping[str, Any]

    @property
    def code(self) -> str | None:
        """The error code, or None where there was no error."""
        kind = self.body.get("__type")
        return None if self.status < 300 else str(kind).rpartition("#")[2]

    @property
    def message(self) -> str:
        """The message of an error."""
        return str(self.body.get("Message") or self.body.get("message"))


class RawClient:
    """Calls App Runner without an SDK's checks. keys: what sts:AssumeRole answered."""

    def __init__(self, url: str, region: str, keys: Mapping[str, str]) -> None:
        self._url = url
        credentials = Credentials(
            keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]
        )
        self._auth = SigV4Auth(credentials, "apprunner", region)

    def call(self, operation: str, request: Any) -> Answer:
        """Send `request` as JSON."""
        return self.send(operation, json.dumps(request))

    def send(self, operation: str, body: str) -> Answer:
        """Send a body as it stands."""
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"AppRunner.{operation}",
        }
        request = AWSRequest("POST", self._url + "/", headers=headers, data=body.encode())
        self._auth.add_auth(request)
        host = urlsplit(self._url)
        connection = http.client.HTTPConnection(
            str(host.hostname), host.port, timeout=PATIENCE_SECONDS
        )
        try:
            connection.request("POST", "/", body.encode(), dict(request.headers.items()))
            answer = connection.getresponse()
            return Answer(answer.status, json.loads(answer.read()))
        finally:
            connection.close()
