"""Where things are in this checkout, and scratch copies of it."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "modules"
ENVIRONMENTS = ROOT / "environments"
BOOTSTRAP = ROOT / "bootstrap"

LEFT_OUT = shutil.ignore_patterns(".terraform", "*.tfstate*", ".local", "__pycache__")


def module_names() -> list[str]:
    """All modules, by folder name."""
    return sorted(path.name for path in MODULES.iterdir() if (path / "main.tf").is_file())


def environment_names() -> list[str]:
    """All environments, by folder name."""
    return sorted(path.parent.name for path in ENVIRONMENTS.glob("*/environment.yaml"))


def copy_checkout(destination: Path) -> Path:
    """Copy what the infra command needs of this checkout, so that a test can break it."""
    for part in ("modules", "environments", "bootstrap"):
        shutil.copytree(ROOT / part, destination / part, ignore=LEFT_OUT)
    return destination
