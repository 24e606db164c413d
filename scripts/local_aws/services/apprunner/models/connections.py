"""Connections to source code providers.

A connection waits in PENDING_HANDSHAKE until somebody completes it in the AWS console, which has
no API; in the local cloud POST /local/apprunner/handshake does it. Until then a service from source
code is refused.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Connection:
    name: str
    arn: str
    provider: str
    status: str = "PENDING_HANDSHAKE"
    created_at: float = field(default_factory=time.time)

    def to_dict(self) -> dict[str, Any]:
        return {
            "ConnectionName": self.name,
            "ConnectionArn": self.arn,
            "ProviderType": self.provider,
            "Status": self.status,
            "CreatedAt": self.created_at,
        }
