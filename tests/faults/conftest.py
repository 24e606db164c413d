"""Checkouts that runs are ended in, one after another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.checkout import Answer, make_checkout
from harness.faulting import Recorded, Small, record
from harness.first_apply import NAME, First, make_first
from harness.proving import Ground, proving_ground
from harness.secrets import CANARY, SECRET_FILES, canaries

SECRET_TF = """\
variable "token" {
  type      = string
  sensitive = true
}

resource "terraform_data" "secret" {
  input = var.token
}
"""

PROMOTE = ("promote", "staging", "prod", "--yes")


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    """One for all tests of a worker: whatever was ended in it, it has to work for the next one."""
    made = Small(make_checkout(tmp_path_factory.mktemp("faults") / "checkout"))
    made.checkout.file("secret.tf").write_text(SECRET_TF)
    made.checkout.file("terraform.tfvars").write_text(f'token = "{CANARY}"\n')
    try:
        answer = made.checkout.infra("apply", "staging")
        assert answer.code == 0, answer.out + answer.err
        yield made
    finally:
        made.checkout.close()


@pytest.fixture(scope="session")
def recorded(small: Small) -> Recorded:
    """An apply in it to which nothing happened."""
    small.change()
    return record(small.checkout, "apply", "staging")


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[First]:
    """A checkout in which nothing has been applied yet, of this repository's modules."""
    made = make_first(tmp_path_factory.mktemp("first") / "checkout")
    yield made
    made.checkout.close()


@pytest.fixture(scope="session")
def made(first: First) -> tuple[Recorded, list[str]]:
    """An apply in it to which nothing happened, and what is there after it."""
    recorded = record(first.emptied(), "apply", NAME)
    return recorded, first.inventory()


@pytest.fixture(autouse=True)
def _no_secret_is_told(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Whatever happens to a run, no answer holds a secret, and no file that should not."""
    told: list[str] = []
    answered = Answer.__post_init__

    def hear(answer: Answer) -> None:
        answered(answer)
        told.append(answer.out + answer.err)

    monkeypatch.setattr(Answer, "__post_init__", hear)
    yield
    assert [text for text in told if CANARY in text] == []
    if "small" in request.fixturenames:
        small: Small = request.getfixturevalue("small")
        assert canaries(small.checkout, ["staging"]) <= SECRET_FILES


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Ground]:
    """A checkout in which staging proves a release, and prod has none."""
    alone = worker_id == "master"
    shared = None if alone else tmp_path_factory.getbasetemp().parent / "proved"
    with proving_ground(tmp_path_factory.mktemp("faults-promotion"), shared) as made:
        yield made


@pytest.fixture(scope="session")
def promoted(ground: Ground) -> Recorded:
    """A promotion to which nothing happened."""
    return record(ground.restored().bed, *PROMOTE)
