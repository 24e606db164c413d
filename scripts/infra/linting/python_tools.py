"""ruff, ruff format and mypy, from the environment that this program runs in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from infra.linting import tools
from infra.linting.findings import Finding, Level, Looked
from infra.linting.site import Site

RUFF, FORMAT, MYPY = "ruff", "ruff-format", "mypy"
_FORMAT_RULE = "unformatted"


def _python(site: Site) -> list[Path]:
    return site.matching("*.py")


def check_ruff(site: Site) -> Looked:
    """Lint all Python files."""
    files = _python(site)
    if not files:
        return Looked(0)
    command = [*tools.module(RUFF), "check", "--output-format=json", "--no-fix", *map(str, files)]
    done = tools.run(site, command, accepted=(0, 1))
    findings = tuple(_ruff(site, item) for item in tools.parsed(RUFF, done))
    return Looked(len(files), findings)


def _ruff(site: Site, item: dict[str, Any]) -> Finding:
    advice = (item.get("fix") or {}).get("message") or item.get("url") or ""
    return Finding(
        RUFF,
        item.get("code") or "invalid-syntax",
        site.name(item["filename"]),
        item["location"]["row"],
        item["message"],
        f"make fmt ({advice})" if item.get("fix") else advice,
    )


def fix_ruff(site: Site) -> None:
    """Repair what ruff can repair safely."""
    command = [*tools.module(RUFF), "check", "--fix", "--quiet", "--exit-zero"]
    tools.run(site, [*command, *map(str, _python(site))], accepted=(0,))


def check_format(site: Site) -> Looked:
    """Find the files that `ruff format` would change."""
    files = _python(site)
    if not files:
        return Looked(0)
    command = [*tools.module(RUFF), "format", "--check", "--output-format=json"]
    done = tools.run(site, [*command, *map(str, files)], accepted=(0, 1))
    findings = tuple(
        Finding(
            FORMAT,
            item.get("code") or _FORMAT_RULE,
            site.name(item["filename"]),
            item["location"]["row"],
            "ruff format would change it.",
            "make fmt",
        )
        for item in tools.parsed("ruff format", done)
    )
    return Looked(len(files), findings)


def fix_format(site: Site) -> None:
    """Format all Python files."""
    files = map(str, _python(site))
    tools.run(site, [*tools.module(RUFF), "format", "--quiet", *files], accepted=(0,))


def check_types(site: Site) -> Looked:
    """Check the types of what pyproject.toml names, strictly."""
    command = [*tools.module(MYPY), "--output=json", "--no-error-summary"]
    # 2 is for a configuration or a crash; a syntax error is one of those that have a place.
    done = tools.run(site, command, accepted=(0, 1, 2))
    found = []
    for line in done.stdout.splitlines():
        try:
            found.append(_mypy(site, json.loads(line)))
        except (ValueError, KeyError) as error:
            raise tools.failure(MYPY, "did not answer in JSON", done) from error
    if done.returncode != 0 and not found:
        raise tools.failure(MYPY, f"ended with exit code {done.returncode}", done)
    return Looked(len(site.matching("policies/*.py", "scripts/*.py")), tuple(found))


def _mypy(site: Site, item: dict[str, Any]) -> Finding:
    line = item["line"] if item["line"] > 0 else None
    level = Level.NOTE if item["severity"] == "note" else Level.ERROR
    rule = item.get("code") or "note"
    hint = item.get("hint") or f"https://mypy.readthedocs.io/en/stable/_refs.html#code-{rule}"
    return Finding(MYPY, rule, site.name(item["file"]), line, item["message"], hint, level)
