"""The lock that keeps two promotions of one checkout apart."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from infra.errors import PromotionRunningError
from infra.promotion import lock
from infra.promotion.lock import checkout_lock
from infra.repository import Repository


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.setattr(lock, "WAIT_SECONDS", 0)
    monkeypatch.setenv("LOGNAME", "ann")
    return Repository(tmp_path)


def holder(repository: Repository) -> Path:
    return repository.private / "promotions" / "prod-local.holder.json"


def test_the_second_is_told_who_is_first_and_since_when(repository: Repository) -> None:
    with checkout_lock(repository, "prod", "local", "promotion of r-1"):
        assert stat.S_IMODE(holder(repository).stat().st_mode) == 0o600
        with (
            pytest.raises(PromotionRunningError) as caught,
            checkout_lock(repository, "prod", "local", "rollback"),
        ):
            pytest.fail("both have it")
        # Another environment is another matter.
        with checkout_lock(repository, "staging", "local", "promotion of r-2"):
            pass
    assert "at work in this checkout: promotion of r-1, by ann@" in caught.value.message
    assert "Nothing was changed" in caught.value.message
    assert any(line.startswith("Created:   20") for line in caught.value.details)
    assert not holder(repository).exists()


@pytest.mark.parametrize("content", [None, b"", b"[1]", b"{" * 200, b"x" * 10_000])
def test_a_holder_that_can_not_be_read_is_one_all_the_same(
    repository: Repository, content: bytes | None
) -> None:
    with checkout_lock(repository, "prod", "local", "promotion of r-1"):
        holder(repository).unlink()
        if content is not None:
            holder(repository).write_bytes(content)
        with (
            pytest.raises(PromotionRunningError) as caught,
            checkout_lock(repository, "prod", "local", "rollback"),
        ):
            pytest.fail("both have it")
    assert "it does not say which, by nobody" in caught.value.message
    assert caught.value.details == ()


def test_what_a_killed_command_left_is_no_lock(repository: Repository) -> None:
    with checkout_lock(repository, "prod", "local", "promotion of r-1"):
        left = holder(repository).read_bytes()
    holder(repository).write_bytes(left)
    with checkout_lock(repository, "prod", "local", "rollback"):
        assert b"rollback" in holder(repository).read_bytes()
