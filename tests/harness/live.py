"""One run of the live tests: made by real Terraform in the local cloud or in AWS, and taken away.

The code is the same for both; only the way in differs. Whatever happens in between (a failure,
Ctrl-C, SIGTERM), what the run made is destroyed. Where that fails, it says what is left.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from harness.applied import resident
from harness.places import LEFT_OUT, MODULES, ROOT, environment_names
from harness.sandboxes import Place
from harness.terraform import BRIEF, LOCK_FILE, Root, provider_mirror
from infra import processes
from infra.left_behind.looking import find
from infra.left_behind.overlay import with_imports
from infra.left_behind.wanted import wanted
from infra.live import removal
from infra.live.cost import RunCost, check_budget, run_cost
from infra.live.runs import Run, new_run
from infra.live.sweeping import look
from infra.repository import Repository
from infra.states.comparison import addresses
from infra.stored_state import parsed_state
from infra.terraform.binary import find_terraform
from infra.terraform.provider import cli_configuration

MAIN_TF = ROOT / "tests" / "live" / "main.tf"

Tell = Callable[[str], None]


class LeftBehindError(Exception):
    """Destroying failed. The text says what is left, and how it is swept."""


@dataclass(frozen=True)
class Live:
    """A run that is made. state: as `terraform show -json` prints it."""

    place: Place
    run: Run
    root: Root
    cost: RunCost
    state: Mapping[str, Any] = field(repr=False)

    def client(self, service: str) -> Any:
        """A boto3 client in the account."""
        return self.place.clients(service)

    def output(self, name: str) -> Any:
        """An output of the root module."""
        return self.state["outputs"][name]["value"]


@contextlib.contextmanager
def live_run(place: Place, folder: Path, tell: Tell) -> Iterator[Live]:
    """Make everything for the block, and take it away after it.

    folder: of this run alone; the state is there, and stays where destroying failed. tell: hears
    what it costs before anything is made. Raises BudgetExceededError, LeftBehindError.
    """
    settings = place.settings
    run = new_run(settings.owner, datetime.now(UTC), settings.lifetime)
    root = _write(place, folder, run)
    kept = resident(root) if place.is_local else contextlib.nullcontext(root)
    with kept as ready:
        ready.init()
        plan = ready.plan()
        cost = run_cost(plan, settings.lifetime)
        tell(_notice(place, run, cost, plan))
        check_budget(cost, settings.budget_usd)
        with _sigterm_as_ctrl_c():
            try:
                streamed(ready, tell, "apply", "test.tfplan")
                state = json.loads(ready.succeed("show", "-json").stdout)["values"]
                yield Live(place, run, ready, cost, state)
            finally:
                _end(place, run, ready, plan, tell)


def _write(place: Place, folder: Path, run: Run) -> Root:
    """The root module beside a copy of the modules, ready for Terraform."""
    directory = folder / "tests" / "live"
    directory.mkdir(parents=True)
    shutil.copytree(MODULES, folder / "modules", ignore=LEFT_OUT)
    shutil.copy(MAIN_TF, directory)
    shutil.copy(LOCK_FILE, directory / ".terraform.lock.hcl")
    values = {
        "account_id": place.environment.account_id,
        "image": place.image,
        "name": run.name,
        "region": place.environment.region,
        "tags": dict(run.tags),
    }
    (directory / "terraform.tfvars.json").write_text(json.dumps(values), encoding="utf-8")
    cli = folder / "cli.tfrc"
    cli.write_text(cli_configuration(provider_mirror()), encoding="utf-8")
    entered = place.enter(cli, directory / ".terraform")
    return Root(directory, find_terraform(), entered.run.variables)


def _notice(place: Place, run: Run, cost: RunCost, plan: Mapping[str, Any]) -> str:
    where = "the local cloud" if place.is_local else "AWS"
    count = sum(item["change"]["actions"] == ["create"] for item in plan["resource_changes"])
    service = "with" if place.image else "without"
    return "\n".join(
        [
            f"Live tests in account {place.environment.account_id} ({where}),"
            f" {place.environment.region}: run {run.name} of {run.owner}.",
            f"It makes {count} resources, {service} an App Runner service, and destroys them at the"
            f" end. What is still there after {run.expires:%Y-%m-%d %H:%M} UTC may be swept.",
            f"{cost.text} The limit is ${place.settings.budget_usd:.2f}.",
        ]
    )


def streamed(root: Root, tell: Tell, command: str, *arguments: str) -> None:
    """Run Terraform so that Ctrl-C stops it in good order. Raises KeyboardInterrupt after that."""
    said: list[str] = []

    def hear(line: str) -> None:
        said.append(line)
        if "ion complete after " in line:
            tell(line.strip())

    done = processes.stream(
        [*root.binary.arguments, command, "-input=false", "-no-color", *arguments],
        environment={**root.variables, **BRIEF},
        directory=root.directory,
        on_line=hear,
        on_interrupt=lambda _count: tell("Terraform finishes what it has begun, and stops."),
    )
    if done.interrupts:
        raise KeyboardInterrupt
    assert done.returncode == 0, "".join(said) + done.stderr


def _end(place: Place, run: Run, root: Root, plan: Mapping[str, Any], tell: Tell) -> None:
    """Destroy everything. Raises LeftBehindError where something is left, after telling it."""
    why = ""
    try:
        _take_in(root, plan, tell)
        streamed(root, tell, "destroy", "-auto-approve")
    except AssertionError as error:
        why = str(error)
    except KeyboardInterrupt:
        why = "It was stopped."
    if why or _in_state(root):
        text = _left_behind(place, run, root)
        tell(text)
        raise LeftBehindError(f"{text}\n{why}")


def _take_in(root: Root, plan: Mapping[str, Any], tell: Tell) -> None:
    """Have in the state what an apply made and could not write down: Ctrl-C cuts its calls off."""
    path = root.directory / "terraform.tfstate"
    body = path.read_bytes() if path.exists() else b""
    known = addresses(parsed_state(body, str(path)))
    missing = [item for item in wanted(plan) if item.address not in known]
    found = find(missing, root.variables).found
    if not found:
        return
    tell(f"Taken in, to be destroyed too: {', '.join(sorted(found))}.")
    out = root.directory / "taken_in.tfplan"
    # The root module is two folders deep, as _write lays it.
    repository = Repository(root.directory.parents[1])
    with with_imports(repository, root.directory, found) as folder:
        targets = [f"-target={address}" for address in found]
        replace(root, directory=folder).succeed("plan", "-input=false", f"-out={out}", *targets)
    streamed(root, tell, "apply", str(out))


def _in_state(root: Root) -> list[Any]:
    path = root.directory / "terraform.tfstate"
    found = json.loads(path.read_text(encoding="utf-8"))["resources"] if path.exists() else []
    return [item for item in found if item["mode"] == "managed"]


def _left_behind(place: Place, run: Run, root: Root) -> str:
    lines = [f"Destroying {run.name} failed. Its state is kept in {root.directory}."]
    try:
        found = [
            item for item in look(place.clients, environment_names(), run.expires)
            if item.run == run.name
        ]  # fmt: skip
        lines += ["It left:", *(f"  {' '.join(removal.named(item))}" for item in found)]
    except Exception as error:
        lines.append(f"What it left can't be listed: {error}")
    target = " --target local" if place.is_local else ""
    lines.append(
        f"After {run.expires:%Y-%m-%d %H:%M} UTC this removes it: infra sweep --account"
        f" {place.environment.account_id} --region {place.environment.region}{target} --delete"
    )
    return "\n".join(lines)


@contextlib.contextmanager
def _sigterm_as_ctrl_c() -> Iterator[None]:
    """A job that is cancelled gets SIGTERM: what was made is destroyed all the same."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: object) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
