"""What a service runs: the source configuration and the size of its instances.

Defaults and rules: SourceConfiguration, ImageConfiguration, InstanceConfiguration and
HealthCheckConfiguration in the App Runner API reference.
"""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

from local_aws.services.apprunner.exceptions import InvalidRequestError
from local_aws.services.apprunner.models.naming import Place
from local_aws.services.apprunner.models.roles import ACCESS, INSTANCE, check_assumable

# Memory in MB that each CPU size can have ("vCPU and memory combinations", developer guide).
MEMORY_BY_CPU = {
    "256": ("512", "1024"),
    "512": ("1024",),
    "1024": ("2048", "3072", "4096"),
    "2048": ("4096", "6144"),
    "4096": ("8192", "10240", "12288"),
}
_HEALTH_DEFAULTS = {
    "Protocol": "TCP",
    "Path": "/",
    "Interval": 5,
    "Timeout": 2,
    "HealthyThreshold": 1,
    "UnhealthyThreshold": 5,
}
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_SECRET_ARN = re.compile(r"arn:aws[\w-]*:(secretsmanager|ssm):[a-z0-9-]+:\d{12}:.+")
_PARAMETER_NAME = re.compile(r"[A-Za-z0-9_.\-/]+")
_RESERVED_PREFIX = "AWSAPPRUNNER"


def instance_configuration(given: dict[str, Any], place: Place) -> dict[str, Any]:
    """The configuration as the API answers it: CPU and memory as plain numbers."""
    cpu = _number(given.get("Cpu", "1024"), "vCPU")
    memory = _number(given.get("Memory", "2048"), "GB")
    if memory not in MEMORY_BY_CPU[cpu]:
        raise InvalidRequestError(
            f"Invalid CPU and memory combination: Cpu {cpu} supports Memory "
            f"{', '.join(MEMORY_BY_CPU[cpu])}, not {memory}."
        )
    answer = {"Cpu": cpu, "Memory": memory}
    if given.get("InstanceRoleArn"):
        check_assumable(place, given["InstanceRoleArn"], INSTANCE)
        answer["InstanceRoleArn"] = given["InstanceRoleArn"]
    return answer


def _number(value: str, unit: str) -> str:
    amount, _, given_unit = value.partition(" ")
    return str(int(float(amount) * 1024)) if given_unit == unit else amount


def health_check(given: dict[str, Any]) -> dict[str, Any]:
    """The health check with App Runner's defaults."""
    return {**_HEALTH_DEFAULTS, **given}


def source_configuration(
    given: dict[str, Any], place: Place, has_instance_role: bool
) -> dict[str, Any]:
    """The checked source configuration with App Runner's defaults."""
    source = deepcopy(given)
    image, code = source.get("ImageRepository"), source.get("CodeRepository")
    if (image is None) == (code is None):
        raise InvalidRequestError(
            "Exactly one of ImageRepository and CodeRepository must be provided."
        )
    if image is not None:
        _check_image(source, image, place)
        if "ImageConfiguration" in image:
            image["ImageConfiguration"].setdefault("Port", "8080")
            _check_environment(image["ImageConfiguration"], has_instance_role)
        return source
    if not source.get("AuthenticationConfiguration", {}).get("ConnectionArn"):
        raise InvalidRequestError("Authentication configuration is invalid.")
    source.setdefault("AutoDeploymentsEnabled", True)
    values = (code or {}).get("CodeConfiguration", {}).get("CodeConfigurationValues")
    if values is not None:
        values.setdefault("Port", "8080")
        _check_environment(values, has_instance_role)
    return source


def _check_image(source: dict[str, Any], image: dict[str, Any], place: Place) -> None:
    identifier = image["ImageIdentifier"]
    public = image["ImageRepositoryType"] == "ECR_PUBLIC"
    if public != identifier.startswith("public.ecr.aws/"):
        raise InvalidRequestError(
            f"ImageIdentifier {identifier} does not match ImageRepositoryType "
            f"{image['ImageRepositoryType']}."
        )
    _check_reference(identifier)
    own = not public and identifier.startswith(f"{place.account}.")
    automatic = source.setdefault("AutoDeploymentsEnabled", own)
    if automatic and not own:
        raise InvalidRequestError(
            "AutoDeploymentsEnabled cannot be true for an image in ECR Public or in an ECR "
            "repository of another account."
        )
    if public:
        return
    role = source.get("AuthenticationConfiguration", {}).get("AccessRoleArn")
    if not role:
        raise InvalidRequestError(
            "Authentication configuration is invalid: AccessRoleArn is required for ECR."
        )
    check_assumable(place, role, ACCESS)


def _check_reference(identifier: str) -> None:
    repository, at, digest = identifier.partition("@")
    if at and not _DIGEST.fullmatch(digest):
        raise InvalidRequestError(f"ImageIdentifier {identifier} has an invalid digest.")
    _, colon, tag = repository.rpartition("/")[2].partition(":")
    if colon and not _TAG.fullmatch(tag):
        raise InvalidRequestError(f"ImageIdentifier {identifier} has an invalid tag.")


def _check_environment(configuration: dict[str, Any], has_instance_role: bool) -> None:
    variables = configuration.get("RuntimeEnvironmentVariables", {})
    secrets = configuration.get("RuntimeEnvironmentSecrets", {})
    for name in [*variables, *secrets]:
        if name.startswith(_RESERVED_PREFIX):
            raise InvalidRequestError(
                f"Environment variable names with the prefix {_RESERVED_PREFIX} are reserved."
            )
    both = sorted(set(variables) & set(secrets))
    if both:
        raise InvalidRequestError(f"Given as variable and as secret: {', '.join(both)}.")
    if secrets and not has_instance_role:
        raise InvalidRequestError(
            "Instance Role have to be provided if passing in RuntimeEnvironmentSecrets."
        )
    for name, reference in secrets.items():
        if not (_SECRET_ARN.fullmatch(reference) or _PARAMETER_NAME.fullmatch(reference)):
            raise InvalidRequestError(
                f"RuntimeEnvironmentSecrets {name} is neither the ARN of a Secrets Manager secret "
                "or an SSM parameter nor the name of an SSM parameter."
            )
