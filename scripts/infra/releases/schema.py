"""What may stand in a release, value by value."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from infra.errors import ReleaseError
from infra.releases.documents import shown

FORMAT_VERSION = 1
MOST_ENTRIES = 200

RELEASE_ID = re.compile(r"r-[0-9a-f]{16}")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
COMMIT = re.compile(r"[0-9a-f]{40}")
SHA256 = re.compile(r"[0-9a-f]{64}")
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,127}")
"""As `modules/trending_now` takes data and model versions."""
PATH = re.compile(r"(?!/)(?!.*(^|/)\.\.(/|$))[A-Za-z0-9._/@+-]{1,200}")
METRIC = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+ -]{0,99}")
THRESHOLD = re.compile(r"(?P<how>>=|<=|>|<|==) (?P<bound>-?[0-9]{1,15}(\.[0-9]{1,15})?)")
LINE = re.compile(
    r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]{1,200}"
)
"""Text of one line that shows as what it is."""

Check = Callable[[Any], bool]


@dataclass(frozen=True)
class Rule:
    """One value. expected: in words. required: whether it must be there."""

    holds: Check
    expected: str
    required: bool = False


def _text(pattern: re.Pattern[str]) -> Check:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _table(keys: re.Pattern[str], value: Check) -> Check:
    def holds(found: Any) -> bool:
        return (
            isinstance(found, Mapping)
            and len(found) <= MOST_ENTRIES
            and all(_text(keys)(key) and value(item) for key, item in found.items())
        )

    return holds


def _scalar(value: Any) -> bool:
    if isinstance(value, bool):
        return True
    if isinstance(value, int):
        return abs(value) < 2**53
    if isinstance(value, float):
        return math.isfinite(value)
    return _text(LINE)(value)


COMMIT_ID = "a commit id of 40 lower-case hexadecimal digits"
VERSION_NAME = '1 to 128 letters, digits or any of "._:/@+-", a letter or digit first'
HASHES = "SHA-256 digests by the path of each file"

RULES: Mapping[str, Mapping[str, Rule]] = {
    "image": {
        "digest": Rule(_text(DIGEST), '"sha256:" and 64 lower-case hexadecimal digits', True)
    },
    "code": {"git_sha": Rule(_text(COMMIT), COMMIT_ID, True)},
    "data": {
        "version": Rule(_text(VERSION), VERSION_NAME, True),
        "dvc_lock": Rule(_text(SHA256), "the SHA-256 of a dvc.lock"),
    },
    "model": {"version": Rule(_text(VERSION), VERSION_NAME, True)},
    "configuration": {"files": Rule(_table(PATH, _text(SHA256)), HASHES, True)},
    "metrics": {
        "values": Rule(
            _table(METRIC, _scalar), f"at most {MOST_ENTRIES} numbers, texts or booleans", True
        ),
        "thresholds": Rule(_table(METRIC, _text(THRESHOLD)), 'comparisons such as ">= 0.9"', True),
    },
    "environment": {
        "python": Rule(_table(PATH, _text(SHA256)), HASHES, True),
        "providers": Rule(_table(PATH, _text(SHA256)), HASHES, True),
        "terraform": Rule(_text(LINE), "the version of Terraform that is required", True),
    },
    "lineage": {
        "training_commit": Rule(_text(COMMIT), COMMIT_ID),
        "pipeline_run": Rule(_text(LINE), "one line of at most 200 characters"),
        "parent_model": Rule(_text(VERSION), VERSION_NAME),
        "parent_release": Rule(_text(RELEASE_ID), "the id of a release"),
    },
}
ARTIFACTS = tuple(name for name in RULES if name != "image")
"""The seven artifacts of an ML system."""


def check(document: Mapping[str, Any]) -> None:
    """Raise ReleaseError unless a release may look like this."""
    version = document.get("format_version")
    if version != FORMAT_VERSION or isinstance(version, bool):
        raise ReleaseError(
            f"format_version is {shown(version)}, but this tool knows {FORMAT_VERSION}."
        )
    _names("It", document, {"format_version", *RULES}, {"format_version", *RULES})
    for artifact, rules in RULES.items():
        section = document[artifact]
        if not isinstance(section, Mapping):
            raise ReleaseError(f"{artifact} is {shown(section)}.", hint="Expected a JSON object.")
        _names(artifact, section, set(rules), {key for key, rule in rules.items() if rule.required})
        for key, value in section.items():
            check_value(f"{artifact}.{key}", value)


def check_value(place: str, value: Any) -> None:
    """Raise ReleaseError unless a value may stand at this place, such as `data.version`."""
    artifact, _, key = place.partition(".")
    rule = RULES[artifact][key]
    if not rule.holds(value):
        raise ReleaseError(f"{place} is {shown(value)}.", hint=f"Expected {rule.expected}.")


def _names(what: str, found: Mapping[str, Any], allowed: set[str], required: set[str]) -> None:
    unknown = sorted(key for key in found if key not in allowed)
    if unknown:
        raise ReleaseError(f"{what} has the unknown key {shown(unknown[0])}.")
    missing = sorted(required - set(found))
    if missing:
        raise ReleaseError(f"{what} lacks the key {missing[0]}.")
