"""The load test, with real Locust against a stub on this machine."""

from __future__ import annotations

import http.server
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from harness.gates import findings, result
from harness.places import ENVIRONMENTS, ROOT
from infra.environments import load_environment
from infra.errors import LocalCloudError
from infra.gates import GateResult, Status
from infra.gates.load_test import percentile, process_environment
from infra.repository import Repository
from infra.targets import DEAD_END

SHORT = {
    "seconds": 2,
    "users": 4,
    "requests_per_second": 40,
    "minimum_requests": 4,
    "p95_ms": 500,
    "paths": ["/health", "/other"],
}


PATIENT = {"p95_ms": 100_000}
"""For whatever is no test of times: the machine may have much else to do."""


@dataclass
class Stub:
    """A service that answers as a test wants it to. seen: paths and Host headers of requests."""

    url: str = ""
    seconds: float = 0.0
    status: Callable[[int], int] = lambda _number: 200
    headers: dict[str, str] = field(default_factory=dict)
    seen: list[tuple[str, str]] = field(default_factory=list)

    def test(self, at: str = "source", **settings: Any) -> GateResult:
        """What the gate answers with this service as the source's."""
        address = {f"{at}_url": lambda: (self.url, self.headers)}
        return result("load-test", {**SHORT, **PATIENT, "at": at, **settings}, **address)


@pytest.fixture
def stub() -> Iterator[Stub]:
    """A service on a loopback port."""
    made = Stub()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.seen.append((self.path, self.headers["Host"]))
            status = made.status(len(made.seen))
            time.sleep(made.seconds)
            self.send_response(status)
            if status // 100 == 3:
                self.send_header("Location", "http://127.0.0.1:9/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    yield made
    server.shutdown()
    server.server_close()


def test_a_service_that_answers_passes_with_what_was_measured(
    stub: Stub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Neither the caller's proxies nor Locust's own settings have a say.
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("LOCUST_HOST", "http://127.0.0.1:1")
    monkeypatch.setenv("LOCUST_RUN_TIME", "1h")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".locust.conf").write_text("users = 1000\n")
    stub.headers = {"Host": "abc.eu-west-1.awsapprunner.com"}
    found = stub.test()
    assert found.status is Status.PASSED, found
    details = found.details
    assert details["requests"] == len(stub.seen) >= 4
    assert details["requests"] <= 88, "faster than it was told"
    assert (details["failures"], details["failure_ratio"]) == (0, 0)
    assert details["p95_ms"] > 0
    assert (details["environment"], details["url"]) == ("staging", stub.url)
    assert set(stub.seen) == {
        ("/health", "abc.eu-west-1.awsapprunner.com"),
        ("/other", "abc.eu-west-1.awsapprunner.com"),
    }
    json.dumps(found.document())


def test_the_target_is_loaded_where_the_settings_say_so(stub: Stub) -> None:
    found = stub.test(at="target")
    assert (found.status, found.details["environment"]) == (Status.PASSED, "prod")


def test_a_slow_service_is_refused(stub: Stub) -> None:
    stub.seconds = 0.3
    found = stub.test(p95_ms=250, minimum_requests=1)
    assert found.status is Status.FAILED
    (line,) = findings(found)
    assert line.endswith("at most 250 ms may be")
    assert found.details["p95_ms"] >= 300


@pytest.mark.parametrize("status", [500, 404, 302])
def test_a_service_that_fails_is_refused(stub: Stub, status: int) -> None:
    stub.status = lambda number: status if number % 2 else 200
    found = stub.test(failure_ratio=0.1)
    assert found.status is Status.FAILED
    (line,) = findings(found)
    assert line.endswith("at most 10.00% may")
    assert 0.3 < found.details["failure_ratio"] < 0.7


def test_failures_below_the_limit_pass(stub: Stub) -> None:
    stub.status = lambda number: 500 if number == 1 else 200
    found = stub.test(failure_ratio=0.5)
    assert (found.status, found.details["failures"]) == (Status.PASSED, 1)


def test_too_few_requests_prove_nothing(stub: Stub) -> None:
    stub.seconds = 0.9
    found = stub.test(users=1, requests_per_second=40, minimum_requests=20)
    assert found.status is Status.FAILED
    assert "which proves nothing; at least 20 must be" in findings(found)[0]


def test_nobody_who_answers_is_refused(stub: Stub) -> None:
    stub.url = "http://127.0.0.1:9"
    found = stub.test()
    assert found.status is Status.FAILED
    assert found.details["failure_ratio"] == 1.0


def no_service() -> Any:
    raise LocalCloudError("There is no service.")


def test_no_service_can_not_be_checked() -> None:
    found = result("load-test", SHORT, source_url=no_service)
    assert found.status is Status.ERROR
    assert "There is no service." in found.text


@pytest.fixture
def pretending(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], GateResult]:
    """Run the gate with a program of the test's own in place of Locust."""
    monkeypatch.setattr("infra.gates.load_test.GRACE_SECONDS", 0.5)
    (tmp_path / "environments").symlink_to(ENVIRONMENTS)
    program = tmp_path / ".venv-locust" / "bin" / "locust"
    program.parent.mkdir(parents=True)

    def run(script: str) -> GateResult:
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o700)
        return result(
            "load-test", SHORT, root=tmp_path, source_url=lambda: ("http://127.0.0.1:9", {})
        )

    return run


def writes(*entries: dict[str, Any], code: int = 0) -> str:
    """A script that leaves this as Locust's result."""
    return f"cat > result.json <<'END'\n{json.dumps(list(entries))}\nEND\nexit {code}"


def entry(**times: int) -> dict[str, Any]:
    count = sum(times.values())
    counted = {name.removeprefix("ms"): count for name, count in times.items()}
    return {"num_requests": count, "num_failures": 0, "response_times": counted}


@pytest.mark.mode(48, "gate load-test")
def test_no_requests_at_all_are_a_failure(pretending: Callable[[str], GateResult]) -> None:
    found = pretending(writes())
    assert found.status is Status.FAILED
    assert "0 requests were finished" in findings(found)[0]
    assert found.details["failure_ratio"] == 1.0


def test_all_paths_count_together(pretending: Callable[[str], GateResult]) -> None:
    found = pretending(writes(entry(ms10=90, ms400=4), entry(ms600=6), code=1))
    assert found.details["requests"] == 100
    assert found.details["p95_ms"] == 600
    assert found.status is Status.FAILED
    assert pretending(writes(entry(ms10=90, ms400=5), entry(ms600=5))).status is Status.PASSED


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("exit 2", "Locust ended with exit code 2."),
        ("kill -9 $$", "Locust ended with exit code -9."),
        ("exit 0", "The result of Locust can't be read."),
        ("echo '{}' > result.json", "The result of Locust can't be read."),
        ("echo '[{\"num_requests\": 3}]' > result.json", "The result of Locust can't be read."),
        ("echo '[' > result.json", "The result of Locust can't be read."),
        ("exec sleep 60", "Locust did not come to an end."),
    ],
)
def test_a_locust_that_breaks_can_not_be_checked(
    pretending: Callable[[str], GateResult], script: str, told: str
) -> None:
    found = pretending(script)
    assert found.status is Status.ERROR
    assert found.text == f"It could not be checked: {told}"


def test_locust_gets_nothing_of_the_callers_secrets(
    pretending: Callable[[str], GateResult], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")
    monkeypatch.setenv("GITHUB_TOKEN", "canary")
    pretending(f"env > {tmp_path}/seen")
    names = {line.partition("=")[0] for line in (tmp_path / "seen").read_text().splitlines()}
    allowed = {"PATH", "HOME", "PWD", "OLDPWD", "SHLVL", "_", "LANG", "TMPDIR", "LOAD_TEST"}
    allowed |= {"SSL_CERT_DIR", "SSL_CERT_FILE"}
    allowed |= {name for proxy in ("HTTP", "HTTPS", "NO") for name in proxy_names(proxy)}
    assert names <= allowed
    assert {"HTTP_PROXY", "https_proxy", "NO_PROXY"} <= names
    assert "canary" not in (tmp_path / "seen").read_text()


def test_the_proxies_of_the_caller_are_for_aws_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    staging = load_environment(Repository(ROOT), "staging")
    aws = replace(staging, target="aws")
    address = "https://abc.eu-west-1.awsapprunner.com"
    assert process_environment(aws, address)["HTTPS_PROXY"] == "http://proxy.example"
    for environment, url in ((staging, address), (aws, "http://127.0.0.1:9")):
        found = process_environment(environment, url)
        assert {found[name] for name in (*proxy_names("HTTP"), *proxy_names("HTTPS"))} == {DEAD_END}


def proxy_names(kind: str) -> tuple[str, str]:
    return f"{kind}_PROXY", f"{kind.lower()}_proxy"


def test_without_locust_it_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "environments").symlink_to(ENVIRONMENTS)
    monkeypatch.setattr("sys.prefix", os.fspath(tmp_path / ".venv"))
    found = result("load-test", SHORT, root=tmp_path, source_url=lambda: ("http://127.0.0.1:9", {}))
    assert found.status is Status.ERROR
    assert found.text == "It could not be checked: Locust is not installed."
    assert "make load-test-setup" in found.details["hint"]


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({}, 0),
        ({5: 1}, 5),
        ({1: 94, 9: 6}, 9),
        ({1: 95, 9: 5}, 1),
        ({9: 1, 1: 19}, 1),
        ({1: 1, 2: 1}, 2),
    ],
)
def test_the_percentile_is_the_time_that_so_many_needed_at_most(
    times: dict[float, int], expected: float
) -> None:
    assert percentile(times, 0.95) == expected
