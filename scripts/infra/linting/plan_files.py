"""The JSON of a plan, for checkov: from a file, or from a plan that was kept."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from infra import json_text, kept_plans
from infra.errors import UsageError
from infra.linting import checkov_tool, tools
from infra.linting.checks import Check
from infra.linting.findings import Looked
from infra.linting.site import Site
from infra.plan_shape import is_plan
from infra.repository import Repository
from infra.terraform.binary import find_terraform
from infra.terraform.provider import cli_configuration, ensure

MOST_BYTES = 256 * 1024 * 1024


def check_of(repository: Repository, wanted: str) -> Check:
    """The check of one plan. wanted: a file, or how the identity of a kept plan begins.

    Raises UsageError when there is no such plan.
    """
    path = Path(wanted)
    if _is_file(path):
        _refuse_unless_plan(path)
        return _check(lambda site: checkov_tool.check_plan(site, path.absolute()))
    folder = kept_plans.find(repository, wanted)
    return _check(lambda site: _check_kept(site, folder))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # no file can have such a name
        return False


def _check(run: Callable[[Site], Looked]) -> Check:
    return Check(checkov_tool.PLAN, "security of what a plan makes", run)


def _refuse_unless_plan(path: Path) -> None:
    hint = "Write one with `terraform show -json PLAN`, or keep one: infra plan ENV --out"
    try:
        document = json_text.load(path.read_bytes(), most=MOST_BYTES)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} can't be read as the JSON of a plan.", hint=hint) from error
    if not isinstance(document, dict) or "resource_changes" not in document:
        raise UsageError(f"{path} is JSON, but not that of a plan.", hint=hint)
    if not is_plan(document):
        raise UsageError(f"{path} is JSON, but not that of a plan.", hint=hint)


def _check_kept(site: Site, folder: Path) -> Looked:
    """Have Terraform write the kept plan as JSON: what is kept beside it has its secrets hashed,
    and lacks what checkov asks for. A local plan's provider was attached to and not installed, so
    Terraform is initialised anew, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="lint-") as temporary:
        scratch = Path(temporary)
        plan = _shown(site, folder, scratch)
        # It holds secrets: readable by its owner alone, and gone when checkov has read it.
        path = scratch / "plan.json"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(plan)
        return checkov_tool.check_plan(site, path)


def _shown(site: Site, folder: Path, scratch: Path) -> str:
    binary = find_terraform()
    root = site.repository.environments / folder.parent.name
    configuration = scratch / "cli.tfrc"
    mirror = ensure(site.repository, binary, root, lambda _text: None)
    configuration.write_text(cli_configuration(mirror), encoding="utf-8")
    environment = tools.surroundings(
        {"TF_CLI_CONFIG_FILE": str(configuration), "TF_DATA_DIR": str(scratch / "data")}
    )
    command = [*binary.arguments, f"-chdir={root}"]
    init = ["init", "-backend=false", "-input=false", "-lockfile=readonly", "-no-color"]
    tools.run(site, [*command, *init], accepted=(0,), environment=environment)
    show = ["show", "-json", "-no-color", str(folder / kept_plans.PLAN_FILE)]
    return tools.run(site, [*command, *show], accepted=(0,), environment=environment).stdout
