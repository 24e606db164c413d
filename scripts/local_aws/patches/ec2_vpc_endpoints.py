"""EC2: the private DNS names of a VPC endpoint.

AWS ("ModifyVpcEndpoint", EC2 API reference): PrivateDnsEnabled turns them on and off. moto 5.2.5
takes it with the creation alone. Fit for upstream.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.ec2.responses.vpcs import VPCs

from local_aws.patches import wrap


def apply() -> None:
    """Take it with a modification too."""
    wrap(VPCs, "modify_vpc_endpoint", _modify_vpc_endpoint)


def _modify_vpc_endpoint(original: Callable[[], Any], self: Any) -> Any:
    answer = original()
    wanted = self._get_bool_param("PrivateDnsEnabled")
    if wanted is not None:
        identifier = self._get_param("VpcEndpointId")
        (endpoint,) = self.ec2_backend.describe_vpc_endpoints(vpc_end_point_ids=[identifier])
        endpoint.private_dns_enabled = wanted
    return answer
