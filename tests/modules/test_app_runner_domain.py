"""The module app_runner_domain: a domain of a service, and what DNS has to say for it."""

from __future__ import annotations

from typing import Any

import pytest

from harness.applied import Applied
from harness.plan_text import REPLACE

pytestmark = pytest.mark.terraform

MODULE = "app_runner_domain"
DOMAIN = "module.app_runner_domain.aws_apprunner_custom_domain_association.this"

# Beside the example: a domain with www.
EXTRA = """
module "with_www" {
  source = "../../modules/app_runner_domain"

  domain_name          = "example.org"
  enable_www_subdomain = true
  service_arn          = module.app_runner_service.arn
}

output "app_runner_domain" { value = module.app_runner_domain }
output "with_www" { value = module.with_www }
output "service" { value = module.app_runner_service }
"""


def domains(applied: Applied) -> dict[str, Any]:
    """The domains of the service by name."""
    found = applied.client("apprunner").describe_custom_domains(
        ServiceArn=applied.outputs["service"]["arn"]
    )
    return {domain["DomainName"]: domain for domain in found["CustomDomains"]}


def test_the_service_has_the_domains(applied: Applied) -> None:
    found = {name: domain["EnableWWWSubdomain"] for name, domain in domains(applied).items()}
    assert found == {"trends.example.com": False, "example.org": True}
    assert applied.outputs["app_runner_domain"]["domain_name"] == "trends.example.com"


@pytest.mark.parametrize("output", ["app_runner_domain", "with_www"])
def test_the_outputs_say_what_dns_needs(applied: Applied, output: str) -> None:
    outputs = applied.outputs[output]
    assert f"https://{outputs['dns_target']}" == applied.outputs["service"]["url"]
    asked = domains(applied)[outputs["domain_name"]]["CertificateValidationRecords"]
    assert outputs["certificate_validation_records"] == {
        record["Name"]: {"type": "CNAME", "value": record["Value"]} for record in asked
    }
    assert len(asked) == (2 if output == "with_www" else 1)


def test_a_second_plan_is_empty(applied: Applied) -> None:
    applied.root.assert_nothing_to_do()


@pytest.mark.parametrize(
    "change", ['domain_name = "other.example.com"', "enable_www_subdomain = true"]
)
def test_every_change_replaces_the_association(applied: Applied, change: str) -> None:
    changes = applied.planned_changes(f'module "app_runner_domain" {{\n  {change}\n}}')
    assert changes == {DOMAIN: REPLACE}


def test_a_replaced_service_gets_its_domain_anew(applied: Applied) -> None:
    changes = applied.planned_changes('module "app_runner_service" {\n  name = "another"\n}')
    assert changes[DOMAIN] == REPLACE
    assert changes["module.app_runner_service.aws_apprunner_service.this"] == REPLACE
