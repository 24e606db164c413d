"""The module app_runner_vpc_connector: the way out, and that a change never cuts it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from harness.applied import Applied
from harness.inventory import pages
from harness.plan_text import REPLACE_CREATING_FIRST

pytestmark = pytest.mark.terraform

MODULE = "app_runner_vpc_connector"
CONNECTOR = "module.app_runner_vpc_connector.aws_apprunner_vpc_connector.this"
GROUP = "module.app_runner_vpc_connector.aws_security_group.this"
RULE = "module.app_runner_vpc_connector.aws_vpc_security_group_egress_rule.this"

# Beside the example: a connector as it is without rules of the caller's, and one that leads to a
# security group, with a service that uses it.
EXTRA = """
module "plain" {
  source = "../../modules/app_runner_vpc_connector"

  name       = "p"
  subnet_ids = [aws_subnet.example["a"].id]
  vpc_id     = aws_vpc.example.id
}

resource "aws_vpc" "other" {
  cidr_block = "10.1.0.0/16"
}

resource "aws_security_group" "database" {
  name        = "database"
  description = "What the application calls"
  vpc_id      = aws_vpc.example.id
}

module "used" {
  source = "../../modules/app_runner_vpc_connector"

  name       = "trending-now-used"
  subnet_ids = [aws_subnet.example["a"].id]
  vpc_id     = aws_vpc.example.id

  egress_rules = {
    database = {
      security_group_id = aws_security_group.database.id
      from_port         = 5432
      to_port           = 5440
    }
  }
}

module "ecr_repository" {
  source = "../../modules/ecr_repository"

  name = "trending-now-example"
}

module "app_runner_roles" {
  source = "../../modules/app_runner_roles"

  name            = "trending-now-example"
  repository_arns = [module.ecr_repository.arn]
}

module "app_runner_service" {
  source = "../../modules/app_runner_service"

  name              = "trending-now-example"
  access_role_arn   = module.app_runner_roles.access_role_arn
  image_digest      = "sha256:dd3165aa301720519e86c5624d80e7f164fd377afec2a118efbbf139585a25d2"
  instance_role_arn = module.app_runner_roles.instance_role_arn
  repository_url    = module.ecr_repository.url
  vpc_connector     = { arn = module.used.arn }
}

output "app_runner_vpc_connector" { value = module.app_runner_vpc_connector }
output "plain" { value = module.plain }
output "used" { value = module.used }
output "service" { value = module.app_runner_service.arn }
output "database" { value = aws_security_group.database.id }
output "subnets" { value = { for key, subnet in aws_subnet.example : key => subnet.id } }
output "vpc" { value = aws_vpc.example.id }
"""

CONNECTORS = {"app_runner_vpc_connector": ("a", "b"), "plain": ("a",), "used": ("a",)}


def connector(applied: Applied, output: str) -> Any:
    """A connector, as App Runner has it."""
    arn = applied.outputs[output]["arn"]
    found = applied.client("apprunner").describe_vpc_connector(VpcConnectorArn=arn)
    return found["VpcConnector"]


def rules(applied: Applied, output: str) -> list[Any]:
    """The rules of a connector's security group."""
    filters = [{"Name": "group-id", "Values": [applied.outputs[output]["security_group_id"]]}]
    ec2 = applied.client("ec2")
    found = pages(ec2, "describe_security_group_rules", "SecurityGroupRules", Filters=filters)
    return sorted(found, key=lambda rule: str(rule["Description"]))


@pytest.mark.parametrize("output", CONNECTORS)
def test_outputs_are_what_app_runner_has(applied: Applied, output: str) -> None:
    outputs, found = applied.outputs[output], connector(applied, output)
    assert outputs["name"] == found["VpcConnectorName"]
    assert found["SecurityGroups"] == [outputs["security_group_id"]]
    assert found["Status"] == "ACTIVE"
    expected = {applied.outputs["subnets"][key] for key in CONNECTORS[output]}
    assert set(found["Subnets"]) == expected


def test_the_name_ends_with_a_hash_of_what_the_connector_leads_to(applied: Applied) -> None:
    names = {output: applied.outputs[output]["name"] for output in CONNECTORS}
    assert re.fullmatch(r"trending-now-example-[0-9a-f]{8}", names["app_runner_vpc_connector"])
    assert re.fullmatch(r"p-[0-9a-f]{8}", names["plain"])
    assert len({name[-8:] for name in names.values()}) == len(CONNECTORS)


@pytest.mark.parametrize("output", CONNECTORS)
def test_nothing_comes_in(applied: Applied, output: str) -> None:
    assert [rule for rule in rules(applied, output) if not rule["IsEgress"]] == []
    groups = applied.client("ec2").describe_security_groups(
        GroupIds=[applied.outputs[output]["security_group_id"]]
    )["SecurityGroups"]
    assert [group["VpcId"] for group in groups] == [applied.outputs["vpc"]]


def test_only_what_was_named_goes_out(applied: Applied) -> None:
    def shown(output: str) -> list[tuple[Any, ...]]:
        return [
            (
                rule["Description"],
                rule.get("CidrIpv4") or rule["ReferencedGroupInfo"]["GroupId"],
                rule["IpProtocol"],
                rule["FromPort"],
                rule["ToPort"],
            )
            for rule in rules(applied, output)
        ]

    assert shown("app_runner_vpc_connector") == [
        ("database", "10.0.0.0/16", "tcp", 5432, 5432),
        ("https", "0.0.0.0/0", "tcp", 443, 443),
    ]
    assert shown("plain") == [("https", "0.0.0.0/0", "tcp", 443, 443)]
    assert shown("used") == [("database", applied.outputs["database"], "tcp", 5432, 5440)]


def test_a_service_calls_out_through_it(applied: Applied) -> None:
    found = applied.client("apprunner").describe_service(ServiceArn=applied.outputs["service"])
    assert found["Service"]["NetworkConfiguration"]["EgressConfiguration"] == {
        "EgressType": "VPC",
        "VpcConnectorArn": applied.outputs["used"]["arn"],
    }


def test_a_second_plan_is_empty(applied: Applied) -> None:
    applied.root.assert_nothing_to_do()


def test_other_subnets_make_a_new_connector_first_and_move_the_service(applied: Applied) -> None:
    changes = applied.planned_changes(
        'module "used" {\n  subnet_ids = [for subnet in aws_subnet.example : subnet.id]\n}'
    )
    assert changes == {
        "module.used.aws_apprunner_vpc_connector.this": REPLACE_CREATING_FIRST,
        "module.app_runner_service.aws_apprunner_service.this": ["update"],
    }


@pytest.mark.parametrize("change", ['name = "another"', "vpc_id = aws_vpc.other.id"])
def test_another_name_or_vpc_makes_group_and_connector_anew_first(
    applied: Applied, change: str
) -> None:
    changes = applied.planned_changes(f'module "app_runner_vpc_connector" {{\n  {change}\n}}')
    assert changes == {
        CONNECTOR: REPLACE_CREATING_FIRST,
        GROUP: REPLACE_CREATING_FIRST,
        f'{RULE}["database"]': REPLACE_CREATING_FIRST,
        f'{RULE}["https"]': REPLACE_CREATING_FIRST,
    }


def test_rules_come_go_and_change_one_by_one(applied: Applied) -> None:
    changes = applied.planned_changes(
        """
        module "app_runner_vpc_connector" {
          egress_rules = {
            cache    = { cidr_ipv4 = "10.0.0.0/16", from_port = 6379 }
            database = { cidr_ipv4 = "10.0.1.0/24", from_port = 5432 }
          }
        }
        """
    )
    assert changes == {
        f'{RULE}["cache"]': ["create"],
        f'{RULE}["database"]': ["update"],
        f'{RULE}["https"]': ["delete"],
    }
