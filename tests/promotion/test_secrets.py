"""No secret gets out of a promotion, and it plans no more often than it must."""

from __future__ import annotations

import pytest

from harness.promoting import ACCOUNTS, Proved, python
from harness.secrets import CANARY, SECRET_FILES, canaries

pytestmark = pytest.mark.terraform

LEVELS = ("TF_LOG", "TF_LOG_CORE", "TF_LOG_PROVIDER", "TF_LOG_PROVIDER_AWS", "TF_LOG_SDK")

COUNTING = """\
import sys
from infra import cli
from infra.terraform.runner import Terraform

runs = []
planned, applied = Terraform.plan, Terraform.apply


def plan(self, *arguments, **named):
    runs.append("plan without refresh" if named.get("refresh") is False else "plan")
    return planned(self, *arguments, **named)


def apply(self, *arguments):
    runs.append("apply")
    return applied(self, *arguments)


Terraform.plan, Terraform.apply = plan, apply
code = cli.run(sys.argv[1:])
print(",".join(runs))
sys.exit(code)
"""


@pytest.mark.mode(34)
@pytest.mark.mode(35)
def test_a_secret_is_in_states_plan_files_and_values_and_nowhere_else(proved: Proved) -> None:
    bed = proved.bed
    values = bed.file("terraform.tfvars", "prod")
    values.write_text(f'token = "{CANARY}-changed"\n')
    bed.commit()
    # What Terraform, its providers and the SDKs log at these levels is full of secrets.
    log = bed.root.parent / "terraform.log"
    before = dict(bed.variables)
    bed.variables |= dict.fromkeys(LEVELS, "TRACE") | {
        "TF_LOG_PATH": str(log),
        "TF_VAR_token": f"{CANARY}-of-the-shell",
    }
    said = []
    waiting, identity = bed.waiting()
    path = bed.root.parent / "canary.json"
    said += [waiting, bed.infra("show", identity), bed.infra("show", identity, "--full", "--json")]
    said.append(bed.infra_as("reviewer", "approve", "prod", identity, "--out", str(path)))
    done = bed.infra("promote", "staging", "prod", "--approval", str(path))
    assert done.code == 0, done.err
    said += [done, bed.infra("history", "prod", "--json"), bed.infra("rollback", "prod", "--yes")]
    bed.variables = before
    assert not log.exists()
    assert CANARY in values.read_text()
    assert all(CANARY not in answer.out + answer.err for answer in said)
    assert CANARY not in path.read_text()
    assert canaries(bed, ACCOUNTS) <= SECRET_FILES


def test_an_apply_by_reconciliation_costs_one_plan_more(proved: Proved) -> None:
    bed = proved.bed
    arguments = ["-C", str(bed.root), "promote", "staging", "prod", "--yes"]
    process = python(bed, COUNTING, arguments)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    runs = out.strip().splitlines()[-1].split(",")
    drift, review, reconciliation, verification = "plan", "plan", "plan", "plan without refresh"
    assert runs == [drift, review, reconciliation, "apply", verification]
