"""Live tests: short-lived resources in a sandbox account, and what sweeps up after them."""
