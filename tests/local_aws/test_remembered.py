"""What is remembered from one request to the next is what moto would work out anew."""

import os
import subprocess
import sys

import pytest

from local_aws import patches
from local_aws.services import _SERVICES

SERVICES = [
    *sorted(patches._SUBJECTS_BY_SERVICE),
    *_SERVICES,
    *("budgets", "cloudwatch", "ecr", "events", "iam", "kms", "logs", "s3", "secretsmanager"),
    *("sns", "sqs", "ssm", "sts"),
]


@pytest.mark.parametrize("services", [SERVICES, SERVICES[::-1]], ids=["forwards", "backwards"])
def test_nothing_that_is_remembered_is_stale(services):
    # In a process of its own: what is remembered stays for as long as a process lives.
    command = [sys.executable, "-m", "harness.remembering", *services]
    paths = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=paths, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
