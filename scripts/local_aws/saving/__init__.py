"""Keeping what is in the accounts, so that a stop, a crash or a reboot loses nothing.

The whole memory is written down at an instant at which no request is half done, in one file. So
Terraform's states, their locks and the resources in a file are always those of the same moment.
"""
