"""What must hold before Terraform may run, each with an error of its own and a next step.

`files` looks at the checkout, `state` at what is stored and what the ledger knows of it. Sessions
ask them; `infra doctor ENV` shows all of them, and what else is refused, as a dry run.
"""
