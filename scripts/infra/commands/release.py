"""release: make, show, compare and pin what is promoted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.text import Text

from infra import rendering, reports
from infra.commands.completion import complete_environment, complete_release
from infra.commands.shared import (
    Context,
    environment_argument,
    json_option,
    pass_context,
    target_option,
)
from infra.environments import environment_names, load_environment
from infra.releases import (
    Release,
    all_releases,
    load_release,
    pinned_release_id,
    write_pin,
)
from infra.releases import rendering as tables
from infra.releases.collection import Wanted
from infra.releases.comparison import differences
from infra.releases.creation import create_release
from infra.releases.pins import pin_file

EXIT_DIFFERENT = 2
FILE = click.Path(path_type=Path, dir_okay=False)


@click.group(
    epilog="""\b
Examples:
  infra release create --image sha256:... --data trends-2026.11.25 --model ranker-1.5.0
  infra release list
  infra release pin dev r-0123456789abcdef
"""
)
def release() -> None:
    """Make, show, compare and pin releases: the exact set of things that is promoted."""


@release.command(
    epilog="""\b
Examples:
  infra release create --image sha256:... --data trends-2026.11.25 --model ranker-1.5.0
  infra release create --image sha256:... --dvc-lock dvc.lock --model ranker-1.5.0 \\
    --metrics metrics.json --threshold 'auc>=0.9' --config config/app.toml --pin dev
"""
)
@click.option(
    "--image",
    metavar="DIGEST",
    required=True,
    help="The container image, by digest. It must be in the registry.",
)
@click.option(
    "--code",
    metavar="SHA",
    help="The commit that the image was built from, where the image does not say so itself.",
)
@click.option("--data", metavar="VERSION", help="The version of the data.")
@click.option(
    "--dvc-lock", type=FILE, help="The dvc.lock of the data; its hash is recorded, beside --data."
)
@click.option("--model", metavar="VERSION", required=True, help="The version of the model.")
@click.option(
    "--config",
    "configuration",
    type=FILE,
    multiple=True,
    help="A configuration file; its hash is recorded. May be repeated.",
)
@click.option("--metrics", type=FILE, help="A JSON file of metrics: numbers, texts, booleans.")
@click.option(
    "--threshold",
    "thresholds",
    metavar="COMPARISON",
    multiple=True,
    help="What a metric must be, such as 'auc>=0.9'; else there is no release. May be repeated.",
)
@click.option("--training-commit", metavar="SHA", help="The commit that trained the model.")
@click.option("--pipeline-run", metavar="TEXT", help="The run of the pipeline that trained it.")
@click.option("--parent-model", metavar="VERSION", help="The model that it was made from.")
@click.option(
    "--parent-release",
    metavar="ID",
    shell_complete=complete_release,
    help="The release that this one follows.",
)
@click.option(
    "--registry",
    metavar="ENV",
    shell_complete=complete_environment,
    help="The environment whose registry holds the image.  [default: the first of the chain]",
)
@click.option("--repository", metavar="NAME", help="The repository, where the account has several.")
@click.option(
    "--pin",
    metavar="ENV",
    shell_complete=complete_environment,
    help="Pin the release for ENV as well.",
)
@target_option
@json_option
@pass_context
def create(
    context: Context,
    image: str,
    code: str | None,
    data: str | None,
    dvc_lock: Path | None,
    model: str,
    configuration: tuple[Path, ...],
    metrics: Path | None,
    thresholds: tuple[str, ...],
    training_commit: str | None,
    pipeline_run: str | None,
    parent_model: str | None,
    parent_release: str | None,
    registry: str | None,
    repository: str | None,
    pin: str | None,
    target: str | None,
) -> None:
    """Collect a release, and write it into releases/.

    It lists the image by digest and the seven artifacts: code, data, model, configuration, metrics,
    environment (the locks of Python, Terraform and provider) and lineage. The same content gives
    the same release. Commit the file: who promotes it must have it.
    """
    lineage = {
        "training_commit": training_commit,
        "pipeline_run": pipeline_run,
        "parent_model": parent_model,
        "parent_release": parent_release,
    }
    wanted = Wanted(
        image=image,
        code=code,
        data=data,
        dvc_lock=dvc_lock,
        model=model,
        configuration=configuration,
        metrics=metrics,
        thresholds=thresholds,
        lineage={key: value for key, value in lineage.items() if value is not None},
    )
    pinned = load_environment(context.repository, pin) if pin is not None else None
    with context.progress() as progress:
        made = create_release(context.repository, wanted, registry, target, repository, progress)
    if pinned is not None:
        write_pin(context.repository, pinned, made.release)
    context.show(rendering.banner(made.environment, made.target))
    context.show(Text(f"{made.release.id} {'is new' if made.new else 'was there already'}."))
    if pinned is not None:
        context.show(Text(f"{pinned.name} pins it now."))
    name = made.path.relative_to(context.repository.root).as_posix()
    report = {**_report(context, made.release), "file": name, "new": made.new}
    context.result(reports.envelope("release create", made.environment, made.target, report))


@release.command(
    epilog="""\b
Examples:
  infra release show r-0123456789abcdef
  infra release show r-0123456789abcdef --json | jq -r .result.image_digest
"""
)
@click.argument("release_id", metavar="ID", shell_complete=complete_release)
@json_option
@pass_context
def show(context: Context, release_id: str) -> None:
    """Show all that the release ID lists, and which environments pin it."""
    found = load_release(context.repository, release_id)
    report = _report(context, found)
    context.show(tables.release(found, report["pinned"]))
    context.result(reports.envelope("release show", None, None, report))


@release.command(
    "list",
    epilog="""\b
Examples:
  infra release list
  infra release list --json | jq -r '.result.releases[].id'
""",
)
@json_option
@pass_context
def list_command(context: Context) -> None:
    """List the releases of this checkout, and which environments pin them."""
    found = all_releases(context.repository)
    pins = _pins(context)
    context.show(tables.releases(found, pins))
    listed = [{**item.pin(), "pinned": pins.get(item.id, [])} for item in found]
    context.result(reports.envelope("release list", None, None, {"releases": listed}))


@release.command(
    epilog="""\b
Exit codes: 0 the same release; 2 they differ; 1 an error.

\b
Examples:
  infra release diff r-0123456789abcdef r-fedcba9876543210
"""
)
@click.argument("before", metavar="A", shell_complete=complete_release)
@click.argument("after", metavar="B", shell_complete=complete_release)
@json_option
@pass_context
@click.pass_context
def diff(click_context: click.Context, context: Context, before: str, after: str) -> None:
    """Show how the releases A and B differ, artifact by artifact."""
    found = differences(
        load_release(context.repository, before), load_release(context.repository, after)
    )
    context.show(tables.differences(before, after, found))
    items = [dict(vars(item)) for item in found]
    context.result(
        reports.envelope(
            "release diff", None, None, {"a": before, "b": after, "differences": items}
        )
    )
    if found:
        click_context.exit(EXIT_DIFFERENT)


@release.command(
    epilog="""\b
Examples:
  infra release pin dev r-0123456789abcdef
"""
)
@environment_argument
@click.argument("release_id", metavar="ID", shell_complete=complete_release)
@json_option
@pass_context
def pin(context: Context, environment: str, release_id: str) -> None:
    """Write the release ID into release.auto.tfvars.json of ENV, which pins it in git.

    Nothing runs it yet: `infra apply ENV` does, and `infra promote` from one environment to the
    next.
    """
    repository = context.repository
    where = load_environment(repository, environment)
    found = load_release(repository, release_id)
    before = pinned_release_id(repository, where)
    write_pin(repository, where, found)
    file = pin_file(where).relative_to(repository.root).as_posix()
    context.show(Text(f"{where.name} pins {found.id} now. Next: infra plan {where.name}"))
    report = {"release": found.pin(), "before": before, "file": file}
    context.result(reports.envelope("release pin", where, where.target, report))


def _report(context: Context, found: Release) -> dict[str, Any]:
    return {
        "id": found.id,
        "sha256": found.sha256,
        "image_digest": found.image_digest,
        "pinned": _pins(context).get(found.id, []),
        "release": dict(found.document),
    }


def _pins(context: Context) -> dict[str, list[str]]:
    """The environments that pin each release."""
    pins: dict[str, list[str]] = {}
    for name in environment_names(context.repository):
        pinned = pinned_release_id(context.repository, load_environment(context.repository, name))
        if pinned is not None:
            pins.setdefault(pinned, []).append(name)
    return pins
