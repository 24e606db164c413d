"""EC2: security group rules that lead to a group or a prefix list.

AWS ("SecurityGroupRule" and "ModifySecurityGroupRules", EC2 API reference): such a rule has a
description as any other, and a modification can give it another group, prefix list or description.
A rule for all protocols has no ports, when it is modified too. moto 5.2.5 answers only the
descriptions of address ranges, changes neither groups nor prefix lists, and wants ports with every
modification. Fit for upstream.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from moto.ec2.models.security_groups import SecurityGroupBackend, SecurityGroupRule

from local_aws.patches import wrap

_ALL = "-1"


def apply() -> None:
    """Keep with each rule what was said of it."""
    wrap(SecurityGroupRule, "__init__", _init)
    wrap(SecurityGroupBackend, "modify_security_group_rules", _modify_security_group_rules)
    SecurityGroupRule.description = property(_description)  # type: ignore[assignment]


def _init(original: Callable[..., None], self: Any, *arguments: Any, **more: Any) -> None:
    # moto gives everything up to the prefix list by position.
    given = arguments[7] if len(arguments) > 7 else more.get("prefix_list_id")
    self.prefix_list_description = (given or {}).get("Description")
    original(*arguments, **more)


def _description(self: Any) -> str | None:
    described = (
        self.ip_range.get("Description"),
        self.source_group.get("Description"),
        self.prefix_list_description,
    )
    return next((text for text in described if text), None)


def _modify_security_group_rules(
    original: Callable[..., None],
    self: SecurityGroupBackend,
    group_id: str,
    rules: Mapping[str, Mapping[str, Any]],
) -> None:
    original(group_id, {rule_id: _with_ports(wanted) for rule_id, wanted in rules.items()})
    group: Any = self.get_security_group_by_name_or_id(group_id)
    for rule_id, wanted in rules.items():
        rule = group.get_rule(rule_id)
        rule.from_port, rule.to_port = wanted.get("FromPort"), wanted.get("ToPort")
        description = wanted.get("Description")
        if rule.source_group:
            rule.ip_range = {}
            rule.source_group = {
                **rule.source_group,
                "GroupId": wanted.get("ReferencedGroupId", rule.source_group.get("GroupId")),
                "Description": description,
            }
        elif rule.prefix_list_id:
            rule.ip_range = {}
            rule.prefix_list_id = wanted.get("PrefixListId", rule.prefix_list_id)
            rule.prefix_list_description = description


def _with_ports(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"FromPort": -1, "ToPort": -1, **rule} if rule.get("IpProtocol") == _ALL else rule
