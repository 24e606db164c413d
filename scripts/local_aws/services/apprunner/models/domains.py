"""Custom domains of a service.

The provider compares these statuses in lower case (its custom_domain_association.go).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

# "You can associate up to five custom domains with your service" (AssociateCustomDomain).
MAXIMUM_DOMAINS = 5


@dataclass
class CustomDomain:
    name: str
    with_www: bool
    status: str = "creating"
    records: list[dict[str, str]] = field(default_factory=list)

    def settle(self) -> None:
        """The certificate waits for DNS records that nobody can see from the outside here."""
        if self.status == "creating":
            self.status = "pending_certificate_dns_validation"
            names = [self.name, f"www.{self.name}"] if self.with_www else [self.name]
            self.records = [_record(name) for name in names]

    def to_dict(self) -> dict[str, Any]:
        return {
            "DomainName": self.name,
            "EnableWWWSubdomain": self.with_www,
            "CertificateValidationRecords": self.records,
            "Status": self.status,
        }


def _record(name: str) -> dict[str, str]:
    return {
        "Name": f"_{secrets.token_hex(16)}.{name}.",
        "Type": "CNAME",
        "Value": f"_{secrets.token_hex(16)}.acm-validations.aws.",
        "Status": "PENDING_VALIDATION",
    }
