"""What the local cloud corrects of moto's CloudWatch, CloudWatch Logs and KMS."""

import pytest

KEY = "arn:aws:kms:eu-west-1:111111111111:key/1"


@pytest.fixture
def logs(client):
    return client("logs")


def _group(logs, name="/app/group"):
    return logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]


def test_the_key_of_a_log_group_can_be_set_changed_and_removed(logs):
    logs.create_log_group(logGroupName="/app/group", kmsKeyId=KEY)
    assert _group(logs)["kmsKeyId"] == KEY
    logs.associate_kms_key(logGroupName="/app/group", kmsKeyId=KEY + "2")
    assert _group(logs)["kmsKeyId"] == KEY + "2"
    logs.disassociate_kms_key(logGroupName="/app/group")
    assert "kmsKeyId" not in _group(logs)


def test_a_log_group_has_a_class(logs, refused):
    logs.create_log_group(logGroupName="/app/group")
    logs.create_log_group(logGroupName="/rare", logGroupClass="INFREQUENT_ACCESS")
    assert _group(logs)["logGroupClass"] == "STANDARD"
    assert _group(logs, "/rare")["logGroupClass"] == "INFREQUENT_ACCESS"
    with refused("InvalidParameterException", "logGroupClass"):
        logs.create_log_group(logGroupName="/other", logGroupClass="COLD")


def test_only_certain_retentions_exist(logs, refused):
    logs.create_log_group(logGroupName="/app/group")
    logs.put_retention_policy(logGroupName="/app/group", retentionInDays=30)
    with refused("InvalidParameterException", "Value '31' at 'retentionInDays'"):
        logs.put_retention_policy(logGroupName="/app/group", retentionInDays=31)
    assert _group(logs)["retentionInDays"] == 30


def test_tags_are_found_by_either_form_of_the_arn(logs):
    logs.create_log_group(logGroupName="/app/group", tags={"a": "1"})
    arn = _group(logs)["arn"]
    assert arn.endswith(":*")
    logs.tag_resource(resourceArn=arn, tags={"b": "2"})
    for form in (arn, arn.removesuffix(":*")):
        assert logs.list_tags_for_resource(resourceArn=form)["tags"] == {"a": "1", "b": "2"}


def test_a_protected_log_group_is_not_deleted(logs, refused):
    logs.create_log_group(logGroupName="/app/group", deletionProtectionEnabled=True)
    assert _group(logs)["deletionProtectionEnabled"] is True
    with refused("ValidationException", "deletion protection"):
        logs.delete_log_group(logGroupName="/app/group")
    logs.put_log_group_deletion_protection(
        logGroupIdentifier="/app/group", deletionProtectionEnabled=False
    )
    logs.delete_log_group(logGroupName="/app/group")
    with refused("ResourceNotFoundException", "does not exist"):
        logs.associate_kms_key(logGroupName="/app/group", kmsKeyId=KEY)


@pytest.fixture
def cloudwatch(client):
    return client("cloudwatch")


def _alarm(cloudwatch, name, **members):
    cloudwatch.put_metric_alarm(
        **{
            "AlarmName": name,
            "Namespace": "AWS/AppRunner",
            "MetricName": "5xxStatusResponses",
            "ComparisonOperator": "GreaterThanThreshold",
            "EvaluationPeriods": 1,
            "Period": 60,
            "Threshold": 1.0,
            "Statistic": "Sum",
            **members,
        }
    )


def _state(cloudwatch, name, kind="MetricAlarm"):
    answer = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=[kind])
    return answer[f"{kind}s"][0]["StateValue"]


def test_a_new_alarm_has_no_data_and_an_update_keeps_the_state(cloudwatch):
    _alarm(cloudwatch, "errors")
    assert _state(cloudwatch, "errors") == "INSUFFICIENT_DATA"
    cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="test")
    _alarm(cloudwatch, "errors", Threshold=5.0)
    alarm = cloudwatch.describe_alarms(AlarmNames=["errors"])["MetricAlarms"][0]
    assert (alarm["StateValue"], alarm["Threshold"]) == ("ALARM", 5.0)


def test_an_unknown_comparison_is_refused(cloudwatch, refused):
    with refused("ValidationError", "Value 'Bigger' at 'comparisonOperator'"):
        _alarm(cloudwatch, "errors", ComparisonOperator="Bigger")


def test_a_composite_alarm_is_described_only_when_asked_for(cloudwatch):
    _alarm(cloudwatch, "errors")
    cloudwatch.put_composite_alarm(
        AlarmName="any",
        AlarmRule='ALARM("errors")',
        AlarmDescription="Something is wrong.",
        AlarmActions=["arn:aws:sns:eu-west-1:111111111111:alerts"],
        Tags=[{"Key": "a", "Value": "1"}],
    )
    assert [a["AlarmName"] for a in cloudwatch.describe_alarms()["MetricAlarms"]] == ["errors"]
    assert not cloudwatch.describe_alarms().get("CompositeAlarms")
    composite = cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"][0]
    assert composite["AlarmRule"] == 'ALARM("errors")'
    assert composite["AlarmDescription"] == "Something is wrong."
    assert composite["ActionsEnabled"] is True
    assert composite["AlarmActions"] == ["arn:aws:sns:eu-west-1:111111111111:alerts"]
    tags = cloudwatch.list_tags_for_resource(ResourceARN=composite["AlarmArn"])["Tags"]
    assert tags == [{"Key": "a", "Value": "1"}]


def test_a_composite_alarm_follows_its_rule(cloudwatch):
    for name in ("errors", "latency"):
        _alarm(cloudwatch, name)
    rule = 'ALARM("errors") AND NOT (OK("latency") OR FALSE)'
    cloudwatch.put_composite_alarm(AlarmName="both", AlarmRule=rule)
    assert _state(cloudwatch, "both", "CompositeAlarm") == "OK"
    cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="test")
    assert _state(cloudwatch, "both", "CompositeAlarm") == "ALARM"
    cloudwatch.set_alarm_state(AlarmName="latency", StateValue="OK", StateReason="test")
    assert _state(cloudwatch, "both", "CompositeAlarm") == "OK"


def test_the_alarms_of_a_rule_must_exist_and_outlive_it(cloudwatch, refused):
    with refused("ValidationError", "alarms [errors] in the alarm rule do not exist"):
        cloudwatch.put_composite_alarm(AlarmName="any", AlarmRule="ALARM(errors)")
    with refused("ValidationError", "Error in AlarmRule"):
        cloudwatch.put_composite_alarm(AlarmName="any", AlarmRule="ALARM(errors) AND")
    _alarm(cloudwatch, "errors")
    cloudwatch.put_composite_alarm(AlarmName="any", AlarmRule="ALARM(errors)")
    with refused("ValidationError", "composite alarm(s) depending on it: any"):
        cloudwatch.delete_alarms(AlarmNames=["errors"])
    cloudwatch.delete_alarms(AlarmNames=["any"])
    cloudwatch.delete_alarms(AlarmNames=["errors"])
    assert not cloudwatch.describe_alarms()["MetricAlarms"]


def test_a_key_has_a_rotation_period(server, account, refused):
    # The Go SDK does not check ranges before it sends a request.
    kms = server.client("kms", account, parameter_validation=False)
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    assert "RotationPeriodInDays" not in kms.get_key_rotation_status(KeyId=key)
    kms.enable_key_rotation(KeyId=key)
    assert kms.get_key_rotation_status(KeyId=key)["RotationPeriodInDays"] == 365
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=90)
    status = kms.get_key_rotation_status(KeyId=key)
    assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, 90)
    with refused("ValidationException", "rotationPeriodInDays"):
        kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=89)


def test_a_metric_filter_that_is_put_again_takes_the_place_of_the_old(logs):
    logs.create_log_group(logGroupName="/app/group")
    metric = {"metricName": "Errors", "metricNamespace": "App", "metricValue": "1"}
    for pattern in ("one", "two"):
        logs.put_metric_filter(
            logGroupName="/app/group",
            filterName="errors",
            filterPattern=pattern,
            metricTransformations=[metric],
        )
    found = logs.describe_metric_filters(logGroupName="/app/group")["metricFilters"]
    assert [item["filterPattern"] for item in found] == ["two"]


def test_scans_on_push_can_be_turned_off_by_leaving_them_out(client):
    ecr = client("ecr")
    ecr.create_repository(repositoryName="app", imageScanningConfiguration={"scanOnPush": True})
    ecr.put_image_scanning_configuration(repositoryName="app", imageScanningConfiguration={})
    (found,) = ecr.describe_repositories(repositoryNames=["app"])["repositories"]
    assert found["imageScanningConfiguration"] == {"scanOnPush": False}


def test_all_that_is_tagged_is_listed(client):
    tags = [{"Key": "team", "Value": "trends"}]
    client("ecr").create_repository(repositoryName="app", tags=tags)
    client("events").put_rule(Name="rule", ScheduleExpression="rate(1 day)", Tags=tags)
    runner = client("apprunner")
    for name in ("stays", "goes"):
        made = runner.create_auto_scaling_configuration(
            AutoScalingConfigurationName=name, Tags=tags
        )
    arn = made["AutoScalingConfiguration"]["AutoScalingConfigurationArn"]
    runner.delete_auto_scaling_configuration(AutoScalingConfigurationArn=arn)
    client("ecr").create_repository(repositoryName="untagged")
    tagging = client("resourcegroupstaggingapi")

    def listed(**arguments):
        pages = tagging.get_paginator("get_resources").paginate(ResourcesPerPage=2, **arguments)
        found = [item for page in pages for item in page["ResourceTagMappingList"]]
        assert all(item["Tags"] == tags for item in found)
        return sorted(item["ResourceARN"].split(":", 5)[5].partition("/")[0] for item in found)

    every = ["autoscalingconfiguration", "repository", "rule"]
    assert listed() == listed(TagFilters=[{"Key": "team"}]) == every
    assert listed(TagFilters=[{"Key": "team", "Values": ["other"]}]) == []
    assert listed(ResourceTypeFilters=["ecr:repository", "events"]) == ["repository", "rule"]
