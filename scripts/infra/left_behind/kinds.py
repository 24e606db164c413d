"""How each type of resource is found in an account, by what a plan knows of it.

A type is here when to create it a second time fails, or makes a second one. Of the others AWS keeps
one by each name and writes over it, so that Terraform's creation takes it into the state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Values = Mapping[str, Any]

ABSENT = frozenset(
    [
        "404",
        "403",
        "NoSuchBucket",
        "NoSuchEntity",
        "NoSuchTagSet",
        "NotFound",
        "NotFoundException",
        "RepositoryNotFoundException",
        "ResourceNotFound",
        "ResourceNotFoundException",
    ]
)
"""What AWS answers where something is not there, or is somebody else's (403, of a bucket)."""


@dataclass(frozen=True)
class Found:
    """Something that is there. id: as Terraform imports it. tags: None where it can have none."""

    id: str
    tags: Mapping[str, str] | None


@dataclass(frozen=True)
class Account:
    """Where is looked. clients: makes a boto3 client."""

    clients: Callable[[str], Any]
    id: str
    partition: str


@dataclass(frozen=True)
class Kind:
    """named_by: the attributes that find it; what a plan does not know yet can't be looked for.

    told_by: those that tell it from others, and may be left out.
    """

    named_by: tuple[str, ...]
    find: Callable[[Account, Values], Iterator[Found]]
    told_by: tuple[str, ...] = ()


def _event_target(account: Account, values: Values) -> Iterator[Found]:
    """Its id is made up where none is given, so that a rule would tell the same target twice."""
    bus, rule = values["event_bus_name"] or "default", values["rule"]
    told = account.clients("events").list_targets_by_rule(Rule=rule, EventBusName=bus)
    for target in told["Targets"]:
        if target["Arn"] == values["arn"] and values["target_id"] in (None, target["Id"]):
            yield Found(f"{bus}/{rule}/{target['Id']}", None)


def _bucket(account: Account, values: Values) -> Iterator[Found]:
    s3, name = account.clients("s3"), values["bucket"]
    s3.head_bucket(Bucket=name, ExpectedBucketOwner=account.id)
    tags = _bucket_tags(s3, name)
    # A bucket is tagged in a second call. One without tags or objects was not reached by it.
    bare = not tags and not s3.list_objects_v2(Bucket=name, MaxKeys=1).get("KeyCount")
    yield Found(name, None if bare else tags)


def _bucket_tags(s3: Any, name: str) -> dict[str, str]:
    from botocore.exceptions import ClientError

    try:
        return _plain(s3.get_bucket_tagging(Bucket=name)["TagSet"])
    except ClientError as error:
        if error.response["Error"]["Code"] in ABSENT:
            return {}
        raise


def _repository(account: Account, values: Values) -> Iterator[Found]:
    ecr, name = account.clients("ecr"), values["name"]
    (found,) = ecr.describe_repositories(repositoryNames=[name])["repositories"]
    tags = ecr.list_tags_for_resource(resourceArn=found["repositoryArn"])["tags"]
    yield Found(name, _plain(tags))


def _role(account: Account, values: Values) -> Iterator[Found]:
    role = account.clients("iam").get_role(RoleName=values["name"])["Role"]
    yield Found(values["name"], _plain(role.get("Tags", [])))


def _service_role(account: Account, values: Values) -> Iterator[Found]:
    """A service has one for the whole account, and it is nobody's."""
    path = f"/aws-service-role/{values['aws_service_name']}/"
    pages = account.clients("iam").get_paginator("list_roles").paginate(PathPrefix=path)
    for role in (item for page in pages for item in page["Roles"]):
        yield Found(role["Arn"], None)


def _policy(account: Account, values: Values) -> Iterator[Found]:
    arn = f"arn:{account.partition}:iam::{account.id}:policy{values['path']}{values['name']}"
    policy = account.clients("iam").get_policy(PolicyArn=arn)["Policy"]
    yield Found(arn, _plain(policy.get("Tags", [])))


def _identity_provider(account: Account, values: Values) -> Iterator[Found]:
    host = values["url"].removeprefix("https://")
    arn = f"arn:{account.partition}:iam::{account.id}:oidc-provider/{host}"
    found = account.clients("iam").get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    yield Found(arn, _plain(found.get("Tags", [])))


def _key(account: Account, values: Values) -> Iterator[Found]:
    """A key has no name: its description and its tags tell it. The newest comes first."""
    kms, found = account.clients("kms"), []
    for page in kms.get_paginator("list_keys").paginate():
        for item in page["Keys"]:
            key = kms.describe_key(KeyId=item["KeyId"])["KeyMetadata"]
            alike = key.get("Description") == values["description"]
            if alike and key["KeyManager"] == "CUSTOMER" and key["KeyState"] == "Enabled":
                found.append((key["CreationDate"], key["KeyId"]))
    for _made, identifier in sorted(found, reverse=True):
        yield Found(identifier, _key_tags(kms, identifier))


def _alias(account: Account, values: Values) -> Iterator[Found]:
    """An alias has no tags of its own: those of its key tell whose it is."""
    kms, name = account.clients("kms"), values["name"]
    key = kms.describe_key(KeyId=name)["KeyMetadata"]
    yield Found(name, _key_tags(kms, key["KeyId"]))


def _key_tags(kms: Any, identifier: str) -> dict[str, str]:
    pages = kms.get_paginator("list_resource_tags").paginate(KeyId=identifier)
    return {tag["TagKey"]: tag["TagValue"] for page in pages for tag in page["Tags"]}


def _log_group(account: Account, values: Values) -> Iterator[Found]:
    logs, name = account.clients("logs"), values["name"]
    pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name)
    for group in (item for page in pages for item in page["logGroups"]):
        if group["logGroupName"] == name:
            arn = group["arn"].removesuffix(":*")
            yield Found(name, logs.list_tags_for_resource(resourceArn=arn)["tags"])


def _secret(account: Account, values: Values) -> Iterator[Found]:
    found = account.clients("secretsmanager").describe_secret(SecretId=values["name"])
    if "DeletedDate" not in found:
        yield Found(found["ARN"], _plain(found.get("Tags", [])))


def _topic(account: Account, values: Values) -> Iterator[Found]:
    sns = account.clients("sns")
    arn = f"arn:{account.partition}:sns:{sns.meta.region_name}:{account.id}:{values['name']}"
    yield Found(arn, _plain(sns.list_tags_for_resource(ResourceArn=arn)["Tags"]))


def _budget(account: Account, values: Values) -> Iterator[Found]:
    budgets, name = account.clients("budgets"), values["name"]
    budgets.describe_budget(AccountId=account.id, BudgetName=name)
    arn = f"arn:{account.partition}:budgets::{account.id}:budget/{name}"
    tags = budgets.list_tags_for_resource(ResourceARN=arn).get("ResourceTags", [])
    yield Found(f"{account.id}:{name}", _plain(tags))


def _web_acl(account: Account, values: Values) -> Iterator[Found]:
    waf, scope = account.clients("wafv2"), values["scope"]
    for acl in _marked(waf.list_web_acls, "WebACLs", "NextMarker", Scope=scope):
        if acl["Name"] == values["name"]:
            told = waf.list_tags_for_resource(ResourceARN=acl["ARN"])
            tags = told["TagInfoForResource"].get("TagList", [])
            yield Found(f"{acl['Id']}/{acl['Name']}/{scope}", _plain(tags))


USABLE = ("RUNNING", "PAUSED", "OPERATION_IN_PROGRESS")
"""A service that could not be made has to go before there is another one of its name."""


def _service(account: Account, values: Values) -> Iterator[Found]:
    client = account.clients("apprunner")
    for item in _marked(client.list_services, "ServiceSummaryList", "NextToken"):
        if item["ServiceName"] == values["service_name"] and item["Status"] in USABLE:
            yield _of_app_runner(client, item["ServiceArn"])


def _scaling(account: Account, values: Values) -> Iterator[Found]:
    client, name = account.clients("apprunner"), values["auto_scaling_configuration_name"]
    listed = client.list_auto_scaling_configurations(
        AutoScalingConfigurationName=name, LatestOnly=True
    )
    for item in listed["AutoScalingConfigurationSummaryList"]:
        if item.get("Status", "").upper() == "ACTIVE":
            yield _of_app_runner(client, item["AutoScalingConfigurationArn"])


def _observability(account: Account, values: Values) -> Iterator[Found]:
    client, name = account.clients("apprunner"), values["observability_configuration_name"]
    listed = client.list_observability_configurations(
        ObservabilityConfigurationName=name, LatestOnly=True
    )
    for item in listed["ObservabilityConfigurationSummaryList"]:
        yield _of_app_runner(client, item["ObservabilityConfigurationArn"])


def _vpc_connector(account: Account, values: Values) -> Iterator[Found]:
    client = account.clients("apprunner")
    for item in _marked(client.list_vpc_connectors, "VpcConnectors", "NextToken"):
        alike = item["VpcConnectorName"] == values["vpc_connector_name"]
        if alike and item["Status"].upper() == "ACTIVE":
            yield _of_app_runner(client, item["VpcConnectorArn"])


def _ingress_connection(account: Account, values: Values) -> Iterator[Found]:
    client = account.clients("apprunner")
    listed = _marked(
        client.list_vpc_ingress_connections, "VpcIngressConnectionSummaryList", "NextToken"
    )
    for item in listed:
        arn = item["VpcIngressConnectionArn"]
        told = client.describe_vpc_ingress_connection(VpcIngressConnectionArn=arn)
        if told["VpcIngressConnection"]["VpcIngressConnectionName"] == values["name"]:
            yield _of_app_runner(client, arn)


def _of_app_runner(client: Any, arn: str) -> Found:
    return Found(arn, _plain(client.list_tags_for_resource(ResourceArn=arn)["Tags"]))


def _custom_domain(account: Account, values: Values) -> Iterator[Found]:
    client, arn = account.clients("apprunner"), values["service_arn"]
    listed = _marked(client.describe_custom_domains, "CustomDomains", "NextToken", ServiceArn=arn)
    for item in listed:
        if item["DomainName"] == values["domain_name"]:
            # It is of a service that is ours, and has no tags.
            yield Found(f"{item['DomainName']},{arn}", None)


def _security_group(account: Account, values: Values) -> Iterator[Found]:
    asked = [_filter("group-name", values["name"]), _filter("vpc-id", values["vpc_id"])]
    for group in account.clients("ec2").describe_security_groups(Filters=asked)["SecurityGroups"]:
        yield Found(group["GroupId"], _plain(group.get("Tags", [])))


TRAFFIC = {
    "from_port": ("FromPort",),
    "to_port": ("ToPort",),
    "cidr_ipv4": ("CidrIpv4",),
    "cidr_ipv6": ("CidrIpv6",),
    "prefix_list_id": ("PrefixListId",),
    "referenced_security_group_id": ("ReferencedGroupInfo", "GroupId"),
}
"""Where EC2 says what a rule lets through: two alike can't be in one group."""

ALL_PROTOCOLS = "-1"


def _rule(*, egress: bool) -> Kind:
    def find(account: Account, values: Values) -> Iterator[Found]:
        asked = [_filter("group-id", values["security_group_id"])]
        listed = account.clients("ec2").describe_security_group_rules(Filters=asked)
        for rule in listed["SecurityGroupRules"]:
            if rule["IsEgress"] is egress and _alike(rule, values):
                yield Found(rule["SecurityGroupRuleId"], _plain(rule.get("Tags", [])))

    return Kind(("security_group_id", "ip_protocol"), find, tuple(TRAFFIC))


def _alike(rule: Mapping[str, Any], values: Values) -> bool:
    if rule["IpProtocol"] != values["ip_protocol"]:
        return False
    for name, path in TRAFFIC.items():
        there: Any = rule
        for key in path:
            there = (there or {}).get(key)
        all_ports = name.endswith("_port") and values["ip_protocol"] == ALL_PROTOCOLS
        if there != values.get(name) and not all_ports:
            return False
    return True


def _endpoint(account: Account, values: Values) -> Iterator[Found]:
    asked = [
        _filter("vpc-id", values["vpc_id"]),
        _filter("service-name", values["service_name"]),
        _filter("vpc-endpoint-state", "available", "pending"),
    ]
    for item in account.clients("ec2").describe_vpc_endpoints(Filters=asked)["VpcEndpoints"]:
        yield Found(item["VpcEndpointId"], _plain(item.get("Tags", [])))


def _filter(name: str, *values: str) -> dict[str, Any]:
    return {"Name": name, "Values": list(values)}


def _marked(
    call: Callable[..., Any], key: str, marker: str, **arguments: Any
) -> Iterator[Mapping[str, Any]]:
    """The items of all pages of an operation that boto3 has no paginator for."""
    mark: dict[str, str] = {}
    while True:
        page = call(**arguments, **mark)
        yield from page.get(key, [])
        if not page.get(marker) or not page.get(key):
            return
        mark = {marker: page[marker]}


def _plain(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


KINDS = {
    "aws_apprunner_auto_scaling_configuration_version": Kind(
        ("auto_scaling_configuration_name",), _scaling
    ),
    "aws_apprunner_custom_domain_association": Kind(("service_arn", "domain_name"), _custom_domain),
    "aws_apprunner_observability_configuration": Kind(
        ("observability_configuration_name",), _observability
    ),
    "aws_apprunner_service": Kind(("service_name",), _service),
    "aws_apprunner_vpc_connector": Kind(("vpc_connector_name",), _vpc_connector),
    "aws_apprunner_vpc_ingress_connection": Kind(("name",), _ingress_connection),
    "aws_budgets_budget": Kind(("name",), _budget),
    "aws_cloudwatch_event_target": Kind(
        ("rule", "arn"), _event_target, ("event_bus_name", "target_id")
    ),
    "aws_cloudwatch_log_group": Kind(("name",), _log_group),
    "aws_ecr_repository": Kind(("name",), _repository),
    "aws_iam_openid_connect_provider": Kind(("url",), _identity_provider),
    "aws_iam_policy": Kind(("path", "name"), _policy),
    "aws_iam_role": Kind(("name",), _role),
    "aws_iam_service_linked_role": Kind(("aws_service_name",), _service_role),
    "aws_kms_alias": Kind(("name",), _alias),
    "aws_kms_key": Kind(("description",), _key),
    "aws_s3_bucket": Kind(("bucket",), _bucket),
    "aws_secretsmanager_secret": Kind(("name",), _secret),
    "aws_security_group": Kind(("vpc_id", "name"), _security_group),
    "aws_sns_topic": Kind(("name",), _topic),
    "aws_vpc_endpoint": Kind(("vpc_id", "service_name"), _endpoint),
    "aws_vpc_security_group_egress_rule": _rule(egress=True),
    "aws_vpc_security_group_ingress_rule": _rule(egress=False),
    "aws_wafv2_web_acl": Kind(("scope", "name"), _web_acl),
}
"""By type, as the provider calls it. tests/static says why each of the others is not here."""
