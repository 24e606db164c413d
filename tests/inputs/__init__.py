"""Input that attacks (tests/harness/hostile.py)."""
