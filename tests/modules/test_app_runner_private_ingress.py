"""The module app_runner_private_ingress: who reaches a private service, and by which way."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.applied import Applied
from harness.inventory import pages
from harness.plan_text import REPLACE, REPLACE_CREATING_FIRST

pytestmark = pytest.mark.terraform

MODULE = "app_runner_private_ingress"
PREFIX = "module.app_runner_private_ingress"
CONNECTION = f"{PREFIX}.aws_apprunner_vpc_ingress_connection.this"
ENDPOINT = f"{PREFIX}.aws_vpc_endpoint.this"
GROUP = f"{PREFIX}.aws_security_group.this"
IDENTITY = f"{PREFIX}.terraform_data.identity"

# Beside the example: a second way to the same service, from another VPC and for one group there.
EXTRA = """
resource "aws_vpc" "other" {
  cidr_block = "10.1.0.0/16"
}

resource "aws_subnet" "other" {
  availability_zone = "eu-west-1a"
  cidr_block        = "10.1.0.0/24"
  vpc_id            = aws_vpc.other.id
}

resource "aws_security_group" "client" {
  name        = "client"
  description = "Who calls"
  vpc_id      = aws_vpc.other.id
}

module "second" {
  source = "../../modules/app_runner_private_ingress"

  name                       = "trending-now-second"
  allowed_security_group_ids = { client = aws_security_group.client.id }
  service_arn                = module.app_runner_service.arn
  subnet_ids                 = [aws_subnet.other.id]
  vpc_id                     = aws_vpc.other.id
}

output "app_runner_private_ingress" { value = module.app_runner_private_ingress }
output "second" { value = module.second }
output "service" { value = module.app_runner_service }
output "client" { value = aws_security_group.client.id }
output "subnets" { value = [for subnet in aws_subnet.example : subnet.id] }
output "vpc" { value = aws_vpc.example.id }
"""

WAYS = ("app_runner_private_ingress", "second")


def connection(applied: Applied, output: str) -> Any:
    """A connection, as App Runner has it."""
    arn = applied.outputs[output]["arn"]
    found = applied.client("apprunner").describe_vpc_ingress_connection(VpcIngressConnectionArn=arn)
    return found["VpcIngressConnection"]


def endpoint(applied: Applied, output: str) -> Any:
    """A VPC endpoint, as EC2 has it."""
    ids = [applied.outputs[output]["vpc_endpoint_id"]]
    (found,) = applied.client("ec2").describe_vpc_endpoints(VpcEndpointIds=ids)["VpcEndpoints"]
    return found


def rules(applied: Applied, output: str) -> list[Any]:
    """The rules of the security group of an endpoint."""
    filters = [{"Name": "group-id", "Values": [applied.outputs[output]["security_group_id"]]}]
    ec2 = applied.client("ec2")
    return list(pages(ec2, "describe_security_group_rules", "SecurityGroupRules", Filters=filters))


@pytest.mark.parametrize("output", WAYS)
def test_outputs_are_what_app_runner_has(applied: Applied, output: str) -> None:
    outputs, found = applied.outputs[output], connection(applied, output)
    assert found["Status"] == "AVAILABLE"
    assert found["DomainName"] == outputs["domain_name"]
    assert found["ServiceArn"] == applied.outputs["service"]["arn"]
    assert found["IngressVpcConfiguration"] == {
        "VpcId": endpoint(applied, output)["VpcId"],
        "VpcEndpointId": outputs["vpc_endpoint_id"],
    }


def test_the_service_has_no_public_address(applied: Applied) -> None:
    assert applied.outputs["service"]["url"] is None


def test_the_endpoint_leads_to_app_runner_from_the_subnets(applied: Applied) -> None:
    found = endpoint(applied, "app_runner_private_ingress")
    assert found["ServiceName"] == "com.amazonaws.eu-west-1.apprunner.requests"
    assert found["VpcEndpointType"] == "Interface"
    assert found["VpcId"] == applied.outputs["vpc"]
    assert sorted(found["SubnetIds"]) == sorted(applied.outputs["subnets"])
    assert found["PrivateDnsEnabled"] is False
    groups = [group["GroupId"] for group in found["Groups"]]
    assert groups == [applied.outputs["app_runner_private_ingress"]["security_group_id"]]


def test_there_is_no_endpoint_policy_of_our_own(applied: Applied) -> None:
    (statement,) = json.loads(endpoint(applied, "second")["PolicyDocument"])["Statement"]
    assert statement == {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}


def test_only_those_who_were_named_may_call_and_only_over_https(applied: Applied) -> None:
    def shown(output: str) -> list[tuple[Any, ...]]:
        return [
            (
                rule["IsEgress"],
                rule["Description"],
                rule.get("CidrIpv4") or rule["ReferencedGroupInfo"]["GroupId"],
                rule["IpProtocol"],
                rule["FromPort"],
                rule["ToPort"],
            )
            for rule in rules(applied, output)
        ]

    assert shown("app_runner_private_ingress") == [(False, "vpc", "10.0.0.0/16", "tcp", 443, 443)]
    client = applied.outputs["client"]
    assert shown("second") == [(False, "client", client, "tcp", 443, 443)]


def test_a_second_plan_is_empty(applied: Applied) -> None:
    applied.root.assert_nothing_to_do()


def test_a_new_name_replaces_the_connection(applied: Applied) -> None:
    changes = applied.planned_changes(f'module "{MODULE}" {{\n  name = "another"\n}}')
    assert changes == {
        CONNECTION: REPLACE,
        ENDPOINT: ["update"],
        GROUP: REPLACE_CREATING_FIRST,
        IDENTITY: ["update"],
        f'{PREFIX}.aws_vpc_security_group_ingress_rule.cidr_block["vpc"]': REPLACE_CREATING_FIRST,
    }


def test_a_new_service_replaces_the_connection(applied: Applied) -> None:
    changes = applied.planned_changes('module "app_runner_service" {\n  name = "another"\n}')
    assert changes[CONNECTION] == REPLACE
    assert changes["module.app_runner_service.aws_apprunner_service.this"] == REPLACE
    assert ENDPOINT not in changes


def test_another_vpc_replaces_everything(applied: Applied) -> None:
    changes = applied.planned_changes(
        f"""
        module "{MODULE}" {{
          subnet_ids = [aws_subnet.other.id]
          vpc_id     = aws_vpc.other.id
        }}
        """
    )
    assert changes == {
        CONNECTION: REPLACE,
        ENDPOINT: REPLACE,
        GROUP: REPLACE_CREATING_FIRST,
        IDENTITY: ["update"],
        f'{PREFIX}.aws_vpc_security_group_ingress_rule.cidr_block["vpc"]': REPLACE_CREATING_FIRST,
    }


def test_subnets_and_clients_change_in_place(applied: Applied) -> None:
    changes = applied.planned_changes(
        f"""
        module "{MODULE}" {{
          allowed_cidr_blocks = {{ office = "10.9.0.0/16", vpc = "10.0.0.0/24" }}
          subnet_ids          = [aws_subnet.example["a"].id]
        }}
        """
    )
    rule = f"{PREFIX}.aws_vpc_security_group_ingress_rule.cidr_block"
    assert changes == {
        ENDPOINT: ["update"],
        f'{rule}["office"]': ["create"],
        f'{rule}["vpc"]': ["update"],
    }
