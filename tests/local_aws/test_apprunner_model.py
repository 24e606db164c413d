"""Every operation of App Runner's API model answers as the model says, with and without success."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.session import get_session

from harness.app_runner import GOOD_REQUESTS, Scene
from harness.shapes import problems

MODEL = get_session().get_service_model("apprunner")
# "Common errors" of the App Runner API reference, and what every AWS JSON service says of a body
# that it cannot read.
COMMON_ERRORS = {"SerializationException"}
# On the wire the statuses of these are in lower case, unlike the model's enumerations: the official
# provider compares with the lower-case words (its auto_scaling_configuration_version.go and
# custom_domain_association.go).
LOWER_CASE = ("AutoScalingConfiguration", "CustomDomain")


def in_the_spelling_of_the_model(answer: Any, member: str = "") -> Any:
    """An answer with the statuses as the model has them."""
    if isinstance(answer, list):
        return [in_the_spelling_of_the_model(item, member) for item in answer]
    if not isinstance(answer, dict):
        return answer
    spelled = {
        name: in_the_spelling_of_the_model(value, name if isinstance(value, dict | list) else "")
        for name, value in answer.items()
    }
    if member.startswith(LOWER_CASE):
        assert spelled["Status"] == spelled["Status"].lower()
        spelled["Status"] = spelled["Status"].upper()
    return spelled


def broken(shape: Any, answer: Any) -> list[str]:
    """What in an answer breaks the model.

    No service id can please the model: it allows 32 characters and wants a pattern of 36. AWS sends
    32 hexadecimal digits (DescribeService, "Examples" in the API reference).
    """
    found = problems(shape, in_the_spelling_of_the_model(answer))
    return [item for item in found if not ("ServiceId: '" in item and "does not match" in item)]


def error_codes(operation: str) -> set[str]:
    """The codes with which an operation may refuse, as its model lists them."""
    listed = {shape.name for shape in MODEL.operation_model(operation).error_shapes}
    return listed | COMMON_ERRORS


def test_there_is_a_good_request_for_every_operation_of_the_model() -> None:
    assert sorted(GOOD_REQUESTS) == sorted(MODEL.operation_names)
    assert len(GOOD_REQUESTS) == 37


@pytest.mark.parametrize("operation", sorted(GOOD_REQUESTS))
def test_an_operation_answers_in_the_shape_of_its_model(scene: Scene, operation: str) -> None:
    request = GOOD_REQUESTS[operation](scene)
    shapes = MODEL.operation_model(operation)
    assert list(problems(shapes.input_shape, request)) == []

    answer = scene.raw.call(operation, request)
    assert answer.status == 200, answer.message
    assert broken(shapes.output_shape, answer.body) == []


@pytest.mark.parametrize("operation", sorted(GOOD_REQUESTS))
def test_an_operation_refuses_with_a_code_of_its_model(scene: Scene, operation: str) -> None:
    request = GOOD_REQUESTS[operation](scene)
    shape = MODEL.operation_model(operation).input_shape
    arns = [name for name, s in shape.members.items() if s.name == "AppRunnerResourceArn"]
    if arns:
        request |= dict.fromkeys(arns, scene.arn("service", "none", "0" * 32))
    elif "NextToken" in shape.members:
        request["NextToken"] = "nonsense"
    else:
        del request[shape.required_members[0]]

    answer = scene.raw.call(operation, request)
    assert (answer.status, answer.code in error_codes(operation)) == (400, True), answer
    assert answer.message
