"""App Runner's VPC connectors, VPC ingress connections, connections and custom domains."""

import re
from urllib.error import HTTPError

import pytest

INVALID = "InvalidRequestException"
MISSING = "ResourceNotFoundException"


@pytest.fixture
def network(client):
    """The subnets of a VPC and its default security group."""
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24")["Subnet"]["SubnetId"]
        for n in range(2)
    ]
    groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    return subnets, groups["SecurityGroups"][0]["GroupId"]


def test_a_vpc_connector_lives_until_it_is_inactive(apprunner, network, refused, service_request):
    subnets, group = network
    connector = apprunner.create_vpc_connector(VpcConnectorName="app-vpc", Subnets=subnets)
    connector = connector["VpcConnector"]
    arn = connector["VpcConnectorArn"]
    assert "vpcconnector/app-vpc/1/" in arn
    assert connector["SecurityGroups"] == [group]
    assert connector["Status"] == "ACTIVE"
    with refused(INVALID, "already exists"):
        apprunner.create_vpc_connector(VpcConnectorName="app-vpc", Subnets=subnets)

    egress = {"EgressType": "VPC", "VpcConnectorArn": arn}
    request = service_request(NetworkConfiguration={"EgressConfiguration": egress})
    service = apprunner.create_service(**request)["Service"]
    assert service["NetworkConfiguration"]["EgressConfiguration"] == egress
    with refused(INVALID, "is in use by"):
        apprunner.delete_vpc_connector(VpcConnectorArn=arn)
    apprunner.delete_service(ServiceArn=service["ServiceArn"])
    deleted = apprunner.delete_vpc_connector(VpcConnectorArn=arn)["VpcConnector"]
    assert deleted["Status"] == "INACTIVE"
    assert apprunner.list_vpc_connectors()["VpcConnectors"] == []
    described = apprunner.describe_vpc_connector(VpcConnectorArn=arn)["VpcConnector"]
    assert described["Status"] == "INACTIVE"
    with refused(INVALID, "does not exist"):
        apprunner.create_service(**request)


def test_a_vpc_connector_needs_real_subnets(apprunner, refused):
    with refused(INVALID, "subnet-00000000"):
        apprunner.create_vpc_connector(VpcConnectorName="app-vpc", Subnets=["subnet-00000000"])


def test_a_private_service_is_reached_by_an_ingress_connection(apprunner, service_request, refused):
    ingress = {"IsPubliclyAccessible": False}
    request = service_request(NetworkConfiguration={"IngressConfiguration": ingress})
    service = apprunner.create_service(**request)["Service"]
    assert service["ServiceUrl"] == ""
    vpc = {"VpcId": "vpc-1", "VpcEndpointId": "vpce-1"}
    made = apprunner.create_vpc_ingress_connection(
        ServiceArn=service["ServiceArn"],
        VpcIngressConnectionName="private",
        IngressVpcConfiguration=vpc,
    )["VpcIngressConnection"]
    assert made["Status"] == "PENDING_CREATION"
    arn = made["VpcIngressConnectionArn"]
    described = apprunner.describe_vpc_ingress_connection(VpcIngressConnectionArn=arn)
    assert described["VpcIngressConnection"]["Status"] == "AVAILABLE"
    assert described["VpcIngressConnection"]["IngressVpcConfiguration"] == vpc
    domains = apprunner.describe_custom_domains(ServiceArn=service["ServiceArn"])
    assert re.fullmatch(r"[a-z0-9]{10}\.eu-west-1\.awsapprunner\.com", domains["DNSTarget"])
    assert domains["VpcDNSTargets"][0]["VpcIngressConnectionArn"] == arn
    with refused(INVALID, "has the VPC ingress connection"):
        apprunner.delete_service(ServiceArn=service["ServiceArn"])

    deleting = apprunner.delete_vpc_ingress_connection(VpcIngressConnectionArn=arn)
    assert deleting["VpcIngressConnection"]["Status"] == "PENDING_DELETION"
    gone = apprunner.describe_vpc_ingress_connection(VpcIngressConnectionArn=arn)
    assert gone["VpcIngressConnection"]["Status"] == "DELETED"
    apprunner.delete_service(ServiceArn=service["ServiceArn"])


def test_a_service_is_public_unless_the_structure_that_says_so_is_there(apprunner, service_request):
    def public(service):
        return service["NetworkConfiguration"]["IngressConfiguration"]["IsPubliclyAccessible"]

    egress = {"EgressConfiguration": {"EgressType": "DEFAULT"}}
    request = service_request(NetworkConfiguration=egress)
    service = apprunner.create_service(**request)["Service"]
    arn = service["ServiceArn"]
    assert public(service) is True
    # when a client leaves false out, as those written in Go do
    empty = {"IngressConfiguration": {}}
    updated = apprunner.update_service(ServiceArn=arn, NetworkConfiguration=empty)["Service"]
    assert public(updated) is False
    assert updated["ServiceUrl"] == ""
    # then an update that says nothing of it leaves it so
    apprunner.describe_service(ServiceArn=arn)
    kept = apprunner.update_service(ServiceArn=arn, NetworkConfiguration=egress)["Service"]
    assert public(kept) is False


def test_a_public_service_has_no_ingress_connection(apprunner, service_request, refused):
    service = apprunner.create_service(**service_request())["Service"]
    with refused(INVALID, "is publicly accessible"):
        apprunner.create_vpc_ingress_connection(
            ServiceArn=service["ServiceArn"],
            VpcIngressConnectionName="private",
            IngressVpcConfiguration={"VpcId": "vpc-1"},
        )


def test_a_connection_waits_for_its_handshake(apprunner, service_request, refused):
    arn = apprunner.create_connection(ConnectionName="github", ProviderType="GITHUB")
    arn = arn["Connection"]["ConnectionArn"]
    found = apprunner.list_connections(ConnectionName="github")["ConnectionSummaryList"]
    assert [(c["ConnectionArn"], c["Status"]) for c in found] == [(arn, "PENDING_HANDSHAKE")]
    code = {
        "RepositoryUrl": "https://github.com/example/app",
        "SourceCodeVersion": {"Type": "BRANCH", "Value": "main"},
    }
    source = {
        "CodeRepository": code,
        "AuthenticationConfiguration": {"ConnectionArn": arn},
    }
    with refused(INVALID, "is not available"):
        apprunner.create_service(**{**service_request(), "SourceConfiguration": source})
    deleted = apprunner.delete_connection(ConnectionArn=arn)["Connection"]
    assert deleted["Status"] == "DELETED"
    with refused(MISSING, arn):
        apprunner.delete_connection(ConnectionArn=arn)


def test_a_service_is_made_from_source_code_after_the_handshake(apprunner, own_scene, server):
    arn = own_scene.connection
    status, answer = server.call("POST", f"/local/apprunner/handshake?connection={arn}")
    assert (status, answer["Status"]) == (200, "AVAILABLE")
    (listed,) = apprunner.list_connections()["ConnectionSummaryList"]
    assert listed["Status"] == "AVAILABLE"
    values = {"Runtime": "PYTHON_311", "BuildCommand": "make", "StartCommand": "serve"}
    code = {
        "RepositoryUrl": "https://github.com/example/app",
        "SourceCodeVersion": {"Type": "BRANCH", "Value": "main"},
        "CodeConfiguration": {"ConfigurationSource": "API", "CodeConfigurationValues": values},
        "SourceDirectory": "/app",
    }
    source = {"CodeRepository": code, "AuthenticationConfiguration": {"ConnectionArn": arn}}
    made = apprunner.create_service(ServiceName="from-code", SourceConfiguration=source)["Service"]
    found = apprunner.describe_service(ServiceArn=made["ServiceArn"])["Service"]
    assert found["Status"] == "RUNNING"
    values["Port"] = "8080"
    assert found["SourceConfiguration"] == {**source, "AutoDeploymentsEnabled": True}


@pytest.mark.parametrize(
    "arn",
    [
        "none",
        "arn:aws:apprunner:eu-west-1:100000000000:connection/none/" + "0" * 32,
        "arn:aws:apprunner:nowhere:100000000000:connection/none/" + "0" * 32,
        "arn:aws:apprunner:eu-west-1:100000000000:service/none/" + "0" * 32,
    ],
)
def test_a_handshake_needs_a_connection(server, arn):
    with pytest.raises(HTTPError) as caught:
        server.call("POST", f"/local/apprunner/handshake?connection={arn}")
    with caught.value as answer:
        assert answer.code == 404


def test_custom_domains_wait_for_their_certificates(apprunner, service_request, refused):
    service = apprunner.create_service(**service_request())["Service"]
    call = {"ServiceArn": service["ServiceArn"]}
    apprunner.describe_service(**call)
    made = apprunner.associate_custom_domain(**call, DomainName="www.example.com")
    assert made["DNSTarget"] == service["ServiceUrl"]
    assert made["CustomDomain"]["Status"] == "creating"
    domain = apprunner.describe_custom_domains(**call)["CustomDomains"][0]
    assert domain["Status"] == "pending_certificate_dns_validation"
    assert len(domain["CertificateValidationRecords"]) == 2
    with refused(INVALID, "already associated"):
        apprunner.associate_custom_domain(**call, DomainName="www.example.com")
    gone = apprunner.disassociate_custom_domain(**call, DomainName="www.example.com")
    assert gone["CustomDomain"]["Status"] == "deleting"
    assert apprunner.describe_custom_domains(**call)["CustomDomains"] == []
    with refused(MISSING, "www.example.com"):
        apprunner.disassociate_custom_domain(**call, DomainName="www.example.com")
