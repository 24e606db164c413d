"""Reaching a service at its URL, in AWS and in the local cloud.

In AWS that is the URL itself. In the local cloud App Runner's names lead nowhere; the local cloud
answers for its services at its own address, told apart by the Host header.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from typing import IO, NamedTuple
from urllib.parse import urlsplit

from infra.targets import RunEnvironment

MOST_BYTES = 65_536
PROXIES = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")


class ServiceAddress(NamedTuple):
    """Where requests to a service go, and the headers that each of them needs."""

    url: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Answered:
    """What a service said. status 0: nothing came, and text says why."""

    status: int
    text: str


def address_of(target: str, run: RunEnvironment, service_url: str) -> ServiceAddress:
    """How to reach the service that an environment's `service_url` names."""
    if target != "local":
        return ServiceAddress(service_url.rstrip("/"), {})
    return ServiceAddress(
        run.variables["AWS_ENDPOINT_URL"].rstrip("/"), {"Host": urlsplit(service_url).netloc}
    )


def opener(target: str, run: RunEnvironment) -> urllib.request.OpenerDirector:
    """What opens such addresses: as the run gets to the network, and without redirects."""
    proxies = {}
    if target != "local":
        found = {
            n.lower().partition("_")[0]: run.variables[n] for n in PROXIES if run.variables.get(n)
        }
        proxies = found
    return urllib.request.build_opener(urllib.request.ProxyHandler(proxies), _NoRedirect)


def get(
    through: urllib.request.OpenerDirector, address: ServiceAddress, path: str, seconds: float
) -> Answered:
    """Ask a service once, on a new connection; no answer is an answer too."""
    request = urllib.request.Request(  # noqa: S310
        address.url + path,
        headers={**address.headers, "Connection": "close", "Accept": "application/json"},
    )
    try:
        with through.open(request, timeout=seconds) as answer:
            return Answered(answer.status, _text(answer.read(MOST_BYTES)))
    except urllib.error.HTTPError as error:
        with error:
            return Answered(error.code, _text(error.read(MOST_BYTES)))
    except (OSError, HTTPException, ValueError) as error:
        return Answered(0, str(getattr(error, "reason", error)) or type(error).__name__)


def _text(body: bytes) -> str:
    return body.decode("utf-8", errors="replace")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A health check that leads to a login page is not a healthy one."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> None:
        """Follow none."""
        del req, fp, code, msg, headers, newurl
