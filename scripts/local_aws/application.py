"""The WSGI application: moto's dispatcher, two addresses of our own, and honest refusals."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.moto_server.werkzeug_app import BackendRequest, create_backend_app

from local_aws import refusals
from local_aws.alarms import watch
from local_aws.answers import Answer, Answers
from local_aws.clock import clock
from local_aws.endpoint import Endpoint
from local_aws.patches import apply_for
from local_aws.refusals import Call, Refusal
from local_aws.remembered import Dispatcher

log = logging.getLogger(__name__)

Environ = dict[str, Any]
StartResponse = Callable[..., Any]

_NOT_FOUND_PAGES = (b"<title>404 Not Found</title>", b"<title>405 Method Not Allowed</title>")
_JSON = "application/json"
# Two weeks: longer than any alarm looks back.
LONGEST_ADVANCE = 14 * 24 * 3600


class Application:
    """One local cloud.

    on_change: is told of each new endpoint. refused: what the guard has turned away so far.
    """

    def __init__(
        self,
        here: Endpoint,
        on_change: Callable[[Endpoint], None],
        refused: Callable[[], dict[str, int]] = dict,
    ) -> None:
        self.endpoint = here
        self._refused = refused
        self._on_change = on_change
        self._lock = threading.Lock()
        self._requests: Counter[str] = Counter()
        self._unimplemented: Counter[str] = Counter()
        self._failures: Counter[str] = Counter()
        self._moto = Dispatcher(_create_backend_app)
        self._answers = Answers()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        # A bucket may be called "local": only unsigned requests are for us.
        if path.startswith("/local/") and "HTTP_AUTHORIZATION" not in environ:
            query = environ.get("QUERY_STRING", "")
            return self._own(environ["REQUEST_METHOD"], path, query, start_response)
        return self._aws(environ, start_response)

    def health(self) -> dict[str, Any]:
        """What the process can say about itself without asking moto anything."""
        with self._lock:
            return {
                "instance": self.endpoint.instance,
                "services": dict(sorted(self._requests.items())),
                "unimplemented": dict(sorted(self._unimplemented.items())),
                "failures": dict(sorted(self._failures.items())),
                "refused": self._refused(),
            }

    def reset(self) -> Endpoint:
        """Empty every account and become a new instance."""
        with self._lock:
            BackendDict.reset()
            reset_model_data()
            clock.reset()
            self._answers.forget()
            self._requests.clear()
            self._unimplemented.clear()
            self._failures.clear()
            self.endpoint = self.endpoint.renewed()
            self._on_change(self.endpoint)
            return self.endpoint

    def _own(
        self, method: str, path: str, query: str, start_response: StartResponse
    ) -> Iterable[bytes]:
        status, body = "404 Not Found", json.dumps({"error": f"no such address: {method} {path}"})
        if path == "/local/health" and method == "GET":
            status, body = "200 OK", json.dumps(self.health())
        elif path == "/local/reset" and method == "POST":
            status, body = "200 OK", self.reset().to_json()
        elif path == "/local/clock" and method == "GET":
            status, body = "200 OK", _time()
        elif path == "/local/clock/advance" and method == "POST":
            status, body = _advance(query)
        data = body.encode()
        start_response(status, [("Content-Type", _JSON), ("Content-Length", str(len(data)))])
        return [data]

    def _aws(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        started: list[Any] = []

        def capture(status: str, headers: list[tuple[str, str]], *_: Any) -> Callable[..., None]:
            started[:] = [status, headers]
            return _ignore_written_data

        missed = self._answers.missed(environ)
        if missed is not None:
            start_response(missed.status, missed.headers)
            return [missed.body]
        _keep_form(environ)
        try:
            application = self._moto.get_application(environ)
        except Exception as error:
            # moto looks a service up by importing it and fails in many ways for one it lacks.
            log.debug("no backend: %s", error)
            return self._unknown(environ, start_response)
        service = str(getattr(application, "service", "unknown"))
        self._count(self._requests, service)
        try:
            body = application(environ, capture)
        except NotImplementedError:
            return self._unknown(environ, start_response)
        except Exception as error:
            return self._broken(environ, start_response, error)
        status, headers = started
        if status[:3] in ("404", "405"):
            chunks = b"".join(body)
            if _is_unrouted(environ, service, headers, chunks):
                return self._unknown(environ, start_response)
            body = [chunks]
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            # What GET answers may be large, and to ask again does no harm.
            body = [b"".join(body)]
            self._answers.keep(environ, Answer(status, headers, body[0]))
        start_response(status, headers)
        return body

    def _unknown(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        request = _request(environ)
        call = refusals.identify(request)
        self._count(self._unimplemented, call.key)
        log.warning("not implemented: %s", call.key)
        return _answer(refusals.not_implemented(request, call), start_response)

    def _broken(
        self, environ: Environ, start_response: StartResponse, error: Exception
    ) -> Iterable[bytes]:
        request = _request(environ)
        call: Call = refusals.identify(request)
        self._count(self._failures, call.key)
        log.exception("failed: %s", call.key)
        return _answer(refusals.failure(request, call, error), start_response)

    def _count(self, counter: Counter[str], key: str) -> None:
        with self._lock:
            counter[key] += 1


def _create_backend_app(service: Any) -> Any:
    apply_for(service)
    return create_backend_app(service)


def _time() -> str:
    return json.dumps({"now": clock.now(), "ahead": clock.ahead})


def _advance(query: str) -> tuple[str, str]:
    """Put the clock forward by `?seconds=N` and let the alarms follow."""
    text = parse_qs(query).get("seconds", [""])[-1]
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= LONGEST_ADVANCE:
        error = f"seconds must be a whole number from 1 to {LONGEST_ADVANCE}"
        return "400 Bad Request", json.dumps({"error": error})
    watch.advance(int(text))
    return "200 OK", _time()


def _ignore_written_data(data: bytes) -> None:
    """WSGI's old `write()`, which Flask never calls."""
    del data


def _keep_form(environ: Environ) -> None:
    """Keep a form at hand: moto consumes it, and a refusal needs the Action that stands in it."""
    if str(environ.get("CONTENT_TYPE", "")).startswith("application/x-www-form-urlencoded"):
        length = int(environ.get("CONTENT_LENGTH") or 0)
        environ["local_aws.form"] = environ["wsgi.input"].read(length)
        environ["wsgi.input"] = io.BytesIO(environ["local_aws.form"])


def _request(environ: Environ) -> BackendRequest:
    if "local_aws.form" in environ:
        environ["wsgi.input"] = io.BytesIO(environ["local_aws.form"])
    return BackendRequest(environ)


def _is_unrouted(
    environ: Environ, service: str, headers: list[tuple[str, str]], body: bytes
) -> bool:
    """Whether moto had no route, as opposed to an operation that answers "not found"."""
    kinds = [value for name, value in headers if name.lower() == "content-type"]
    if any(page in body for page in _NOT_FOUND_PAGES) and "text/html" in "".join(kinds):
        return True
    # moto's BaseResponse answers an unknown REST path with an empty 404. In S3 an empty 404 is
    # a missing bucket or key.
    return not body and environ["REQUEST_METHOD"] != "HEAD" and not service.startswith("s3")


def _answer(refusal: Refusal, start_response: StartResponse) -> Iterable[bytes]:
    start_response("400 Bad Request", refusal.headers)
    return [refusal.body]
