"""What is in an account, so that a test can say: nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from harness.accounts import Account


def pages(client: Any, operation: str, key: str, **arguments: Any) -> Iterator[Any]:
    """The items of all pages of a list operation."""
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page.get(key, [])


def inventory(account: Account) -> list[str]:
    """All that somebody made in an account and has not deleted, as "kind: name".

    Left out is what an empty AWS account has too, what is scheduled for deletion (keys, secrets),
    and the log groups that App Runner makes for itself and leaves behind.
    """
    return sorted(f"{kind}: {name}" for kind, names in _kinds(account) for name in names)


def _kinds(account: Account) -> Iterator[tuple[str, Iterable[str]]]:
    iam = account.client("iam")
    yield "bucket", (item["Name"] for item in account.client("s3").list_buckets()["Buckets"])
    yield (
        "repository",
        (r["repositoryName"] for r in pages(account.client("ecr"), *_REPOSITORIES)),
    )
    yield from _network(account.client("ec2"))
    yield from _registry(account.client("ecr"))
    providers = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    yield "identity provider", (item["Arn"] for item in providers)
    yield "role", (r["RoleName"] for r in pages(iam, "list_roles", "Roles") if _is_ours(r))
    yield "policy", (p["Arn"] for p in pages(iam, "list_policies", "Policies", Scope="Local"))
    yield "budget", _budgets(account)
    cloudwatch = account.client("cloudwatch")
    for kind in ("MetricAlarms", "CompositeAlarms"):
        types = ["MetricAlarm", "CompositeAlarm"]
        alarms = pages(cloudwatch, "describe_alarms", kind, AlarmTypes=types)
        yield "alarm", (alarm["AlarmName"] for alarm in alarms)
    yield (
        "dashboard",
        (d["DashboardName"] for d in pages(cloudwatch, "list_dashboards", "DashboardEntries")),
    )
    rules = pages(account.client("events"), "list_rules", "Rules")
    yield "event rule", (rule["Name"] for rule in rules if "ManagedBy" not in rule)
    logs = account.client("logs")
    filters = pages(logs, "describe_metric_filters", "metricFilters")
    yield "metric filter", (item["filterName"] for item in filters)
    groups = pages(logs, "describe_log_groups", "logGroups")
    names = (group["logGroupName"] for group in groups)
    yield "log group", (name for name in names if not name.startswith("/aws/apprunner/"))
    policies = logs.describe_resource_policies()["resourcePolicies"]
    yield "log resource policy", (policy["policyName"] for policy in policies)
    waf = account.client("wafv2")
    yield "web acl", (acl["Name"] for acl in waf.list_web_acls(Scope="REGIONAL")["WebACLs"])
    configured = waf.list_logging_configurations(Scope="REGIONAL")["LoggingConfigurations"]
    yield "web acl log", (item["ResourceArn"] for item in configured)
    sns = account.client("sns")
    yield "topic", (t["TopicArn"] for t in pages(sns, "list_topics", "Topics"))
    subscriptions = pages(sns, "list_subscriptions", "Subscriptions")
    yield "subscription", (s["SubscriptionArn"] for s in subscriptions)
    yield "queue", pages(account.client("sqs"), "list_queues", "QueueUrls")
    secrets = pages(account.client("secretsmanager"), "list_secrets", "SecretList")
    yield "secret", (s["Name"] for s in secrets if "DeletedDate" not in s)
    parameters = pages(account.client("ssm"), "describe_parameters", "Parameters")
    yield "parameter", (parameter["Name"] for parameter in parameters)
    kms = account.client("kms")
    yield "key", _live_keys(kms)
    aliases = (alias["AliasName"] for alias in pages(kms, "list_aliases", "Aliases"))
    yield "alias", (name for name in aliases if not name.startswith("alias/aws/"))
    yield from _app_runner(account.client("apprunner"))


_REPOSITORIES = ("describe_repositories", "repositories")


def _network(ec2: Any) -> Iterator[tuple[str, Iterable[str]]]:
    """What is in VPCs, and the VPCs that are not the account's default."""
    vpcs = [vpc["VpcId"] for vpc in pages(ec2, "describe_vpcs", "Vpcs") if not vpc["IsDefault"]]
    yield "vpc", vpcs
    subnets = pages(ec2, "describe_subnets", "Subnets")
    yield "subnet", (subnet["SubnetId"] for subnet in subnets if subnet["VpcId"] in vpcs)
    groups = pages(ec2, "describe_security_groups", "SecurityGroups")
    yield "security group", (g["GroupId"] for g in groups if g["GroupName"] != "default")
    endpoints = pages(ec2, "describe_vpc_endpoints", "VpcEndpoints")
    live = (item for item in endpoints if item["State"] != "deleted")
    yield "vpc endpoint", (item["VpcEndpointId"] for item in live)
    interfaces = pages(ec2, "describe_network_interfaces", "NetworkInterfaces")
    yield "network interface", (item["NetworkInterfaceId"] for item in interfaces)


def _registry(ecr: Any) -> Iterator[tuple[str, Iterable[str]]]:
    """What was set in the registry, which is always there."""
    scanning = ecr.get_registry_scanning_configuration()["scanningConfiguration"]
    yield "registry scans", (rule["scanFrequency"] for rule in scanning["rules"])
    yield "registry scan type", {scanning["scanType"]} - {"BASIC"}
    replication = ecr.describe_registry()["replicationConfiguration"]["rules"]
    copies = (item for rule in replication for item in rule["destinations"])
    yield "replication", (item["registryId"] for item in copies)
    try:
        yield "registry policy", [ecr.get_registry_policy()["registryId"]]
    except ecr.exceptions.RegistryPolicyNotFoundException:
        yield "registry policy", []


def _is_ours(role: dict[str, Any]) -> bool:
    return not str(role["Path"]).startswith(("/aws-service-role/", "/aws-reserved/"))


def _budgets(account: Account) -> Iterator[str]:
    client, number = account.client("budgets"), account.account_id
    for budget in pages(client, "describe_budgets", "Budgets", AccountId=number):
        yield budget["BudgetName"]


def _live_keys(kms: Any) -> Iterator[str]:
    for key in pages(kms, "list_keys", "Keys"):
        described = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        if described["KeyState"] == "PendingDeletion":
            continue
        if not described["Description"].startswith("Default key"):
            yield described["Arn"]


def _app_runner(apprunner: Any) -> Iterator[tuple[str, Iterable[str]]]:
    services = apprunner.list_services()["ServiceSummaryList"]
    yield "service", (service["ServiceArn"] for service in services)
    scaling = apprunner.list_auto_scaling_configurations()
    yield (
        "scaling",
        (
            item["AutoScalingConfigurationArn"]
            for item in scaling["AutoScalingConfigurationSummaryList"]
            if item["AutoScalingConfigurationName"] != "DefaultConfiguration"
        ),
    )
    connectors = apprunner.list_vpc_connectors()["VpcConnectors"]
    yield "vpc connector", (item["VpcConnectorArn"] for item in connectors)
    ingresses = apprunner.list_vpc_ingress_connections()["VpcIngressConnectionSummaryList"]
    yield "vpc ingress connection", (item["VpcIngressConnectionArn"] for item in ingresses)
    tracing = apprunner.list_observability_configurations()
    yield (
        "tracing",
        (
            item["ObservabilityConfigurationArn"]
            for item in tracing["ObservabilityConfigurationSummaryList"]
            if item["ObservabilityConfigurationName"] != "DefaultConfiguration"
        ),
    )
