"""Promotion: prod runs only what staging proved.

    places      the two environments, entered
    chains      ledgers, read whole and believed only then
    evidence    what the source environment proves of a release
    lock        one promotion of an environment at a time
    journal     what an interrupted promotion must know and the ledger does not
    trail       what a promotion has done already, by the ledger
    approvals   who agreed to which plan
    steps       what a person sees
    gating      what the gates are given
    change      the way from a release to a plan, an approval, an apply and its proof
    flow        a promotion
    rollback    the way back

docs/adr/0018-promotion.md says why.
"""
