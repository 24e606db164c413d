"""Every failure that a user can meet, as one tree.

    InfraError                      exit 1
    ├── UsageError                  exit 1   the command line is wrong
    ├── RepositoryError             exit 1   not a checkout of this repository
    ├── EnvironmentFileError        exit 1   environment.yaml or backend.tf is wrong
    ├── UnknownEnvironmentError     exit 1
    ├── TerraformMissingError       exit 1
    ├── ProviderMissingError        exit 1
    ├── LocalCloudError             exit 1   it can't start, or does not answer
    │   └── LocalCloudLostError     exit 20  it went away during a run
    ├── RegistryError               exit 1   an image can't be pushed
    ├── StateBucketError            exit 1   the state bucket can't be made, or is somebody else's
    ├── StorageError                exit 20  the disk is full or gone, in the middle of something
    ├── UnsavedStateError           exit 1   an earlier run could not save its state
    ├── StateError                  exit 10  the stored state is not as it should be; see below
    │   ├── StateCorruptError       exit 10  it can't be read
    │   ├── StateForeignError       exit 10  it is another one: the lineage differs
    │   ├── StateMissingError       exit 10  it is gone, or empty
    │   ├── StateNewerError         exit 10  a later Terraform wrote it
    │   └── StateRewoundError       exit 10  it is older than the last one that the ledger knows
    ├── CheckoutError               exit 10  a file of the checkout could change a run unseen
    │   ├── StrayInputError         exit 10  values or overrides that Terraform would read
    │   ├── LocalStateError         exit 10  a state in the folder, past the backend
    │   ├── LockFileError           exit 10  the provider lock is not the committed one
    │   └── WorkspaceError          exit 10  another workspace than default
    ├── CredentialsError            exit 1   an aws target without usable credentials
    ├── WrongAccountError           exit 1
    ├── ConfirmationError           exit 1   a change that nobody confirmed
    ├── BudgetExceededError         exit 10  live tests would cost more than they may
    ├── LedgerUnavailableError      exit 10  it can't be written, so nothing was changed
    ├── LedgerMissedError           exit 20  changes were made, and how they ended is not recorded
    ├── IdentityKeyError            exit 1   the key of an environment's identities can't be had
    ├── PlanRefusedError            exit 10  a plan is not applied; nothing was changed
    │   ├── PlanChangedError        exit 10  the plan would be another one now
    │   ├── PlanAppliedError        exit 10  it has been applied already
    │   ├── PlanExpiredError        exit 10  it is too old
    │   ├── PlanTamperedError       exit 10  its files are not what was written
    │   ├── PlanIncompleteError     exit 10  it ended with an error, or leaves something out
    │   ├── HalfMadeError           exit 10  it would make a second one of what is half made
    │   ├── LeftBehindError         exit 10  a destroy would not find all that there is
    │   ├── ProtectedError          exit 10  something protected would go
    │   └── BlastRadiusError        exit 10  more would go than may
    ├── ReleaseError                exit 1   a release that is malformed, edited or can't be made
    │   └── ReleaseUnknownError     exit 1
    ├── ImageMissingError           exit 10  no such image in the registry
    ├── DigestMismatchError         exit 10  an image is not what its digest says
    ├── PromotionRefusedError       exit 10  a promotion or rollback is refused; nothing was changed
    │   ├── NotVerifiedError        exit 10  the source environment has no evidence
    │   ├── GateRefusedError        exit 10  a gate did not hold
    │   ├── ApprovalError           exit 10  the wrong person or another plan was approved
    │   ├── ApprovalMissingError    exit 10  nobody has approved yet; it goes on from there
    │   └── PromotionRunningError   exit 10  another one is at work
    ├── UnhealthyError              exit 21  changes were made, and what runs is not as it should be
    ├── RolledBackError             exit 30  the change was taken back
    ├── RollbackFailedError         exit 40  it could not be taken back
    ├── GitHubError                 exit 1   GitHub can't be reached, or refuses
    ├── PolicyDocumentError         exit 1   a policy that IAM would not accept
    ├── PolicyUnsupportedError      exit 1   a policy that infra.iam can't judge
    ├── LintToolError               exit 4   a check of `infra lint` could not do its work
    │   └── LintToolMissingError    exit 4   its tool is not installed
    ├── TerraformError              exit 1   Terraform's own diagnostics, nothing was changed
    │   ├── StateLockedError        exit 1
    │   └── ApplyFailedError        exit 20  some changes may have been made
    ├── InterruptedRunError         exit 130 ended by Ctrl-C
    └── InternalError               exit 70  a fault of the tool itself

`reason` is the stable, machine-readable name that `--json` prints; text may change, reasons do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from infra.diagnostics import Diagnostic
from infra.untrusted import line, paragraph

LONGEST_MESSAGE = 1000
LONGEST_LINE = 2000
"""Of a hint or a detail, which may be a command or two values side by side."""


class InfraError(Exception):
    """A failure with what happened, why, and what to do next.

    message: one sentence, what happened and why.
    hint: what to do next; may have several lines.
    details: further facts to show under the message, one a line.

    What of them came from a file or an answer is neither believed to be short nor to be harmless on
    a terminal: each is made visible and cut here, so that no place that raises can forget it.
    """

    exit_code: ClassVar[int] = 1
    reason: ClassVar[str] = "error"

    def __init__(self, message: str, *, hint: str = "", details: tuple[str, ...] = ()) -> None:
        self.message = line(message, LONGEST_MESSAGE)
        super().__init__(self.message)
        self.hint = paragraph(hint, LONGEST_LINE)
        self.details = tuple(paragraph(detail, LONGEST_LINE) for detail in details)


class UsageError(InfraError):
    """The command line asks for something that doesn't exist or can't be combined."""

    reason = "usage"


class RepositoryError(InfraError):
    """The command runs outside of a checkout, or the checkout can't be used."""

    reason = "not-a-repository"


class EnvironmentFileError(InfraError):
    """A file of an environment is malformed."""

    reason = "environment-invalid"


class UnknownEnvironmentError(InfraError):
    """No environment has this name."""

    reason = "environment-unknown"


class TerraformMissingError(InfraError):
    """No Terraform that satisfies the required version was found."""

    reason = "terraform-missing"


class ProviderMissingError(InfraError):
    """The locked provider is in no mirror and can't be downloaded."""

    reason = "provider-missing"


class LocalCloudError(InfraError):
    """The local cloud can't be started, or stopped answering."""

    reason = "local-cloud"


class LocalCloudLostError(LocalCloudError):
    """The local cloud went away during a run. What it held until then is saved."""

    exit_code = 20
    reason = "local-cloud-lost"


class RegistryError(InfraError):
    """There is no repository to push an image to, or ECR refuses the image."""

    reason = "registry"


class StateBucketError(InfraError):
    """The bucket of the states can't be made or used."""

    reason = "state-bucket"


class StorageError(InfraError):
    """The disk could not be written any more. Whether changes were made has to be looked up."""

    exit_code = 20
    reason = "storage"


class UnsavedStateError(InfraError):
    """An earlier run could not save its state; it is still in a file."""

    reason = "state-unsaved"


class StateError(InfraError):
    """The stored state is not the one that is meant; nothing was changed."""

    exit_code = 10
    reason = "state"


class StateForeignError(StateError):
    """A state is of another lineage than the environment's."""

    reason = "state-foreign"


class StateCorruptError(StateError):
    """What is stored in place of a state is none."""

    reason = "state-corrupt"


class StateMissingError(StateError):
    """There is no state where there was one, or an empty object."""

    reason = "state-missing"


class StateNewerError(StateError):
    """A later Terraform than this one wrote the state."""

    reason = "state-newer"


class StateRewoundError(StateError):
    """The state is older than the last one that the ledger knows."""

    reason = "state-rewound"


class CheckoutError(InfraError):
    """Something in the checkout could change a run unseen; nothing was changed."""

    exit_code = 10
    reason = "checkout"


class StrayInputError(CheckoutError):
    """A file that Terraform would read by itself, and that is none of the environment's."""

    reason = "stray-input"


class LocalStateError(CheckoutError):
    """A state lies in the folder: somebody ran Terraform past the backend."""

    reason = "local-state"


class LockFileError(CheckoutError):
    """The provider lock of a protected environment is not the committed one."""

    reason = "lock-file-changed"


class WorkspaceError(CheckoutError):
    """A workspace is selected; environments are folders here."""

    reason = "workspace"


class CredentialsError(InfraError):
    """The aws target has no usable credentials."""

    reason = "credentials"


class WrongAccountError(InfraError):
    """The credentials belong to another account than the environment's."""

    reason = "wrong-account"


class ConfirmationError(InfraError):
    """A change needs a person's word, and none was given."""

    reason = "not-confirmed"


class BudgetExceededError(InfraError):
    """A run of the live tests may cost more than its limit; nothing was made."""

    exit_code = 10
    reason = "budget-exceeded"


class LedgerUnavailableError(InfraError):
    """The ledger can't be read or written; a change that it can't record is not made."""

    exit_code = 10
    reason = "ledger-unavailable"


class LedgerMissedError(InfraError):
    """Changes were made, but the ledger could not be told how they ended."""

    exit_code = 20
    reason = "ledger-missed"


class IdentityKeyError(InfraError):
    """The key that makes an environment's identities can't be read or made."""

    reason = "identity-key"


class PlanRefusedError(InfraError):
    """A plan is not applied; nothing was changed."""

    exit_code = 10
    reason = "plan-refused"


class PlanChangedError(PlanRefusedError):
    """The plan that would be made now is not the reviewed one.

    ingredients: the names of what differs. differences: where the plans differ, secrets hidden.
    """

    reason = "plan-changed"

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        details: tuple[str, ...] = (),
        ingredients: tuple[str, ...] = (),
        differences: tuple[Mapping[str, str], ...] = (),
    ) -> None:
        super().__init__(message, hint=hint, details=details)
        self.ingredients = ingredients
        self.differences = differences


class PlanAppliedError(PlanRefusedError):
    """The plan has been applied already; an identity is good for one apply."""

    reason = "plan-applied"


class PlanExpiredError(PlanRefusedError):
    """The plan was made too long ago."""

    reason = "plan-expired"


class PlanTamperedError(PlanRefusedError):
    """The files of a stored plan are not the ones that were written."""

    reason = "plan-tampered"


class PlanIncompleteError(PlanRefusedError):
    """The plan ended with an error, or a part of the configuration is left out of it."""

    reason = "plan-incomplete"


class HalfMadeError(PlanRefusedError):
    """What a run had not made to the end would be made a second time, under the same name."""

    reason = "half-made"


class LeftBehindError(PlanRefusedError):
    """A destroy would leave behind what a stopped run made and the state does not know."""

    reason = "left-behind"


class ProtectedError(PlanRefusedError):
    """Something protected would be destroyed or replaced, or a whole protected environment."""

    reason = "protected"


class BlastRadiusError(PlanRefusedError):
    """More would be destroyed or replaced than may be at once."""

    reason = "too-many-deletes"


class ReleaseError(InfraError):
    """A release that is malformed, was edited, or can't be made."""

    reason = "release-invalid"


class ReleaseUnknownError(ReleaseError):
    """No release has this id."""

    reason = "release-unknown"


class ImageMissingError(InfraError):
    """A registry has no image with this digest; nothing was changed."""

    exit_code = 10
    reason = "image-missing"


class DigestMismatchError(InfraError):
    """The bytes of an image are not what its digest says; nothing was changed."""

    exit_code = 10
    reason = "digest-mismatch"


class PromotionRefusedError(InfraError):
    """A promotion or rollback is refused; nothing was changed."""

    exit_code = 10
    reason = "promotion-refused"


class NotVerifiedError(PromotionRefusedError):
    """The source environment has no evidence for exactly this release, code and locks.

    causes: stable codes of what is missing (see `infra.promotion.evidence`).
    """

    reason = "not-verified"

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        details: tuple[str, ...] = (),
        causes: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message, hint=hint, details=details)
        self.causes = causes


class GateRefusedError(PromotionRefusedError):
    """A gate did not hold, or could not be checked."""

    reason = "gate-refused"


class ApprovalError(PromotionRefusedError):
    """An approval is missing, expired, forged, of another plan, or by the wrong person."""

    reason = "approval-invalid"


class ApprovalMissingError(PromotionRefusedError):
    """Nobody has approved the plan yet, and nobody is there to ask. identity: of the plan."""

    reason = "not-confirmed"

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        details: tuple[str, ...] = (),
        identity: str = "",
    ) -> None:
        super().__init__(message, hint=hint, details=details)
        self.identity = identity


class PromotionRunningError(PromotionRefusedError):
    """Another promotion or rollback of this environment is at work."""

    reason = "promotion-running"


class UnhealthyError(InfraError):
    """Changes were made, and what runs is not as it should be."""

    exit_code = 21
    reason = "unhealthy"


class RolledBackError(InfraError):
    """A change was taken back: the release before it runs again."""

    exit_code = 30
    reason = "rolled-back"


class RollbackFailedError(InfraError):
    """A change could not be taken back; a person is needed now."""

    exit_code = 40
    reason = "rollback-failed"


class GitHubError(InfraError):
    """GitHub can't be reached, or refuses. status: of its answer, 0 where there was none."""

    reason = "github"

    def __init__(
        self, message: str, *, hint: str = "", details: tuple[str, ...] = (), status: int = 0
    ) -> None:
        super().__init__(message, hint=hint, details=details)
        self.status = status


class PolicyDocumentError(InfraError):
    """A policy is malformed: IAM would not accept it, or not compare its values."""

    reason = "policy-invalid"


class PolicyUnsupportedError(InfraError):
    """A policy or request uses what infra.iam does not understand, so there is no answer."""

    reason = "policy-unsupported"


class LintToolError(InfraError):
    """A tool that `infra lint` runs can't be started, or did not do its work."""

    exit_code = 4
    reason = "lint-tool"


class LintToolMissingError(LintToolError):
    """A tool that `infra lint` runs is not installed."""

    reason = "lint-tool-missing"


class TerraformError(InfraError):
    """Terraform ended with an error; nothing was changed. diagnostics: what it said itself."""

    reason = "terraform-failed"

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        details: tuple[str, ...] = (),
        diagnostics: tuple[Diagnostic, ...] = (),
    ) -> None:
        super().__init__(message, hint=hint, details=details)
        self.diagnostics = diagnostics


class StateLockedError(TerraformError):
    """Somebody else holds the state lock."""

    reason = "state-locked"


class PlanStaleError(TerraformError):
    """Somebody changed the state between the plan and its apply; nothing was changed."""

    exit_code = 10
    reason = "plan-stale"


class ApplyFailedError(TerraformError):
    """An apply or destroy ended with an error after it had begun."""

    exit_code = 20
    reason = "apply-failed"


class InterruptedRunError(InfraError):
    """The user ended the run by Ctrl-C or SIGTERM."""

    exit_code = 130
    reason = "interrupted"


class InternalError(InfraError):
    """A fault of the tool itself, that nobody foresaw (EX_SOFTWARE of sysexits.h)."""

    exit_code = 70
    reason = "internal"
