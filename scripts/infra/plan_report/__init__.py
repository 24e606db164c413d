"""The report of a plan, for whoever must approve it: Markdown for a comment, and a page of HTML.

`collecting` asks what surrounds a plan, `model` says what a report is, `entries` brings the changes
into a form in which nothing of them can do harm; `markdown` and `page` write it down.
"""

from infra.plan_report.building import build
from infra.plan_report.model import Report, Surroundings
from infra.plan_report.writing import Written, write

__all__ = ["Report", "Surroundings", "Written", "build", "write"]
