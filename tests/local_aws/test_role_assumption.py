"""Who may assume which role of the local cloud, and what credentials open."""

import base64
import json
import time
import urllib.error
import uuid
from datetime import timedelta

import pytest
from moto.core.utils import utcnow
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from harness.web import direct
from local_aws import admission, callers
from local_aws.callers import ExpiredError, Signature
from local_aws.refusals import Call

ISSUER = "token.actions.githubusercontent.com"
MAIN = "repo:acme/trending-now:ref:refs/heads/main"


def _trust(*statements):
    full = [{"Effect": "Allow", "Action": "sts:AssumeRole", **one} for one in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": full})


@pytest.fixture
def other(account):
    """An account beside the test's own."""
    return str(int(account) + 500_000_000_000)


@pytest.fixture
def role(client):
    """Makes a role of the test's account and answers its ARN."""

    def make(*statements, name="target", **members):
        made = client("iam").create_role(
            RoleName=name, AssumeRolePolicyDocument=_trust(*statements), **members
        )
        return made["Role"]["Arn"]

    return make


@pytest.fixture
def assume(server, other):
    """Assumes a role, as the other account unless a client says otherwise."""

    def call(arn, sts=None, name="run", **members):
        sts = sts or server.client("sts", other)
        return sts.assume_role(RoleArn=arn, RoleSessionName=name, **members)

    return call


def _root(account):
    return {"Principal": {"AWS": f"arn:aws:iam::{account}:root"}}


def _session(account):
    return f"arn:aws:sts::{account}:assumed-role/OrganizationAccountAccessRole/test"


def test_a_role_that_does_not_exist_is_refused_as_one_that_does_not_trust(
    role, assume, account, other, refused
):
    message = f"User: {_session(other)} is not authorized to perform: sts:AssumeRole on resource: "
    for arn in (f"arn:aws:iam::{account}:role/none", role(_root("999999999999"))):
        with refused("AccessDenied", message + arn):
            assume(arn)


def test_nobody_enters_an_account_by_the_entry_role_but_the_entry_credentials(
    assume, account, refused
):
    with refused("AccessDenied", "not authorized to perform: sts:AssumeRole"):
        assume(f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole")


@pytest.mark.parametrize(
    "principal",
    [
        "*",
        {"AWS": "*"},
        {"AWS": "OTHER"},
        {"AWS": "arn:aws:iam::OTHER:root"},
        {"AWS": "arn:aws:iam::OTHER:role/OrganizationAccountAccessRole"},
        {"AWS": "arn:aws:sts::OTHER:assumed-role/OrganizationAccountAccessRole/test"},
    ],
    ids=str,
)
def test_a_principal_can_be_named_in_each_of_these_ways(role, assume, server, other, principal):
    named = json.loads(json.dumps(principal).replace("OTHER", other))
    arn = role({"Principal": named})
    keys = assume(arn)["Credentials"]
    identity = server.signed("sts", keys).get_caller_identity()
    assert identity["Arn"] == arn.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + (
        "/run"
    )


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": "arn:aws:iam::OTHER:role/another"},
        {"AWS": "arn:aws:iam::OTHER:user/test"},
        {"AWS": "arn:aws:sts::OTHER:assumed-role/OrganizationAccountAccessRole/somebody"},
        {"Service": "build.apprunner.amazonaws.com"},
        {"Federated": f"arn:aws:iam::OTHER:oidc-provider/{ISSUER}"},
    ],
    ids=str,
)
def test_another_principal_is_refused(role, assume, other, refused, principal):
    named = json.loads(json.dumps(principal).replace("OTHER", other))
    arn = role({"Principal": named})
    with refused("AccessDenied", arn):
        assume(arn)


def test_a_user_is_named_by_its_arn_and_leaves_with_its_key(server, role, assume, other, refused):
    iam = server.client("iam", other)
    user = iam.create_user(UserName="ada", Path="/team/")["User"]["Arn"]
    keys = iam.create_access_key(UserName="ada")["AccessKey"]
    arn = role({"Principal": {"AWS": user}})
    ada = server.signed("sts", keys)
    assume(arn, ada)
    with refused("AccessDenied", arn):
        assume(arn)
    iam.update_access_key(UserName="ada", AccessKeyId=keys["AccessKeyId"], Status="Inactive")
    with refused("InvalidClientTokenId", "security token"):
        assume(arn, ada)


def test_a_denial_wins(role, assume, other, refused):
    arn = role(_root(other), {"Effect": "Deny", "Principal": {"AWS": _session(other)}})
    with refused("AccessDenied", arn):
        assume(arn)


@pytest.mark.parametrize(
    ("condition", "members", "enters"),
    [
        ({"StringEquals": {"sts:ExternalId": "s-1"}}, {"ExternalId": "s-1"}, True),
        ({"StringEquals": {"sts:ExternalId": "s-1"}}, {"ExternalId": "s-2"}, False),
        ({"StringEquals": {"sts:ExternalId": "s-1"}}, {}, False),
        ({"StringLike": {"sts:RoleSessionName": "r*"}}, {}, True),
        ({"StringLike": {"sts:RoleSessionName": "x*"}}, {}, False),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Organization*"}}, {}, True),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/another"}}, {}, False),
        ({"Null": {"aws:SourceIdentity": "true"}}, {}, True),
        ({"StringEquals": {"aws:SourceIdentity": "ada"}}, {}, False),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-example"}}, {}, False),
        ({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-example"}}, {}, False),
    ],
    ids=str,
)
def test_conditions_of_a_trust_policy_decide(
    role, assume, other, refused, condition, members, enters
):
    arn = role({**_root(other), "Condition": condition})
    if enters:
        assume(arn, **members)
        return
    with refused("AccessDenied", arn):
        assume(arn, **members)


def test_a_source_identity_must_be_allowed_and_goes_along(server, role, assume, other, refused):
    plain = role(_root(other), name="plain")
    with refused("AccessDenied", plain):
        assume(plain, SourceIdentity="ada")
    both = ["sts:AssumeRole", "sts:SetSourceIdentity"]
    first = role({**_root(other), "Action": both}, name="first")
    ada = {"StringEquals": {"aws:SourceIdentity": "ada"}}
    second = role({"Principal": "*", "Action": both, "Condition": ada}, name="second")
    answer = assume(first, SourceIdentity="ada")
    assert answer["SourceIdentity"] == "ada"
    sts = server.signed("sts", answer["Credentials"])
    assume(second, sts)
    with refused("AccessDenied", second):
        assume(second, sts, SourceIdentity="bob")


def test_tags_must_be_allowed(role, assume, other, refused):
    tags = [{"Key": "team", "Value": "ml"}]
    plain = role(_root(other), name="plain")
    with refused("AccessDenied", plain):
        assume(plain, Tags=tags)
    condition = {"StringEquals": {"aws:RequestTag/team": "ml"}}
    tagged = role(
        {
            **_root(other),
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": condition,
        },
        name="tagged",
    )
    assume(tagged, Tags=tags)


def test_a_session_is_no_longer_than_its_role_allows(role, assume, server, account, refused):
    iam = server.client("iam", account)
    iam.create_user(UserName="ada")
    keys = iam.create_access_key(UserName="ada")["AccessKey"]
    ada = server.signed("sts", keys)
    arn = role(_root(account), MaxSessionDuration=7200)
    before = utcnow()
    expiration = assume(arn, ada, DurationSeconds=7200)["Credentials"]["Expiration"]
    assert 7190 < (expiration.replace(tzinfo=None) - before).total_seconds() < 7260
    with refused("ValidationError", "exceeds the MaxSessionDuration set for this role"):
        assume(arn, ada, DurationSeconds=7201)
    with refused("ValidationError", "exceeds the 1 hour session limit for roles assumed by role"):
        assume(arn, server.client("sts", account), DurationSeconds=3601)
    with refused("ValidationError", "less than or equal to 43200"):
        assume(arn, ada, DurationSeconds=43201)


@pytest.mark.parametrize("name", ["a run", "a/b", "ä" * 3])
def test_the_name_of_a_session_is_checked(role, assume, other, refused, name):
    with refused("ValidationError", "at 'roleSessionName' failed to satisfy constraint"):
        assume(role(_root(other)), name=name)


def test_entry_credentials_enter_and_do_nothing_else(server, entry, account, refused):
    sts = server.signed("sts", entry)
    assert sts.get_caller_identity()["Account"] == "000000000000"
    for service, operation in (("iam", "list_roles"), ("s3", "list_buckets"), ("kms", "list_keys")):
        with refused(
            "AccessDeniedException" if service == "kms" else "AccessDenied",
            "arn:aws:iam::000000000000:user/local is not authorized to perform",
        ):
            getattr(server.signed(service, entry), operation)()
    with refused("AccessDenied", "role/another"):
        sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/another", RoleSessionName="run")


def test_an_entry_role_that_was_made_decides_itself(server, role, account, refused):
    arn = role(_root(account), name="OrganizationAccountAccessRole")
    with refused("AccessDenied", arn):
        server.client("sts", account)


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("sts", "get_caller_identity", "InvalidClientTokenId"),
        ("iam", "list_roles", "InvalidClientTokenId"),
        ("kms", "list_keys", "UnrecognizedClientException"),
        ("apprunner", "list_services", "UnrecognizedClientException"),
        ("s3", "list_buckets", "InvalidAccessKeyId"),
        ("ec2", "describe_vpcs", "AuthFailure"),
    ],
)
def test_a_key_that_nobody_has_acts_in_no_account(server, refused, service, operation, code):
    unknown = {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "secret"}
    with refused(code, ""):
        getattr(server.signed(service, unknown), operation)()


def test_a_session_needs_its_own_token(server, entry, account, refused):
    sts = server.signed("sts", entry)
    arn = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
    keys = sts.assume_role(RoleArn=arn, RoleSessionName="run")["Credentials"]
    for wrong in (None, "another"):
        with refused("InvalidClientTokenId", "security token"):
            server.signed("sts", {**keys, "SessionToken": wrong}).get_caller_identity()


def test_a_session_that_is_over_is_refused_in_the_words_of_each_service():
    """In this process: no session is shorter than a quarter of an hour."""
    account = "300000000001"
    key = iam_backends[account]["aws"].create_temp_access_key()
    sts = sts_backends[account]["aws"]
    arn = f"arn:aws:iam::{account}:role/r"
    session = sts.assume_role("eu-west-1", "run", arn, "", 900, "")
    assert key.access_key_id != session.access_key_id
    signature = Signature(session.access_key_id, session.session_token)
    assert callers.find(signature).account == account
    session.expiration = utcnow() - timedelta(seconds=1)
    with pytest.raises(ExpiredError):
        callers.find(signature)
    assert not admission.is_open_to(signature)
    codes = [
        admission.denial(signature, Call(service, "Any"), protocol).code
        for service, protocol in (("s3", "rest-xml"), ("iam", "query"), ("kms", "json"))
    ]
    assert codes == ["ExpiredToken", "ExpiredToken", "ExpiredTokenException"]


def test_requests_that_nobody_signed_are_refused(server):
    for path in ("/", "/moto-api/data.json", "/?Action=ListRoles&Version=2010-05-08"):
        with pytest.raises(urllib.error.HTTPError, match="403"):
            direct.open(server.url + path)


def test_a_header_does_not_lead_into_another_account(server, account, other):
    sts = server.client("sts", account)

    def claim(request, **_):
        request.headers["x-moto-account-id"] = other

    sts.meta.events.register("before-sign.sts", claim)
    assert sts.get_caller_identity()["Account"] == account


def test_a_presigned_address_acts_for_who_signed_it(client, account):
    bucket = f"presigned-{account}"
    s3 = client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket=bucket, Key="a", Body=b"body")
    address = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a"})
    with direct.open(address) as answer:
        assert answer.read() == b"body"


@pytest.mark.parametrize("operation", ["get_session_token", "get_federation_token"])
def test_keys_that_would_open_nothing_are_not_given(client, refused, operation):
    members = {"Name": "ada"} if operation == "get_federation_token" else {}
    with refused("LocalCloudNotImplemented", "does not implement sts:"):
        getattr(client("sts"), operation)(**members)


# Web identities


def _token(**changes):
    claims = {
        "iss": f"https://{ISSUER}",
        "sub": MAIN,
        "aud": "sts.amazonaws.com",
        "exp": int(time.time()) + 24 * 3600,
        "jti": str(uuid.uuid4()),
        "environment": "staging",
        **changes,
    }
    kept = {name: value for name, value in claims.items() if value is not None}
    parts = [json.dumps(part).encode() for part in ({"alg": "RS256", "typ": "JWT"}, kept)]
    return ".".join(
        base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (*parts, b"signature")
    )


@pytest.fixture
def enter(server, client, role):
    """Assumes a role that trusts GitHub's tokens for the main branch."""
    provider = client("iam").create_open_id_connect_provider(
        Url=f"https://{ISSUER}", ClientIDList=["sts.amazonaws.com"]
    )["OpenIDConnectProviderArn"]
    condition = {
        "StringEquals": {
            f"{ISSUER}:aud": "sts.amazonaws.com",
            f"{ISSUER}:environment": "staging",
        },
        "StringLike": {f"{ISSUER}:sub": "repo:acme/trending-now:*"},
    }
    arn = role(
        {
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": provider},
            "Condition": condition,
        }
    )
    # The SDK does not sign this call, so that any credentials will do.
    sts = server.signed("sts", {"AccessKeyId": "none", "SecretAccessKey": "none"})

    def call(token, arn=arn, **members):
        return sts.assume_role_with_web_identity(
            RoleArn=arn, RoleSessionName="run", WebIdentityToken=token, **members
        )

    return call


def test_a_token_opens_the_role_that_trusts_it(server, enter, account):
    answer = enter(_token())
    assert answer["SubjectFromWebIdentityToken"] == MAIN
    assert answer["Audience"] == "sts.amazonaws.com"
    assert answer["Provider"] == f"arn:aws:iam::{account}:oidc-provider/{ISSUER}"
    identity = server.signed("sts", answer["Credentials"]).get_caller_identity()
    assert identity["Arn"] == f"arn:aws:sts::{account}:assumed-role/target/run"


@pytest.mark.parametrize(
    "changes",
    [
        {"sub": "repo:mallory/trending-now:ref:refs/heads/main"},
        {"environment": "prod"},
        {"environment": None},
        {"environment": ["staging"]},
        {"azp": "somebody"},
    ],
    ids=str,
)
def test_a_token_with_other_claims_is_refused(enter, refused, changes):
    with refused("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"):
        enter(_token(**changes))


@pytest.mark.parametrize(
    ("token", "code", "message"),
    [
        ("no token", "InvalidIdentityToken", "not a valid JWT"),
        ("a.b.c", "InvalidIdentityToken", "not a valid JWT"),
        (_token(sub=None), "InvalidIdentityToken", "Missing a required claim: sub"),
        (_token(aud="another"), "InvalidIdentityToken", "Incorrect token audience"),
        (
            _token(iss="https://example.com"),
            "InvalidIdentityToken",
            "No OpenIDConnect provider found in your account for https://example.com",
        ),
        (_token(exp=int(time.time()) - 1), "ExpiredTokenException", "Token expired"),
    ],
    ids=["text", "parts", "no subject", "audience", "issuer", "expired"],
)
def test_what_is_no_token_for_this_account_is_refused(enter, refused, token, code, message):
    with refused(code, message):
        enter(token)


def test_a_role_of_an_account_without_the_provider_is_refused(enter, other, refused):
    with refused("InvalidIdentityToken", "No OpenIDConnect provider found"):
        enter(_token(), arn=f"arn:aws:iam::{other}:role/target")


def test_a_role_that_trusts_accounts_takes_no_tokens(enter, role, account, refused):
    plain = role({**_root(account), "Action": "sts:*"}, name="plain")
    with refused("AccessDenied", "Not authorized"):
        enter(_token(), arn=plain)


def test_a_denial_by_an_absent_claim_holds(enter, role, account, refused):
    provider = {"Federated": f"arn:aws:iam::{account}:oidc-provider/{ISSUER}"}
    action = {"Action": "sts:AssumeRoleWithWebIdentity", "Principal": provider}
    condition = {"StringNotEquals": {f"{ISSUER}:ref": "refs/heads/main"}}
    arn = role(action, {**action, "Effect": "Deny", "Condition": condition}, name="careful")
    with refused("AccessDenied", "Not authorized"):
        enter(_token(), arn=arn)
    enter(_token(ref="refs/heads/main"), arn=arn)
