"""The versions of a state. S3 keeps each that was written: to look at, compare, bring back."""
