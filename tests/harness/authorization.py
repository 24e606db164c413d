"""What IAM asks before it lets an API call through: actions, resources and condition keys.

Source: "Actions, resources, and condition keys for AWS services" (service authorization reference),
and the permissions sections of the API references where they ask for more. Mostly an action is
called like its operation, and its resource stands in the request; the tables hold what differs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.accounts import REGION
from harness.recording import Call
from infra.iam.context import Value

ANY = "*"
ID = "0123456789abcdef0123456789abcdef"
VIA_SECRETS = f"secretsmanager.{REGION}.amazonaws.com"
GLOBAL_SERVICES = ("budgets", "iam", "sts")
"""Served from us-east-1, whatever the region of the caller."""


@dataclass(frozen=True)
class Asked:
    """One question to IAM."""

    action: str
    resource: str
    keys: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Surroundings:
    """What is in the account, beside what a call says of itself.

    roles: their ARN and boundary, by name. tags: of keys and network parts, by id.
    secret_keys: the KMS key of a secret, by its ARN.
    """

    account: str
    roles: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    tags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    secret_keys: Mapping[str, str] = field(default_factory=dict)

    def tag_keys(self, identifier: str) -> dict[str, Value]:
        """The tags of a resource, as condition keys."""
        tags = self.tags.get(identifier.rsplit("/", 1)[-1], {})
        return {f"aws:ResourceTag/{key}": value for key, value in tags.items()}

    def arn(self, service: str, resource: str, *, regional: bool = True) -> str:
        """An ARN in this account."""
        return f"arn:aws:{service}:{REGION if regional else ''}:{self.account}:{resource}"


ACTIONS = {
    "s3.DeleteBucketCors": "PutBucketCORS",
    "s3.DeleteBucketEncryption": "PutEncryptionConfiguration",
    "s3.DeleteBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "s3.DeleteBucketInventoryConfiguration": "PutInventoryConfiguration",
    "s3.DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "s3.DeleteBucketMetricsConfiguration": "PutMetricsConfiguration",
    "s3.DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "s3.DeleteBucketReplication": "PutReplicationConfiguration",
    "s3.DeleteBucketTagging": "PutBucketTagging",
    "s3.DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "s3.GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "s3.GetBucketCors": "GetBucketCORS",
    "s3.GetBucketEncryption": "GetEncryptionConfiguration",
    "s3.GetBucketIntelligentTieringConfiguration": "GetIntelligentTieringConfiguration",
    "s3.GetBucketInventoryConfiguration": "GetInventoryConfiguration",
    "s3.GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "s3.GetBucketMetricsConfiguration": "GetMetricsConfiguration",
    "s3.GetBucketNotificationConfiguration": "GetBucketNotification",
    "s3.GetBucketReplication": "GetReplicationConfiguration",
    "s3.GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "s3.GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "s3.HeadBucket": "ListBucket",
    "s3.HeadObject": "GetObject",
    "s3.ListBucketMetricsConfigurations": "GetMetricsConfiguration",
    "s3.ListBuckets": "ListAllMyBuckets",
    "s3.ListObjectVersions": "ListBucketVersions",
    "s3.ListObjects": "ListBucket",
    "s3.ListObjectsV2": "ListBucket",
    "s3.PutBucketCors": "PutBucketCORS",
    "s3.PutBucketEncryption": "PutEncryptionConfiguration",
    "s3.PutBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "s3.PutBucketInventoryConfiguration": "PutInventoryConfiguration",
    "s3.PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "s3.PutBucketMetricsConfiguration": "PutMetricsConfiguration",
    "s3.PutBucketNotificationConfiguration": "PutBucketNotification",
    "s3.PutBucketReplication": "PutReplicationConfiguration",
    "s3.PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "s3.PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}
"""The action of an operation that is not called like it."""

UNNAMED = {
    "apprunner.ListAutoScalingConfigurations",
    "apprunner.ListConnections",
    "apprunner.ListObservabilityConfigurations",
    "apprunner.ListServices",
    "apprunner.ListVpcConnectors",
    "apprunner.ListVpcIngressConnections",
    "cloudwatch.PutCompositeAlarm",
    "ecr.DeleteRegistryPolicy",
    "ecr.DescribeRegistry",
    "ecr.GetAuthorizationToken",
    "ecr.GetRegistryPolicy",
    "ecr.GetRegistryScanningConfiguration",
    "ecr.PutRegistryPolicy",
    "ecr.PutRegistryScanningConfiguration",
    "ecr.PutReplicationConfiguration",
    "iam.ListOpenIDConnectProviders",
    "iam.ListPolicies",
    "iam.ListRoles",
    "kms.CreateKey",
    "kms.ListAliases",
    "kms.ListKeys",
    "logs.DeleteResourcePolicy",
    "logs.DescribeLogGroups",
    "logs.DescribeResourcePolicies",
    "logs.PutResourcePolicy",
    "s3.ListBuckets",
    "sns.GetSubscriptionAttributes",
    "sns.ListTopics",
    "sns.SetSubscriptionAttributes",
    "sns.Unsubscribe",
    "wafv2.DescribeManagedRuleGroup",
    "wafv2.ListWebACLs",
}
"""What AWS asks about on "*" alone. Of ec2 it is everything that begins with Describe."""

PASSED: Mapping[str, Mapping[tuple[str, ...], str]] = {
    "apprunner.CreateService": {
        ("SourceConfiguration", "AuthenticationConfiguration", "AccessRoleArn"): "build.apprunner",
        ("InstanceConfiguration", "InstanceRoleArn"): "tasks.apprunner",
    },
    "apprunner.UpdateService": {
        ("SourceConfiguration", "AuthenticationConfiguration", "AccessRoleArn"): "build.apprunner",
        ("InstanceConfiguration", "InstanceRoleArn"): "tasks.apprunner",
    },
    "s3.PutBucketReplication": {("ReplicationConfiguration", "Role"): "s3"},
}
"""Where a call hands a role to a service, and to which."""

OWN_ROLES = {
    "ecr.PutReplicationConfiguration": "replication.ecr",
    "wafv2.PutLoggingConfiguration": "wafv2",
}
"""Which call makes a service make its own role in the name of the caller."""

GRANTED: Mapping[str, tuple[str, ...]] = {
    "apprunner.CreateService": ("EncryptionConfiguration", "KmsKey"),
    "ecr.CreateRepository": ("encryptionConfiguration", "kmsKey"),
}
"""Where a call names a KMS key that the service will use by a grant of the caller's."""

SEALED = {
    "CreateSecret": ("Decrypt", "GenerateDataKey"),
    "GetSecretValue": ("Decrypt",),
    "PutSecretValue": ("Decrypt", "GenerateDataKey"),
    "UpdateSecret": ("Decrypt", "GenerateDataKey"),
}
"""What Secrets Manager does with the key of a secret in the name of the caller."""

TEMPLATES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "apprunner": (
        ("VpcIngressConnectionName", f"vpcingressconnection/{{}}/{ID}"),
        ("VpcConnectorName", f"vpcconnector/{{}}/1/{ID}"),
        ("AutoScalingConfigurationName", f"autoscalingconfiguration/{{}}/1/{ID}"),
        ("ObservabilityConfigurationName", f"observabilityconfiguration/{{}}/1/{ID}"),
        ("ServiceName", f"service/{{}}/{ID}"),
    ),
    "cloudwatch": (("AlarmName", "alarm:{}"), ("AlarmNames", "alarm:{}")),
    "ecr": (("repositoryName", "repository/{}"), ("repositoryNames", "repository/{}")),
    "events": (("Rule", "rule/{}"), ("Name", "rule/{}")),
    "kms": (("AliasName", "{}"), ("TargetKeyId", "key/{}"), ("KeyId", "key/{}")),
    "logs": (("logGroupName", "log-group:{}"),),
    "secretsmanager": (("SecretId", "secret:{}-a1B2c3"), ("Name", "secret:{}-a1B2c3")),
    "sns": (("Name", "{}"),),
}
"""What a parameter names, where it is no ARN. Identifiers that AWS makes up are made up here."""

DELIVERY = (
    "CreateLogDelivery",
    "DescribeLogGroups",
    "DescribeResourcePolicies",
    "PutResourcePolicy",
)
NETWORK = {
    "GroupId": "security-group",
    "GroupIds": "security-group",
    "SecurityGroupIds": "security-group",
    "SecurityGroupRuleIds": "security-group-rule",
    "SubnetIds": "subnet",
    "VpcEndpointId": "vpc-endpoint",
    "VpcEndpointIds": "vpc-endpoint",
    "VpcId": "vpc",
}
MADE = {
    "AuthorizeSecurityGroupEgress": "security-group-rule",
    "AuthorizeSecurityGroupIngress": "security-group-rule",
    "CreateSecurityGroup": "security-group",
    "CreateVpcEndpoint": "vpc-endpoint",
}
"""What an operation of ec2 makes, which has no id before."""


def asked(call: Call, around: Surroundings) -> list[Asked]:
    """Everything that IAM must allow for a call."""
    if str(call) == "sts.GetCallerIdentity":
        return []  # needs no permission, and cannot be denied
    found = [*_by_service(call, around), *_tagging(call, around), *_handed_on(call, around)]
    region = "us-east-1" if call.service in GLOBAL_SERVICES else REGION
    return [
        Asked(item.action, item.resource, {"aws:RequestedRegion": region, **item.keys})
        for item in found
    ]


def _by_service(call: Call, around: Surroundings) -> Iterator[Asked]:
    special = _SPECIAL.get(call.service)
    all_repositories = str(call) == "ecr.DescribeRepositories" and not call.parameters.get(
        "repositoryNames"
    )
    if str(call) in UNNAMED or all_repositories:
        yield Asked(_action(call), ANY, _tag_keys(call))
    elif special is not None:
        yield from special(call, around)
    else:
        keys = _tag_keys(call)
        resources = _resources(call, around)
        assert resources, f"nothing says which resource {call} is about: {dict(call.parameters)}"
        for resource in resources:
            yield Asked(_action(call), resource, {**around.tag_keys(resource), **keys})


def _action(call: Call) -> str:
    return f"{call.service}:{ACTIONS.get(str(call), call.operation)}"


def _resources(call: Call, around: Surroundings) -> list[str]:
    """What a call names by itself and, by ARN, of the same service."""
    named = []
    for parameter, template in TEMPLATES.get(call.service, ()):
        for value in _listed(call.parameters.get(parameter)):
            if not value.startswith("arn:"):
                named.append(around.arn(call.service, template.format(value)))
    own = f"arn:aws:{call.service}:"
    return [*named, *(text for text in _texts(call.parameters) if text.startswith(own))]


def _s3(call: Call, around: Surroundings) -> Iterator[Asked]:
    del around
    bucket = f"arn:aws:s3:::{call.parameters['Bucket']}"
    key = call.parameters.get("Key")
    versioned = "Version" if call.parameters.get("VersionId") else ""
    if call.operation == "DeleteObjects":
        for item in call.parameters["Delete"]["Objects"]:
            suffix = "Version" if item.get("VersionId") else ""
            yield Asked(f"s3:DeleteObject{suffix}", f"{bucket}/{item['Key']}")
    elif key is not None:
        action = _action(call)
        if action in ("s3:DeleteObject", "s3:GetObject"):
            action += versioned
        yield Asked(action, f"{bucket}/{key}")
    else:
        prefix = call.parameters.get("Prefix")
        listing = call.operation.startswith("List") and prefix is not None
        yield Asked(_action(call), bucket, {"s3:prefix": str(prefix)} if listing else {})
        if call.operation == "CreateBucket" and call.parameters.get("ObjectLockEnabledForBucket"):
            yield Asked("s3:PutBucketObjectLockConfiguration", bucket)
            yield Asked("s3:PutBucketVersioning", bucket)


def _iam(call: Call, around: Surroundings) -> Iterator[Asked]:
    keys: dict[str, Value] = dict(_tag_keys(call))
    parameters = call.parameters
    if "RoleName" in parameters:
        name = parameters["RoleName"]
        usual = around.arn("iam", f"role/{name}", regional=False)
        resource, boundary = around.roles.get(name, (usual, ""))
        boundary = parameters.get("PermissionsBoundary", boundary)
        keys |= {"iam:PermissionsBoundary": boundary} if boundary else {}
        keys |= {"iam:PolicyARN": parameters["PolicyArn"]} if "PolicyArn" in parameters else {}
    elif "PolicyName" in parameters:
        resource = around.arn("iam", f"policy/{parameters['PolicyName']}", regional=False)
    elif "AWSServiceName" in parameters:
        service = parameters["AWSServiceName"]
        path = f"role/aws-service-role/{service}/AWSServiceRoleForIt"
        resource = around.arn("iam", path, regional=False)
        keys["iam:AWSServiceName"] = service
    elif "DeletionTaskId" in parameters:
        # In AWS its name holds the role's; where it does not, any service's own role stands for it.
        path = parameters["DeletionTaskId"].removeprefix("task/").rpartition("/")[0]
        path = path or "aws-service-role/apprunner.amazonaws.com/AWSServiceRoleForAppRunner"
        resource = around.arn("iam", f"role/{path}", regional=False)
    else:
        (resource,) = (text for text in _texts(parameters) if text.startswith("arn:aws:iam:"))
    yield Asked(_action(call), resource, keys)


def _cloudwatch(call: Call, around: Surroundings) -> Iterator[Asked]:
    """Composite alarms are shown to who may see all ("DescribeAlarms")."""
    names = set(_listed(call.parameters.get("AlarmNames")))
    types = _listed(call.parameters.get("AlarmTypes"))
    dashboards = (
        *_listed(call.parameters.get("DashboardName")),
        *_listed(call.parameters.get("DashboardNames")),
    )
    sees_composites = call.operation == "DescribeAlarms" and (
        "CompositeAlarm" in types or not names
    )
    if sees_composites:
        yield Asked(_action(call), ANY)
    elif dashboards:
        for name in dashboards:
            yield Asked(
                _action(call),
                around.arn("cloudwatch", f"dashboard/{name}").replace(f":{REGION}:", "::"),
            )
    else:
        keys = _tag_keys(call)
        wanted = [r for r in _resources(call, around) if ":alarm:" in r]
        about = [r for r in wanted if call.operation != "PutMetricAlarm" or _own(call, r)]
        assert about, f"nothing says which alarm {call} is about: {dict(call.parameters)}"
        for resource in about:
            yield Asked(_action(call), resource, keys)


def _own(call: Call, resource: str) -> bool:
    """A metric alarm may speak of other alarms, which IAM does not ask about."""
    return resource.endswith(f":alarm:{call.parameters['AlarmName']}")


def _budgets(call: Call, around: Surroundings) -> Iterator[Asked]:
    tagged = "ResourceARN" in call.parameters
    looks = call.operation.startswith("Describe")
    action = call.operation if tagged else "ViewBudget" if looks else "ModifyBudget"
    described = call.parameters.get("Budget") or call.parameters.get("NewBudget") or {}
    name = call.parameters.get("BudgetName") or described.get("BudgetName")
    arn = call.parameters.get("ResourceARN") or f"arn:aws:budgets::{around.account}:budget/{name}"
    assert tagged or name, f"nothing says which budget {call} is about: {dict(call.parameters)}"
    yield Asked(f"budgets:{action}", arn, _tag_keys(call))
    if call.operation == "CreateBudget" and call.parameters.get("ResourceTags"):
        yield Asked("budgets:TagResource", arn, _tag_keys(call))


def _ec2(call: Call, around: Surroundings) -> Iterator[Asked]:
    action = _action(call)
    if call.operation.startswith("Describe"):
        by_name = call.operation in ("DescribeVpcAttribute", "DescribeSecurityGroupReferences")
        yield Asked(
            action, around.arn("ec2", f"vpc/{call.parameters['VpcId']}") if by_name else ANY
        )
        return
    tags = _tag_keys(call)
    kinds = {"vpc": "vpc", "subnet": "subnet", "sg": "security-group", "vpce": "vpc-endpoint"}
    if call.operation in ("CreateTags", "DeleteTags"):
        for identifier in call.parameters["Resources"]:
            kind = kinds.get(identifier.rsplit("-", 1)[0], "security-group-rule")
            resource = around.arn("ec2", f"{kind}/{identifier}")
            yield Asked(action, resource, {**around.tag_keys(resource), **tags})
        return
    for parameter, kind in NETWORK.items():
        for identifier in _listed(call.parameters.get(parameter)):
            resource = around.arn("ec2", f"{kind}/{identifier}")
            yield Asked(action, resource, around.tag_keys(resource))
    if call.operation in MADE:
        made = around.arn("ec2", f"{MADE[call.operation]}/new-1")
        yield Asked(action, made, tags)
        if tags:
            yield Asked("ec2:CreateTags", made, {**tags, "ec2:CreateAction": call.operation})


def _wafv2(call: Call, around: Surroundings) -> Iterator[Asked]:
    parameters = call.parameters
    keys = _tag_keys(call)
    action = _action(call)
    if "Name" in parameters:
        path = f"regional/webacl/{parameters['Name']}/{parameters.get('Id', ID)}"
        yield Asked(action, around.arn("wafv2", path), keys)
        if any(key == "ManagedRuleGroupStatement" for key in _keys(parameters)):
            yield Asked(action, around.arn("wafv2", f"regional/managedruleset/any/{ID}"), keys)
        return
    services = [text for text in _texts(parameters) if text.startswith("arn:aws:apprunner:")]
    acls = [text for text in _texts(parameters) if ":regional/webacl/" in text]
    for resource in (*services, *acls):
        yield Asked(action, resource, keys)
    if services and call.operation == "AssociateWebACL":
        for resource in (*services, *acls):
            yield Asked("apprunner:AssociateWebAcl", resource)
    if services and call.operation == "DisassociateWebACL":
        yield Asked("apprunner:DisassociateWebAcl", services[0])
    if services and call.operation == "GetWebACLForResource":
        name = services[0].split("/")[1]
        acl = around.arn("wafv2", f"regional/webacl/{name}/{ID}")
        yield Asked("apprunner:DescribeWebAclForService", services[0])
        yield Asked("wafv2:GetWebACLForResource", acl)
        yield Asked("wafv2:GetWebACL", acl)
    if call.operation == "PutLoggingConfiguration":
        # "Logs sent to CloudWatch Logs" (CloudWatch Logs user guide); each of them on "*".
        for needed in DELIVERY:
            yield Asked(f"logs:{needed}", ANY)
    if call.operation == "DeleteLoggingConfiguration":
        yield Asked("logs:DeleteLogDelivery", ANY)


def _tagging(call: Call, around: Surroundings) -> Iterator[Asked]:
    """To make something with tags is also to tag it, where the service has an action for that."""
    tags = _tag_keys(call)
    makes = call.operation.startswith(("Create", "Put")) and call.service not in UNTAGGED
    if not tags or not makes:
        return
    if call.service == "iam":
        action = "iam:TagRole" if call.operation == "CreateRole" else "iam:TagPolicy"
        for item in _iam(call, around):
            yield Asked(action, item.resource, tags)
    elif str(call) == "kms.CreateKey":
        yield Asked("kms:TagResource", ANY, tags)
    else:
        made = next(_by_service(call, around))
        if made.resource != ANY:
            yield Asked(f"{call.service}:TagResource", made.resource, tags)


UNTAGGED = ("budgets", "ec2", "s3", "wafv2")
"""Services that ask by other rules, or whose tags are part of making the thing."""


def _handed_on(call: Call, around: Surroundings) -> Iterator[Asked]:
    """Roles and keys that a call hands to a service, and the role that a service makes for it."""
    if str(call) in OWN_ROLES:
        made = {"AWSServiceName": f"{OWN_ROLES[str(call)]}.amazonaws.com"}
        yield from _iam(Call("iam", "CreateServiceLinkedRole", made, 200), around)
    for path, service in PASSED.get(str(call), {}).items():
        role = _at(call.parameters, path)
        if role:
            keys: dict[str, Value] = {"iam:PassedToService": f"{service}.amazonaws.com"}
            yield Asked("iam:PassRole", role, keys)
    granted = _at(call.parameters, GRANTED.get(str(call), ()))
    if isinstance(granted, str):
        tags = around.tag_keys(granted)
        yield Asked("kms:CreateGrant", granted, {**tags, "kms:GrantIsForAWSResource": "true"})
        yield Asked("kms:DescribeKey", granted, tags)
    if call.service == "secretsmanager":
        secret = call.parameters.get("SecretId", "")
        key = call.parameters.get("KmsKeyId") or around.secret_keys.get(secret)
        for needed in SEALED.get(call.operation, ()) if key else ():
            tags = around.tag_keys(str(key))
            yield Asked(f"kms:{needed}", str(key), {**tags, "kms:ViaService": VIA_SECRETS})


_SPECIAL = {
    "budgets": _budgets,
    "cloudwatch": _cloudwatch,
    "ec2": _ec2,
    "iam": _iam,
    "s3": _s3,
    "wafv2": _wafv2,
}


def _tag_keys(call: Call) -> dict[str, Value]:
    """The tags in a request, as condition keys."""
    pairs: dict[str, str] = {}
    for name in ("Tags", "tags", "ResourceTags"):
        pairs |= _pairs(call.parameters.get(name))
    for specification in call.parameters.get("TagSpecifications") or ():
        pairs |= _pairs(specification.get("Tags"))
    return {f"aws:RequestTag/{key}": value for key, value in pairs.items()}


def _pairs(raw: Any) -> dict[str, str]:
    if isinstance(raw, Mapping):
        return dict(raw)
    items = raw or ()
    return {
        item.get("Key", item.get("TagKey")): item.get("Value", item.get("TagValue"))
        for item in items
    }


def _at(parameters: Any, path: Iterable[str]) -> Any:
    for name in path:
        parameters = (parameters or {}).get(name)
    return parameters if path else None


def _listed(value: Any) -> list[str]:
    return [] if value is None else [value] if isinstance(value, str) else list(value)


def _texts(value: Any) -> Iterator[str]:
    """All texts in the parameters of a call."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield key
            yield from _keys(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _keys(item)
