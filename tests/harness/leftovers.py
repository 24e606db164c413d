"""Everything that a run of the live tests makes, made by boto3: small, and with the tags given."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from harness.accounts import REGION, Account
from harness.app_runner import PULL, make_role
from infra import layers
from infra.clients import Clients
from infra.live.runs import Run, new_run
from local_aws.stub_images import stub_images

READ = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [READ]})


def expired_run(hours: float = 1) -> Run:
    """A run that may be swept since so many hours; it is alive where they are negative."""
    return new_run("somebody", datetime.now(UTC) - timedelta(hours=hours), timedelta())


class Remembering(Account):
    """An account that makes each client once: making them takes longer than what they are for."""

    def client(self, service: str) -> Any:
        """A boto3 client, the same one each time."""
        key = (self.account_id, self.credentials.session_token, service)
        if key not in _clients:
            _clients[key] = super().client(service)
        return _clients[key]


_clients: dict[tuple[str, str, str], Any] = {}


def clients_of(account: Account) -> Clients:
    """The clients of an account, as the sweeper gets them."""
    return account.client


def listed(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as most services take them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def make_all(account: Account, name: str, tags: Mapping[str, str]) -> None:
    """One of each kind that can be swept, each with something in it or on it."""
    make_bucket(account, name, tags)
    make_repository(account, name, tags)
    make_signals(account, name, tags)
    make_roles(account, name, tags)
    make_service(account, name, tags)


def make_bucket(account: Account, name: str, tags: Mapping[str, str]) -> None:
    """A bucket with versions of an object, and one that was deleted."""
    s3 = account.client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    if tags:
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": listed(tags)})
    for key in ("kept", "kept", "deleted"):
        s3.put_object(Bucket=name, Key=key, Body=b"x")
    s3.delete_object(Bucket=name, Key="deleted")


def make_repository(account: Account, name: str, tags: Mapping[str, str]) -> None:
    """A repository with an image."""
    ecr = account.client("ecr")
    ecr.create_repository(repositoryName=name, tags=listed(tags))
    digest = "sha256:" + hashlib.sha256(b"x").hexdigest()
    layers.upload(ecr, name, digest, io.BytesIO(b"x"))
    kind = "application/vnd.oci.image.manifest.v1+json"
    layer = {"mediaType": kind, "digest": digest, "size": 1}
    manifest = {"schemaVersion": 2, "mediaType": kind, "config": layer, "layers": [layer]}
    ecr.put_image(repositoryName=name, imageManifest=json.dumps(manifest), imageTag="one")


def make_signals(account: Account, name: str, tags: Mapping[str, str]) -> None:
    """A topic, a rule with a target, an alarm and a log group."""
    topic = account.client("sns").create_topic(Name=name, Tags=listed(tags))["TopicArn"]
    events = account.client("events")
    pattern = json.dumps({"source": ["aws.s3"]})
    events.put_rule(Name=name, EventPattern=pattern, Tags=listed(tags))
    events.put_targets(Rule=name, Targets=[{"Id": "one", "Arn": topic}])
    account.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/Events",
        MetricName="MatchedEvents",
        ComparisonOperator="GreaterThanThreshold",
        Threshold=1,
        EvaluationPeriods=1,
        Period=60,
        Statistic="Sum",
        Tags=listed(tags),
    )
    account.client("logs").create_log_group(logGroupName=f"/{name}/application", tags=dict(tags))


def make_roles(account: Account, name: str, tags: Mapping[str, str]) -> None:
    """A role with a policy of its own and one that is attached and has had a version before."""
    iam = account.client("iam")
    make_role(iam, "tasks", name)
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=POLICY)
    made = iam.create_policy(PolicyName=name, PolicyDocument=POLICY, Tags=listed(tags))
    arn = made["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=PULL, SetAsDefault=True)
    iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    if tags:
        iam.tag_role(RoleName=name, Tags=listed(tags))


def make_service(account: Account, name: str, tags: Mapping[str, str]) -> str:
    """An App Runner service with its scaling and tracing, and the role of its pull; its ARN."""
    runner, ecr = account.client("apprunner"), account.client("ecr")
    iam = account.client("iam")
    access = make_role(iam, "build", f"{name}-access")
    if tags:
        iam.tag_role(RoleName=f"{name}-access", Tags=listed(tags))
    (found,) = ecr.describe_repositories(repositoryNames=[name])["repositories"]
    scaling = runner.create_auto_scaling_configuration(
        AutoScalingConfigurationName=name, Tags=listed(tags)
    )["AutoScalingConfiguration"]
    tracing = runner.create_observability_configuration(
        ObservabilityConfigurationName=name,
        TraceConfiguration={"Vendor": "AWSXRAY"},
        Tags=listed(tags),
    )["ObservabilityConfiguration"]
    service = runner.create_service(
        ServiceName=name,
        SourceConfiguration={
            "ImageRepository": {
                "ImageIdentifier": f"{found['repositoryUri']}@{stub_images()[0].digest}",
                "ImageRepositoryType": "ECR",
            },
            "AutoDeploymentsEnabled": False,
            "AuthenticationConfiguration": {"AccessRoleArn": access},
        },
        AutoScalingConfigurationArn=scaling["AutoScalingConfigurationArn"],
        ObservabilityConfiguration={
            "ObservabilityEnabled": True,
            "ObservabilityConfigurationArn": tracing["ObservabilityConfigurationArn"],
        },
        Tags=listed(tags),
    )["Service"]
    return str(service["ServiceArn"])
