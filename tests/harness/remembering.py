"""Compares what the local cloud remembers (`local_aws.remembered`) with what moto works out anew.

    python -m harness.remembering SERVICE ...

Starts as the server does. Then the services are called for the first time, in the order given, and
after each of them everything that can be remembered by then is asked for: so early that a
correction of moto that came later would be missed. Fails with what is stale.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from moto.core import errors, responses
from moto.core.utils import get_service_model
from moto.moto_server.werkzeug_app import DomainDispatcherApplication

from local_aws import application, remembered
from local_aws.patches import apply_all
from local_aws.services import mount_all

HOSTS = ("s3.amazonaws.com", "s3control", "budgets.amazonaws.com", "moto_api", "example.com", None)


def response_classes(parent: type = responses.BaseResponse) -> Iterator[type]:
    """All classes that answer operations, as far as they are loaded."""
    for child in parent.__subclasses__():
        yield child
        yield from response_classes(child)


def codes(factory: type, service: str) -> dict[str, tuple[str, str]]:
    """The error codes of a service, each with its shape."""
    found = factory().for_service(get_service_model(service))._code_to_error
    return {code: (shape.name, shape.error_code) for code, shape in found.items()}


def main(services: list[str]) -> list[str]:
    """What is stale once all these were called."""
    method_names, factory = responses.method_names_from_class, errors.ErrorLookupFactory
    hosts = [*HOSTS, *services, *(f"{service}.eu-west-1.amazonaws.com" for service in services)]
    mount_all()
    apply_all()
    remembered.apply()
    dispatcher = remembered.Dispatcher(application._create_backend_app)
    for service in services:
        application._create_backend_app(service)
        for kind in response_classes():
            responses.method_names_from_class(kind)
        for name in services:
            codes(errors.ErrorLookupFactory, name)
        for host in hosts:
            dispatcher.get_backend_for_host(host)
    plain = DomainDispatcherApplication(application._create_backend_app)
    return [
        *(
            f"the methods of {kind.__module__}.{kind.__name__}"
            for kind in response_classes()
            if responses.method_names_from_class(kind) != method_names(kind)
        ),
        *(
            f"the errors of {service}"
            for service in services
            if codes(errors.ErrorLookupFactory, service) != codes(factory, service)
        ),
        *(
            f"the service of {host}"
            for host in hosts
            if dispatcher.get_backend_for_host(host) != plain.get_backend_for_host(host)
        ),
    ]


if __name__ == "__main__":
    sys.exit("\n".join(main(sys.argv[1:])) or None)
