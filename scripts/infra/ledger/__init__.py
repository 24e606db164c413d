"""The ledger of an environment: who changed what, when, and with what result.

    records       what a record says, and the bytes that are hashed
    signing       the key in KMS, and signatures checked without it
    store         the objects in the state bucket
    writing       one more record at the end of the chain, whoever else writes
    verification  what is wrong with a chain
    clerk         the process that does all of it in the environment's account
    client        the same, as the rest of infra sees it
    recording     the records of an apply or a destroy
    witness       what this checkout saw last

docs/adr/0015-ledger.md says what the ledger proves, and what it can't.
"""
