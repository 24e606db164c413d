"""AWS services that moto lacks, each in moto's five-file shape, and how they are mounted.

moto finds a service in two places: a pattern of its addresses in `moto.backend_index`, and a module
`moto.<name>` that holds `<name>_backends`. A service from this package is put into both.
"""

from __future__ import annotations

import importlib
import re
import sys

from moto import backend_index, backends

_SERVICES = ("apprunner",)


def mount_all() -> None:
    """Make moto answer for the services in this package. Safe to call more than once."""
    mounted = {name for name, _ in backend_index.backend_url_patterns}
    for name in _SERVICES:
        if name in mounted or name in backends.list_of_moto_modules():
            # moto has grown the service itself: its own is the better one to keep.
            continue
        sys.modules[f"moto.{name}"] = importlib.import_module(f"local_aws.services.{name}")
        urls = importlib.import_module(f"local_aws.services.{name}.urls")
        for base in urls.url_bases:
            backend_index.backend_url_patterns.append((name, re.compile(base)))
