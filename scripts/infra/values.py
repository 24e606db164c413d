"""The values that Terraform gives an environment's variables, without running Terraform.

"Assigning values to root module variables" in Terraform's documentation, files only: no run of
`infra` lets -var or TF_VAR_* in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra import hcl, json_text
from infra.environments import Environment
from infra.errors import EnvironmentFileError

MOST_BYTES = 256 * 1024
FIXED_NAMES = ("terraform.tfvars", "terraform.tfvars.json")
AUTOMATIC = (".auto.tfvars", ".auto.tfvars.json")


@dataclass(frozen=True)
class Variable:
    """One variable of an environment. unordered: it is a set, so order means nothing."""

    name: str
    value: Any
    sensitive: bool = False
    unordered: bool = False


def variable_files(directory: Path) -> list[Path]:
    """The files that set variables, later ones over earlier ones."""
    fixed = [directory / name for name in FIXED_NAMES]
    automatic = sorted(
        (path for path in directory.iterdir() if path.name.endswith(AUTOMATIC)),
        key=lambda path: path.name,
    )
    return [path for path in [*fixed, *automatic] if path.is_file()]


def is_variable_file(name: str) -> bool:
    """Tell whether Terraform loads a file of this name by itself."""
    return name in FIXED_NAMES or name.endswith(AUTOMATIC)


def effective_values(environment: Environment) -> Mapping[str, Variable]:
    """Each variable with the value that a plan uses: the last file's, else the default.

    A file sets a variable whole; parts of an object are not merged. Raises EnvironmentFileError.
    """
    declared = dict(_declared(environment))
    given: dict[str, Any] = {}
    for path in variable_files(environment.directory):
        given.update(_assignments(environment, path))
    return {
        name: Variable(
            name=name,
            value=given[name] if name in given else declared.get(name, {}).get("default"),
            sensitive=declared.get(name, {}).get("sensitive") is True,
            unordered=str(declared.get(name, {}).get("type", "")).startswith("${set("),
        )
        for name in sorted({*declared, *given})
    }


def _declared(environment: Environment) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path in sorted(environment.directory.glob("*.tf")):
        yield from hcl.labelled(parsed(environment, path), "variable").items()


def _assignments(environment: Environment, path: Path) -> Mapping[str, Any]:
    if not path.name.endswith(".json"):
        return parsed(environment, path)
    shown = f"environments/{environment.name}/{path.name}"
    try:
        document = json_text.load(path.read_bytes(), most=MOST_BYTES)
    except (OSError, ValueError) as error:
        raise EnvironmentFileError(f"{shown} can't be read as JSON: {error}.") from error
    if not isinstance(document, dict):
        raise EnvironmentFileError(f"{shown} must hold one JSON object, variables by name.")
    return {name: value for name, value in document.items() if name != "//"}


def parsed(environment: Environment, path: Path) -> dict[str, Any]:
    """A file of an environment in Terraform's language. Raises EnvironmentFileError."""
    try:
        return hcl.read(path)
    except (OSError, ValueError) as error:
        raise EnvironmentFileError(
            f"environments/{environment.name}/{path.name} can't be read: {error}.",
            hint="`terraform fmt` names the line.",
        ) from error
