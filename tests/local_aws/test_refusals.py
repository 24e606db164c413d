"""What is not implemented is refused by name, in the service's own protocol, and counted."""

import pytest
from botocore.exceptions import ClientError

CALLS = [
    # AWS JSON, query, EC2 query, REST JSON, REST XML, and services moto does not have at all.
    ("logs", "DescribeQueryDefinitions", {}),
    ("iam", "SimulatePrincipalPolicy", {"PolicySourceArn": "a" * 20, "ActionNames": ["s3:Get"]}),
    ("ec2", "GetInstanceMetadataDefaults", {}),
    ("amp", "DescribeQueryLoggingConfiguration", {"workspaceId": "ws-1"}),
    ("route53", "ListTrafficPolicies", {}),
    ("gamelift", "ListBuilds", {}),
    ("workmail", "ListUsers", {"OrganizationId": "m-" + "a" * 32}),
]


def _call(client, operation, parameters):
    names = {v: k for k, v in client.meta.method_to_api_mapping.items()}
    return getattr(client, names[operation])(**parameters)


@pytest.mark.parametrize(("service", "operation", "parameters"), CALLS, ids=lambda v: str(v)[:40])
def test_an_operation_that_is_missing_is_refused_by_name(
    server, client, service, operation, parameters
):
    key = f"{service}.{operation}"
    before = server.call("GET", "/local/health")[1]["unimplemented"].get(key, 0)

    with pytest.raises(ClientError) as caught:
        _call(client(service), operation, parameters)

    response = caught.value.response
    assert response["Error"]["Code"] == "LocalCloudNotImplemented"
    assert response["Error"]["Message"] == f"local cloud does not implement {service}:{operation}"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert server.call("GET", "/local/health")[1]["unimplemented"][key] == before + 1


def test_botocore_does_not_repeat_a_refused_call(server, account):
    logs = server.client("logs", account, retries={"mode": "standard", "total_max_attempts": 5})
    with pytest.raises(ClientError):
        logs.put_account_policy(policyName="p", policyDocument="{}", policyType="x")

    assert server.call("GET", "/local/health")[1]["unimplemented"]["logs.PutAccountPolicy"] == 1
