"""App Runner's auto scaling and observability configurations."""

import pytest

INVALID = "InvalidRequestException"
MISSING = "ResourceNotFoundException"


@pytest.fixture
def scaling(apprunner):
    """Makes a revision of an auto scaling configuration."""

    def make(name="app-scaling", **members):
        answer = apprunner.create_auto_scaling_configuration(
            AutoScalingConfigurationName=name, **members
        )
        return answer["AutoScalingConfiguration"]

    return make


def _describe(apprunner, arn):
    answer = apprunner.describe_auto_scaling_configuration(AutoScalingConfigurationArn=arn)
    return answer["AutoScalingConfiguration"]


def test_a_new_name_is_revision_one_with_the_defaults(scaling, account):
    configuration = scaling()
    arn = configuration["AutoScalingConfigurationArn"]
    prefix = f"arn:aws:apprunner:eu-west-1:{account}:autoscalingconfiguration/app-scaling/1/"
    assert arn.startswith(prefix)
    assert len(arn.removeprefix(prefix)) == 32
    assert configuration["AutoScalingConfigurationRevision"] == 1
    assert configuration["Latest"] is True
    assert configuration["Status"] == "active"
    sizes = [configuration[name] for name in ("MaxConcurrency", "MinSize", "MaxSize")]
    assert sizes == [100, 1, 25]
    assert configuration["HasAssociatedService"] is False
    assert configuration["IsDefault"] is False


def test_each_further_revision_becomes_the_latest(apprunner, scaling):
    first = scaling()["AutoScalingConfigurationArn"]
    second = scaling(MaxSize=3)["AutoScalingConfigurationArn"]
    assert _describe(apprunner, first)["Latest"] is False
    assert _describe(apprunner, second)["AutoScalingConfigurationRevision"] == 2

    without_id = second.rpartition("/")[0]
    without_revision = without_id.rpartition("/")[0]
    assert _describe(apprunner, without_revision)["AutoScalingConfigurationArn"] == second
    assert _describe(apprunner, without_revision + "/1")["AutoScalingConfigurationArn"] == first


def test_deleting_leaves_an_inactive_revision_whose_number_is_not_used_again(apprunner, scaling):
    first, second = scaling(), scaling()
    arn = second["AutoScalingConfigurationArn"]
    deleted = apprunner.delete_auto_scaling_configuration(AutoScalingConfigurationArn=arn)
    assert deleted["AutoScalingConfiguration"]["Status"] == "inactive"
    assert _describe(apprunner, arn)["Status"] == "inactive"
    assert _describe(apprunner, first["AutoScalingConfigurationArn"])["Latest"] is True
    assert scaling()["AutoScalingConfigurationRevision"] == 3


def test_all_revisions_of_a_name_can_be_deleted_at_once(apprunner, scaling):
    arn = scaling()["AutoScalingConfigurationArn"]
    scaling()
    apprunner.delete_auto_scaling_configuration(
        AutoScalingConfigurationArn=arn, DeleteAllRevisions=True
    )
    found = apprunner.list_auto_scaling_configurations(LatestOnly=False)
    names = [
        s["AutoScalingConfigurationName"] for s in found["AutoScalingConfigurationSummaryList"]
    ]
    assert names == ["DefaultConfiguration"]


def test_a_configuration_in_use_cannot_be_deleted(apprunner, scaling, service_request, refused):
    arn = scaling()["AutoScalingConfigurationArn"]
    request = service_request(AutoScalingConfigurationArn=arn.rpartition("/1/")[0])
    service = apprunner.create_service(**request)["Service"]
    assert service["AutoScalingConfigurationSummary"]["AutoScalingConfigurationArn"] == arn
    users = apprunner.list_services_for_auto_scaling_configuration(AutoScalingConfigurationArn=arn)
    assert users["ServiceArnList"] == [service["ServiceArn"]]

    with refused(INVALID, "is in use by a service"):
        apprunner.delete_auto_scaling_configuration(AutoScalingConfigurationArn=arn)
    apprunner.delete_service(ServiceArn=service["ServiceArn"])
    apprunner.delete_auto_scaling_configuration(AutoScalingConfigurationArn=arn)


def test_the_default_can_be_changed_and_not_deleted(apprunner, scaling, service_request, refused):
    arn = scaling()["AutoScalingConfigurationArn"]
    apprunner.update_default_auto_scaling_configuration(AutoScalingConfigurationArn=arn)
    with refused(INVALID, "default auto scaling configuration"):
        apprunner.delete_auto_scaling_configuration(AutoScalingConfigurationArn=arn)
    service = apprunner.create_service(**service_request())["Service"]
    assert service["AutoScalingConfigurationSummary"]["AutoScalingConfigurationArn"] == arn


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"MaxConcurrency": 201}, "maxConcurrency"),
        ({"MinSize": 26}, "minSize"),
        ({"MinSize": 5, "MaxSize": 4}, "MinSize cannot be greater than MaxSize"),
    ],
)
def test_sizes_out_of_range_are_refused(scaling, refused, members, message):
    with refused(INVALID, message):
        scaling(**members)


def test_a_name_out_of_pattern_is_refused(scaling, refused):
    with refused(INVALID, "autoScalingConfigurationName"):
        scaling("a.b.c.d")


def test_the_sixth_revision_of_a_name_exceeds_the_quota(scaling, refused):
    for _ in range(5):
        scaling()
    with refused("ServiceQuotaExceededException", "maximum number"):
        scaling()


def test_a_service_needs_an_existing_active_configuration(
    apprunner, scaling, service_request, refused, account
):
    missing = f"arn:aws:apprunner:eu-west-1:{account}:autoscalingconfiguration/missing"
    with refused(INVALID, "No autoscalingconfiguration resource found"):
        apprunner.create_service(**service_request(AutoScalingConfigurationArn=missing))
    with refused(MISSING, missing):
        _describe(apprunner, missing)
    arn = scaling()["AutoScalingConfigurationArn"]
    apprunner.delete_auto_scaling_configuration(AutoScalingConfigurationArn=arn)
    with refused(INVALID, "is not active"):
        apprunner.create_service(**service_request(AutoScalingConfigurationArn=arn))


def test_observability_configurations_live_like_the_others(
    apprunner, service_request, refused, account
):
    made = apprunner.create_observability_configuration(
        ObservabilityConfigurationName="app-tracing",
        TraceConfiguration={"Vendor": "AWSXRAY"},
        Tags=[{"Key": "a", "Value": "1"}],
    )["ObservabilityConfiguration"]
    arn = made["ObservabilityConfigurationArn"]
    kind = "observabilityconfiguration/app-tracing/1/"
    assert arn.startswith(f"arn:aws:apprunner:eu-west-1:{account}:{kind}")
    assert made["Status"] == "ACTIVE"
    assert made["Latest"] is True
    assert made["TraceConfiguration"] == {"Vendor": "AWSXRAY"}
    assert apprunner.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "1"}]
    request = service_request(
        ObservabilityConfiguration={
            "ObservabilityEnabled": True,
            "ObservabilityConfigurationArn": arn,
        }
    )
    service = apprunner.create_service(**request)["Service"]
    assert service["ObservabilityConfiguration"] == request["ObservabilityConfiguration"]
    with refused(INVALID, "is in use by a service"):
        apprunner.delete_observability_configuration(ObservabilityConfigurationArn=arn)
    apprunner.delete_service(ServiceArn=service["ServiceArn"])
    apprunner.delete_observability_configuration(ObservabilityConfigurationArn=arn)
    described = apprunner.describe_observability_configuration(ObservabilityConfigurationArn=arn)
    assert described["ObservabilityConfiguration"]["Status"] == "INACTIVE"
    listed = apprunner.list_observability_configurations()
    assert listed["ObservabilityConfigurationSummaryList"] == []


def test_a_service_needs_an_existing_observability_configuration(
    apprunner, service_request, refused, account
):
    arn = f"arn:aws:apprunner:eu-west-1:{account}:observabilityconfiguration/missing"
    for observability, message in (
        ({"ObservabilityEnabled": True, "ObservabilityConfigurationArn": arn}, "No observability"),
        ({"ObservabilityEnabled": True}, "ObservabilityConfigurationArn is required"),
    ):
        with refused(INVALID, message):
            apprunner.create_service(**service_request(ObservabilityConfiguration=observability))


def test_the_reserved_observability_name_is_refused(apprunner, refused):
    with refused(INVALID, "DefaultConfiguration is reserved"):
        apprunner.create_observability_configuration(
            ObservabilityConfigurationName="DefaultConfiguration"
        )
