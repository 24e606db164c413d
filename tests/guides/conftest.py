"""One small checkout in which the guides are followed, one after the other, as far as is asked."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.pages import guides
from harness.places import ENVIRONMENTS
from harness.promoting import Bed, make_bed
from harness.reading import Reader

ORDER = (
    *("first_plan", "add_a_module", "add_an_environment", "onboard_an_account"),
    *("promote", "roll_back", "recover", "live_tests"),
)
"""As in the index: what one page makes, the next may need."""

README = "# app\n" + "".join(
    f"\n<!-- BEGIN {table} -->\n<!-- END {table} -->\n" for table in ("INPUTS", "OUTPUTS")
)


def named_as_shipped(bed: Bed) -> None:
    """Give what is in it the names that the guides know."""
    (bed.root / "modules" / "app").rename(bed.root / "modules" / "trending_now")
    module = bed.root / "modules" / "trending_now"
    (module / "names.tf").write_text("locals {\n  name = var.name\n}\n")
    (module / "outputs.tf").write_text("")
    (module / "README.md").write_text(README)
    for path in (bed.root / "environments").glob("*/*.tf"):
        text = path.read_text().replace("modules/app", "modules/trending_now")
        text = text.replace('module "app"', 'module "trending_now"')
        text = text.replace("module.app.", "module.trending_now.")
        path.write_text(text.replace("bed-", "trending-now-"))
    shutil.copy(ENVIRONMENTS / "differences.yaml", bed.root / "environments")
    bed.succeed("docs")
    bed.commit()


@pytest.fixture(scope="session")
def follow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], int]]:
    """Follow a guide, after those before it; tells how many commands of its own were run.

    What a guide leaves uncommitted is dropped when it ends.
    """
    bed = make_bed(tmp_path_factory.mktemp("guides") / "checkout")
    # Nobody's own credentials, when a guide shows what happens without any.
    bed.variables |= {"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
    pages: dict[str, Path] = {page.stem: page for page in guides()}
    counts: dict[str, int] = {}

    def upto(name: str) -> int:
        for earlier in ORDER[: ORDER.index(name) + 1]:
            if earlier not in counts:
                counts[earlier] = Reader(bed).follow(pages[earlier])
                bed.git("reset", "--quiet", "--hard")
                bed.git("clean", "--quiet", "-d", "--force")
        return counts[name]

    try:
        named_as_shipped(bed)
        yield upto
    finally:
        bed.close()
