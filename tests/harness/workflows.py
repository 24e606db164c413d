"""The workflows in .github/ as data: their jobs, what these run, and whom GitHub says they are."""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from harness.places import ROOT

FOLDER = ROOT / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))
SET_UP = ROOT / ".github" / "actions" / "set-up" / "action.yml"
MAIN = "ref:refs/heads/main"


@dataclass(frozen=True)
class Job:
    """One job. events: what sets its workflow off, with GitHub's settings of each."""

    workflow: str
    name: str
    raw: Mapping[str, Any]
    events: Mapping[str, Any]
    jobs: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.workflow}/{self.name}"

    @property
    def steps(self) -> list[dict[str, Any]]:
        """Its steps."""
        return list(self.raw["steps"])

    @property
    def lines(self) -> list[str]:
        """What its steps run."""
        return [step["run"] for step in self.steps if "run" in step]

    @property
    def permissions(self) -> Mapping[str, str]:
        """What its token may."""
        return dict(self.raw.get("permissions") or {})

    @property
    def takes_roles(self) -> bool:
        """Whether GitHub tells AWS who it is."""
        return self.permissions.get("id-token") == "write"

    def settings(self) -> Iterator[dict[str, str]]:
        """Each way in which it can run: its variables, its environment and its event."""
        inputs = (self.events.get("workflow_dispatch") or {}).get("inputs") or {}
        choices: dict[str, list[str]] = {
            f"inputs.{name}": given.get("options", [""]) for name, given in inputs.items()
        }
        for name, values in ((self.raw.get("strategy") or {}).get("matrix") or {}).items():
            choices[f"matrix.{name}"] = self._values(values)
        for picked in itertools.product(*choices.values()):
            known = dict(zip(choices, picked, strict=True))
            for event in self._its_events():
                env = {
                    name: _known(str(value), known)
                    for name, value in (self.raw.get("env") or {}).items()
                }
                place = _known(str(self.raw.get("environment") or ""), known)
                yield {**env, "(environment)": place, "(event)": event}

    def _its_events(self) -> list[str]:
        """Those that its own condition lets through."""
        condition = str(self.raw.get("if", ""))
        only = re.search(r"github\.event_name == '(\w+)'", condition)
        return [only.group(1)] if only else list(self.events)

    def _values(self, values: Any) -> list[str]:
        """Those of a matrix: listed, or what another job's command names."""
        if isinstance(values, list):
            return values
        found = re.search(r"needs\.([\w-]+)\.outputs", values)
        assert found, values
        (line,) = [
            step["run"]
            for step in self.jobs[found.group(1)]["steps"]
            if "infra ci environments" in step.get("run", "")
        ]
        words = shlex.split(line)
        return words[words.index("--target") + 2 :]

    def logins(self, setting: Mapping[str, str]) -> list[tuple[str, str]]:
        """Which roles it takes when it runs like this: environment and role."""
        found = []
        for line in self.lines:
            words = shlex.split(line)
            if words[:3] != [".venv/bin/infra", "ci", "login"]:
                continue
            for word in words[3:]:
                if not word.startswith("--"):
                    name, role = filled(word, setting).split(":")
                    found.append((name, role))
        return found


def filled(word: str, variables: Mapping[str, str]) -> str:
    """A word with its variables in place, as the shell has them."""
    return re.sub(r"\$(\w+)", lambda found: variables[found.group(1)], word)


def subject(setting: Mapping[str, str], repository: str) -> str:
    """The subject of the token that GitHub gives a job ("OpenID Connect reference", GitHub docs).

    An environment comes before all else; then a pull request; then the branch, which is main, as
    the other events either name it or are held to it.
    """
    if setting["(environment)"]:
        return f"{repository}:environment:{setting['(environment)']}"
    if setting["(event)"] == "pull_request":
        return f"{repository}:pull_request"
    return f"{repository}:{MAIN}"


def read(path: Path) -> dict[str, Any]:
    """A workflow. YAML 1.1 takes its key `on` for a truth value."""
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {("on" if key is True else key): value for key, value in raw.items()}


def jobs() -> list[Job]:
    """All jobs of all workflows."""
    found = []
    for path in FILES:
        raw = read(path)
        events = {name: given or {} for name, given in raw["on"].items()}
        found += [
            Job(path.stem, name, job, events, raw["jobs"]) for name, job in raw["jobs"].items()
        ]
    return found


def _known(text: str, known: Mapping[str, str]) -> str:
    """An expression's value where it is known before a run, else the text itself."""
    found = re.fullmatch(r"\$\{\{ ([\w.-]+) \}\}", text)
    return known.get(found.group(1), text) if found else text
