"""A service that AWS could not make, in this repository's modules: the way on from there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.checkout import Checkout
from harness.first_apply import NAME, make_first
from harness.sandboxes import KEPT_REPOSITORY

pytestmark = pytest.mark.terraform

SERVICE = "module.service.aws_apprunner_service.this"
WATCHED = """\
  service = {
    id            = module.service.id
    max_instances = 1
    name          = module.service.name
  }
}
"""
"""The alarms of the service are made before others go, so that the service is, too."""


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    made = make_first(tmp_path / "checkout").checkout
    try:
        main = made.file("main.tf")
        text = main.read_text()
        last = "  log_retention_in_days = 1\n"
        assert last in text
        main.write_text(text.replace(f"{last}}}\n", f"{last}{WATCHED}"))
        yield made
    finally:
        made.close()


def pin(checkout: Checkout, *options: str) -> str:
    """Push an image, as a build does, and let the service have it."""
    pushed = checkout.infra(
        "local", "image", "push", NAME, "--repository", KEPT_REPOSITORY, "--json", *options
    )
    digest: str = pushed.json["result"]["digest"]
    values = checkout.file("terraform.tfvars")
    lines = values.read_text().splitlines()
    image = json.loads(lines[0].partition(" = ")[2])
    lines[0] = f"image = {json.dumps({**image, 'digest': digest})}"
    values.write_text("\n".join(lines) + "\n")
    return digest


def test_it_is_deleted_and_made_anew(checkout: Checkout) -> None:
    pin(checkout, "--unhealthy")
    failed = checkout.infra("apply", NAME)
    assert failed.code == 20, failed.out + failed.err
    assert "CREATE_FAILED" in failed.err

    digest = pin(checkout)
    refused = checkout.infra("apply", NAME, "--json")
    assert (refused.code, refused.json["error"]["reason"]) == (10, "half-made"), refused.out
    assert refused.json["error"]["details"] == [SERVICE]
    assert f"infra recover {NAME}" in refused.json["error"]["hint"]

    looked = checkout.infra("recover", NAME, "--json")
    assert [item["kind"] for item in looked.json["result"]["found"]] == ["failed"]
    recovered = checkout.infra("recover", NAME, "--yes")
    assert "Deleted 1 resource that AWS could not make." in recovered.out, recovered.err
    assert checkout.client("apprunner").list_services()["ServiceSummaryList"] == []

    applied = checkout.infra("apply", NAME)
    assert applied.code == 0, applied.err
    (service,) = checkout.client("apprunner").list_services()["ServiceSummaryList"]
    assert service["Status"] == "RUNNING"
    described = checkout.client("apprunner").describe_service(ServiceArn=service["ServiceArn"])
    image = described["Service"]["SourceConfiguration"]["ImageRepository"]["ImageIdentifier"]
    assert image.endswith(digest)
    assert checkout.infra("recover", NAME).code == 0
