"""What moto expects of a WSGI server and waitress does not do by itself; and what a request does.

S3 user metadata may have underscores in its names ("Working with object metadata", S3 user
guide). waitress drops every header with an underscore, since WSGI cannot tell `X_Foo` from
`X-Foo`; moto's own server keeps the ones it knows. moto also wants the undecoded path as RAW_URI.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any

from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    environ_key_for_header,
    should_preserve_original_header_name,
)
from moto.moto_server.werkzeug_app import BackendRequest
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import WSGITask

_READING = re.compile(
    "(BatchGet|Check|Describe|Filter|Get|Head|List|Lookup|Search|Simulate|Test|Validate)[A-Z]"
)
# These make something that later requests refer to.
_CHANGING_ALL_THE_SAME = frozenset(
    ["GetFederationToken", "GetParametersForImport", "GetSessionToken"]
)
_ACTION = re.compile(rb"(?:^|&)Action=([A-Za-z]+)")


def may_change(environ: Mapping[str, Any]) -> bool:
    """Tell whether a request may change what is in the accounts, as far as it shows its name."""
    if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
        return False
    name = str(environ.get("HTTP_X_AMZ_TARGET", "")).rpartition(".")[2]
    if not name and (action := _ACTION.search(environ.get("local_aws.form", b""))):
        name = action[1].decode()
    return name in _CHANGING_ALL_THE_SAME or not _READING.match(name)


def keep_form(environ: dict[str, Any]) -> None:
    """Keep a form at hand: moto consumes it, and a refusal needs the Action that stands in it."""
    if "local_aws.form" in environ:
        rewind_form(environ)
    elif str(environ.get("CONTENT_TYPE", "")).startswith("application/x-www-form-urlencoded"):
        length = int(environ.get("CONTENT_LENGTH") or 0)
        environ["local_aws.form"] = environ["wsgi.input"].read(length)
        rewind_form(environ)


def rewind_form(environ: dict[str, Any]) -> None:
    """Have a form that is at hand read from its beginning."""
    if "local_aws.form" in environ:
        environ["wsgi.input"] = io.BytesIO(environ["local_aws.form"])


def request_of(environ: dict[str, Any]) -> BackendRequest:
    """A request as moto takes it."""
    rewind_form(environ)
    return BackendRequest(environ)


class _Parser(HTTPRequestParser):  # type: ignore[misc]
    """Remembers the metadata headers that waitress is about to drop."""

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        if self.body_rcv is None:
            # An empty object of boto3's: waitress would wait for ever for the body after its 100.
            self.expect_continue = False
        self.kept: dict[str, tuple[str, str]] = {}
        for line in header_plus.split(b"\r\n")[1:]:
            name, separator, value = line.partition(b":")
            if not separator or b"_" not in name:
                continue
            text = name.decode("latin-1")
            key = environ_key_for_header(text)
            # An underscored header never stands in for a dashed one.
            if should_preserve_original_header_name(text) and key[5:] not in self.headers:
                self.kept[key] = (text, value.strip(b" \t").decode("latin-1"))


class _Task(WSGITask):  # type: ignore[misc]
    def get_environment(self) -> dict[str, Any]:
        first_time = self.environ is None
        environ: dict[str, Any] = super().get_environment()
        if first_time:
            environ["RAW_URI"] = environ["REQUEST_URI"]
            kept = getattr(self.request, "kept", {})
            environ.update({key: value for key, (_, value) in kept.items()})
            environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = {k: n for k, (n, _) in kept.items()}
        return environ

    def build_response_header(self) -> bytes:
        # One connection a request, as moto's own server has it: on kept connections the provider's
        # SDK now and then missed an answer and sent the request again, so that a create that had
        # succeeded was refused as a duplicate.
        self.set_close_on_finish()
        # waitress writes `X-Amz-Meta-Name`, and botocore takes metadata keys as they stand there.
        wanted = {
            name.lower(): name
            for name, _ in self.response_headers
            if name.lower().startswith("x-amz-meta-")
        }
        header: bytes = super().build_response_header()
        if not wanted:
            return header
        lines = header.decode("latin-1").split("\r\n")
        for index, line in enumerate(lines):
            name, separator, value = line.partition(":")
            lines[index] = wanted.get(name.lower(), name) + separator + value
        return "\r\n".join(lines).encode("latin-1")


class KeepingUnderscores(HTTPChannel):  # type: ignore[misc]
    """A waitress channel that hands moto the environment it was written for."""

    parser_class = _Parser
    task_class = _Task
