"""Gate load-test: the release answers fast enough under load, where it runs already.

Locust runs headless in an environment of its own (.venv-locust), as a program.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from infra import processes
from infra.environments import Environment
from infra.gates.context import GateContext, ServiceAddress
from infra.gates.gate import Gate
from infra.gates.results import Outcome, UncheckedError
from infra.gates.settings import Section, Setting, Settings, list_of, number, one_of, whole
from infra.targets import DEAD_END

LOCUSTFILE = Path(__file__).with_name("locustfile.py")
PROGRAM = Path(".venv-locust") / "bin" / "locust"
INHERITED = ("LANG", "PATH", "SSL_CERT_DIR", "SSL_CERT_FILE", "TMPDIR")
PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy")
REQUEST_SECONDS = 10
GRACE_SECONDS = 60.0
"""What starting, the last requests and writing the result may take beside the test itself."""
EXIT_CODES = (0, 1)
"""Locust ends with 1 when a request failed; the gate judges that by itself."""


@dataclass(frozen=True)
class Measured:
    """What Locust counted. p95_ms: of all requests, also those that failed."""

    requests: int
    failures: int
    p95_ms: float

    @property
    def failure_ratio(self) -> float:
        """The share of requests that failed; of none, all."""
        return self.failures / self.requests if self.requests else 1.0


def _check(context: GateContext, settings: Settings) -> Outcome:
    at = settings["at"]
    environment, url, headers = (
        (context.source, *context.source_url())
        if at == "source"
        else (context.target, *context.target_url())
    )
    measured = _run(_program(context.repository.root), environment, (url, headers), settings)
    findings = list(_findings(measured, settings))
    details: dict[str, Any] = {
        "environment": environment.name,
        "url": url,
        "requests": measured.requests,
        "failures": measured.failures,
        "failure_ratio": round(measured.failure_ratio, 4),
        "p95_ms": measured.p95_ms,
        "settings": dict(settings),
    }
    told = (
        f"{measured.requests} requests to {environment.name}, {measured.failures} failed,"
        f" 95 % took at most {measured.p95_ms:g} ms"
    )
    if findings:
        return Outcome(False, f"{told}.", {**details, "findings": findings})
    return Outcome(True, f"{told}.", details)


def _findings(measured: Measured, settings: Settings) -> list[str]:
    found = []
    if measured.requests < settings["minimum_requests"]:
        found.append(
            f"{measured.requests} requests were finished, which proves nothing;"
            f" at least {settings['minimum_requests']} must be"
        )
    if measured.failure_ratio > settings["failure_ratio"]:
        found.append(
            f"{measured.failure_ratio:.2%} of the requests failed;"
            f" at most {settings['failure_ratio']:.2%} may"
        )
    if measured.p95_ms > settings["p95_ms"]:
        found.append(
            f"95 % of the requests took up to {measured.p95_ms:g} ms;"
            f" at most {settings['p95_ms']:g} ms may be"
        )
    return found


def _program(root: Path) -> Path:
    """Locust: of the checkout, else of the one that infra itself was installed from."""
    for folder in (root, Path(sys.prefix).parent):
        if (folder / PROGRAM).is_file():
            return folder / PROGRAM
    raise UncheckedError("Locust is not installed.", hint="Set it up: make load-test-setup")


def _run(
    program: Path, environment: Environment, address: ServiceAddress, settings: Settings
) -> Measured:
    url, headers = address
    rate = settings["requests_per_second"] / settings["users"]
    plan = {
        "paths": settings["paths"],
        "headers": dict(headers),
        "rate": rate,
        "timeout": REQUEST_SECONDS,
    }
    with tempfile.TemporaryDirectory(prefix="infra-load-test-") as folder:
        result = Path(folder) / "result"  # Locust adds .json
        arguments = [
            str(program),
            "--locustfile", str(LOCUSTFILE),
            "--headless",
            "--only-summary",
            "--host", url,
            "--users", str(settings["users"]),
            "--spawn-rate", str(settings["users"]),
            "--run-time", f"{settings['seconds']}s",
            "--stop-timeout", f"{REQUEST_SECONDS}s",
            "--json-file", str(result),
        ]  # fmt: skip
        try:
            # In a folder of its own, which is its home too: Locust takes settings from both.
            done = processes.run(
                arguments,
                environment={
                    **process_environment(environment, url),
                    "HOME": folder,
                    "LOAD_TEST": json.dumps(plan),
                },
                directory=Path(folder),
                timeout=settings["seconds"] + GRACE_SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise UncheckedError("Locust did not come to an end.") from error
        except OSError as error:
            raise UncheckedError(f"Locust can't be started: {error.strerror}.") from error
        if done.returncode not in EXIT_CODES:
            raise UncheckedError(f"Locust ended with exit code {done.returncode}.")
        return _read(result.with_suffix(".json"))


def process_environment(environment: Environment, url: str) -> dict[str, str]:
    """From an allow-list; for the local cloud every way to another machine is a dead end."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    here = environment.target == "local" or urlsplit(url).hostname == "127.0.0.1"
    if not here:
        return inherited | {name: os.environ[name] for name in PROXIES if name in os.environ}
    dead = {name: DEAD_END for name in PROXIES if "no" not in name.lower()}
    return {**inherited, **dead, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


def _read(path: Path) -> Measured:
    """Locust's own counts, which it writes as JSON: one entry for each path."""
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(entries, list):
            raise TypeError
        times: dict[float, int] = {}
        for entry in entries:
            for time, count in entry["response_times"].items():
                times[float(time)] = times.get(float(time), 0) + int(count)
        requests = sum(int(entry["num_requests"]) for entry in entries)
        failures = sum(int(entry["num_failures"]) for entry in entries)
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise UncheckedError("The result of Locust can't be read.") from error
    return Measured(requests, failures, percentile(times, 0.95))


def percentile(times: Mapping[float, int], share: float) -> float:
    """The time in which a share of all requests was finished. times: how many took how long."""
    rank = math.ceil(share * sum(times.values()))
    for time in sorted(times):
        rank -= times[time]
        if rank <= 0:
            return time
    return 0.0


def _complaint(settings: Settings) -> str:
    most = settings["requests_per_second"] * settings["seconds"]
    if settings["minimum_requests"] > most:
        return (
            f"minimum_requests is {settings['minimum_requests']}, but at most {most:g} can be made"
            " (requests_per_second * seconds)"
        )
    return "" if settings["paths"] else "paths is empty"


GATE = Gate(
    "load-test",
    "The release answers fast enough and without failures under load, where it runs already.",
    _check,
    Section(
        {
            "at": Setting(
                one_of("source", "target"),
                "source",
                "whose service gets the load; before an apply only the source runs the release",
            ),
            "users": Setting(whole("a whole number from 1 to 1000", 1, 1000), 5, "users at a time"),
            "requests_per_second": Setting(
                number("a number from 0.1 to 10000", 0.1, 10000),
                20,
                "of all users together, at most; a firewall counts them too",
            ),
            "seconds": Setting(
                whole("a whole number from 1 to 3600", 1, 3600), 30, "how long the test takes"
            ),
            "paths": Setting(
                list_of(
                    "a list of paths, such as [/, /health]",
                    lambda item: isinstance(item, str) and item.startswith("/"),
                ),
                ["/"],
                "what is asked for, in turn",
            ),
            "p95_ms": Setting(
                number("milliseconds above 0", 0.001),
                1000,
                "in which 95 % of the requests must be finished",
            ),
            "failure_ratio": Setting(
                number("a number from 0 to 1", 0, 1), 0.01, "the share of requests that may fail"
            ),
            "minimum_requests": Setting(
                whole("a whole number from 1", 1),
                100,
                "how many must be finished to prove anything",
            ),
        },
        _complaint,
    ),
)
