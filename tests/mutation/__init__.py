"""Do the checks notice when a security setting is lost? `make mutants` answers with a figure."""
