"""Shell scripts, YAML and Markdown: shellcheck, yamllint and rumdl."""

from __future__ import annotations

import re
from pathlib import Path

from infra.errors import LintToolError
from infra.linting import tools
from infra.linting.findings import Finding, Level, Looked
from infra.linting.site import Site

SHELL, YAML, MARKDOWN = "shellcheck", "yamllint", "markdown"
_SHEBANG = re.compile(rb"#! ?(/usr)?/bin/(env )?(ba|da|k)?sh\b")
_YAML_RULES = "https://yamllint.readthedocs.io/en/stable/rules.html#module-yamllint.rules."
_YAMLLINT = re.compile(r"(?P<file>.+?):(?P<line>\d+):\d+: \[(?P<level>\w+)\] (?P<text>.*)")


def check_shell(site: Site) -> Looked:
    """Check every file that is a shell script by its name or its first line."""
    files = [path for path in site.files if path.suffix == ".sh" or _is_script(path)]
    path = tools.program(site, SHELL, tools.LINT_ENVIRONMENT)
    if not files:
        return Looked(0)
    command = [path, "--format=json1", "--norc", "--enable=all", "--external-sources"]
    done = tools.run(site, [*command, *map(str, files)], accepted=(0, 1))
    findings = tuple(
        Finding(
            SHELL,
            f"SC{item['code']}",
            site.name(item["file"]),
            item["line"],
            item["message"],
            f"https://www.shellcheck.net/wiki/SC{item['code']}",
        )
        for item in tools.parsed(SHELL, done)["comments"]
    )
    return Looked(len(files), findings)


def _is_script(path: Path) -> bool:
    if path.suffix:
        return False
    try:
        with path.open("rb") as file:
            return _SHEBANG.match(file.readline(100)) is not None
    except OSError:
        return False


def check_yaml(site: Site) -> Looked:
    """Check all YAML files by .yamllint.yaml."""
    files = site.matching("*.yml", "*.yaml")
    path = tools.program(site, YAML, tools.LINT_ENVIRONMENT)
    if not files:
        return Looked(0)
    settings = ["--config-file", str(site.root / ".yamllint.yaml"), "--strict"]
    command = [path, "--format=parsable", *settings, *map(site.name, files)]
    done = tools.run(site, command, accepted=(0, 1, 2))
    return Looked(len(files), tuple(_yaml(line) for line in done.stdout.splitlines()))


def _yaml(line: str) -> Finding:
    """A line of yamllint's format for programs; it has no other."""
    found = _YAMLLINT.fullmatch(line)
    if found is None:
        raise LintToolError("yamllint did not answer in its format for programs.", details=(line,))
    message, _, rule = found["text"].rpartition(" (")
    name = rule.rstrip(")")
    advice = _YAML_RULES + name.replace("-", "_")
    return Finding(YAML, name, found["file"], int(found["line"]), message, advice)


def check_markdown(site: Site) -> Looked:
    """Check all Markdown files by .rumdl.toml."""
    files = site.matching("*.md")
    path = tools.program(site, "rumdl", tools.LINT_ENVIRONMENT)
    if not files:
        return Looked(0)
    settings = ["--config", str(site.root / ".rumdl.toml"), "--no-cache"]
    command = [path, "check", *settings, "--output-format=json", *map(site.name, files)]
    done = tools.run(site, command, accepted=(0, 1))
    findings = tuple(
        Finding(
            MARKDOWN,
            item["rule"],
            site.name(item["file"]),
            item["line"],
            item["message"],
            f"https://rumdl.dev/{item['rule'].lower()}/",
            Level.ERROR,
        )
        for item in tools.parsed("rumdl", done)
    )
    return Looked(len(files), findings)
