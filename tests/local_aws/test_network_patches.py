"""What the local cloud corrects of moto's EC2 and WAF."""

import pytest


@pytest.fixture
def ec2(client):
    return client("ec2")


@pytest.fixture
def group(ec2):
    """Makes security groups in one VPC."""
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]

    def make(name):
        made = ec2.create_security_group(GroupName=name, Description="A group.", VpcId=vpc)
        return made["GroupId"]

    return make


def _rule(ec2, rule_id):
    found = ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule_id])
    return found["SecurityGroupRules"][0]


def _authorize(ec2, group_id, **target):
    permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, **target}
    made = ec2.authorize_security_group_egress(GroupId=group_id, IpPermissions=[permission])
    return made["SecurityGroupRules"][0]


def test_the_private_names_of_an_endpoint_are_turned_on_and_off(ec2):
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    service = "com.amazonaws.eu-west-1.ecr.api"
    made = ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName=service, VpcEndpointType="Interface", PrivateDnsEnabled=True
    )
    wanted = [made["VpcEndpoint"]["VpcEndpointId"]]
    for change, expected in (({}, True), ({"PrivateDnsEnabled": False}, False), ({}, False)):
        ec2.modify_vpc_endpoint(VpcEndpointId=wanted[0], **change)
        (found,) = ec2.describe_vpc_endpoints(VpcEndpointIds=wanted)["VpcEndpoints"]
        assert found["PrivateDnsEnabled"] is expected


def test_a_rule_that_leads_to_a_group_has_a_description_and_can_change(ec2, group):
    app, database, cache = (group(name) for name in ("app", "database", "cache"))
    pair = {"GroupId": database, "Description": "Database"}
    made = _authorize(ec2, app, UserIdGroupPairs=[pair])
    assert made["Description"] == "Database"
    rule_id = made["SecurityGroupRuleId"]
    assert _rule(ec2, rule_id)["Description"] == "Database"
    wanted = {"IpProtocol": "tcp", "FromPort": 6379, "ToPort": 6379, "ReferencedGroupId": cache}
    ec2.modify_security_group_rules(
        GroupId=app,
        SecurityGroupRules=[
            {
                "SecurityGroupRuleId": rule_id,
                "SecurityGroupRule": {**wanted, "Description": "Cache"},
            }
        ],
    )
    rule = _rule(ec2, rule_id)
    assert rule["ReferencedGroupInfo"]["GroupId"] == cache
    assert (rule["Description"], rule["FromPort"]) == ("Cache", 6379)
    permissions = ec2.describe_security_groups(GroupIds=[app])["SecurityGroups"][0]
    (permission,) = [p for p in permissions["IpPermissionsEgress"] if p.get("FromPort") == 6379]
    assert permission["IpRanges"] == []
    assert permission["UserIdGroupPairs"][0]["Description"] == "Cache"


def test_a_rule_that_leads_to_a_prefix_list_has_a_description_and_can_change(ec2, group):
    lists = [
        ec2.create_managed_prefix_list(PrefixListName=name, MaxEntries=1, AddressFamily="IPv4")[
            "PrefixList"
        ]["PrefixListId"]
        for name in ("one", "two")
    ]
    app = group("app")
    target = {"PrefixListId": lists[0], "Description": "One"}
    made = _authorize(ec2, app, PrefixListIds=[target])
    rule_id = made["SecurityGroupRuleId"]
    assert _rule(ec2, rule_id)["Description"] == "One"
    wanted = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "PrefixListId": lists[1]}
    change = {"SecurityGroupRuleId": rule_id, "SecurityGroupRule": wanted}
    ec2.modify_security_group_rules(GroupId=app, SecurityGroupRules=[change])
    rule = _rule(ec2, rule_id)
    assert rule["PrefixListId"] == lists[1]
    assert "Description" not in rule


def test_a_rule_that_leads_to_addresses_keeps_its_description(ec2, group):
    app = group("app")
    made = _authorize(ec2, app, IpRanges=[{"CidrIp": "10.0.0.0/16", "Description": "Here"}])
    rule_id = made["SecurityGroupRuleId"]
    wanted = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "CidrIpv4": "10.1.0.0/16"}
    change = {
        "SecurityGroupRuleId": rule_id,
        "SecurityGroupRule": {**wanted, "Description": "There"},
    }
    ec2.modify_security_group_rules(GroupId=app, SecurityGroupRules=[change])
    rule = _rule(ec2, rule_id)
    assert (rule["CidrIpv4"], rule["Description"]) == ("10.1.0.0/16", "There")


@pytest.fixture
def waf(client):
    return client("wafv2")


def _acl(waf, name):
    metrics = {
        "SampledRequestsEnabled": False,
        "CloudWatchMetricsEnabled": True,
        "MetricName": name,
    }
    made = waf.create_web_acl(
        Name=name, Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=metrics
    )["Summary"]
    call = {key: made[key] for key in ("Name", "Id", "LockToken")}
    return made["ARN"], {**call, "Scope": "REGIONAL"}


def test_a_resource_has_one_web_acl_which_outlives_the_association(waf, account, refused):
    service = f"arn:aws:apprunner:eu-west-1:{account}:service/app/{'0' * 32}"
    (first, deletion), (second, _) = _acl(waf, "first"), _acl(waf, "second")
    waf.associate_web_acl(WebACLArn=first, ResourceArn=service)
    waf.associate_web_acl(WebACLArn=first, ResourceArn=service)
    with refused("WAFAssociatedItemException", "associated with another resource"):
        waf.delete_web_acl(**deletion)
    waf.associate_web_acl(WebACLArn=second, ResourceArn=service)
    assert waf.get_web_acl_for_resource(ResourceArn=service)["WebACL"]["ARN"] == second
    log = {"ResourceArn": first, "LogDestinationConfigs": [f"arn:aws:logs:::log-group:{account}"]}
    waf.put_logging_configuration(LoggingConfiguration=log)
    waf.delete_web_acl(**deletion)
    assert waf.list_logging_configurations(Scope="REGIONAL")["LoggingConfigurations"] == []
    waf.disassociate_web_acl(ResourceArn=service)
    assert "WebACL" not in waf.get_web_acl_for_resource(ResourceArn=service)


def test_a_rule_for_all_protocols_changes_without_ports(ec2, group):
    app = group("app")
    made = ec2.authorize_security_group_egress(
        GroupId=app,
        IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}],
    )["SecurityGroupRules"][0]
    before = _rule(ec2, made["SecurityGroupRuleId"])
    rule = {"IpProtocol": "-1", "CidrIpv4": "10.1.0.0/16", "Description": "Everything"}
    ec2.modify_security_group_rules(
        GroupId=app,
        SecurityGroupRules=[
            {"SecurityGroupRuleId": made["SecurityGroupRuleId"], "SecurityGroupRule": rule}
        ],
    )
    changed = _rule(ec2, made["SecurityGroupRuleId"])
    assert (changed["CidrIpv4"], changed["Description"]) == ("10.1.0.0/16", "Everything")
    ports = ("IpProtocol", "FromPort", "ToPort")
    assert [changed[key] for key in ports] == [before[key] for key in ports]
