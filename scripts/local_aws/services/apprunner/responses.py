"""App Runner's 37 operations: read a request, ask the backend, shape the answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.core.responses import BaseResponse

from local_aws.services.apprunner.exceptions import SerializationError
from local_aws.services.apprunner.models import AppRunnerBackend, apprunner_backends, check_tags
from local_aws.services.apprunner.models.paging import page
from local_aws.services.apprunner.validation import validate

Request = dict[str, Any]
Answer = dict[str, Any]


class AppRunnerResponse(BaseResponse):
    """AWS JSON 1.0. Each method is one operation."""

    def __init__(self) -> None:
        super().__init__(service_name="apprunner")

    @property
    def backend(self) -> AppRunnerBackend:
        backend: AppRunnerBackend = apprunner_backends[self.current_account][self.region]
        return backend

    def _run(self, answer: Callable[[AppRunnerBackend, Request], Answer]) -> str:
        """Validate the request and answer it with the backend to itself."""
        try:
            request = json.loads(self.body or "{}")
        except ValueError:
            raise SerializationError("The request is not valid JSON.") from None
        validate(self._get_action(), request)
        present = {name: value for name, value in request.items() if value is not None}
        # Before anything is made: a resource whose tags are refused must not be there.
        check_tags(present.get("Tags", []))
        backend = self.backend
        with backend.lock:
            backend.services.settle()
            return json.dumps(answer(backend, present))

    # Services

    def create_service(self) -> str:
        def answer(backend: AppRunnerBackend, request: Request) -> Answer:
            service, operation = backend.services.create(request)
            backend.tag_new(service.arn, request.get("Tags"))
            return {"Service": backend.services.to_dict(service), "OperationId": operation.id}

        return self._run(answer)

    def describe_service(self) -> str:
        return self._run(
            lambda backend, request: {
                "Service": backend.services.to_dict(backend.services.get(request["ServiceArn"]))
            }
        )

    def update_service(self) -> str:
        def answer(backend: AppRunnerBackend, request: Request) -> Answer:
            service, operation = backend.services.update(request)
            return {"Service": backend.services.to_dict(service), "OperationId": operation.id}

        return self._run(answer)

    def delete_service(self) -> str:
        def answer(backend: AppRunnerBackend, request: Request) -> Answer:
            arn = request["ServiceArn"]
            backend.networks.check_deletable(arn)
            service, operation = backend.services.delete(arn)
            return {"Service": backend.services.to_dict(service), "OperationId": operation.id}

        return self._run(answer)

    def pause_service(self) -> str:
        def answer(backend: AppRunnerBackend, request: Request) -> Answer:
            service, operation = backend.services.pause(request["ServiceArn"])
            return {"Service": backend.services.to_dict(service), "OperationId": operation.id}

        return self._run(answer)

    def resume_service(self) -> str:
        def answer(backend: AppRunnerBackend, request: Request) -> Answer:
            service, operation = backend.services.resume(request["ServiceArn"])
            return {"Service": backend.services.to_dict(service), "OperationId": operation.id}

        return self._run(answer)

    def start_deployment(self) -> str:
        return self._run(
            lambda backend, request: {
                "OperationId": backend.services.deploy(request["ServiceArn"]).id
            }
        )

    def list_services(self) -> str:
        def answer(backend: AppRunnerBackend, request: Request) -> Answer:
            found = [service.to_summary() for service in backend.services.alive()]
            return page("ServiceSummaryList", found, request, 20)

        return self._run(answer)

    def list_operations(self) -> str:
        def answer(backend: AppRunnerBackend, request: Request) -> Answer:
            service = backend.services.get(request["ServiceArn"])
            found = [operation.to_summary() for operation in service.operations]
            return page("OperationSummaryList", found, request, 20)

        return self._run(answer)

    # Tags

    def tag_resource(self) -> str:
        def answer(backend: AppRunnerBackend, request: Request) -> Answer:
            backend.tag(request["ResourceArn"], request["Tags"])
            return {}

        return self._run(answer)

    def untag_resource(self) -> str:
        def answer(backend: AppRunnerBackend, request: Request) -> Answer:
            backend.untag(request["ResourceArn"], request["TagKeys"])
            return {}

        return self._run(answer)

    def list_tags_for_resource(self) -> str:
        return self._run(lambda backend, request: {"Tags": backend.tags(request["ResourceArn"])})

    # Auto scaling configurations

    def create_auto_scaling_configuration(self) -> str:
        def answer(backend: AppRunnerBackend, request: Request) -> Answer:
            configurations = backend.services.auto_scaling
            revision = configurations.create(request)
            backend.tag_new(revision.arn, request.get("Tags"))
            return {"AutoScalingConfiguration": configurations.to_dict(revision)}

        return self._run(answer)

    def describe_auto_scaling_configuration(self) -> str:
        def answer(backend: AppRunnerBackend, request: Request) -> Answer:
            configurations = backend.services.auto_scaling
            revision = configurations.revisions.get(request["AutoScalingConfigurationArn"])
            return {"AutoScalingConfiguration": configurations.to_dict(revision)}

        return self._run(answer)

    def delete_auto_scaling_configuration(self) -> str:
        def answer(backend: AppRunnerBackend, request: Request) -> Answer:
            configurations = backend.services.auto_scaling
            revision = configurations.delete(
                request["AutoScalingConfigurationArn"], request.get("DeleteAllRevisions", False)
            )
            return {"AutoScalingConfiguration": configurations.to_dict(revision)}

        return self._run(answer)

    def list_auto_scaling_configurations(self) -> str:
        return self._run(lambda backend, request: backend.services.auto_scaling.listed(request))

    def update_default_auto_scaling_configuration(self) -> str:
        def answer(backend: AppRunnerBackend, request: Request) -> Answer:
            configurations = backend.services.auto_scaling
            revision = configurations.make_default(request["AutoScalingConfigurationArn"])
            return {"AutoScalingConfiguration": configurations.to_dict(revision)}

        return self._run(answer)

    def list_services_for_auto_scaling_configuration(self) -> str:
        def answer(backend: AppRunnerBackend, request: Request) -> Answer:
            arn = request["AutoScalingConfigurationArn"]
            return page("ServiceArnList", backend.services.auto_scaling.users_of(arn), request, 100)

        return self._run(answer)

    # Observability configurations

    def create_observability_configuration(self) -> str:
        def answer(backend: AppRunnerBackend, request: Request) -> Answer:
            configurations = backend.services.observability
            revision = configurations.create(request)
            backend.tag_new(revision.arn, request.get("Tags"))
            return {"ObservabilityConfiguration": configurations.to_dict(revision)}

        return self._run(answer)

    def describe_observability_configuration(self) -> str:
        def answer(backend: AppRunnerBackend, request: Request) -> Answer:
            configurations = backend.services.observability
            revision = configurations.revisions.get(request["ObservabilityConfigurationArn"])
            return {"ObservabilityConfiguration": configurations.to_dict(revision)}

        return self._run(answer)

    def delete_observability_configuration(self) -> str:
        def answer(backend: AppRunnerBackend, request: Request) -> Answer:
            configurations = backend.services.observability
            revision = configurations.delete(request["ObservabilityConfigurationArn"])
            return {"ObservabilityConfiguration": configurations.to_dict(revision)}

        return self._run(answer)

    def list_observability_configurations(self) -> str:
        return self._run(lambda backend, request: backend.services.observability.listed(request))

    # VPC connectors and VPC ingress connections

    def create_vpc_connector(self) -> str:
        def answer(backend: AppRunnerBackend, request: Request) -> Answer:
            connector = backend.networks.create_connector(request)
            backend.tag_new(connector.arn, request.get("Tags"))
            return {"VpcConnector": connector.to_dict()}

        return self._run(answer)

    def describe_vpc_connector(self) -> str:
        return self._run(
            lambda backend, request: {
                "VpcConnector": backend.networks.connector(request["VpcConnectorArn"]).to_dict()
            }
        )

    def delete_vpc_connector(self) -> str:
        def answer(backend: AppRunnerBackend, request: Request) -> Answer:
            connector = backend.networks.delete_connector(request["VpcConnectorArn"])
            return {"VpcConnector": connector.to_dict()}

        return self._run(answer)

    def list_vpc_connectors(self) -> str:
        return self._run(lambda backend, request: backend.networks.list_connectors(request))

    def create_vpc_ingress_connection(self) -> str:
        def answer(backend: AppRunnerBackend, request: Request) -> Answer:
            ingress = backend.networks.create_ingress(request)
            backend.tag_new(ingress.arn, request.get("Tags"))
            return {"VpcIngressConnection": ingress.to_dict()}

        return self._run(answer)

    def describe_vpc_ingress_connection(self) -> str:
        def answer(backend: AppRunnerBackend, request: Request) -> Answer:
            ingress = backend.networks.ingress(request["VpcIngressConnectionArn"])
            return {"VpcIngressConnection": ingress.to_dict()}

        return self._run(answer)

    def update_vpc_ingress_connection(self) -> str:
        return self._run(
            lambda backend, request: {
                "VpcIngressConnection": backend.networks.update_ingress(request).to_dict()
            }
        )

    def delete_vpc_ingress_connection(self) -> str:
        def answer(backend: AppRunnerBackend, request: Request) -> Answer:
            ingress = backend.networks.delete_ingress(request["VpcIngressConnectionArn"])
            return {"VpcIngressConnection": ingress.to_dict()}

        return self._run(answer)

    def list_vpc_ingress_connections(self) -> str:
        return self._run(lambda backend, request: backend.networks.list_ingresses(request))

    # Connections and custom domains

    def create_connection(self) -> str:
        def answer(backend: AppRunnerBackend, request: Request) -> Answer:
            connection = backend.networks.create_connection(request)
            backend.tag_new(connection.arn, request.get("Tags"))
            return {"Connection": connection.to_dict()}

        return self._run(answer)

    def delete_connection(self) -> str:
        def answer(backend: AppRunnerBackend, request: Request) -> Answer:
            return {
                "Connection": backend.networks.delete_connection(request["ConnectionArn"]).to_dict()
            }

        return self._run(answer)

    def list_connections(self) -> str:
        return self._run(lambda backend, request: backend.networks.list_connections(request))

    def associate_custom_domain(self) -> str:
        return self._run(lambda backend, request: backend.networks.associate(request))

    def describe_custom_domains(self) -> str:
        return self._run(lambda backend, request: backend.networks.domains(request))

    def disassociate_custom_domain(self) -> str:
        return self._run(lambda backend, request: backend.networks.disassociate(request))
