"""What the deployment roles may do: each row is one statement about one role.

In a row, {a} is the account. Requests come from our region over TLS 1.3 unless the row says
otherwise. Keys that a service puts into a request are given as it would.
"""

from __future__ import annotations

from typing import Any

import pytest

from harness.deployed import Role

pytestmark = pytest.mark.terraform

IAM = "arn:aws:iam::{a}:"
S3 = "arn:aws:s3:::"
STATE = S3 + "trending-now-tfstate-{a}/staging/terraform.tfstate"
STATE_BUCKET = S3 + "trending-now-tfstate-{a}"
DATA = S3 + "trending-now-staging-data-{a}"
PROD_DATA = S3 + "trending-now-prod-data-{a}"
SECRET = "arn:aws:secretsmanager:eu-west-1:{a}:secret:trending-now/staging/session-key-a1B2c3"
PROD_SECRET = SECRET.replace("staging", "prod")
PARAMETER = "arn:aws:ssm:eu-west-1:{a}:parameter/trending-now/staging/x"
KEY = "arn:aws:kms:eu-west-1:{a}:key/11111111-1111-1111-1111-111111111111"
STATE_KEY = "arn:aws:kms:eu-west-1:{a}:key/00000000-0000-0000-0000-000000000000"
LEDGER = STATE_BUCKET + "/ledger/staging/9999999998-0000000001.json"
PROD_LEDGER = LEDGER.replace("staging", "prod")
LEDGER_KEY = "arn:aws:kms:eu-west-1:{a}:key/55555555-5555-5555-5555-555555555555"
PROD_LEDGER_KEY = "arn:aws:kms:eu-west-1:{a}:key/66666666-6666-6666-6666-666666666666"
NEW_ONLY = {"s3:if-none-match": "*"}
SERVICE = "arn:aws:apprunner:eu-west-1:{a}:service/trending-now-staging/0123"
REPOSITORY = "arn:aws:ecr:eu-west-1:{a}:repository/trending-now-staging"
TOPIC = "arn:aws:sns:eu-west-1:{a}:trending-now-staging-alarms"
OURS = IAM + "role/trending-now-staging-instance"
POLICY = IAM + "policy/trending-now-staging-instance-data"
BOUNDARY = IAM + "policy/deployment/trending-now-staging-boundary"
PROD_BOUNDARY = IAM + "policy/deployment/trending-now-prod-boundary"
APPLY = IAM + "role/deployment/trending-now-staging-apply"
PLAN = IAM + "role/deployment/trending-now-staging-plan"
OWN_ROLE = IAM + "role/aws-service-role/apprunner.amazonaws.com/AWSServiceRoleForAppRunner"
EC2_ROLE = IAM + "role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot"
PROVIDER = IAM + "oidc-provider/token.actions.githubusercontent.com"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"

REPLICATION = IAM + "role/trending-now-staging-replication"
OWN_ROLES = IAM + "role/aws-service-role/"
NETWORK = "arn:aws:ec2:eu-west-1:{a}:"
GROUP = NETWORK + "security-group/sg-1"
ENDPOINT = NETWORK + "vpc-endpoint/vpce-1"
FIREWALL = "arn:aws:wafv2:eu-west-1:{a}:regional/webacl/trending-now-staging/0123"
BUDGET = "arn:aws:budgets::{a}:budget/trending-now-staging-month"
ALARM = "arn:aws:cloudwatch:eu-west-1:{a}:alarm:trending-now-staging-health"
RULE = "arn:aws:events:eu-west-1:{a}:rule/trending-now-staging-drift"
WAF_LOGS = "arn:aws:logs:eu-west-1:{a}:log-group:aws-waf-logs-trending-now-staging"
LOGS = "arn:aws:logs:eu-west-1:{a}:log-group:/trending-now/staging/application"

BOUND = {"iam:PermissionsBoundary": BOUNDARY}
PASSED = "iam:PassedToService"
SERVICE_NAME = "iam:AWSServiceName"
REGION = "aws:RequestedRegion"
STAGING_TAG = {"aws:ResourceTag/environment": "staging"}
PROD_TAG = {"aws:ResourceTag/environment": "prod"}
STAGING_MADE = {"aws:RequestTag/environment": "staging"}
PROD_MADE = {"aws:RequestTag/environment": "prod"}
OWN_SERVICE = "iam:AWSServiceName"
VIA_SECRETS = {"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"}
VIA_S3 = {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}

Row = tuple[str, str, str, dict[str, Any]]

MAY: list[Row] = [
    # the plan role
    ("plan", "s3:GetObject", STATE, {}),
    ("plan", "s3:ListBucket", STATE_BUCKET, {"s3:prefix": "staging/terraform.tfstate"}),
    ("plan", "s3:ListBucket", STATE_BUCKET, {"s3:prefix": "env:/"}),
    ("plan", "s3:PutObject", STATE + ".tflock", {}),
    ("plan", "s3:DeleteObject", STATE + ".tflock", {}),
    ("plan", "s3:GetObject", STATE + ".identity-key", {}),
    ("plan", "s3:GetObject", STATE_BUCKET + "/bootstrap/terraform.tfstate", {}),
    ("plan", "kms:Decrypt", STATE_KEY, VIA_S3),
    ("plan", "s3:GetBucketPolicy", DATA, {}),
    ("plan", "apprunner:DescribeService", SERVICE, {}),
    ("plan", "iam:GetRole", OURS, {}),
    ("plan", "iam:GetPolicyVersion", POLICY, {}),
    ("plan", "kms:GetKeyPolicy", KEY, {}),
    ("plan", "secretsmanager:ListSecretVersionIds", SECRET, {}),
    ("plan", "ecr:DescribeRepositories", REPOSITORY, {}),
    # a promotion reads the image here...
    ("plan", "ecr:BatchGetImage", REPOSITORY, {}),
    ("plan", "ecr:GetDownloadUrlForLayer", REPOSITORY, {}),
    # ...and writes it there
    *[
        ("prod apply", f"ecr:{action}", REPOSITORY.replace("staging", "prod"), {})
        for action in (
            "BatchGetImage",
            "BatchCheckLayerAvailability",
            "InitiateLayerUpload",
            "UploadLayerPart",
            "CompleteLayerUpload",
            "PutImage",
        )
    ],
    ("prod plan", "secretsmanager:GetSecretValue", PROD_SECRET, {}),
    # the apply role
    ("apply", "s3:PutObject", STATE, {}),
    ("apply", "s3:DeleteObject", STATE + ".tflock", {}),
    ("apply", "s3:PutObject", STATE + ".promotion-lock", {}),
    ("apply", "s3:DeleteObject", STATE + ".promotion-lock", {}),
    ("apply", "s3:GetObject", STATE + ".identity-key", {}),
    ("apply", "s3:PutObject", STATE + ".identity-key", {"s3:if-none-match": "*"}),
    ("apply", "s3:PutBucketPolicy", DATA, {}),
    ("apply", "s3:DeleteObjectVersion", DATA + "/raw/a", {}),
    ("apply", "apprunner:CreateService", SERVICE, {}),
    ("apply", "ecr:CreateRepository", REPOSITORY, {}),
    ("apply", "sns:CreateTopic", TOPIC, {}),
    ("apply", "secretsmanager:CreateSecret", SECRET, {}),
    ("apply", "kms:CreateKey", "*", {"aws:RequestTag/environment": "staging"}),
    ("apply", "kms:PutKeyPolicy", KEY, STAGING_TAG),
    ("apply", "kms:CreateGrant", KEY, {**STAGING_TAG, "kms:GrantIsForAWSResource": "true"}),
    ("apply", "iam:CreateRole", OURS, BOUND),
    ("apply", "iam:CreateRole", OURS, {**BOUND, REGION: "us-east-1"}),
    ("apply", "iam:AttachRolePolicy", OURS, {**BOUND, "iam:PolicyARN": POLICY}),
    ("apply", "iam:PutRolePermissionsBoundary", OURS, BOUND),
    ("apply", "iam:CreatePolicyVersion", POLICY, {}),
    ("apply", "iam:PassRole", OURS, {PASSED: "build.apprunner.amazonaws.com"}),
    ("apply", "iam:PassRole", OURS, {PASSED: "tasks.apprunner.amazonaws.com"}),
    ("apply", "iam:CreateServiceLinkedRole", OWN_ROLE, {SERVICE_NAME: "apprunner.amazonaws.com"}),
    ("apply", "budgets:ModifyBudget", "arn:aws:budgets::{a}:budget/trending-now-staging-month", {}),
    # the apply role on what a data lake, a network and signals add
    ("apply", "s3:PutReplicationConfiguration", DATA, {}),
    ("apply", "s3:PutIntelligentTieringConfiguration", DATA, {}),
    ("apply", "s3:PutMetricsConfiguration", DATA, {}),
    ("apply", "s3:PutBucketObjectLockConfiguration", DATA, {}),
    ("apply", "iam:PassRole", REPLICATION, {PASSED: "s3.amazonaws.com"}),
    ("apply", "ecr:PutRegistryPolicy", "*", {}),
    ("apply", "ecr:PutReplicationConfiguration", "*", {}),
    ("apply", "cloudwatch:PutCompositeAlarm", "*", {}),
    ("apply", "cloudwatch:DeleteAlarms", ALARM, {}),
    ("apply", "events:PutTargets", RULE, {}),
    ("apply", "logs:PutMetricFilter", LOGS, {}),
    ("apply", "logs:CreateLogGroup", WAF_LOGS, {}),
    ("apply", "logs:CreateLogDelivery", "*", {}),
    ("apply", "wafv2:CreateWebACL", FIREWALL, {}),
    ("apply", "wafv2:AssociateWebACL", SERVICE, {}),
    ("apply", "apprunner:AssociateWebAcl", SERVICE, {}),
    ("apply", "apprunner:AssociateWebAcl", FIREWALL, {}),
    ("apply", "apprunner:AssociateCustomDomain", SERVICE, {}),
    ("apply", "ec2:CreateSecurityGroup", NETWORK + "security-group/new", STAGING_MADE),
    ("apply", "ec2:CreateSecurityGroup", NETWORK + "vpc/vpc-1", {}),
    ("apply", "ec2:DeleteVpcEndpoints", ENDPOINT, STAGING_TAG),
    ("apply", "ec2:AuthorizeSecurityGroupIngress", GROUP, STAGING_TAG),
    ("apply", "kms:TagResource", KEY, STAGING_TAG),
    (
        "apply",
        "iam:CreateServiceLinkedRole",
        OWN_ROLES + "networking.apprunner.amazonaws.com/AWSServiceRoleForAppRunnerNetworking",
        {OWN_SERVICE: "networking.apprunner.amazonaws.com"},
    ),
    # the plan role on the same
    ("plan", "cloudwatch:DescribeAlarms", "*", {}),
    ("plan", "ec2:DescribeSecurityGroups", "*", {}),
    ("plan", "ecr:GetRegistryPolicy", "*", {}),
    ("plan", "sns:GetSubscriptionAttributes", "*", {}),
    ("plan", "wafv2:GetWebACL", FIREWALL, {}),
    ("prod plan", "kms:Decrypt", KEY, {**PROD_TAG, **VIA_SECRETS}),
    # the ledger: the apply role adds to it, both read it and check it
    ("apply", "s3:PutObject", LEDGER, NEW_ONLY),
    ("apply", "s3:GetObject", LEDGER, {}),
    ("apply", "s3:ListBucket", STATE_BUCKET, {"s3:prefix": "ledger/staging/"}),
    ("apply", "kms:Sign", LEDGER_KEY, {}),
    ("apply", "kms:GetPublicKey", LEDGER_KEY, {}),
    ("prod apply", "kms:Sign", PROD_LEDGER_KEY, {}),
    ("plan", "s3:GetObject", LEDGER, {}),
    ("plan", "s3:ListBucketVersions", STATE_BUCKET, {"s3:prefix": "ledger/staging/"}),
    ("plan", "kms:GetPublicKey", LEDGER_KEY, {}),
    ("plan", "kms:Verify", LEDGER_KEY, {}),
    # the push role
    ("push", "ecr:PutImage", REPOSITORY, {}),
    ("push", "ecr:GetAuthorizationToken", "*", {}),
]

MAY_NOT: list[Row] = [
    # the plan role reads no secrets and no data, and writes nothing
    ("plan", "secretsmanager:GetSecretValue", SECRET, {}),
    ("plan", "ssm:GetParameter", PARAMETER, {}),
    ("prod plan", "secretsmanager:GetSecretValue", SECRET, {}),
    ("plan", "s3:GetObject", DATA + "/models/ranker.bin", {}),
    ("plan", "s3:GetObject", STATE.replace("staging/", "prod/"), {}),
    ("plan", "s3:ListBucket", STATE_BUCKET, {"s3:prefix": "prod/terraform.tfstate"}),
    ("plan", "s3:ListBucket", STATE_BUCKET, {}),
    ("plan", "s3:PutObject", STATE, {}),
    ("plan", "s3:DeleteObject", STATE, {}),
    ("plan", "s3:PutObject", STATE_BUCKET + "/bootstrap/terraform.tfstate", {}),
    ("apply", "s3:PutObject", STATE_BUCKET + "/bootstrap/terraform.tfstate", {}),
    ("prod plan", "s3:GetObject", STATE_BUCKET + "/bootstrap/terraform.tfstate", {}),
    ("plan", "s3:PutObject", STATE + ".identity-key", {"s3:if-none-match": "*"}),
    ("plan", "s3:GetObject", STATE.replace("staging/", "prod/") + ".identity-key", {}),
    ("plan", "s3:DeleteObjectVersion", STATE, {}),
    ("plan", "s3:DeleteObjectVersion", STATE + ".tflock", {}),
    ("plan", "s3:PutObject", STATE.replace("staging/", "prod/") + ".tflock", {}),
    ("plan", "s3:PutObject", STATE + ".promotion-lock", {}),
    ("apply", "s3:DeleteObject", STATE.replace("staging/", "prod/") + ".promotion-lock", {}),
    ("plan", "kms:Decrypt", STATE_KEY, {}),
    ("plan", "kms:Decrypt", KEY, VIA_S3),
    ("plan", "apprunner:UpdateService", SERVICE, {}),
    ("plan", "iam:CreateRole", OURS, BOUND),
    ("plan", "iam:PassRole", OURS, {PASSED: "tasks.apprunner.amazonaws.com"}),
    ("plan", "iam:UpdateAssumeRolePolicy", PLAN, {}),
    # the apply role makes the key of the identities and never replaces it
    ("apply", "s3:PutObject", STATE + ".identity-key", {}),
    ("apply", "s3:DeleteObject", STATE + ".identity-key", {}),
    # the apply role does not grow
    ("apply", "iam:CreateRole", OURS, {}),
    ("apply", "iam:CreateRole", OURS, {"iam:PermissionsBoundary": ADMIN}),
    ("apply", "iam:CreateRole", OURS, {"iam:PermissionsBoundary": PROD_BOUNDARY}),
    ("apply", "iam:CreateRole", IAM + "role/backdoor", BOUND),
    ("apply", "iam:CreateRole", IAM + "role/trending-now-prod-instance", BOUND),
    ("apply", "iam:DeleteRolePermissionsBoundary", OURS, BOUND),
    ("apply", "iam:PutRolePermissionsBoundary", OURS, {"iam:PermissionsBoundary": ADMIN}),
    ("apply", "iam:PutRolePolicy", OURS, {}),
    ("apply", "iam:AttachRolePolicy", OURS, {**BOUND, "iam:PolicyARN": ADMIN}),
    ("apply", "iam:AttachRolePolicy", OURS, {"iam:PolicyARN": POLICY}),
    ("apply", "iam:AttachRolePolicy", APPLY, {"iam:PolicyARN": ADMIN}),
    ("apply", "iam:AttachRolePolicy", APPLY, {**BOUND, "iam:PolicyARN": POLICY}),
    ("apply", "iam:DetachRolePolicy", APPLY, {"iam:PolicyARN": POLICY}),
    ("apply", "iam:UpdateAssumeRolePolicy", APPLY, {}),
    ("apply", "iam:UpdateAssumeRolePolicy", PLAN, {}),
    ("apply", "iam:DeleteRole", PLAN, {}),
    ("apply", "iam:CreatePolicyVersion", BOUNDARY, {}),
    ("apply", "iam:SetDefaultPolicyVersion", BOUNDARY, {}),
    ("apply", "iam:DeletePolicy", BOUNDARY, {}),
    ("apply", "iam:AddClientIDToOpenIDConnectProvider", PROVIDER, {}),
    ("apply", "iam:DeleteOpenIDConnectProvider", PROVIDER, {}),
    ("apply", "iam:CreateUser", IAM + "user/eve", BOUND),
    ("apply", "iam:CreateAccessKey", IAM + "user/eve", {}),
    # nor lends its roles
    ("apply", "iam:PassRole", OURS, {PASSED: "lambda.amazonaws.com"}),
    ("apply", "iam:PassRole", OURS, {PASSED: "ec2.amazonaws.com"}),
    ("apply", "iam:PassRole", OURS, {}),
    ("apply", "iam:PassRole", APPLY, {PASSED: "tasks.apprunner.amazonaws.com"}),
    ("apply", "iam:PassRole", IAM + "role/admin", {PASSED: "tasks.apprunner.amazonaws.com"}),
    ("apply", "sts:AssumeRole", IAM + "role/admin", {}),
    ("apply", "iam:CreateServiceLinkedRole", OWN_ROLE, {SERVICE_NAME: "ecs.amazonaws.com"}),
    ("apply", "iam:CreateServiceLinkedRole", OWN_ROLE, {}),
    ("apply", "iam:CreateServiceLinkedRole", EC2_ROLE, {SERVICE_NAME: "apprunner.amazonaws.com"}),
    # nor harms the state
    ("apply", "s3:PutBucketPolicy", STATE_BUCKET, {}),
    ("apply", "s3:PutBucketVersioning", STATE_BUCKET, {}),
    ("apply", "s3:PutLifecycleConfiguration", STATE_BUCKET, {}),
    ("apply", "s3:DeleteBucket", STATE_BUCKET, {}),
    ("apply", "s3:DeleteObject", STATE, {}),
    ("apply", "s3:DeleteObjectVersion", STATE, {}),
    ("apply", "s3:PutObject", STATE.replace("staging/", "prod/"), {}),
    ("apply", "kms:ScheduleKeyDeletion", STATE_KEY, STAGING_TAG),
    # nor leaves its environment and region
    ("apply", "s3:PutBucketPolicy", PROD_DATA, {}),
    ("apply", "s3:DeleteObject", PROD_DATA + "/raw/a", {}),
    ("prod apply", "s3:PutBucketPolicy", DATA, {}),
    ("prod apply", "s3:DeleteObject", PROD_DATA + "/raw/a", {}),
    ("apply", "s3:PutBucketPolicy", DATA, {REGION: "us-east-1"}),
    ("apply", "s3:CreateBucket", S3 + "trending-now-staging-new", {REGION: "us-east-1"}),
    ("apply", "apprunner:CreateService", SERVICE.replace("eu-west-1", "us-east-1"), {}),
    ("apply", "apprunner:DeleteService", SERVICE.replace("staging", "prod"), {}),
    ("apply", "kms:CreateKey", "*", {}),
    ("apply", "kms:CreateKey", "*", {"aws:RequestTag/environment": "prod"}),
    ("apply", "kms:PutKeyPolicy", KEY, PROD_TAG),
    ("apply", "kms:CreateGrant", KEY, STAGING_TAG),
    ("apply", "secretsmanager:GetSecretValue", SECRET, {}),
    ("apply", "secretsmanager:DeleteSecret", PROD_SECRET, {}),
    ("apply", "s3:GetObject", DATA + "/raw/a", {}),
    ("apply", "organizations:LeaveOrganization", "*", {}),
    # nor reaches for signals, networks and firewalls of others
    ("apply", "budgets:ModifyBudget", BUDGET.replace("staging", "prod"), {}),
    ("apply", "budgets:ModifyBudget", "arn:aws:budgets::{a}:budget/company", {}),
    ("apply", "cloudwatch:DeleteAlarms", ALARM.replace("staging", "prod"), {}),
    ("apply", "cloudwatch:DeleteAlarms", "*", {}),
    ("apply", "cloudwatch:PutMetricAlarm", ALARM.replace("staging", "prod"), {}),
    ("apply", "events:PutRule", RULE.replace("staging", "prod"), {}),
    ("apply", "events:PutPermission", "*", {}),
    ("apply", "sns:Subscribe", TOPIC.replace("staging", "prod"), {}),
    ("apply", "logs:DeleteLogGroup", WAF_LOGS.replace("staging", "prod"), {}),
    ("apply", "logs:PutSubscriptionFilter", LOGS, {}),
    ("apply", "logs:PutLogEvents", LOGS, {}),
    ("apply", "wafv2:DeleteWebACL", FIREWALL.replace("staging", "prod"), {}),
    ("apply", "wafv2:DisassociateWebACL", SERVICE.replace("staging", "prod"), {}),
    ("apply", "apprunner:DisassociateWebAcl", SERVICE.replace("staging", "prod"), {}),
    ("apply", "wafv2:AssociateWebACL", "arn:aws:apigateway:eu-west-1::/restapis/x/stages/y", {}),
    ("apply", "wafv2:PutPermissionPolicy", "*", {}),
    ("apply", "ec2:CreateSecurityGroup", NETWORK + "security-group/new", {}),
    ("apply", "ec2:CreateSecurityGroup", NETWORK + "security-group/new", PROD_MADE),
    ("apply", "ec2:AuthorizeSecurityGroupIngress", GROUP, {}),
    ("apply", "ec2:AuthorizeSecurityGroupIngress", GROUP, PROD_TAG),
    ("apply", "ec2:DeleteSecurityGroup", GROUP, {}),
    ("apply", "ec2:DeleteVpcEndpoints", ENDPOINT, PROD_TAG),
    ("apply", "ec2:CreateTags", GROUP, STAGING_MADE),
    ("apply", "ec2:CreateTags", GROUP, {**PROD_TAG, **STAGING_MADE}),
    ("apply", "ec2:DeleteVpc", NETWORK + "vpc/vpc-1", STAGING_TAG),
    ("apply", "ec2:CreateRoute", NETWORK + "route-table/rtb-1", STAGING_TAG),
    ("apply", "ec2:RunInstances", "*", STAGING_MADE),
    ("apply", "kms:TagResource", KEY, {**PROD_TAG, **STAGING_MADE}),
    ("apply", "ecr:BatchDeleteImage", REPOSITORY.replace("staging", "prod"), {}),
    ("apply", "ecr:PutAccountSetting", "*", {}),
    # nor images of other environments, nor does it take any away; who plans puts none
    ("apply", "ecr:PutImage", REPOSITORY.replace("staging", "prod"), {}),
    ("apply", "ecr:GetDownloadUrlForLayer", REPOSITORY.replace("staging", "prod"), {}),
    ("prod apply", "ecr:UploadLayerPart", REPOSITORY, {}),
    ("apply", "ecr:BatchDeleteImage", REPOSITORY, {}),
    *[
        ("plan", f"ecr:{action}", REPOSITORY, {})
        for action in ("PutImage", "InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload")
    ],
    # nor hands its data on by other ways than the one role for copies
    ("apply", "iam:PassRole", OURS, {PASSED: "s3.amazonaws.com"}),
    ("apply", "iam:PassRole", REPLICATION, {PASSED: "ec2.amazonaws.com"}),
    ("apply", "iam:PassRole", REPLICATION, {PASSED: "ecs-tasks.amazonaws.com"}),
    ("apply", "iam:PassRole", REPLICATION.replace("staging", "prod"), {PASSED: "s3.amazonaws.com"}),
    ("apply", "s3:PutReplicationConfiguration", PROD_DATA, {}),
    ("apply", "s3:PutReplicationConfiguration", STATE_BUCKET, {}),
    ("apply", "s3:PutAccountPublicAccessBlock", "*", {}),
    ("apply", "s3:BypassGovernanceRetention", DATA + "/raw/a", {}),
    ("apply", "s3:ReplicateObject", DATA + "/raw/a", {}),
    (
        "apply",
        "iam:CreateServiceLinkedRole",
        OWN_ROLES + "autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
        {OWN_SERVICE: "autoscaling.amazonaws.com"},
    ),
    # the plan role on the same
    ("plan", "ec2:CreateTags", GROUP, STAGING_TAG),
    ("plan", "ecr:PutRegistryPolicy", "*", {}),
    ("plan", "iam:PassRole", REPLICATION, {PASSED: "s3.amazonaws.com"}),
    ("plan", "logs:FilterLogEvents", LOGS, {}),
    ("plan", "sns:Unsubscribe", "*", {}),
    ("plan", "wafv2:DisassociateWebACL", SERVICE, {}),
    ("plan", "kms:Decrypt", KEY, {**STAGING_TAG, **VIA_SECRETS}),
    ("prod plan", "kms:Decrypt", KEY, {**STAGING_TAG, **VIA_SECRETS}),
    ("prod plan", "kms:Decrypt", KEY, PROD_TAG),
    # nobody changes what the ledger says, nor writes in another's
    ("apply", "s3:PutObject", LEDGER, {}),
    ("apply", "s3:DeleteObject", LEDGER, {}),
    ("apply", "s3:DeleteObjectVersion", LEDGER, {}),
    ("apply", "s3:PutObject", PROD_LEDGER, NEW_ONLY),
    ("apply", "s3:GetObject", PROD_LEDGER, {}),
    ("apply", "s3:ListBucketVersions", STATE_BUCKET, {"s3:prefix": "ledger/prod/"}),
    ("apply", "kms:Sign", PROD_LEDGER_KEY, {}),
    ("apply", "kms:ScheduleKeyDeletion", LEDGER_KEY, STAGING_TAG),
    ("apply", "kms:PutKeyPolicy", LEDGER_KEY, STAGING_TAG),
    ("prod apply", "kms:Sign", LEDGER_KEY, {}),
    ("prod apply", "s3:PutObject", LEDGER, NEW_ONLY),
    ("plan", "s3:PutObject", LEDGER, NEW_ONLY),
    ("plan", "s3:DeleteObject", LEDGER, {}),
    ("plan", "s3:GetObject", PROD_LEDGER, {}),
    ("plan", "kms:Sign", LEDGER_KEY, {}),
    ("push", "kms:Sign", LEDGER_KEY, {}),
    # the push role
    ("push", "ecr:PutImage", REPOSITORY.replace("staging", "prod"), {}),
    ("push", "ecr:PutImage", REPOSITORY.replace("{a}", "444455556666"), {}),
    ("push", "ecr:BatchDeleteImage", REPOSITORY, {}),
    ("push", "ecr:SetRepositoryPolicy", REPOSITORY, {}),
    ("push", "s3:GetObject", STATE, {}),
]


def _named(row: Row) -> str:
    role, action, resource, keys = row
    with_keys = ", ".join(f"{key.split(':', 1)[1]}={value}" for key, value in keys.items())
    return f"{role}: {action} {resource.rsplit(':', 1)[-1]} {with_keys}".strip()


def _allowed(roles: dict[str, Role], row: Row) -> bool:
    role, action, resource, keys = row
    account = roles[role].account
    filled = {key: value.replace("{a}", account) for key, value in keys.items()}
    return roles[role].may(action, resource.replace("{a}", account), keys=filled).allowed


def test_another_accounts_registry_and_buckets_are_out_of_reach(roles: dict[str, Role]) -> None:
    other = "444455556666"
    for action in ("ecr:PutRegistryPolicy", "ecr:PutReplicationConfiguration"):
        assert roles["apply"].may(action, "*").allowed
        assert not roles["apply"].may(action, "*", owner=other).allowed
    bucket = DATA.replace("{a}", roles["apply"].account)
    assert not roles["apply"].may("s3:PutReplicationConfiguration", bucket, owner=other).allowed


@pytest.mark.parametrize("role", ["plan", "apply", "push", "prod plan", "prod apply"])
def test_a_role_has_no_more_policies_than_aws_lets_it_have(
    roles: dict[str, Role], role: str
) -> None:
    assert 1 <= len(roles[role].identity) <= 10


@pytest.mark.parametrize("row", MAY, ids=_named)
def test_the_role_may(roles: dict[str, Role], row: Row) -> None:
    assert _allowed(roles, row)


@pytest.mark.parametrize("row", MAY_NOT, ids=_named)
@pytest.mark.mode(33)
def test_the_role_may_not(roles: dict[str, Role], row: Row) -> None:
    assert not _allowed(roles, row)
