"""Files of Terraform's language that each command reads."""

import json

import pytest

from infra import hcl


def test_what_was_parsed_is_read_again_until_the_file_changes(tmp_path, monkeypatch):
    file, kept = tmp_path / "backend.tf", tmp_path / "private" / "kept"
    file.write_text('terraform {\n  backend "s3" {\n    bucket = "one"\n  }\n}\n')
    first = hcl.read_again(file, kept)
    assert first == hcl.read(file)
    assert not kept.parent.exists()
    kept.parent.mkdir()
    hcl.read_again(file, kept)
    monkeypatch.setattr(hcl, "read", lambda _path: pytest.fail("it was parsed again"))
    assert hcl.read_again(file, kept) == first
    monkeypatch.undo()
    file.write_text(file.read_text().replace("one", "two"))
    assert json.dumps(first).replace("one", "two") == json.dumps(hcl.read_again(file, kept))
    assert kept.stat().st_mode & 0o077 == 0


def test_a_damaged_copy_is_parsed_anew_and_one_that_cant_be_kept_costs_time_alone(tmp_path):
    file, kept = tmp_path / "backend.tf", tmp_path / "kept"
    file.write_text("a = 1\n")
    assert hcl.read_again(file, kept) == {"a": 1}
    for path in kept.iterdir():
        path.write_text('{"a": ')
    assert hcl.read_again(file, kept) == {"a": 1}
    blocked = tmp_path / "blocked"
    blocked.write_text("")
    assert hcl.read_again(file, blocked / "kept") == {"a": 1}
