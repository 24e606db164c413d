"""Starting the local cloud while one is on its way out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local_cloud import Endpoint, LocalCloud

ENDING = "import time; input(); time.sleep(0.5)"


def test_a_new_one_waits_for_the_one_that_saves_before_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = subprocess.Popen([sys.executable, "-c", ENDING, str(tmp_path)], stdin=subprocess.PIPE)
    # Nothing listens on port 9, the discard service.
    about = {"url": "http://127.0.0.1:9", "port": 9, "pid": old.pid, "instance": "old"}
    recorded = {**about, "started_at": "then", "guard": ""}
    (tmp_path / "endpoint.json").write_text(json.dumps(recorded))
    ended: list[int | None] = []

    def start(_self: LocalCloud, _port: int) -> Endpoint:
        ended.append(old.poll())
        return Endpoint("http://127.0.0.1:9", 9, 1, "new", "now", "")

    def tell() -> None:
        assert old.stdin is not None
        old.stdin.write(b"\n")
        old.stdin.close()

    monkeypatch.setattr(LocalCloud, "_start", start)
    try:
        assert LocalCloud(tmp_path).ensure_started(on_start=tell).lost
        assert ended == [0]
    finally:
        old.kill()
        old.wait()
