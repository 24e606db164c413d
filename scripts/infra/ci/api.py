"""GitHub's REST API, as far as the workflows need it, for one repository.

https://docs.github.com/rest. Redirects are not followed, so the token goes nowhere else, and no
message ever holds it.
"""

from __future__ import annotations

import http.client
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.errors import GitHubError, UsageError

API = "https://api.github.com"
VERSION = "2022-11-28"
PAGE = 100
MOST_PAGES = 50
SECONDS = 30
SHOWN = 200
LOOPBACK = ("127.0.0.1", "localhost", "::1")
REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")


class Staying(urllib.request.HTTPRedirectHandler):
    """Follows nobody elsewhere: the request carries a token."""

    def redirect_request(self, *_arguments: Any, **_keywords: Any) -> None:
        """No."""


@dataclass(frozen=True)
class GitHub:
    """One repository at GitHub, with a token that is never shown."""

    repository: str
    token: str = field(repr=False)
    url: str = API

    def get(self, path: str, **query: str | int) -> Any:
        """Read something. Raises GitHubError."""
        return self._ask("GET", path, query)

    def each(self, path: str, key: str = "", **query: str | int) -> Iterator[dict[str, Any]]:
        """All of a list, page by page. key: where in the answer the list is, "" where it is it."""
        for page in range(1, MOST_PAGES + 1):
            answer = self._ask("GET", path, {**query, "per_page": PAGE, "page": page})
            items = answer[key] if key else answer
            yield from items
            if len(items) < PAGE:
                return
        raise GitHubError(f"GitHub lists more of {path} than can be read.")

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Make something. Raises GitHubError."""
        return self._ask("POST", path, {}, body)

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        """Change something. Raises GitHubError."""
        return self._ask("PATCH", path, {}, body)

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        """Put something in its place. Raises GitHubError."""
        return self._ask("PUT", path, {}, body)

    def me(self) -> str:
        """The login that the token acts as: that of Actions, where it is a job's own."""
        try:
            return str(self._ask("GET", "/user", {})["login"])
        except GitHubError as error:
            if error.status not in (403, 404):
                raise
            return "github-actions[bot]"

    def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str | int],
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        where = path if path.startswith("/") else f"/repos/{self.repository}/{path}"
        asked = f"?{urllib.parse.urlencode(query)}" if query else ""
        # `client` has looked at the address.
        request = urllib.request.Request(  # noqa: S310
            f"{self.url}{where}{asked}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                "User-Agent": "infra",
                "X-GitHub-Api-Version": VERSION,
            },
        )
        opener = urllib.request.build_opener(Staying())
        try:
            with opener.open(request, timeout=SECONDS) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise self._refusal(method, where, error) from None
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise GitHubError(
                f"GitHub can't be reached: {self._hidden(str(reason) or type(reason).__name__)}.",
                hint="Run the command again.",
            ) from None
        except ValueError:
            raise GitHubError(f"GitHub's answer to {method} {where} is no JSON.") from None

    def _refusal(self, method: str, where: str, error: urllib.error.HTTPError) -> GitHubError:
        with error:
            try:
                said = str(json.loads(error.read())["message"])
            except (OSError, ValueError, KeyError, TypeError):
                said = str(error.reason)
        hint = "Run the command again."
        if error.code in (401, 403, 404):
            hint = "The token may lack a permission: docs/workflows.md names those of each job."
        return GitHubError(
            f"GitHub refuses {method} {where}: {error.code}, {self._hidden(said)[:SHOWN]}.",
            hint=hint,
            status=error.code,
        )

    def _hidden(self, text: str) -> str:
        return " ".join(text.replace(self.token, "***").split()).rstrip(".")


def client(variables: Mapping[str, str]) -> GitHub:
    """The client that the process environment describes, as in a job of GitHub Actions.

    Raises UsageError where a variable is missing, or would send the token to anyone else.
    """
    repository, token = variables.get("GITHUB_REPOSITORY", ""), variables.get("GITHUB_TOKEN", "")
    if not REPOSITORY.fullmatch(repository):
        raise UsageError(
            "GITHUB_REPOSITORY does not say which repository is meant.",
            hint="For example: export GITHUB_REPOSITORY=octo-org/trending-now",
        )
    if not token:
        raise UsageError(
            "GITHUB_TOKEN is not set, so GitHub would answer nobody.",
            hint="In a workflow: env: GITHUB_TOKEN: ${{ github.token }}"
            '\nBy hand: export GITHUB_TOKEN="$(gh auth token)"',
        )
    url = variables.get("GITHUB_API_URL") or API
    return GitHub(repository, token, checked_address(url, "GITHUB_API_URL").rstrip("/"))


def checked_address(url: str, name: str) -> str:
    """An address that a token may be sent to: by HTTPS, or on this machine. Raises UsageError."""
    parts = urllib.parse.urlsplit(url)
    loopback = parts.scheme == "http" and parts.hostname in LOOPBACK
    if not parts.hostname or (parts.scheme != "https" and not loopback) or parts.username:
        raise UsageError(f"{name} is no address that a token may be sent to: it must be HTTPS.")
    return url
