"""Files as they should be, of which the hostile ones are made."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness import hostile
from infra.releases import Release

ENVIRONMENT: dict[str, Any] = {
    "name": "staging",
    "account_id": "222222222222",
    "region": "eu-west-1",
    "target": "local",
    "promotes_from": "dev",
    "protected": False,
    "verify": {"bake_seconds": 5, "health_attempts": 3},
    "gates": {
        "clean-tree": None,
        "policy": {"max_deletes": 3, "protected_types": ["aws_s3_bucket"]},
        "change-window": {"days": ["mon"], "from": "09:00", "to": "17:00", "zone": "UTC"},
        "load-test": {"paths": ["/"], "seconds": 5},
        "cost": {"max_increase_usd": 5.5},
        "equivalence": None,
    },
}
EXCEPTIONS = [
    {
        "environment": "staging",
        "address": "aws_s3_bucket.a",
        "gate": "policy.protected",
        "reason": "It moves.",
        "expires": datetime(2026, 12, 31, tzinfo=UTC).date(),
    }
]
EXPLANATIONS = [
    {"path": "values.scaling.*", "reason": "Less traffic.", "environments": ["dev", "staging"]},
    {"path": "release.id", "reason": "It moves on.", "follows": ["aws_apprunner_service.tags"]},
]
BACKEND_TF = """\
terraform {
  backend "s3" {
    bucket              = "state-222222222222"
    key                 = "staging/terraform.tfstate"
    region              = "eu-west-1"
    use_lockfile        = true
    allowed_account_ids = ["222222222222"]
  }
}
"""
CANARY = "canary-6610-swordfish"
TFVARS = """\
project = "bed"
token   = "canary-6610-swordfish"
scaling = { min = 1, max = 3 }
tags    = { a = "b" }
names   = ["a", "b"]
"""
RELEASE = {
    "format_version": 1,
    "image": {"digest": "sha256:" + "a" * 64},
    "code": {"git_sha": "0" * 40},
    "data": {"version": "trends-1"},
    "model": {"version": "ranker-1"},
    "configuration": {"files": {"a.yaml": "b" * 64}},
    "metrics": {"values": {"auc": 0.9}, "thresholds": {"auc": ">= 0.8"}},
    "environment": {"python": {}, "providers": {}, "terraform": ">= 1.11"},
    "lineage": {"pipeline_run": "run 1"},
}
MADE = Release.of(RELEASE)


def write_checkout(scratch: Path) -> list[Path]:
    """Write a checkout with dev and staging and a release; returns the environments' folders."""
    (scratch / "modules").mkdir()
    (scratch / "releases").mkdir()
    folders = []
    for name, source in (("dev", None), ("staging", "dev")):
        folder = scratch / "environments" / name
        folder.mkdir(parents=True)
        body = {**ENVIRONMENT, "name": name, "promotes_from": source}
        (folder / "environment.yaml").write_bytes(hostile.as_yaml(body))
        (folder / "backend.tf").write_text(BACKEND_TF)
        (folder / "terraform.tfvars").write_text(TFVARS)
        folders.append(folder)
    (scratch / "releases" / f"{MADE.id}.json").write_bytes(MADE.content)
    return folders
