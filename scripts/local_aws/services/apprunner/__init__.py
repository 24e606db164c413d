"""AWS App Runner (API version 2020-05-15), which moto does not have."""

from local_aws.services.apprunner.models import apprunner_backends

__all__ = ["apprunner_backends"]
