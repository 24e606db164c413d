"""The Resource Groups Tagging API: what it lists.

AWS ("Services that support the Resource Groups Tagging API"): GetResources lists all resources of a
region that have tags, whatever their service, but for IAM's users and roles. moto 5.2.5 leaves out
ECR's repositories and EventBridge's rules, and knows nothing of our App Runner. For a page that
nobody asks for it also keeps a generator, which can't be saved; a list's iterator can. The first is
fit for upstream.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from moto.core.resource_tagging import TaggedResource, make_tag_matcher, match_resource_type
from moto.ecr.models import ecr_backends
from moto.events.models import events_backends
from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend

from local_aws.patches import wrap
from local_aws.services.apprunner.models import apprunner_backends


def apply() -> None:
    """List what moto leaves out."""
    wrap(ResourceGroupsTaggingAPIBackend, "_get_resources_generator", _resources)


def _resources(
    original: Callable[..., Iterator[TaggedResource]],
    self: ResourceGroupsTaggingAPIBackend,
    tag_filters: list[dict[str, Any]] | None = None,
    resource_type_filters: list[str] | None = None,
    resource_arn_list: list[str] | None = None,
) -> Iterator[TaggedResource]:
    matches = make_tag_matcher(tag_filters)
    more = [
        found
        for found in _left_out(self.account_id, self.region_name)
        if found.tags
        and matches(found.tags)
        and match_resource_type(found.resource_type, resource_type_filters)
        and (not resource_arn_list or found.arn in resource_arn_list)
    ]
    return iter([*original(tag_filters, resource_type_filters, resource_arn_list), *more])


def _left_out(account: str, region: str) -> Iterator[TaggedResource]:
    ecr = ecr_backends[account][region]
    for repository in ecr.repositories.values():
        tags = ecr.tagger.get_tag_dict_for_resource(repository.arn)
        yield TaggedResource(repository.arn, tags, "ecr:repository")
    events = events_backends[account][region]
    for bus in events.event_buses.values():
        for rule in bus.rules.values():
            tags = events.tagger.get_tag_dict_for_resource(rule.arn)
            yield TaggedResource(rule.arn, tags, "events:rule")
    runner = apprunner_backends[account][region]
    with runner.lock:
        for arn, tags in runner.tagged().items():
            kind = arn.split(":")[5].partition("/")[0]
            yield TaggedResource(arn, dict(tags), f"apprunner:{kind}")
