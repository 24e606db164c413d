"""Verification: does an environment run the pinned release, and run it well?

settings     how long to wait, by the section `verify` of environment.yaml
checks       what a check found, and all of them together
service      App Runner: the newest operation, the running image
health       the service's own answer at its URL
account      alarms, and that what the outputs name exists
running      all of it in order
evidence     the record that a promotion asks for
"""

from infra.verification.checks import Check, Verification
from infra.verification.evidence import record_verification
from infra.verification.running import verify_environment
from infra.verification.settings import Settings, settings

__all__ = [
    "Check",
    "Settings",
    "Verification",
    "record_verification",
    "settings",
    "verify_environment",
]
