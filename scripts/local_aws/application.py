"""The WSGI application: moto's dispatcher, addresses of our own (/local/), and honest refusals."""

from __future__ import annotations

import json
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.moto_server.werkzeug_app import create_backend_app

from local_aws import admission, layers, refusals, service_addresses
from local_aws.alarms import watch
from local_aws.answers import Answer, Answers
from local_aws.callers import Signature
from local_aws.clock import clock
from local_aws.endpoint import Endpoint
from local_aws.faults import control
from local_aws.faults.layer import UNANSWERED, Layer
from local_aws.patches import apply_for, ecr_layers
from local_aws.refusals import Call, Refusal, answered
from local_aws.remembered import Dispatcher
from local_aws.requests import keep_form, may_change, request_of, rewind_form
from local_aws.saving.gate import Gate
from local_aws.saving.keeper import Keeper
from local_aws.saving.store import BadNameError, NoSuchSnapshotError, RefusedError, Store
from local_aws.services.apprunner.exceptions import ResourceNotFoundError
from local_aws.services.apprunner.handshake import complete_handshake
from local_aws.turns import Turns

log = logging.getLogger(__name__)

Environ = dict[str, Any]
StartResponse = Callable[..., Any]

_NOT_FOUND_PAGES = (b"<title>404 Not Found</title>", b"<title>405 Method Not Allowed</title>")
_JSON = "application/json"
_BYTES = "application/octet-stream"
# Two weeks: longer than any alarm looks back.
LONGEST_ADVANCE = 14 * 24 * 3600
_PATIENCE_SECONDS = 10.0


class Application:
    """One local cloud.

    on_change: is told of each new endpoint. refused: what the guard has turned away so far.
    store: where what is in the accounts is kept; without one it is forgotten at the end.
    """

    def __init__(
        self,
        here: Endpoint,
        on_change: Callable[[Endpoint], None],
        refused: Callable[[], dict[str, int]] = dict,
        store: Store | None = None,
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
        self._turns = Turns()
        # Outside of the gate: a call that is held keeps nobody from saving.
        self._faulty = Layer(self._in_account)
        self.faults = self._faulty.faults
        self.gate = Gate()
        self.keeper = (
            Keeper(self.gate, store, self._beside_backends, self._put_back) if store else None
        )

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if service_addresses.is_service(environ):
            with self.gate.shared(), self._turns.taken():
                said = service_addresses.answer(environ)
            start_response(said.status, said.headers)
            return [said.body]
        # A bucket may be called "local": only unsigned requests are for us.
        if path.startswith("/local/") and "HTTP_AUTHORIZATION" not in environ:
            query = environ.get("QUERY_STRING", "")
            if path == layers.PATH and environ["REQUEST_METHOD"] == "GET":
                return self._layer(query, start_response)
            return self._own(environ["REQUEST_METHOD"], path, query, start_response)
        return self._faulty(environ, start_response)

    def _in_account(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        with self.gate.shared():
            body = self._aws(environ, start_response)
            if may_change(environ):
                self.changed()
        return body

    def changed(self) -> None:
        """What is in the accounts may have changed. To be called inside of the gate."""
        if self.keeper is not None:
            self.keeper.changed()

    def tick(self) -> None:
        """Let the alarms follow their metrics."""
        with self.gate.shared(), self._turns.taken():
            before = watch.changes()
            watch.settle_all()
            if watch.changes() != before:
                self.changed()

    def health(self) -> dict[str, Any]:
        """What the process can say about itself without asking moto anything."""
        with self._lock:
            return {
                "instance": self.endpoint.instance,
                "services": dict(sorted(self._requests.items())),
                "unimplemented": dict(sorted(self._unimplemented.items())),
                "failures": dict(sorted(self._failures.items())),
                "refused": self._refused(),
                "saved": self.keeper.status() if self.keeper else None,
                "faults": self.faults.documents(),
            }

    def reset(self) -> Endpoint:
        """Empty every account and become a new instance. Raises BusyError."""
        with self.gate.alone(_PATIENCE_SECONDS):
            BackendDict.reset()
            reset_model_data()
            clock.reset()
            self._answers.forget()
            self._renew()
        if self.keeper is not None:
            self.keeper.forget()
        return self.endpoint

    def _renew(self, restored: str = "") -> None:
        with self._lock:
            self._requests.clear()
            self._unimplemented.clear()
            self._failures.clear()
            self.faults.forget()
            self.endpoint = self.endpoint.renewed(restored)
            self._on_change(self.endpoint)

    def _beside_backends(self) -> Any:
        return {"ahead": clock.ahead, "answers": self._answers.all()}

    def _put_back(self, extra: Any) -> None:
        clock.ahead = extra["ahead"]
        self._answers.put_back(extra["answers"])

    def _own(
        self, method: str, path: str, query: str, start_response: StartResponse
    ) -> Iterable[bytes]:
        try:
            status, body = self._own_answer(method, path, query)
        except Exception as error:
            # The one who asked has to know; there is nobody else to tell.
            log.warning("%s %s failed", method, path, exc_info=True)
            status, body = "500 Internal Server Error", json.dumps({"error": str(error)})
        data = body.encode()
        start_response(status, [("Content-Type", _JSON), ("Content-Length", str(len(data)))])
        return [data]

    def _layer(self, query: str, start_response: StartResponse) -> Iterable[bytes]:
        """A layer of an image, to whoever has its address."""
        with self.gate.shared():
            found = layers.content(query, ecr_layers.find)
        status = "403 Forbidden" if found is None else "200 OK"
        length = str(len(found or b""))
        start_response(status, [("Content-Type", _BYTES), ("Content-Length", length)])
        return [found or b""]

    def _own_answer(self, method: str, path: str, query: str) -> tuple[str, str]:
        status, body = "404 Not Found", json.dumps({"error": f"no such address: {method} {path}"})
        if path == "/local/health" and method == "GET":
            status, body = "200 OK", json.dumps(self.health())
        elif path == "/local/reset" and method == "POST":
            status, body = "200 OK", self.reset().to_json()
        elif path == "/local/clock" and method == "GET":
            status, body = "200 OK", _time()
        elif path == "/local/clock/advance" and method == "POST":
            with self.gate.shared(), self._turns.taken():
                status, body = _advance(query)
                self.changed()
        elif path == "/local/apprunner/handshake" and method == "POST":
            with self.gate.shared(), self._turns.taken():
                status, body = _handshake(query)
                self.changed()
        elif path.startswith("/local/saved") and method == "POST":
            status, body = self._saved(path, query)
        elif path.startswith(control.PATH):
            status, body = control.answer(self.faults, method, path, query) or (status, body)
        return status, body

    def _saved(self, path: str, query: str) -> tuple[str, str]:
        """Save, now or by a name; or bring back what was saved by a name."""
        if self.keeper is None:
            error = {"error": "this local cloud was started to forget", "forgets": True}
            return "409 Conflict", json.dumps(error)
        name = parse_qs(query).get("name", [""])[-1]
        try:
            if path == "/local/saved":
                self.keeper.save()
                return "200 OK", json.dumps(self.keeper.status())
            if path == "/local/saved/snapshot":
                return "200 OK", json.dumps(self.keeper.save_snapshot(name).summary)
            if path == "/local/saved/snapshot/load":
                header = self.keeper.load_snapshot(name, self._renew)
                return "200 OK", json.dumps(header.summary)
        except BadNameError as error:
            return _refusal("400 Bad Request", str(error))
        except NoSuchSnapshotError:
            return _refusal("404 Not Found", f"nothing was saved as {name}")
        except RefusedError as error:
            return _refusal("409 Conflict", f"what was saved as {name} {error}")
        return _refusal("404 Not Found", f"no such address: POST {path}")

    def _aws(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        started: list[Any] = []

        def capture(status: str, headers: list[tuple[str, str]], *_: Any) -> Callable[..., None]:
            started[:] = [status, headers]
            return _ignore_written_data

        keep_form(environ)
        turned_away = _turned_away(environ)
        if turned_away is not None:
            return answered(turned_away, start_response)
        missed = self._answers.missed(environ)
        if missed is not None:
            start_response(missed.status, missed.headers)
            return [missed.body]
        try:
            application = self._moto.get_application(environ)
        except Exception as error:
            # moto looks a service up by importing it and fails in many ways for one it lacks.
            log.debug("no backend: %s", error)
            return self._unknown(environ, start_response)
        service = str(getattr(application, "service", "unknown"))
        self._count(self._requests, service)
        try:
            with self._turns.taken(service):
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
            if UNANSWERED not in environ:
                self._answers.keep(environ, Answer(status, headers, body[0]))
        start_response(status, headers)
        return body

    def _unknown(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        request = request_of(environ)
        call = refusals.identify(request)
        self._count(self._unimplemented, call.key)
        log.warning("not implemented: %s", call.key)
        return answered(refusals.not_implemented(request, call), start_response)

    def _broken(
        self, environ: Environ, start_response: StartResponse, error: Exception
    ) -> Iterable[bytes]:
        request = request_of(environ)
        call: Call = refusals.identify(request)
        self._count(self._failures, call.key)
        log.exception("failed: %s", call.key)
        return answered(refusals.failure(request, call, error), start_response)

    def _count(self, counter: Counter[str], key: str) -> None:
        with self._lock:
            counter[key] += 1


def _refusal(status: str, error: str) -> tuple[str, str]:
    return status, json.dumps({"error": error})


def _turned_away(environ: Environ) -> Refusal | None:
    """The answer to a request that may not get in, or None for one that may."""
    signature = Signature.of(
        environ.get("HTTP_AUTHORIZATION", ""),
        environ.get("HTTP_X_AMZ_SECURITY_TOKEN"),
        environ.get("QUERY_STRING", ""),
    )
    if admission.is_open_to(signature):
        return None
    request = request_of(environ)
    call = refusals.identify(request)
    denial = admission.denial(signature, call, refusals.protocol_of(request, call.service))
    rewind_form(environ)
    return None if denial is None else refusals.denied(request, call, denial)


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


def _handshake(query: str) -> tuple[str, str]:
    """Complete the handshake of the connection `?connection=ARN`."""
    try:
        connection = complete_handshake(parse_qs(query).get("connection", [""])[-1])
    except ResourceNotFoundError as error:
        return _refusal("404 Not Found", str(error.message))
    return "200 OK", json.dumps(connection.to_dict())


def _ignore_written_data(data: bytes) -> None:
    """WSGI's old `write()`, which Flask never calls."""
    del data


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
