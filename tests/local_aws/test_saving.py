"""What the local cloud keeps over a stop, a crash and a snapshot, and how it says that it can't."""

import json
import os
import signal
import stat
import threading
import time
from urllib.error import HTTPError
from urllib.parse import quote

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from harness.app_runner import PULL
from harness.waiting import wait_until
from local_aws.stub_images import stub_images

REGION = "eu-west-1"
ACCOUNT = "111122223333"
OTHER = "444455556666"
BUCKET = f"lake-{ACCOUNT}"
LARGE = os.urandom(1_000_000)
POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
    }
)
PATTERN = json.dumps({"source": ["aws.s3"], "detail-type": ["Object Created"]})
# Every service that the environments and bootstrap use.
SERVICES = frozenset(
    [
        *("apprunner", "budgets", "cloudwatch", "ec2", "ecr", "events", "iam", "kms", "logs"),
        *("s3", "secretsmanager", "sns", "sqs", "ssm", "sts", "wafv2"),
    ]
)


class World:
    """An account with something of every service in it."""

    def __init__(self, keeping, account=ACCOUNT):
        self.keeping, self.account = keeping, account
        self.bucket = f"lake-{account}"
        self._clients = {}

    def client(self, service):
        key = (self.keeping.server.url, service)
        if key not in self._clients:
            self._clients[key] = self.keeping.server.client(service, self.account)
        return self._clients[key]

    def fill(self):
        for service in ("identity", "storage", "network", "service", "signals", "rest"):
            getattr(self, f"_fill_{service}")()
        return self

    def _fill_identity(self):
        iam = self.client("iam")
        for kind in ("build", "tasks"):
            principal = {"Service": f"{kind}.apprunner.amazonaws.com"}
            statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
            trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            iam.create_role(RoleName=kind, AssumeRolePolicyDocument=trust)
        arn = iam.create_policy(PolicyName="read", PolicyDocument=POLICY)["Policy"]["Arn"]
        iam.attach_role_policy(RoleName="tasks", PolicyArn=arn)
        iam.put_role_policy(RoleName="tasks", PolicyName="inline", PolicyDocument=POLICY)
        iam.create_open_id_connect_provider(Url="https://token.example.com", ThumbprintList=[])

    def _fill_storage(self):
        s3 = self.client("s3")
        s3.create_bucket(
            Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        s3.put_bucket_notification_configuration(
            Bucket=self.bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
        )
        s3.put_bucket_metrics_configuration(
            Bucket=self.bucket, Id="all", MetricsConfiguration={"Id": "all"}
        )
        rule = {"ID": "old", "Status": "Enabled", "Filter": {}}
        rule["NoncurrentVersionExpiration"] = {"NoncurrentDays": 30, "NewerNoncurrentVersions": 3}
        s3.put_bucket_lifecycle_configuration(
            Bucket=self.bucket, LifecycleConfiguration={"Rules": [rule]}
        )
        for body in (b"first", b"second", LARGE):
            s3.put_object(Bucket=self.bucket, Key="a", Body=body, Metadata={"git_sha": "abc"})
        s3.put_object(Bucket=self.bucket, Key="gone", Body=b"x", Tagging="a=b")
        s3.delete_object(Bucket=self.bucket, Key="gone")
        self.upload = s3.create_multipart_upload(Bucket=self.bucket, Key="parts")["UploadId"]
        s3.upload_part(
            Bucket=self.bucket, Key="parts", UploadId=self.upload, PartNumber=1, Body=LARGE
        )

    def _fill_network(self):
        ec2 = self.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
        ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.1.0/24")
        group = ec2.create_security_group(GroupName="g", Description="g", VpcId=vpc)["GroupId"]
        rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
        rule["IpRanges"] = [{"CidrIp": "10.0.0.0/8"}]
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])

    def _fill_service(self):
        access = {"AccessRoleArn": f"arn:aws:iam::{self.account}:role/build"}
        image = f"{self.account}.dkr.ecr.{REGION}.amazonaws.com/app@{stub_images()[0].digest}"
        self.client("iam").put_role_policy(RoleName="build", PolicyName="pull", PolicyDocument=PULL)
        self.client("ecr").create_repository(repositoryName="app", imageTagMutability="IMMUTABLE")
        made = self.client("apprunner").create_service(
            ServiceName="web-app",
            SourceConfiguration={
                "ImageRepository": {"ImageIdentifier": image, "ImageRepositoryType": "ECR"},
                "AuthenticationConfiguration": access,
            },
        )
        self.service = made["Service"]["ServiceArn"]

    def _fill_signals(self):
        self.topic = self.client("sns").create_topic(Name="alarms")["TopicArn"]
        self.client("sns").subscribe(
            TopicArn=self.topic, Protocol="email", Endpoint="team@example.com"
        )
        events = self.client("events")
        events.put_rule(Name="made", EventPattern=PATTERN)
        events.put_targets(Rule="made", Targets=[{"Id": "1", "Arn": self.topic}])
        cloudwatch = self.client("cloudwatch")
        cloudwatch.put_metric_alarm(
            AlarmName="made",
            Namespace="AWS/Events",
            MetricName="MatchedEvents",
            Dimensions=[{"Name": "RuleName", "Value": "made"}],
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            EvaluationPeriods=1,
            Period=60,
            Threshold=1.0,
            Statistic="Sum",
            TreatMissingData="notBreaching",
        )
        cloudwatch.put_composite_alarm(AlarmName="page", AlarmRule='ALARM("made")')
        cloudwatch.put_dashboard(DashboardName="d", DashboardBody=json.dumps({"widgets": []}))
        logs = self.client("logs")
        logs.create_log_group(logGroupName="/app")
        logs.create_log_stream(logGroupName="/app", logStreamName="s")
        now = int(time.time() * 1000)
        logs.put_log_events(
            logGroupName="/app",
            logStreamName="s",
            logEvents=[{"timestamp": now, "message": "hello"}],
        )

    def _fill_rest(self):
        kms = self.client("kms")
        self.key = kms.create_key()["KeyMetadata"]["KeyId"]
        self.cipher = kms.encrypt(KeyId=self.key, Plaintext=b"secret")["CiphertextBlob"]
        self.signing = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048")["KeyMetadata"][
            "KeyId"
        ]
        self.client("secretsmanager").create_secret(
            Name="key", SecretString="hidden", KmsKeyId=self.key
        )
        self.client("sqs").create_queue(QueueName="queue", tags={"a": "b"})
        self.client("ssm").put_parameter(
            Name="/app/level", Type="String", Value="info", Tags=[{"Key": "a", "Value": "b"}]
        )
        budget = {"BudgetName": "monthly", "BudgetType": "COST", "TimeUnit": "MONTHLY"}
        budget["BudgetLimit"] = {"Amount": "50", "Unit": "USD"}
        self.client("budgets").create_budget(AccountId=self.account, Budget=budget)
        self.client("wafv2").create_web_acl(
            Name="acl",
            Scope="REGIONAL",
            DefaultAction={"Allow": {}},
            Rules=[],
            VisibilityConfig={
                "SampledRequestsEnabled": True,
                "CloudWatchMetricsEnabled": True,
                "MetricName": "acl",
            },
        )

    def _queue_url(self):
        # It holds the port, which another run of the local cloud has another of.
        return self.client("sqs").get_queue_url(QueueName="queue")["QueueUrl"]

    def read(self):
        """All that can be read of it."""
        s3 = self.client("s3")
        versions = s3.list_object_versions(Bucket=self.bucket)
        asked = [
            self.client("iam").get_account_authorization_details(),
            self.client("iam").list_open_id_connect_providers(),
            versions,
            [
                s3.get_object(Bucket=self.bucket, Key="a", VersionId=v["VersionId"])
                for v in versions["Versions"]
                if v["Key"] == "a"
            ],
            s3.list_parts(Bucket=self.bucket, Key="parts", UploadId=self.upload),
            s3.get_bucket_notification_configuration(Bucket=self.bucket),
            s3.list_bucket_metrics_configurations(Bucket=self.bucket),
            s3.get_bucket_lifecycle_configuration(Bucket=self.bucket),
            self.client("ec2").describe_vpcs(),
            self.client("ec2").describe_subnets(),
            self.client("ec2").describe_security_group_rules(),
            self.client("ecr").describe_repositories(),
            self.client("apprunner").describe_service(ServiceArn=self.service),
            self.client("apprunner").list_operations(ServiceArn=self.service),
            self.client("sns").list_subscriptions(),
            self.client("events").list_rules(),
            self.client("events").list_targets_by_rule(Rule="made"),
            self.client("cloudwatch").describe_alarms(),
            self.client("cloudwatch").list_dashboards(),
            self.client("logs").describe_log_groups(),
            self.client("logs").get_log_events(logGroupName="/app", logStreamName="s"),
            self.client("kms").describe_key(KeyId=self.key),
            self.client("kms").decrypt(CiphertextBlob=self.cipher),
            self.client("kms").get_public_key(KeyId=self.signing),
            self.client("secretsmanager").get_secret_value(SecretId="key"),
            self.client("sqs").list_queue_tags(QueueUrl=self._queue_url()),
            self.client("ssm").get_parameter(Name="/app/level"),
            self.client("ssm").list_tags_for_resource(
                ResourceType="Parameter", ResourceId="/app/level"
            ),
            self.client("budgets").describe_budgets(AccountId=self.account),
            self.client("wafv2").list_web_acls(Scope="REGIONAL"),
            self.client("wafv2").get_web_acl(**self._acl()),
        ]
        return [_plain(answer) for answer in asked]

    def _acl(self):
        (acl,) = self.client("wafv2").list_web_acls(Scope="REGIONAL")["WebACLs"]
        return {"Name": acl["Name"], "Id": acl["Id"], "Scope": "REGIONAL"}

    def alarm(self):
        (alarm,) = self.client("cloudwatch").describe_alarms(AlarmNames=["made"])["MetricAlarms"]
        return alarm["StateValue"]


def _make_bucket(keeping, account, name):
    where = {"LocationConstraint": REGION}
    keeping.server.client("s3", account).create_bucket(Bucket=name, CreateBucketConfiguration=where)


def _plain(answer):
    """An answer without what belongs to the one request."""
    if isinstance(answer, list):
        return [_plain(item) for item in answer]
    body = answer.get("Body")
    kept = {k: v for k, v in answer.items() if k not in ("ResponseMetadata", "Body")}
    return {**kept, "Body": body.read()} if body else kept


@pytest.fixture
def world(keeping):
    return World(keeping).fill()


@pytest.mark.parametrize("how", ["stop", "crash"])
def test_everything_is_as_it_was_after_a_stop_and_after_a_crash(keeping, how):
    worlds = [World(keeping).fill(), World(keeping, OTHER).fill()]
    before = [world.read() for world in worlds]
    asked = keeping.server.call("GET", "/local/health")[1]["services"]
    assert set(asked) >= SERVICES
    if how == "crash":
        keeping.wait_until_saved()
    getattr(keeping, how)()
    assert keeping.start()["restored"]
    for world, was in zip(worlds, before, strict=True):
        for found, expected in zip(world.read(), was, strict=True):
            assert found == expected
        (service,) = world.client("apprunner").list_services()["ServiceSummaryList"]
        assert (service["ServiceArn"], service["Status"]) == (world.service, "RUNNING")


def test_memory_is_the_same_bytes_after_it_was_brought_back(start_keeping):
    """Whatever the services can't be asked for is compared as well.

    The first time, names that are equal become one object each; from then on nothing differs.
    """
    keeping = start_keeping(PYTHONHASHSEED="0")
    World(keeping).fill()
    found = []
    for _ in range(3):
        keeping.stop()
        found.append((keeping.saved / "current").read_bytes().partition(b"\n")[2])
        keeping.start()
    assert len(found[0]) > 10_000
    assert found[1] == found[2]


def test_what_was_restored_works_on(keeping, world):
    keeping.crash_and_start()
    assert world.alarm() == "INSUFFICIENT_DATA"
    keeping.server.call("POST", "/local/clock/advance?seconds=60")
    assert world.alarm() == "OK"
    keeping.crash_and_start()
    assert world.alarm() == "OK"
    world.client("s3").put_object(Bucket=world.bucket, Key="new", Body=b"x")
    keeping.server.call("POST", "/local/clock/advance?seconds=60")
    assert world.alarm() == "ALARM"
    keeping.crash_and_start()
    assert world.alarm() == "ALARM"
    ahead = keeping.server.call("GET", "/local/clock")[1]["ahead"]
    assert ahead == 120
    s3 = world.client("s3")
    parts = s3.list_parts(Bucket=world.bucket, Key="parts", UploadId=world.upload)["Parts"]
    whole = {"Parts": [{"PartNumber": 1, "ETag": parts[0]["ETag"]}]}
    s3.complete_multipart_upload(
        Bucket=world.bucket, Key="parts", UploadId=world.upload, MultipartUpload=whole
    )
    assert s3.get_object(Bucket=world.bucket, Key="parts")["Body"].read() == LARGE
    world.client("apprunner").pause_service(ServiceArn=world.service)
    world.client("apprunner").list_services()
    status = world.client("apprunner").describe_service(ServiceArn=world.service)
    assert status["Service"]["Status"] == "PAUSED"


def test_the_credentials_of_a_session_lead_into_its_account_still(keeping):
    sts = keeping.server.client("sts", ACCOUNT)
    keys = sts._request_signer._credentials
    keeping.crash_and_start()
    again = boto3.client(
        "sts",
        endpoint_url=keeping.server.url,
        region_name=REGION,
        aws_access_key_id=keys.access_key,
        aws_secret_access_key=keys.secret_key,
        aws_session_token=keys.token,
        config=Config(proxies={}),
    )
    assert again.get_caller_identity()["Account"] == ACCOUNT


def test_a_crash_in_a_crowd_of_changes_leaves_one_instant(keeping):
    """Pairs are made one after the other: there is never a second one without its first."""
    stopped = threading.Event()
    s3 = keeping.server.client("s3", ACCOUNT)
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    made = []

    def work(number):
        ecr = keeping.server.client("ecr", ACCOUNT)
        own = keeping.server.client("s3", ACCOUNT)
        for count in range(10_000):
            if stopped.is_set():
                return
            try:
                own.put_object(Bucket=BUCKET, Key=f"{number}-{count}", Body=os.urandom(5000))
                ecr.create_repository(repositoryName=f"{number}-{count}")
            except Exception:
                return
            made.append((number, count))

    workers = [threading.Thread(target=work, args=[number]) for number in range(4)]
    for worker in workers:
        worker.start()
    assert wait_until(lambda: len(made) > 40)
    before = (keeping.saved / "current").stat().st_mtime_ns
    assert wait_until(lambda: (keeping.saved / "current").stat().st_mtime_ns != before)
    keeping.server.process.kill()
    keeping.server.process.wait()
    stopped.set()
    for worker in workers:
        worker.join()
    (keeping.directory / "endpoint.json").unlink()
    assert keeping.start()["restored"]
    listed = keeping.server.client("s3", ACCOUNT).list_objects_v2(Bucket=BUCKET)["Contents"]
    firsts = {item["Key"] for item in listed}
    pages = keeping.server.client("ecr", ACCOUNT).get_paginator("describe_repositories").paginate()
    seconds = {item["repositoryName"] for page in pages for item in page["repositories"]}
    assert seconds
    assert seconds <= firsts
    assert len(firsts - seconds) <= len(workers)


def test_a_change_is_saved_soon_and_without_being_asked(keeping):
    keeping.server.client("ecr", ACCOUNT).create_repository(repositoryName="app")
    began = time.monotonic()
    keeping.wait_until_saved()
    took = time.monotonic() - began
    keeping.crash()
    keeping.start()
    repositories = keeping.server.client("ecr", ACCOUNT).describe_repositories()["repositories"]
    assert [item["repositoryName"] for item in repositories] == ["app"]
    assert took < 30


def test_questions_alone_save_nothing(keeping, world):
    keeping.wait_until_saved()
    before = (keeping.saved / "current").stat().st_mtime_ns
    ecr, cloudwatch = world.client("ecr"), world.client("cloudwatch")
    keeping.wait_until_saved()
    before = (keeping.saved / "current").stat().st_mtime_ns
    ecr.describe_repositories()
    cloudwatch.describe_alarms()
    world.client("s3").get_object(Bucket=world.bucket, Key="a")["Body"].read()
    health = keeping.server.call("GET", "/local/health")[1]
    assert health["saved"]["behind"] is False
    assert (keeping.saved / "current").stat().st_mtime_ns == before


def test_an_object_is_written_once_and_removed_with_its_last_use(keeping, world):
    keeping.wait_until_saved()
    objects = keeping.saved / "objects"
    # The versions and the part that hold LARGE share it.
    (file,) = objects.iterdir()
    written = file.stat().st_mtime_ns
    world.client("s3").put_object(Bucket=world.bucket, Key="b", Body=b"small")
    keeping.wait_until_saved()
    assert file.stat().st_mtime_ns == written
    keeping.server.call("POST", "/local/reset")
    assert list(objects.iterdir()) == []


@pytest.mark.usefixtures("world")
def test_all_that_is_saved_is_private(keeping):
    keeping.server.call("POST", "/local/saved/snapshot?name=one")
    keeping.stop()
    paths = [keeping.saved, *keeping.saved.rglob("*")]
    assert len(paths) >= 6
    for path in paths:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


@pytest.mark.usefixtures("world")
def test_a_reset_forgets_what_was_saved(keeping):
    keeping.wait_until_saved()
    keeping.server.call("POST", "/local/reset")
    keeping.crash()
    keeping.start()
    assert keeping.server.client("s3", ACCOUNT).list_buckets()["Buckets"] == []


def test_a_missed_answer_is_given_again_after_a_crash(keeping):
    """A client that sends a call again after a restart must not do it twice."""

    keys = keeping.server.credentials(ACCOUNT)

    def creator(attempt):
        iam = keeping.server.signed("iam", keys)

        def as_sent(request, **_):
            request.headers["amz-sdk-invocation-id"] = "1"
            request.headers["amz-sdk-request"] = f"attempt={attempt}; max=3"

        iam.meta.events.register("before-send.iam", as_sent)
        return iam.create_policy(PolicyName="p", PolicyDocument=POLICY)["Policy"]["PolicyId"]

    made = creator(1)
    keeping.crash_and_start()
    assert creator(2) == made


def _damage(path):
    data = bytearray(path.read_bytes())
    data[-10] ^= 1
    path.write_bytes(data)


def _shorten(path):
    path.write_bytes(path.read_bytes()[:-100])


def _no_header(path):
    path.write_bytes(b"\x80\x05nothing")


def _other_version(path):
    head, _, data = path.read_bytes().partition(b"\n")
    header = json.loads(head)
    header["made_by"]["moto"] = "5.0.0"
    path.write_bytes(json.dumps(header).encode() + b"\n" + data)


def _open_to_all(path):
    path.chmod(0o644)


@pytest.mark.parametrize(
    ("break_it", "expected"),
    [
        (_damage, "is damaged"),
        (_shorten, "is damaged"),
        (_no_header, "is damaged"),
        (_other_version, "was saved by another version (moto 5.0.0, not 5.2.5)"),
        (_open_to_all, "can be read or changed by others"),
        (lambda path: next((path.parent / "objects").iterdir()).unlink(), "lacks the content"),
        (lambda path: _damage(next((path.parent / "objects").iterdir())), "is damaged"),
    ],
)
def test_what_can_not_be_trusted_is_told_and_not_loaded(keeping, break_it, expected):
    s3 = keeping.server.client("s3", ACCOUNT)
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=BUCKET, Key="large", Body=LARGE)
    keeping.stop()
    break_it(keeping.saved / "current")
    endpoint = keeping.start()
    assert endpoint["restored"] == ""
    assert endpoint["note"].startswith("what it kept ")
    assert expected in endpoint["note"]
    assert keeping.server.client("s3", ACCOUNT).list_buckets()["Buckets"] == []
    assert (keeping.saved / "unread").exists()
    # And from here on it keeps what it holds, as ever.
    keeping.server.client("ecr", ACCOUNT).create_repository(repositoryName="app")
    keeping.crash_and_start()
    assert keeping.server.client("ecr", ACCOUNT).describe_repositories()["repositories"]


def test_a_snapshot_brings_everything_back(keeping, world):
    before, instance = world.read(), keeping.server.endpoint["instance"]
    status, saved = keeping.server.call("POST", "/local/saved/snapshot?name=one")
    assert status == 200
    assert ACCOUNT in saved["accounts"]
    keeping.server.call("POST", "/local/reset")
    World(keeping, OTHER).fill()
    assert keeping.server.call("POST", "/local/saved/snapshot/load?name=one")[0] == 200
    endpoint = keeping.server.endpoint
    assert endpoint["instance"] != instance
    assert endpoint["restored"] == saved["saved_at"]
    assert world.read() == before
    assert keeping.server.client("s3", OTHER).list_buckets()["Buckets"] == []
    # A bucket's name belongs to its account, and that of one that is gone to nobody.
    with pytest.raises(ClientError, match="AccessDenied"):
        _make_bucket(keeping, OTHER, BUCKET)
    _make_bucket(keeping, ACCOUNT, f"lake-{OTHER}")
    keeping.server.client("s3", ACCOUNT).delete_bucket(Bucket=f"lake-{OTHER}")
    # What was loaded is what a crash leaves.
    keeping.crash_and_start()
    assert world.read() == before


@pytest.mark.parametrize("name", ["", "../current", "UPPER", "a/b", ".hidden", "a" * 64])
def test_a_snapshot_has_a_name_that_is_safe_as_a_file(keeping, name):
    with pytest.raises(HTTPError) as caught:
        keeping.server.call("POST", f"/local/saved/snapshot?name={quote(name)}")
    assert caught.value.code == 400
    assert "a snapshot's name" in json.loads(caught.value.read())["error"]


def test_a_snapshot_that_can_not_be_read_changes_nothing(keeping, world):
    keeping.server.call("POST", "/local/saved/snapshot?name=one")
    _damage(keeping.saved / "snapshots" / "one")
    before, endpoint = world.read(), keeping.server.endpoint
    for name, code in (("one", 409), ("two", 404)):
        with pytest.raises(HTTPError) as caught:
            keeping.server.call("POST", f"/local/saved/snapshot/load?name={name}")
        assert caught.value.code == code
    assert keeping.server.endpoint == endpoint
    assert world.read() == before


def test_what_can_not_be_saved_is_told(keeping):
    ecr = keeping.server.client("ecr", ACCOUNT)
    ecr.create_repository(repositoryName="one")
    keeping.wait_until_saved()
    (keeping.saved / "current").rename(keeping.directory / "before")
    (keeping.saved / "current").mkdir()
    ecr.create_repository(repositoryName="two")

    def told():
        return keeping.server.call("GET", "/local/health")[1]["saved"]["error"]

    assert wait_until(lambda: "IsADirectoryError" in told())
    (keeping.saved / "current").rmdir()
    assert wait_until(lambda: told() == "")
    keeping.crash_and_start()
    found = keeping.server.client("ecr", ACCOUNT).describe_repositories()["repositories"]
    assert len(found) == 2


def test_one_that_forgets_neither_loads_nor_saves(start_server):
    running = start_server()
    running.client("ecr", ACCOUNT).create_repository(repositoryName="app")
    assert running.call("GET", "/local/health")[1]["saved"] is None
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait() == 0
    assert not (running.directory / "saved").exists()


def test_a_request_that_failed_is_no_obstacle(keeping):
    with pytest.raises(ClientError):
        keeping.server.client("ecr", ACCOUNT).delete_repository(repositoryName="none")
    keeping.crash_and_start()


def test_a_list_that_nobody_read_to_its_end_is_saved(keeping):
    logs = keeping.server.client("logs", ACCOUNT)
    for name in ("a", "b", "c"):
        logs.create_log_group(logGroupName=name, tags={"team": "trends"})
    tagging = keeping.server.client("resourcegroupstaggingapi", ACCOUNT)
    token = tagging.get_resources(ResourcesPerPage=1)["PaginationToken"]
    keeping.wait_until_saved()
    rest = tagging.get_resources(PaginationToken=token)["ResourceTagMappingList"]
    assert len(rest) == 2
