"""Everything that must be in place before Terraform runs in an environment."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from infra import recovery
from infra.accounts import enter_account
from infra.backend import Backend, load_backend
from infra.environments import TARGETS, Environment, load_environment
from infra.errors import InfraError, LocalCloudLostError, UnsavedStateError, UsageError
from infra.guards.files import Place, refuse
from infra.local_cloud import LocalCloud
from infra.progress import Progress
from infra.repository import Repository, private_folder, refuse_unless_room
from infra.targets import (
    RunEnvironment,
    aws_run,
    caller_account,
    check_account,
    local_run,
    local_variables,
)
from infra.terraform import initialised
from infra.terraform.binary import find_terraform
from infra.terraform.initialised import Inputs
from infra.terraform.provider import (
    Mirror,
    cli_configuration,
    ensure,
    executable,
)
from infra.terraform.resident import Attachable, resident_provider
from infra.terraform.runner import (
    LOCK_TIMEOUT_SECONDS,
    UNSAVED_STATE,
    Terraform,
    saving,
)


@dataclass(frozen=True)
class Root:
    """A root module, and what its files leave open.

    data: the name of its TF_DATA_DIR. backend: arguments of `terraform init`. variables: what is
    added to Terraform's process environment. prepare: what must happen before init.
    """

    directory: Path
    data: str
    backend: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[RunEnvironment], None] = lambda _run: None


def environment_root(environment: Environment, backend: Backend, target: str) -> Root:
    """The root module of the environment itself; its files say everything."""
    del backend
    return Root(environment.directory, f"{environment.name}-{target}")


@dataclass(frozen=True)
class Session:
    """One environment, ready for Terraform.

    notes: what a person should know of how the local cloud was found. instance: the run of it that
    the session works with. unfinished: where a run that lost it leaves word for the next one.
    """

    repository: Repository
    environment: Environment
    target: str
    terraform: Terraform
    run: RunEnvironment
    backend: Backend
    cloud: LocalCloud | None = None
    notes: tuple[str, ...] = ()
    instance: str = ""
    unfinished: Path = Path()
    refused_before: Mapping[str, int] = field(default_factory=dict)

    @property
    def has_ledger(self) -> bool:
        """Whether a ledger knows of the state: that of a bootstrap has none."""
        return self.terraform.directory == self.environment.directory

    def refused(self) -> Mapping[str, int] | None:
        """Which requests tried to leave this machine since the session began, by destination.

        All of them were refused. None where there is no local cloud to tell.
        """
        if self.cloud is None:
            return None
        counts = {
            destination: count - self.refused_before.get(destination, 0)
            for destination, count in self.cloud.refused().items()
        }
        return {destination: count for destination, count in counts.items() if count > 0}

    def unlocked(self) -> Session:
        """The same for runs that only look: they neither take nor wait for the state lock."""
        return replace(self, terraform=replace(self.terraform, takes_lock=False))

    def check_cloud(self) -> None:
        """Raise LocalCloudLostError when a run failed because the local cloud went away.

        Terraform could then neither release its lock nor save its state there. Both are left to
        the next session, which has a local cloud to do it in (see `recovery`).
        """
        if self.cloud is None or not self._lost_cloud():
            return
        recovery.remember(self.unfinished)
        raise LocalCloudLostError(
            "The local cloud stopped while Terraform was at work. What it held is saved, up to"
            " about a second before.",
            hint="Run the command again: it starts the local cloud with what was saved, and goes"
            f" on from there. The log is {self.cloud.log}.",
        )

    def explain(self, error: InfraError) -> None:
        """Name the cause where something failed because the local cloud had gone away.

        Else it looks like credentials or a network, which in the local cloud nobody has.
        """
        if isinstance(error, LocalCloudLostError) or not self._lost_cloud():
            return
        error.details += (
            "The cause: the local cloud stopped meanwhile. The next command starts it again, with"
            " what was saved up to about a second before.",
        )

    def _lost_cloud(self) -> bool:
        if self.cloud is None:
            return False
        running = self.cloud.running()
        return running is None or running.instance != self.instance


def unfinished_file(repository: Repository, root: Root) -> Path:
    """Where a run that lost its local cloud leaves word."""
    return repository.private / "unfinished" / f"{root.data}.json"


@dataclass(frozen=True)
class Entered:
    """An account that a run may act in. instance, notes: as in Session."""

    run: RunEnvironment
    cloud: LocalCloud | None = None
    instance: str = ""
    notes: tuple[str, ...] = ()


def local_cloud(repository: Repository) -> LocalCloud:
    """The local cloud of this checkout."""
    return LocalCloud(repository.private / "cloud")


def choose_target(environment: Environment, override: str | None) -> str:
    """Where commands act: the override, else what environment.yaml says."""
    if override is not None and override not in TARGETS:
        raise UsageError(
            f"There is no target named {override!r}.", hint=f"Targets: {', '.join(TARGETS)}."
        )
    return override or environment.target


def enter(
    repository: Repository,
    environment: Environment,
    backend: Backend,
    target: str,
    configuration: Path,
    data: Path,
    progress: Progress,
) -> Entered:
    """Get into the environment's account, starting the local cloud where it is needed.

    configuration: Terraform's CLI configuration. data: its TF_DATA_DIR. Raises LocalCloudError,
    StateBucketError, CredentialsError, WrongAccountError.
    """
    if target == "local":
        cloud = local_cloud(repository)
        started = cloud.ensure_started(on_start=lambda: progress.step("Starting the local cloud"))
        for text in started.notes:
            progress.note(text)
        credentials = enter_account(
            environment, backend, started.endpoint, repository.private / "accounts", progress.step
        )
        variables = local_variables(environment, started.endpoint, credentials, configuration, data)
        return Entered(local_run(variables), cloud, started.endpoint.instance, tuple(started.notes))
    progress.step("Checking the AWS account")
    run = aws_run(environment, configuration, data)
    check_account(environment, caller_account(environment, run))
    return Entered(run)


@contextlib.contextmanager
def open_session(
    repository: Repository,
    name: str,
    override: str | None,
    progress: Progress,
    lock_timeout: int = LOCK_TIMEOUT_SECONDS,
    choose_root: Callable[[Environment, Backend, str], Root] = environment_root,
) -> Iterator[Session]:
    """Prepare an environment for the block: Terraform, provider, credentials, backend.

    lock_timeout: how long to wait for the state lock, in seconds. choose_root: what Terraform works
    on in the environment's account, given the target.
    Raises the errors of each part; nothing in the environment is changed.
    """
    environment = load_environment(repository, name)
    backend = load_backend(environment)
    target = choose_target(environment, override)
    root = choose_root(environment, backend, target)
    data = repository.terraform_data(root.data)
    refuse(Place(repository.root, root.directory, data, environment.protected))
    unfinished = unfinished_file(repository, root)
    if target != "local" or not unfinished.exists():
        _refuse_unsaved_state(root.directory, data)
    binary = find_terraform()
    refuse_unless_room(repository.private)
    mirror = ensure(repository, binary, root.directory, progress.step)
    configuration = _write_cli_configuration(repository, mirror)
    entered = enter(repository, environment, backend, target, configuration, data, progress)
    cloud, notes = entered.cloud, list(entered.notes)
    run = replace(entered.run, added={**entered.run.added, **root.variables})
    root.prepare(run)
    program = executable(mirror.directory, mirror.provider)
    terraform = Terraform(
        binary=binary,
        directory=root.directory,
        data=data,
        environment=run.variables,
        listener=progress.event,
        on_interrupt=progress.interrupted,
        lock_timeout=lock_timeout,
        backend=root.backend,
    )
    now = initialised.inputs(
        root.directory,
        repository.modules,
        {
            "backend": "\n".join(terraform.backend),
            "mirror": str(mirror.directory),
            "provider": _identity(program),
            "target": target,
            "terraform": binary.version,
        },
    )
    seen = initialised.recorded(data)
    if seen is None or seen.provider != now.provider or (target != "local" and seen != now):
        # Before anything runs the provider: init compares it with the published checksums.
        seen = _init(terraform, now, progress)
    kept_up: Attachable | None = None
    if target == "local" and program is not None:
        schemas = repository.private / "terraform" / "schemas"
        kept_up = Attachable(program, root.directory, data, schemas)
    with resident_provider(kept_up, run.variables) as attach:
        attached = replace(terraform, attach=attach)
        if seen != now:
            _init(attached, now, progress)
        if target == "local" and unfinished.exists():
            progress.step("Finishing what the end of the local cloud had cut off")
            notes.append(recovery.finish(unfinished, attached))
            progress.note(notes[-1])
            _refuse_unsaved_state(root.directory, data)
        session = Session(
            repository=repository,
            environment=environment,
            target=target,
            terraform=attached,
            run=run,
            cloud=cloud,
            notes=tuple(notes),
            instance=entered.instance,
            backend=backend,
            unfinished=unfinished,
            refused_before=cloud.refused() if cloud else {},
        )
        try:
            yield session
        except InfraError as error:
            session.explain(error)
            raise


def _refuse_unsaved_state(directory: Path, data: Path) -> None:
    path = directory / UNSAVED_STATE
    if path.exists():
        path.chmod(0o600)
        raise UnsavedStateError(
            f"An earlier run could not save its state; it is in {path}. Nothing was changed.",
            hint=saving(directory, data),
        )


def _init(terraform: Terraform, now: Inputs, progress: Progress) -> Inputs:
    """Initialise for these inputs."""
    progress.step("Initialising Terraform")
    initialised.forget(terraform.data)
    terraform.init()
    initialised.record(terraform.data, now)
    return now


def _identity(program: Path | None) -> str:
    """What changes when a file is replaced: reading all of it takes a second."""
    if program is None:
        return ""
    found = program.stat()
    return f"{program} {found.st_ino} {found.st_size} {found.st_mtime_ns}"


def _write_cli_configuration(repository: Repository, mirror: Mirror) -> Path:
    """Write Terraform's CLI configuration, unless it is already what it should be."""
    path = private_folder(repository.private / "terraform") / "cli.tfrc"
    text = cli_configuration(mirror)
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        fresh = path.with_suffix(f".{os.getpid()}.new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    return path
