"""local image: what a build would push."""

from __future__ import annotations

import click

from infra import reports
from infra.commands.completion import complete_environment
from infra.commands.shared import (
    Context,
    environment_argument,
    json_option,
    pass_context,
)
from infra.errors import UsageError
from infra.local_images import push_image


@click.group(epilog="\b\nExamples:\n  infra local image push dev\n")
def image() -> None:
    """Images in the local cloud, as a build would push them."""


@image.command(
    epilog="""\b
Examples:
  infra local image push dev
  infra local image push dev --unhealthy
  infra local image push dev --unhealthy-in prod
  infra local image push dev --label org.opencontainers.image.version=1.4.0 --json
"""
)
@environment_argument
@click.option("--unhealthy", is_flag=True, help="Let every deployment of the image fail.")
@click.option(
    "--unhealthy-in",
    metavar="ENV",
    multiple=True,
    shell_complete=complete_environment,
    help="Let it fail in ENV's account alone, and be well elsewhere; may be repeated.",
)
@click.option(
    "--label",
    "labels",
    metavar="KEY=VALUE",
    multiple=True,
    help="An annotation of the image; may be repeated.",
)
@click.option("--tag", help="The tag, in place of release-<the digest's beginning>.")
@click.option("--repository", metavar="NAME", help="The repository, where the account has several.")
@json_option
@pass_context
def push(
    context: Context,
    environment: str,
    unhealthy: bool,
    unhealthy_in: tuple[str, ...],
    labels: tuple[str, ...],
    tag: str | None,
    repository: str | None,
) -> None:
    """Push a new image to the repository of ENV in the local cloud, and print its digest.

    The image is a stub: valid, distinct from all others, and with nothing in it that runs. Make a
    release of its digest (infra release create), pin and apply it, and App Runner deploys it. With
    --unhealthy that fails, and App Runner rolls back to what ran before.
    """
    with context.progress() as progress:
        pushed = push_image(
            context.repository,
            environment,
            _labels(labels),
            unhealthy=unhealthy,
            unhealthy_in=unhealthy_in,
            repository=repository,
            tag=tag,
            on_step=progress.step,
        )
    context.show(f"Pushed {pushed.repository}:{pushed.tag}.")
    for line in (pushed.digest, pushed.reference):
        if not context.as_json:
            click.echo(line)
    result = {
        "repository": pushed.repository,
        "tag": pushed.tag,
        "digest": pushed.digest,
        "reference": pushed.reference,
        "labels": dict(pushed.labels),
    }
    context.result(reports.envelope("local image push", pushed.environment, "local", result))


def _labels(given: tuple[str, ...]) -> dict[str, str]:
    parts = [item.partition("=") for item in given]
    for item, (key, equals, _) in zip(given, parts, strict=True):
        if not key or not equals:
            raise UsageError(
                f"--label {item!r} is not of the form KEY=VALUE.",
                hint="Example: --label org.opencontainers.image.version=1.4.0",
            )
    return {key: value for key, _, value in parts}
