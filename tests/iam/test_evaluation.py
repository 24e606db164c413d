"""Decisions as "Policy evaluation logic" and its neighbours in the IAM user guide document them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.policies import ACCOUNT, OTHER_ACCOUNT, ROLE, SESSION, allow, ask, deny, policy
from infra.errors import PolicyDocumentError, PolicyUnsupportedError
from infra.iam.document import Kind, parse
from infra.iam.evaluation import Outcome, Policies, Principal

ANY = policy(allow())
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ALICE = "arn:aws:s3:::examplebucket/home/alice/diary.txt"


def _of_resource(principal: Any, kind: Kind = Kind.RESOURCE, **elements: Any) -> Any:
    return policy(allow(Principal=principal, **elements), kind=kind, name="of-resource")


def test_nothing_is_allowed_by_default() -> None:
    """See "Policy evaluation logic": by default, all requests are implicitly denied."""
    assert ask(Policies()).outcome is Outcome.DENIED_IMPLICITLY


@pytest.mark.parametrize("place", ["identity", "boundary", "session", "resource"])
def test_a_deny_in_any_policy_overrides_every_allow(place: str) -> None:
    """See "Policy evaluation logic": an explicit deny in any policy overrides any allows."""
    both: dict[str, Any] = {"identity": (ANY,), "boundary": ANY, "session": ANY}
    both["resource"] = _of_resource({"AWS": SESSION})
    assert ask(Policies(**both)).allowed
    refusal = deny(Sid="Refusal")
    denying = (
        policy(deny(Principal="*", Sid="Refusal"), kind=Kind.RESOURCE)
        if place == "resource"
        else policy(allow(), refusal)
    )
    both[place] = (denying,) if place == "identity" else denying
    decision = ask(Policies(**both))
    assert decision.outcome is Outcome.DENIED_EXPLICITLY
    assert decision.because == "p/Refusal"


@pytest.mark.parametrize("limit", ["boundary", "session"])
def test_identity_policies_count_as_far_as_every_limit_allows(limit: str) -> None:
    """See "Permissions boundaries for IAM entities": the intersection; neither gives by itself.

    The page's example: a boundary for s3, cloudwatch and ec2, and a policy for iam:CreateUser.
    """
    bounds = policy(allow(["s3:*", "cloudwatch:*", "ec2:*"]))
    create_user = policy(allow("iam:CreateUser"))
    user = f"arn:aws:iam::{ACCOUNT}:user/new"
    assert not ask(Policies((create_user,), **{limit: bounds}), "iam:CreateUser", user).allowed
    assert not ask(Policies((), **{limit: bounds})).allowed
    assert ask(Policies((ANY,), **{limit: bounds})).allowed


def test_a_resource_policy_allows_within_the_account_without_identity_policies() -> None:
    """See "Policy evaluation for requests within a single account": the union of both."""
    assert ask(Policies(resource=_of_resource({"AWS": ROLE}))).allowed
    assert ask(Policies((ANY,), resource=_of_resource({"AWS": "arn:aws:iam::1:role/x"}))).allowed
    assert not ask(Policies(resource=_of_resource({"AWS": "arn:aws:iam::1:role/x"}))).allowed


@pytest.mark.parametrize("account", [ROOT, ACCOUNT])
def test_to_name_the_account_only_hands_the_question_on(account: str) -> None:
    """See "AWS JSON policy elements: Principal", AWS account principals."""
    named = _of_resource({"AWS": account})
    assert not ask(Policies(resource=named)).allowed
    assert ask(Policies((ANY,), resource=named)).allowed


@pytest.mark.parametrize("limit", ["boundary", "session"])
def test_a_named_role_stays_in_its_limits_and_a_named_session_does_not(limit: str) -> None:
    """See "Permissions boundaries for IAM entities", resource-based policies."""
    narrow = policy(allow("cloudwatch:*"))
    assert not ask(Policies(**{limit: narrow}, resource=_of_resource({"AWS": ROLE}))).allowed
    assert not ask(Policies(**{limit: narrow}, resource=_of_resource("*"))).allowed
    assert ask(Policies(**{limit: narrow}, resource=_of_resource({"AWS": SESSION}))).allowed


def test_across_accounts_both_sides_must_allow() -> None:
    """See "Cross-account policy evaluation logic"."""
    named = _of_resource({"AWS": ROLE})
    assert not ask(Policies((ANY,)), owner=OTHER_ACCOUNT).allowed
    assert not ask(Policies(resource=named), owner=OTHER_ACCOUNT).allowed
    assert ask(Policies((ANY,), resource=named), owner=OTHER_ACCOUNT).allowed
    other_root = _of_resource({"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"})
    assert not ask(Policies((ANY,), resource=other_root), owner=OTHER_ACCOUNT).allowed


@pytest.mark.parametrize("kind", [Kind.KEY, Kind.TRUST])
def test_a_key_and_a_role_must_agree_to_their_use(kind: Kind) -> None:
    """See "Key policies in AWS KMS": nobody has any permission to a key unless its policy says so,
    and "Permissions for AssumeRole": within the account the trust policy is enough.
    """
    resource = {} if kind is Kind.TRUST else {"Resource": "*"}

    def naming(principal: Any) -> Any:
        statement = {"Effect": "Allow", "Action": "*", "Principal": principal, **resource}
        return policy(statement, kind=kind)

    stranger = naming({"AWS": f"arn:aws:iam::{ACCOUNT}:role/other"})
    assert not ask(Policies((ANY,), resource=stranger)).allowed
    assert ask(Policies((ANY,), resource=naming({"AWS": ROOT}))).allowed
    assert not ask(Policies(resource=naming({"AWS": ROOT}))).allowed
    assert ask(Policies(resource=naming({"AWS": ROLE}))).allowed


def test_a_service_and_a_federated_identity_are_known_by_kind_and_name() -> None:
    """See "AWS JSON policy elements: Principal": service principals, OIDC federated principals."""
    service = Principal("Service", "cloudwatch.amazonaws.com")
    provider = Principal("Federated", f"arn:aws:iam::{ACCOUNT}:oidc-provider/example.com")
    named = _of_resource({"Service": "cloudwatch.amazonaws.com"})
    assert ask(Policies(resource=named), principal=service).allowed
    assert not ask(
        Policies(resource=named), principal=Principal("Service", "s3.amazonaws.com")
    ).allowed
    assert not ask(Policies(resource=named), principal=provider).allowed
    assert not ask(Policies(resource=_of_resource({"AWS": "*"})), principal=service).allowed
    assert not ask(Policies(), principal=service).allowed


def test_a_deny_with_not_action_leaves_what_it_names_and_nothing_else() -> None:
    """See "IAM JSON policy elements: NotAction": with Deny, it denies the rest and allows nothing.

    The page's region example is "AWS: Denies access to AWS based on the requested Region".
    """
    fence = {
        "Effect": "Deny",
        "NotAction": ["cloudfront:*", "iam:*", "route53:*", "support:*"],
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "eu-west-1"]}},
    }
    fenced = Policies((policy(allow(), fence),))
    role = f"arn:aws:iam::{ACCOUNT}:role/x"
    assert ask(fenced, keys={"aws:RequestedRegion": "eu-west-1"}).allowed
    assert not ask(fenced, keys={"aws:RequestedRegion": "us-east-1"}).allowed
    assert not ask(fenced).allowed, "StringNotEquals holds when the key is missing"
    assert ask(fenced, "iam:GetRole", role, keys={"aws:RequestedRegion": "us-east-1"}).allowed
    assert not ask(Policies((policy(fence),)), "iam:GetRole", role).allowed


def test_not_resource_means_all_others() -> None:
    """See "IAM JSON policy elements: NotResource", with Deny."""
    statement = {"Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::examplebucket/*"}
    policies = Policies((policy(allow(), statement),))
    assert ask(policies).allowed
    assert not ask(policies, resource="arn:aws:s3:::other/x").allowed


@pytest.mark.parametrize(
    ("action", "asked", "matches"),
    [
        ("S3:getobject", "s3:GetObject", True),
        ("iam:*AccessKey*", "iam:CreateAccessKey", True),
        ("s3:Get?bject", "s3:GetObject", True),
        ("s3:Get", "s3:GetObject", False),
        ("*", "s3:GetObject", True),
    ],
)
def test_actions_ignore_case_and_know_wildcards(action: str, asked: str, matches: bool) -> None:
    """See "IAM JSON policy elements: Action"."""
    assert ask(Policies((policy(allow(action)),)), asked).allowed is matches


@pytest.mark.parametrize(
    ("resource", "asked", "matches"),
    [
        ("arn:aws:s3:::examplebucket/*", ALICE, True),
        ("arn:aws:s3:::example*", ALICE, True),
        ("arn:aws:s3:::ExampleBucket/*", ALICE, False),
        ("arn:aws:s3:::examplebucket", ALICE, False),
        ("arn:aws:sns:*:t", "arn:aws:sns:us-east-1:1:t", None),
        ("arn:aws:sns:*:*:t", "arn:aws:sns:us-east-1:1:t", True),
        ("arn:aws:logs:*:*:log-group:/a/*", "arn:aws:logs:r:1:log-group:/a/b:log-stream:c", True),
        ("arn:aws:s3:::examplebucket/home/${aws:username}/*", ALICE, True),
        ("arn:aws:s3:::examplebucket/home/${aws:userid}/*", ALICE, False),
        ("arn:aws:s3:::examplebucket/home/${aws:userid, 'alice'}/*", ALICE, True),
        ("arn:aws:s3:::*${aws:PrincipalAccount}*", f"arn:aws:s3:::logs-{ACCOUNT}", True),
    ],
)
def test_resources_heed_case_parts_and_variables(
    resource: str, asked: str, matches: bool | None
) -> None:
    """See "IAM JSON policy elements: Resource" (no wildcard spans two parts), and "Variables"."""
    policies = Policies((policy(allow(resource=resource)),))
    if matches is None:
        with pytest.raises(PolicyDocumentError, match="six parts"):
            ask(policies, resource=asked)
    else:
        assert ask(policies, resource=asked, keys={"aws:username": "alice"}).allowed is matches


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("{", PolicyDocumentError, "not JSON"),
        ("[]", PolicyDocumentError, "not a JSON object"),
        ('{"Statement": []}', PolicyUnsupportedError, "version"),
        ('{"Version": "2008-10-17", "Statement": []}', PolicyUnsupportedError, "2008"),
        ('{"Version": "2012-10-17", "Statement": []}', PolicyDocumentError, "no statement"),
        ('{"Version": "2012-10-17", "Version": "2012-10-17"}', PolicyDocumentError, "two equal"),
        ('{"Version": "2012-10-17", "Rules": []}', PolicyDocumentError, "Rules"),
    ],
)
def test_what_is_no_policy_is_refused(text: str, error: type[Exception], says: str) -> None:
    """See "Grammar of the IAM JSON policy language"."""
    with pytest.raises(error, match=says):
        parse(text, Kind.IDENTITY, "p")


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"Effect": "allow"}, PolicyDocumentError, "Effect"),
        ({"Action": []}, PolicyDocumentError, "no value"),
        ({"Action": "GetObject"}, PolicyDocumentError, "service:Action"),
        ({"NotAction": "s3:*"}, PolicyDocumentError, "one of Action"),
        ({"Principal": "*"}, PolicyDocumentError, "Principal"),
        ({"NotPrincipal": "*"}, PolicyUnsupportedError, "NotPrincipal"),
        ({"Conditions": {}}, PolicyDocumentError, "Conditions"),
        ({"Condition": {"Bool": "true"}}, PolicyDocumentError, "Condition"),
    ],
)
def test_a_malformed_statement_is_refused(
    change: dict[str, Any], error: type[Exception], says: str
) -> None:
    """See "Grammar of the IAM JSON policy language", and what is outside of the subset."""
    document = {"Version": "2012-10-17", "Statement": {**allow("s3:*"), **change}}
    with pytest.raises(error, match=says):
        parse(json.dumps(document), Kind.IDENTITY, "p")


def test_policies_in_the_wrong_place_are_refused() -> None:
    with pytest.raises(PolicyUnsupportedError, match="resource policy"):
        ask(Policies(identity=(_of_resource("*"),)))
    with pytest.raises(PolicyUnsupportedError, match="identity policy"):
        ask(Policies(resource=ANY))
    with pytest.raises(PolicyUnsupportedError, match="no identity policies"):
        ask(Policies((ANY,)), principal=Principal("Service", "s3.amazonaws.com"))
    with pytest.raises(PolicyUnsupportedError, match="kind"):
        parse(
            json.dumps({"Version": "2012-10-17", "Statement": allow(Principal={"Robot": "*"})}),
            Kind.RESOURCE,
            "p",
        )
