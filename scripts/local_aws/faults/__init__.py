"""Faults: what AWS does now and then, done on purpose, so that one can see what becomes of a run.

A rule says which calls, by service, operation and count, and what happens to them. Rules are in
memory alone: they end with the process, with a reset and with a snapshot that is loaded.
"""
