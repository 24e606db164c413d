"""Answers offline whether IAM policies allow a request: a small evaluator, made for tests.

Source: "Policy evaluation logic" and "IAM JSON policy elements reference" (IAM user guide). What
lies outside of the subset that is written here raises `PolicyUnsupportedError`, and what is no
policy at all `PolicyDocumentError`: no answer is ever a guess. Why it is our own:
docs/adr/0009-iam-evaluator.md.

    document.py      JSON to typed statements
    context.py       the facts of one request, by condition key
    matching.py      wildcards, policy variables and ARNs
    conditions.py    the Condition element
    evaluation.py    statements to one decision
"""
