"""The commands: each parses, calls one library function, and renders what it returns."""
