"""Where the locked provider is looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.errors import EnvironmentFileError
from infra.repository import Repository
from infra.terraform.provider import (
    LockedProvider,
    Mirror,
    cli_configuration,
    downloaded_mirror,
    find_mirror,
    locked_provider,
    provider_platform,
)

PROVIDER = LockedProvider("registry.terraform.io/hashicorp/aws", "5.100.0")


def unpacked(mirror: Path, version: str = "5.100.0", platform: str | None = None) -> Path:
    folder = mirror / PROVIDER.source / version / (platform or provider_platform())
    folder.mkdir(parents=True)
    (folder / f"terraform-provider-aws_v{version}_x5").touch()
    return mirror


def packed(mirror: Path) -> Path:
    folder = mirror / PROVIDER.source
    folder.mkdir(parents=True)
    (folder / f"terraform-provider-aws_5.100.0_{provider_platform()}.zip").touch()
    return mirror


def find(repository: Repository, tmp_path: Path, **variables: str) -> Mirror | None:
    home = {"HOME": str(tmp_path / "home"), "XDG_DATA_DIRS": str(tmp_path / "xdg")}
    return find_mirror(PROVIDER, repository, {**home, **variables}, (tmp_path / "system",))


def test_nothing_is_found_where_nothing_is(repository: Repository, tmp_path: Path) -> None:
    assert find(repository, tmp_path) is None


@pytest.mark.parametrize("make", [unpacked, packed])
@pytest.mark.parametrize("place", ["system", "system/tf", "system/tools/tf-mirror"])
def test_a_mirror_under_a_system_folder_is_found_in_both_layouts(
    repository: Repository, tmp_path: Path, make: object, place: str
) -> None:
    assert callable(make)
    made = make(tmp_path / place)
    mirror = find(repository, tmp_path)
    assert mirror is not None
    assert mirror.directory == made


@pytest.mark.parametrize(
    "place",
    ["home/.terraform.d/plugins", "home/.local/share/terraform/plugins", "xdg/terraform/plugins"],
)
def test_the_directories_that_terraform_implies_are_searched(
    repository: Repository, tmp_path: Path, place: str
) -> None:
    made = unpacked(tmp_path / place)
    mirror = find(repository, tmp_path)
    assert mirror is not None
    assert mirror.directory == made


def test_the_plugin_cache_serves_as_a_mirror(repository: Repository, tmp_path: Path) -> None:
    made = unpacked(tmp_path / "cache")
    mirror = find(repository, tmp_path, TF_PLUGIN_CACHE_DIR=str(made))
    assert mirror is not None
    assert mirror.found_in == "TF_PLUGIN_CACHE_DIR"


def test_an_earlier_download_comes_first(repository: Repository, tmp_path: Path) -> None:
    unpacked(tmp_path / "system" / "tf")
    unpacked(downloaded_mirror(repository))
    mirror = find(repository, tmp_path)
    assert mirror is not None
    assert mirror.found_in == "an earlier download"


@pytest.mark.parametrize(("version", "platform"), [("5.99.0", None), ("5.100.0", "plan9_mips")])
def test_another_version_or_platform_will_not_do(
    repository: Repository, tmp_path: Path, version: str, platform: str | None
) -> None:
    unpacked(tmp_path / "system" / "tf", version, platform)
    assert find(repository, tmp_path) is None


def test_the_lock_file_says_which_provider(tmp_path: Path) -> None:
    lock = tmp_path / ".terraform.lock.hcl"
    lock.write_text(
        'provider "registry.terraform.io/hashicorp/aws" {\n'
        '  version = "5.100.0"\n  hashes = [\n    "h1:abc=",\n  ]\n}\n'
    )
    assert locked_provider(lock) == PROVIDER


@pytest.mark.parametrize("text", ["", "provider {", 'provider "a" {}\n'])
def test_a_broken_lock_file_is_named(tmp_path: Path, text: str) -> None:
    lock = tmp_path / ".terraform.lock.hcl"
    lock.write_text(text)
    with pytest.raises(EnvironmentFileError, match=r"\.terraform\.lock\.hcl can't be read"):
        locked_provider(lock)


def test_the_configuration_allows_the_mirror_and_nothing_else(tmp_path: Path) -> None:
    text = cli_configuration(Mirror(tmp_path / 'a "b"', PROVIDER, "test"))
    assert "filesystem_mirror" in text
    assert "direct" not in text
    assert '\\"b\\"' in text
