"""The roles are enough for what runs really do, and for no environment but their own.

Nobody lists the calls: real Terraform plans, applies, changes and destroys environments/staging,
and what may yet come (coming.tf), by way of a proxy that reads each request. Each is then put to
the evaluator as IAM would be asked. Where AWS makes up an identifier, one is made up.

In between the state is lost, and all that it knew is adopted, as after a killed apply.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from harness.accounts import Account
from harness.applied import resident
from harness.authorization import ANY, Asked, Surroundings, asked
from harness.deployed import Role, read_role, read_surroundings
from harness.inventory import inventory
from harness.places import copy_checkout
from harness.recording import Call, Recorder
from harness.terraform import Root, make_root, root_in
from infra.accounts import enter_account
from infra.backend import load_backend
from infra.environments import load_environment
from infra.left_behind.adoption import taken_in
from infra.left_behind.kinds import KINDS
from infra.left_behind.looking import Answer, find
from infra.left_behind.overlay import with_imports
from infra.left_behind.wanted import Wanted
from infra.local_cloud import Endpoint
from infra.repository import Repository

pytestmark = [pytest.mark.terraform, pytest.mark.exhaustive]

COMING = (Path(__file__).parent / "coming.tf").read_text(encoding="utf-8")
CHANGE = "-var=owner=somebody-else"
WHATS = ("environment", "coming")
CHANGING = ("apply", "change", "adopt", "destroy")

ROLES = """
data "aws_caller_identity" "current" {}

module "github_oidc" {
  source = "../../modules/github_oidc"
}

module "deployment_roles" {
  source   = "../../modules/deployment_roles"
  for_each = toset(["staging", "prod"])

  environment            = each.value
  data_deletion_allowed  = true
  oidc_provider_arn      = module.github_oidc.arn
  secret_values_readable = true

  repository = {
    owner         = "octo-org"
    repository    = "trending-now"
    owner_id      = "123456"
    repository_id = "456789"
    subject_forms = ["immutable"]
  }

  state = each.value == "staging" ? { %(state)s } : {
    bucket = "trending-now-tfstate-prod"
    key    = "prod/terraform.tfstate"
  }
}

output "boundary" {
  value = module.deployment_roles["staging"].permissions_boundary_arn
}
"""

# What AWS lets nobody narrow down to one environment: all of an account shares it.
SHARED = {
    "cloudwatch.PutCompositeAlarm",
    "ecr.DeleteRegistryPolicy",
    "ecr.PutRegistryPolicy",
    "ecr.PutRegistryScanningConfiguration",
    "ecr.PutReplicationConfiguration",
    "logs.DeleteResourcePolicy",
    "logs.PutResourcePolicy",
    "sns.SetSubscriptionAttributes",
    "sns.Unsubscribe",
}


@dataclass(frozen=True)
class Lost:
    """What was there before the state was lost, and after an apply. created: anew, the types."""

    before: tuple[list[str], list[str]]
    after: tuple[list[str], list[str]]
    created: set[str]
    unread: tuple[str, ...]


@dataclass(frozen=True)
class Rehearsed:
    """The roles of an account, the calls of each phase, and what was there meanwhile."""

    roles: Mapping[str, Role]
    calls: Mapping[str, list[Call]]
    around: Surroundings
    lost: Lost

    def denied(self, role: str, phase: str) -> str:
        """What a role would have been denied in a phase, in lines."""
        questions = {
            f"{call}: {item.action} on {item.resource} with {dict(item.keys)}": item
            for call in self.calls[phase]
            for item in asked(call, self.around)
        }
        assert questions, f"nothing was recorded of {phase}"
        return "\n".join(text for text, item in questions.items() if not self.may(role, item))

    def may(self, role: str, item: Asked) -> bool:
        """Whether a role may do one thing."""
        return self.roles[role].may(item.action, item.resource, keys=item.keys).allowed

    def changes(self) -> list[Call]:
        """The calls that no plan sends, that do not look only, and that succeeded."""
        looks = {str(call) for call in self.calls["plan"]}
        return [
            call
            for phase in CHANGING
            for call in self.calls[phase]
            if str(call) not in looks
            and call.status < 400
            and not call.operation.startswith(("Describe", "Get", "Head", "List"))
        ]


class Run:
    """One root in an account of its own, whose roles are made first."""

    def __init__(
        self,
        account: Account,
        state: str,
        folder: Path,
        repository: Path,
        make: Callable[[Account], Root],
    ) -> None:
        self._account = account
        self._repository = Repository(repository)
        self._make = make
        self._roles = make_root(folder, "roles", ROLES % {"state": state}, account)
        self._recorder = Recorder(account.endpoint)
        self._calls: dict[str, list[Call]] = {}

    def rehearse(self, variable: str) -> Rehearsed:
        """Apply, plan again, change something, destroy. variable: the one for the boundary."""
        with resident(self._roles) as roles:
            roles.init()
            roles.apply()
            around, lost = self._rehearse(variable, roles.outputs()["boundary"])
            names = ("staging-plan", "staging-apply", "prod-apply")
            read = {name: read_role(self._account, f"trending-now-{name}") for name in names}
            roles.destroy()
        return Rehearsed(read, self._calls, around, lost)

    def _rehearse(self, variable: str, made: str) -> tuple[Surroundings, Lost]:
        # An environment finds the boundary by its name.
        named = f"{variable}={made}" if variable else "roles_bounded=true"
        boundary = f"-var={named}"
        self._recorder.start()
        try:
            root = self._make(replace(self._account, endpoint=self._recorder.endpoint))
            with resident(root) as attached:
                attached.init()
                self._phase(attached, "apply", "apply", "-auto-approve", boundary)
                self._phase(attached, "plan", "plan", boundary)
                self._phase(attached, "change", "apply", "-auto-approve", boundary, CHANGE)
                around = read_surroundings(self._account)
                lost = self._lose(attached, boundary, CHANGE)
                self._phase(attached, "destroy", "destroy", "-auto-approve", boundary, CHANGE)
        finally:
            self._recorder.stop()
        return around, lost

    def _lose(self, root: Root, *variables: str) -> Lost:
        """Forget the whole state, and have what is there adopted."""
        before = (root.addresses(), inventory(self._account))
        root.succeed("state", "rm", *before[0])
        self._recorder.take()
        unread: list[str] = []

        def ask(items: Sequence[Wanted]) -> Answer:
            self._recorder.take()
            answer = find(items, root.variables)
            unread.extend(answer.unread)
            self._calls["look"] = [*self._calls.get("look", []), *self._recorder.take()]
            return answer

        def plan(found: Mapping[str, str]) -> Mapping[str, Any]:
            with with_imports(self._repository, root.directory, found) as folder:
                planned = replace(root, directory=folder).plan(*variables)
                (folder / "test.tfplan").replace(root.directory / "adopted.tfplan")
            return planned

        planned, _found = taken_in(root.plan(*variables), ask, plan)
        self._recorder.take()
        created = {
            item["type"]
            for item in planned["resource_changes"]
            if item["change"]["actions"] == ["create"]
        }
        root.succeed("apply", "-input=false", "-no-color", "adopted.tfplan")
        self._calls["adopt"] = self._recorder.take()
        after = (root.addresses(), inventory(self._account))
        return Lost(before, after, created, tuple(unread))

    def _phase(self, root: Root, name: str, *arguments: str) -> None:
        root.succeed(*arguments, "-input=false", "-no-color")
        self._calls[name] = self._recorder.take()


@pytest.fixture(scope="module")
def rehearsed(
    cloud: Endpoint,
    new_account: Callable[[], Account],
    tmp_path_factory: pytest.TempPathFactory,
) -> Mapping[str, Rehearsed]:
    """environments/staging and what may come, from nothing to nothing, side by side."""
    here = tmp_path_factory.mktemp("environment")
    checkout = here / "checkout"
    checkout.mkdir()
    environment = load_environment(Repository(copy_checkout(checkout)), "staging")
    backend = load_backend(environment)
    credentials = enter_account(environment, backend, cloud, here / "credentials")
    staging = Run(
        Account(environment, cloud, credentials),
        f'bucket = "{backend.bucket}", key = "{backend.key}"',
        here,
        checkout,
        lambda account: root_in(environment.directory, here, account),
    )
    there = tmp_path_factory.mktemp("coming")
    coming = Run(
        new_account(),
        'bucket = "trending-now-tfstate", key = "staging/terraform.tfstate"',
        there,
        there,
        lambda account: make_root(there, "coming", COMING, account),
    )
    with ThreadPoolExecutor(2) as pool:
        runs = {
            "environment": pool.submit(staging.rehearse, ""),
            "coming": pool.submit(coming.rehearse, "boundary"),
        }
        return {what: run.result() for what, run in runs.items()}


@pytest.mark.parametrize("what", WHATS)
def test_every_request_was_read_as_a_call(rehearsed: Mapping[str, Rehearsed], what: str) -> None:
    for phase in (*CHANGING, "plan"):
        calls = rehearsed[what].calls[phase]
        assert [str(call) for call in calls if call.service == "unreadable"] == []
        assert len(calls) > 40


@pytest.mark.parametrize("phase", CHANGING)
@pytest.mark.parametrize("what", WHATS)
def test_the_apply_role_is_enough(
    rehearsed: Mapping[str, Rehearsed], what: str, phase: str
) -> None:
    assert rehearsed[what].denied("staging-apply", phase) == ""


@pytest.mark.parametrize("what", WHATS)
def test_the_plan_role_is_enough(rehearsed: Mapping[str, Rehearsed], what: str) -> None:
    assert rehearsed[what].denied("staging-plan", "plan") == ""


@pytest.mark.parametrize("what", WHATS)
def test_the_plan_role_may_look_for_what_a_stopped_run_made(
    rehearsed: Mapping[str, Rehearsed], what: str
) -> None:
    assert rehearsed[what].lost.unread == ()
    assert rehearsed[what].denied("staging-plan", "look") == ""


@pytest.mark.parametrize("what", WHATS)
def test_what_a_lost_state_knew_is_adopted_and_nothing_is_made_twice(
    rehearsed: Mapping[str, Rehearsed], what: str
) -> None:
    lost = rehearsed[what].lost
    assert lost.created & KINDS.keys() == set()
    assert lost.after == lost.before


@pytest.mark.parametrize("what", WHATS)
@pytest.mark.parametrize(("role", "but"), [("staging-plan", set()), ("prod-apply", SHARED)])
def test_no_other_role_can_do_any_of_it(
    rehearsed: Mapping[str, Rehearsed], what: str, role: str, but: set[str]
) -> None:
    run = rehearsed[what]
    made = run.changes()
    assert len({str(call) for call in made}) > 30
    possible = set()
    for call in made:
        questions = asked(call, run.around)
        # A service's own role is one for the whole account.
        of_a_service = any("/aws-service-role/" in item.resource for item in questions)
        if not of_a_service and all(run.may(role, item) for item in questions):
            possible.add(str(call))
    assert possible <= but


def test_what_is_asked_about_everything_is_what_aws_does_not_narrow(
    rehearsed: Mapping[str, Rehearsed],
) -> None:
    wide = {
        item.action
        for run in rehearsed.values()
        for call in run.changes()
        for item in asked(call, run.around)
        if item.resource == ANY
    }
    assert wide == {
        "cloudwatch:PutCompositeAlarm",
        "ecr:DeleteRegistryPolicy",
        "ecr:PutRegistryPolicy",
        "ecr:PutRegistryScanningConfiguration",
        "ecr:PutReplicationConfiguration",
        "kms:CreateKey",
        "kms:TagResource",
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DeleteResourcePolicy",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:PutResourcePolicy",
        "sns:Unsubscribe",
    }
