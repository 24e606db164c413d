"""The local cloud: an AWS for this repository that runs in one process on a loopback port."""
