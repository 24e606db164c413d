"""An approval that GitHub took: by a reviewer of the environment, of the plan that the run shows.

The job that promotes runs in the GitHub environment, so it waits for that environment's reviewers,
and only such a job can take the apply role. What they looked at is the plan of an earlier job of
the same run. GitHub does not know plans, so this asks it who approved, and which plan was shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from infra.ci.api import GitHub, client
from infra.ci.runs import Account, WorkflowRun, reviews, shown_plans, workflow_run
from infra.errors import ApprovalError, GitHubError, UsageError
from infra.promotion.approvals import Approved, Approver, Person, Question, is_apply_role, until

METHOD = "github"


def github_approver(variables: Mapping[str, str]) -> Approver:
    """Take the approval of the GitHub environment that this job runs in.

    variables: those of the job.
    """

    def approve(question: Question) -> Approved:
        name = question.environment.name
        if variables.get("GITHUB_ACTIONS") != "true":
            raise _refused("This is no job of GitHub Actions, so no GitHub environment approved.")
        if not is_apply_role(question.asker.arn, name):
            raise _refused(
                f"This job runs as {question.asker.arn}, which is not the apply role of"
                f" {name}: GitHub's environment did not approve it."
            )
        number = variables.get("GITHUB_RUN_ID", "")
        try:
            github = client(variables)
            run = workflow_run(github, number)
            _check_run(run, variables)
            _check_plan(question, shown_plans(github, number, run.attempt))
            by = _approver(github, number, run, name)
        except (GitHubError, UsageError) as error:
            raise _refused(
                f"Who approved can't be told. {error.message}",
                error.hint,
            ) from error
        person = Person(question.asker.arn, f"github:{by.login}#{number}")
        return Approved(METHOD, person, until(datetime.now(UTC)))

    return approve


def _check_run(run: WorkflowRun, variables: Mapping[str, str]) -> None:
    """See that the run is this one, has not ended, and planned once."""
    told = (variables.get("GITHUB_REPOSITORY"), variables.get("GITHUB_SHA"))
    if (run.repository, run.commit) != told or run.status == "completed":
        raise _refused("The run that GitHub knows by this number is not the one of this job.")
    if run.attempt != 1 or variables.get("GITHUB_RUN_ATTEMPT") != "1":
        raise _refused(
            "The run was started again. GitHub can't tell an approval of its first attempt from"
            " one of this.",
            "Start the workflow anew: its plan gets an approval of its own.",
        )


def _check_plan(question: Question, shown: set[str]) -> None:
    if not shown:
        raise _refused(
            "No job of this run shows a plan, so nobody can have approved one.",
            "A job before this one plans: infra promote FROM TO --dry-run --announce",
        )
    if shown != {question.identity}:
        raise _refused(
            f"The run shows {', '.join(sorted(shown))}, and that is what was approved. The plan is"
            f" {question.identity} now.",
            "Start the workflow anew: the new plan needs an approval of its own.",
        )


def _approver(github: GitHub, number: str, run: WorkflowRun, name: str) -> Account:
    """The reviewer whose word counts."""
    mine = [review for review in reviews(github, number) if name in review.environments]
    rejected = [review.by.login for review in mine if review.state == "rejected"]
    if rejected:
        raise _refused(f"{rejected[-1]} rejected it.")
    approved = [review.by for review in mine if review.state == "approved"]
    if not approved:
        raise _refused(
            f"Nobody approved: the GitHub environment {name} let the job pass without asking.",
            f"Name required reviewers in the settings of the environment {name}"
            " (docs/workflows.md).",
        )
    starters = {account.id for account in run.starters}
    others = [account for account in approved if account.id not in starters]
    if not others:
        raise _refused(
            f"{approved[-1].login} approved it, and is the one who started it.",
            "Somebody else must. GitHub can see to that: prevent self-review, in the settings of"
            f" the environment {name}.",
        )
    return others[-1]


def _refused(message: str, hint: str = "") -> ApprovalError:
    return ApprovalError(f"{message} Nothing was changed.", hint=hint)
