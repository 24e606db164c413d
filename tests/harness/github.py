"""GitHub's API on loopback, as far as infra.ci speaks it: it keeps what it is told, in memory.

Shapes and codes: docs.github.com/rest. Whoever has no right token gets 401, as there.
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

REPOSITORY = "octo-org/trending-now"
TOKEN = "ghs_canary0token0canary0token0canary0"
SHA = "a" * 40
BOT = "github-actions[bot]"
ADA, BOB = {"id": 1, "login": "ada"}, {"id": 2, "login": "bob"}

Answer = tuple[int, Any]


@dataclass(frozen=True)
class Asked:
    """A request. parts: those of its path that differ."""

    parts: tuple[str, ...]
    query: dict[str, str]
    body: Any

    @property
    def number(self) -> int:
        """The first part."""
        return int(self.parts[0])


@dataclass
class Hub:
    """What GitHub knows. asked: every request, as method and path. broken: answers it instead."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    broken: dict[str, Answer] = field(default_factory=dict)
    comments: list[dict[str, Any]] = field(default_factory=list)
    issues: list[dict[str, Any]] = field(default_factory=list)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    branches: dict[str, dict[str, bytes]] = field(default_factory=lambda: {"main": {}})
    run: dict[str, Any] = field(default_factory=dict)
    reviews: list[dict[str, Any]] = field(default_factory=list)
    notices: list[tuple[str, str]] = field(default_factory=list)
    id_token: str = ""

    def variables(self, **more: str) -> dict[str, str]:
        """Those of a job that works with it."""
        return {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": self.url,
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_RUN_ID": "77",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_SHA": SHA,
            "GITHUB_TOKEN": TOKEN,
            **more,
        }

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Answer:
        """What GitHub says."""
        self.asked.append(f"{method} {path}")
        for start, said in self.broken.items():
            if f"{method} {path}".startswith(start):
                return said
        if path == "/user":
            return 403, {"message": "Resource not accessible by integration"}
        if path == "/token":
            return 200, {"value": self.id_token, "audience": query.get("audience")}
        inner = path.removeprefix(f"/repos/{REPOSITORY}/")
        for pattern, handle in _ROUTES:
            found = re.fullmatch(pattern, f"{method} {inner}")
            if found and inner != path:
                return handle(self, Asked(found.groups(), query, body))
        return 404, {"message": "Not Found"}


def _page(items: list[Any], asked: Asked) -> list[Any]:
    size, page = int(asked.query.get("per_page", 30)), int(asked.query.get("page", 1))
    return items[(page - 1) * size : page * size]


def _list_comments(hub: Hub, asked: Asked) -> Answer:
    return 200, _page([one for one in hub.comments if one["issue"] == asked.number], asked)


def _add_comment(hub: Hub, asked: Asked) -> Answer:
    if len(asked.body["body"]) > 65_536:
        return 422, {"message": "Body is too long (maximum is 65536 characters)"}
    made = {
        "id": len(hub.comments) + 1,
        "issue": asked.number,
        "user": {"login": BOT},
        "body": asked.body["body"],
    }
    hub.comments.append(made)
    return 201, made


def _edit(key: str, items: list[dict[str, Any]], asked: Asked) -> Answer:
    (found,) = [one for one in items if one[key] == asked.number]
    found.update(asked.body)
    return 200, found


def _list_issues(hub: Hub, asked: Asked) -> Answer:
    found = [
        one
        for one in hub.issues
        if one["state"] == asked.query.get("state", "open")
        and asked.query.get("labels", "drift") in [label["name"] for label in one["labels"]]
    ]
    return 200, _page(found, asked)


def _add_issue(hub: Hub, asked: Asked) -> Answer:
    made = {
        "number": len(hub.issues) + 1,
        "state": "open",
        "user": {"login": BOT},
        "title": asked.body["title"],
        "body": asked.body["body"],
        "labels": [{"name": name} for name in asked.body["labels"]],
    }
    hub.issues.append(made)
    return 201, made


def _list_jobs(hub: Hub, asked: Asked) -> Answer:
    check = f"{hub.url}/repos/{REPOSITORY}/check-runs/"
    listed = [
        {"id": 5, "name": "Plan", "conclusion": "success", "check_run_url": f"{check}501"},
        {"id": 6, "name": "Promote", "conclusion": None, "check_run_url": f"{check}502"},
    ]
    return 200, {"total_count": len(listed), "jobs": _page(listed, asked)}


def _list_notices(hub: Hub, asked: Asked) -> Answer:
    listed = [
        {"annotation_level": "notice", "title": title, "message": message}
        for title, message in hub.notices
    ]
    return 200, _page(listed if asked.number == 501 else [], asked)


def _get_content(hub: Hub, asked: Asked) -> Answer:
    content = hub.branches.get(asked.query["ref"], {}).get(asked.parts[0])
    if content is None:
        return 404, {"message": "Not Found"}
    return 200, {"content": base64.encodebytes(content).decode(), "sha": _blob(content)}


def _put_content(hub: Hub, asked: Asked) -> Answer:
    branch = hub.branches[asked.body["branch"]]
    before = branch.get(asked.parts[0])
    if (None if before is None else _blob(before)) != asked.body.get("sha"):
        return 409, {"message": "is at another blob"}
    branch[asked.parts[0]] = base64.b64decode(asked.body["content"])
    return 200, {}


def _blob(content: bytes) -> str:
    return f"blob-{content.hex()[-16:]}"


def _get_ref(hub: Hub, asked: Asked) -> Answer:
    found = asked.parts[0] in hub.branches
    return (200, {"object": {"sha": SHA}}) if found else (404, {"message": "Not Found"})


def _add_ref(hub: Hub, asked: Asked) -> Answer:
    name = asked.body["ref"].removeprefix("refs/heads/")
    if name in hub.branches:
        return 422, {"message": "Reference already exists"}
    hub.branches[name] = dict(hub.branches["main"])
    return 201, {}


def _move_ref(hub: Hub, asked: Asked) -> Answer:
    hub.branches[asked.parts[0]] = dict(hub.branches["main"])
    return 200, {}


def _list_pulls(hub: Hub, asked: Asked) -> Answer:
    head = asked.query["head"].partition(":")[2]
    return 200, [one for one in hub.pulls if one["state"] == "open" and one["head"] == head]


def _add_pull(hub: Hub, asked: Asked) -> Answer:
    hub.pulls.append({"number": len(hub.pulls) + 1, "state": "open", **asked.body})
    return 201, hub.pulls[-1]


def _get_run(hub: Hub, asked: Asked) -> Answer:
    return (200, hub.run) if asked.number == 77 else (404, {"message": "Not Found"})


_ROUTES: list[tuple[str, Callable[[Hub, Asked], Answer]]] = [
    (r"GET issues/(\d+)/comments", _list_comments),
    (r"POST issues/(\d+)/comments", _add_comment),
    (r"PATCH issues/comments/(\d+)", lambda hub, asked: _edit("id", hub.comments, asked)),
    (r"GET issues", _list_issues),
    (r"POST issues", _add_issue),
    (r"PATCH issues/(\d+)", lambda hub, asked: _edit("number", hub.issues, asked)),
    (r"GET actions/runs/(\d+)", _get_run),
    (r"GET actions/runs/77/approvals", lambda hub, _asked: (200, hub.reviews)),
    (r"GET actions/runs/77/attempts/\d+/jobs", _list_jobs),
    (r"GET check-runs/(\d+)/annotations", _list_notices),
    (r"GET contents/(.+)", _get_content),
    (r"PUT contents/(.+)", _put_content),
    (r"GET git/ref/heads/(.+)", _get_ref),
    (r"POST git/refs", _add_ref),
    (r"PATCH git/refs/heads/(.+)", _move_ref),
    (r"GET pulls", _list_pulls),
    (r"POST pulls", _add_pull),
    (r"PATCH pulls/(\d+)", lambda hub, asked: _edit("number", hub.pulls, asked)),
]


@contextlib.contextmanager
def serving() -> Iterator[Hub]:
    """GitHub for the block."""
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            parts = urllib.parse.urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers["Authorization"] != f"Bearer {TOKEN}":
                status, said = 401, {"message": "Bad credentials"}
            else:
                query = dict(urllib.parse.parse_qsl(parts.query))
                status, said = hub.answer(
                    self.command, urllib.parse.unquote(parts.path), query, json.loads(body or b"{}")
                )
            content = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", said["location"])
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def __getattr__(self, name: str) -> Any:
            if name.startswith("do_"):
                return self._do
            raise AttributeError(name)

        def log_message(self, *_arguments: Any) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
