"""Faults in what is declared: checkov's own policies, ours for App Runner, and both in a plan."""

from __future__ import annotations

import json

_DIGEST = "sha256:" + "9f86d081" * 8
_IMAGE = "public.example/app"

_SERVICES = f"""\
resource "aws_apprunner_service" "bad" {{
  service_name = "bad"

  source_configuration {{
    image_repository {{
      image_identifier      = "{_IMAGE}:latest"
      image_repository_type = "ECR"

      image_configuration {{
        runtime_environment_variables = {{
          API_TOKEN = "not-a-real-one"
        }}
      }}
    }}
  }}
}}

resource "aws_apprunner_service" "by_reference" {{
  service_name = var.name

  source_configuration {{
    auto_deployments_enabled = true

    image_repository {{
      image_identifier      = "${{var.repository}}:v1"
      image_repository_type = "ECR"
    }}
  }}
}}

resource "aws_apprunner_service" "good" {{
  service_name = "good"

  health_check_configuration {{
    protocol = "HTTP"
    path     = "/health"
  }}

  instance_configuration {{
    instance_role_arn = var.role
  }}

  observability_configuration {{
    observability_enabled = true
  }}

  source_configuration {{
    auto_deployments_enabled = false

    image_repository {{
      image_identifier      = "{_IMAGE}@{_DIGEST}"
      image_repository_type = "ECR"

      image_configuration {{
        runtime_environment_variables = {{
          API_TOKEN_ARN  = "arn:of:a:secret"
          IMAGE_DIGEST   = "{_DIGEST}"
          RELEASE_COMMIT = "0123456789abcdef0123456789abcdef01234567"
        }}
      }}
    }}
  }}
}}

resource "aws_wafv2_web_acl_association" "good" {{
  resource_arn = aws_apprunner_service.good.arn
  web_acl_arn  = var.web_acl
}}
"""

_OTHERS = """\
resource "aws_s3_bucket" "open" {
  bucket = "open"
}

resource "aws_s3_bucket_acl" "open" {
  bucket = aws_s3_bucket.open.id
  acl    = "public-read"
}

resource "aws_s3_bucket_public_access_block" "open" {
  bucket              = aws_s3_bucket.open.id
  block_public_policy = false
}

data "aws_iam_policy_document" "all" {
  statement {
    actions   = ["*"]
    resources = ["*"]
  }
}

resource "aws_ecr_repository" "movable" {
  name = "movable"
}

resource "aws_kms_key" "old" {
  description = "Never rotated."
}

resource "aws_cloudwatch_log_group" "forever" {
  name = "forever"
}

resource "aws_security_group_rule" "open" {
  type              = "ingress"
  from_port         = 22
  to_port           = 22
  protocol          = "tcp"
  cidr_blocks       = ["0.0.0.0/0"]
  security_group_id = var.group
}
"""


def _planned(name: str, kind: str, values: dict[str, object]) -> dict[str, object]:
    return {
        "address": f"{kind}.{name}",
        "mode": "managed",
        "type": kind,
        "name": name,
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "schema_version": 0,
        "values": values,
    }


def _plan(*resources: dict[str, object]) -> str:
    """As much of a plan's JSON as checkov reads."""
    changes = [
        {
            **{key: item for key, item in resource.items() if key != "values"},
            "change": {
                "actions": ["create"],
                "before": None,
                "after": resource["values"],
                "after_unknown": {"arn": True},
            },
        }
        for resource in resources
    ]
    return json.dumps(
        {
            "format_version": "1.2",
            "terraform_version": "1.11.4",
            "planned_values": {"root_module": {"resources": list(resources)}},
            "resource_changes": changes,
            "configuration": {"root_module": {}},
        },
        indent=1,
    )


def _service(image: str | None, *, traced: bool) -> dict[str, object]:
    """A public service. image: None where the plan does not know it yet."""
    named = {} if image is None else {"image_identifier": image}
    return {
        "service_name": "service",
        "instance_configuration": [{"instance_role_arn": "arn:of:a:role"}],
        "health_check_configuration": [{"protocol": "HTTP", "path": "/health"}],
        "observability_configuration": [{"observability_enabled": traced}],
        "network_configuration": [{"ingress_configuration": [{"is_publicly_accessible": True}]}],
        "source_configuration": [
            {
                "auto_deployments_enabled": False,
                "image_repository": [{**named, "image_repository_type": "ECR"}],
            }
        ],
    }


PLAN = "plan.json"
SERVICE = "aws_apprunner_service"

SEEDS = {
    "checkov": {
        "environments/dev/services.tf": _SERVICES,
        "environments/dev/others.tf": _OTHERS,
    },
    "checkov-plan": {
        PLAN: _plan(
            _planned("tagged", SERVICE, _service(f"{_IMAGE}:latest", traced=False)),
            _planned("good", SERVICE, _service(f"{_IMAGE}@{_DIGEST}", traced=True)),
            _planned("good_first", SERVICE, _service(None, traced=True)),
            # Which service it stands before is known after the apply.
            _planned("any", "aws_wafv2_web_acl_association", {"timeouts": None}),
            _planned("old", "aws_kms_key", {"description": "Never rotated."}),
        )
    },
}

_TN, _AWS = "environments/dev/services.tf", "environments/dev/others.tf"

FAULTS = {
    "checkov": [
        ("image by tag", "CKV_TN_1", _TN, '"bad"'),
        ("image by tag of a known repository", "CKV_TN_1", _TN, '"by_reference"'),
        ("auto deployments by default", "CKV_TN_2", _TN, '"bad"'),
        ("auto deployments on", "CKV_TN_2", _TN, '"by_reference"'),
        ("no instance role", "CKV_TN_3", _TN, '"bad"'),
        ("no health check path", "CKV_TN_4", _TN, '"bad"'),
        ("public without a web ACL", "CKV_TN_5", _TN, '"bad"'),
        ("plain-text secret in the environment", "CKV_TN_6", _TN, '"bad"'),
        ("observability off", "CKV_TN_7", _TN, '"bad"'),
        ("public bucket", "CKV_AWS_20", _AWS, '"aws_s3_bucket" "open"'),
        ("bucket that takes public policies", "CKV_AWS_54", _AWS, "public_access_block"),
        ("wildcard action", "CKV_AWS_49", _AWS, '"all"'),
        ("movable image tags", "CKV_AWS_51", _AWS, '"movable"'),
        ("key without rotation", "CKV_AWS_7", _AWS, '"old"'),
        ("logs kept for ever", "CKV_AWS_66", _AWS, '"forever"'),
        ("SSH from anywhere", "CKV_AWS_24", _AWS, "aws_security_group_rule"),
    ],
    "checkov-plan": [
        ("image by tag in a plan", "CKV_TN_1", PLAN),
        ("observability off in a plan", "CKV_TN_7", PLAN),
        ("key without rotation in a plan", "CKV_AWS_7", PLAN),
    ],
}
