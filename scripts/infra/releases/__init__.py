"""Releases: the exact set of things that is promoted, and which of them an environment is to run.

A release is a file, `releases/<id>.json`, named by the hash of its content: it can't be edited,
only followed by another one. `release.auto.tfvars.json` of an environment pins one of them in git.
"""

from infra.releases.model import Release
from infra.releases.pins import clear_pin, pinned_release, pinned_release_id, write_pin
from infra.releases.store import all_releases, load_release, save_release

__all__ = [
    "Release",
    "all_releases",
    "clear_pin",
    "load_release",
    "pinned_release",
    "pinned_release_id",
    "save_release",
    "write_pin",
]
