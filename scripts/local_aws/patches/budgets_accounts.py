"""Budgets: the account that a budget is for.

AWS ("Budgets", AWS Billing API reference): AccountId is the caller's account, or a member of its
organization for the management account. moto 5.2.5 keeps and answers budgets for any id. Fit for
upstream.
"""

from __future__ import annotations

from typing import Any

from moto.budgets.responses import BudgetsResponse

from local_aws.reach import Border, guard


def apply() -> None:
    """Refuse ids of other accounts."""
    guard(BudgetsResponse, Border("budgets", _budgets))


def _budgets(response: Any) -> list[str]:
    named = response._get_param("BudgetName") or "*"
    account, tagged = response._get_param("AccountId"), response._get_param("ResourceARN")
    budget = f"arn:{response.partition}:budgets::{account}:budget/{named}" if account else tagged
    return [budget] if budget else []
