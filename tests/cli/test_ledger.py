"""The ledger in the local cloud: several writers at once, and what commands write and say."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from harness.accounts import Account
from harness.checkout import Checkout
from harness.modes import told
from infra import accounts
from infra.backend import Backend, load_backend
from infra.environments import load_environment
from infra.errors import LedgerUnavailableError
from infra.ledger.client import Ledger, open_ledger
from infra.ledger.records import Event, Kind, parse
from infra.ledger.signing import Checker, Signer
from infra.ledger.store import LAST, key_of
from infra.ledger.verification import Problem, Verification, verify
from infra.ledger.witness import Witness
from infra.repository import Repository
from infra.targets import local_run, local_variables

CANARY = "canary-5f0c2a"

FAILING = """
variable "password" {
  type      = string
  sensitive = true
  default   = "canary-5f0c2a"
}

resource "terraform_data" "failing" {
  input = var.password
  provisioner "local-exec" {
    command     = "echo failed with ${nonsensitive(var.password)} >&2; exit 1"
    environment = { PASSWORD = var.password }
  }
}
"""


@pytest.fixture
def bucket(account: Account) -> str:
    """A state bucket, closed and versioned as `infra` makes it."""
    name = f"states-{account.account_id}"
    s3 = account.client("s3")
    s3.create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": account.environment.region}
    )
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


@pytest.fixture
def opened(account: Account, bucket: str, tmp_path: Path) -> Callable[[], Any]:
    """Opens the account's ledger, each time with a clerk of its own."""
    environment = account.environment
    variables = local_variables(
        environment, account.endpoint, account.credentials, Path(os.devnull), Path()
    )
    backend = Backend(bucket, "state", environment.region, (account.account_id,))

    def make() -> Any:
        witness = Witness(tmp_path, environment.name, "local", "")
        return open_ledger(
            environment,
            backend,
            local=True,
            variables=local_run(variables).variables,
            witness=witness,
        )

    return make


def write(ledger: Ledger, writer: int, count: int) -> None:
    """Records that tell who wrote them."""
    for number in range(count):
        ledger.append(Event(Kind.GATE, "passed", details={"writer": writer, "number": number}))


def checked(ledger: Ledger) -> Verification:
    """A verification of all of it."""
    snapshot = ledger.everything()
    place = ledger.place
    return verify(
        snapshot.stored,
        Checker(list(snapshot.keys.values())).signed,
        place.environment,
        place.account,
        ledger.witness.seen(),
    )


@pytest.mark.parametrize(("writers", "each"), [(2, 12), (8, 3)])
def test_writers_at_once_make_one_chain_with_all_records(
    opened: Callable[[], Any], writers: int, each: int
) -> None:
    """Each is a process of its own; the first ones even make the key at the same time."""

    def work(writer: int) -> None:
        with opened() as ledger:
            write(ledger, writer, each)

    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(work, range(writers)))
    with opened() as ledger:
        found = checked(ledger)
        assert found.findings == ()
        assert found.count == writers * each
        records = [parse(item.text or "").record for item in ledger.everything().stored]
    details = [record.fields["details"] for record in records]
    assert Counter((item["writer"], item["number"]) for item in details) == Counter(
        (writer, number) for writer in range(writers) for number in range(each)
    )


@pytest.mark.mode(57)
def test_what_is_done_in_s3_is_found(
    opened: Callable[[], Any], account: Account, bucket: str
) -> None:
    """A record in the middle written over, the end deleted, and then the end without a trace."""
    s3 = account.client("s3")
    name = account.environment.name
    with opened() as ledger:
        write(ledger, 0, 5)
        assert checked(ledger).findings == ()
        body = s3.get_object(Bucket=bucket, Key=key_of(name, 2))["Body"].read()
        s3.put_object(Bucket=bucket, Key=key_of(name, 2), Body=body.replace(b"passed", b"failed"))
        s3.delete_object(Bucket=bucket, Key=key_of(name, 5))
        findings = checked(ledger).findings
        told(findings[0].text)
        found = [(item.sequence, item.problem) for item in findings]
        assert found == [
            (2, Problem.EDITED),
            (2, Problem.OVERWRITTEN),
            (5, Problem.DELETED),
            (5, Problem.MISSING),
        ]
        listed = s3.list_object_versions(Bucket=bucket, Prefix=key_of(name, 5))
        for item in [*listed["Versions"], *listed["DeleteMarkers"]]:
            s3.delete_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])
        found = [(item.sequence, item.problem) for item in checked(ledger).findings]
        assert found[-1] == (5, Problem.MISSING)


def test_the_end_of_a_long_ledger_is_one_request_away(
    opened: Callable[[], Any], account: Account
) -> None:
    with opened() as ledger:
        write(ledger, 0, 3)
        newest = ledger.latest(2)
        assert [item.sequence for item in newest] == [3, 2]
        assert ledger.get(1).text is not None
        assert ledger.get(4).text is None
        assert account.account_id in (ledger.get(1).text or "")


def test_without_its_key_an_account_says_who_makes_it(account: Account) -> None:
    """As in AWS before a bootstrap: nothing is made on the way."""
    kms = account.client("kms")
    signer = Signer(kms, ["alias/none"], make=False, command="infra bootstrap prod")
    with pytest.raises(LedgerUnavailableError, match="no key to sign") as caught:
        signer.keys()
    assert caught.value.exit_code == 10
    assert "infra bootstrap prod" in caught.value.hint
    names = {item["AliasName"] for item in kms.list_aliases()["Aliases"]}
    assert all(name.startswith("alias/aws/") for name in names)


def test_a_clerk_without_a_bucket_refuses_and_lives_on(
    opened: Callable[[], Any], account: Account, bucket: str
) -> None:
    account.client("s3").delete_bucket(Bucket=bucket)
    with opened() as ledger:
        for _ in range(2):
            with pytest.raises(LedgerUnavailableError, match="can't be used") as caught:
                write(ledger, 0, 1)
            assert "infra bootstrap" in caught.value.hint


@pytest.mark.terraform
def test_each_run_is_written_down_and_no_value_with_it(checkout: Checkout) -> None:
    """An apply, one with nothing to do, one that fails with a secret in its mouth, a destroy."""
    assert checkout.infra("apply", "staging").code == 0
    assert checkout.infra("apply", "staging").code == 0
    checkout.file("failing.tf").write_text(FAILING)
    failed = checkout.infra("apply", "staging", "--json")
    assert failed.code == 20, failed.out + failed.err
    checkout.file("failing.tf").unlink()
    assert checkout.infra("destroy", "staging").code == 0
    answer = checkout.infra("history", "staging", "--json")
    assert answer.code == 0, answer.out
    records = answer.json["result"]["records"]
    assert [(item["kind"], item["result"], item["reason"]) for item in reversed(records)] == [
        ("apply-started", "started", ""),
        ("applied", "succeeded", ""),
        ("applied", "unchanged", ""),
        ("apply-started", "started", ""),
        ("apply-failed", "failed", "apply-failed"),
        ("destroy-started", "started", ""),
        ("destroyed", "succeeded", ""),
    ]
    assert records[-1]["details"] == {"planned": {"create": 1}}
    assert records[-2]["details"]["applied"]["add"] == 1
    assert records[-1]["actor"].startswith("arn:aws:sts::222222222222:assumed-role/")
    assert {"infra", "terraform", "hashicorp/aws"} == records[0]["tools"].keys()
    export, key = checkout.root / "out.jsonl", checkout.root / "out.pem"
    written = checkout.infra(
        "ledger", "export", "staging", "--out", str(export), "--key-out", str(key)
    )
    assert written.code == 0, written.err
    assert CANARY not in export.read_text()
    assert export.stat().st_mode & 0o777 == 0o600
    assert checkout.infra("ledger", "verify", "staging").code == 0
    offline = checkout.infra("ledger", "verify", "--file", str(export), "--key", str(key), "--json")
    assert offline.code == 0, offline.out
    assert offline.json["result"]["signatures_checked"]
    export.write_text(export.read_text().replace("unchanged", "succeeded"))
    broken = checkout.infra("ledger", "verify", "--file", str(export), "--key", str(key))
    assert broken.code == 12
    assert "Record 3 was edited" in broken.out
    table = checkout.infra("history", "staging", "--limit", "2").out
    assert "destroyed" in table and "succeeded" in table and "apply-failed" not in table
    assert "destroy-started" in checkout.infra("ledger", "show", "staging", "6").out
    assert checkout.infra("ledger", "show", "staging", "99").code == 1


@pytest.mark.terraform
@pytest.mark.mode(56, "ledger-unavailable")
def test_what_can_not_be_recorded_is_not_applied(checkout: Checkout) -> None:
    """Somebody has put a record at the end that nobody signed."""
    assert checkout.infra("local", "env", "staging").code == 0
    described = load_environment(Repository(checkout.root), "staging")
    endpoint = checkout.cloud.running()
    assert endpoint is not None
    credentials = accounts.assume_role(described, endpoint)
    s3 = accounts.client("s3", described, endpoint, credentials)
    s3.put_object(Bucket=load_backend(described).bucket, Key=key_of("staging", LAST), Body=b"{}")
    answer = checkout.infra("apply", "staging", "--json")
    assert answer.code == 10, answer.out + answer.err
    assert answer.json["error"]["reason"] == "ledger-unavailable"
    assert "infra ledger verify staging" in answer.json["error"]["hint"]
    assert checkout.state_objects() == []
    verified = checkout.infra("ledger", "verify", "staging")
    assert verified.code == 12
    assert "can't be read" in verified.out
