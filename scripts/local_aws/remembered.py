"""What moto works out for each request, though it never changes while the process runs.

Measured with a profiler on the reads of a plan: moto 5.2.5 lists its own folder twice a request to
learn which services there are, tries the patterns of all of them, lists the methods of the
response class, and builds a table of all errors of a service for each error. Together that was
nearly half of a request. Nothing here changes an answer.
"""

from __future__ import annotations

import functools
from types import ModuleType
from typing import Any

from moto.core import errors, responses
from moto.moto_server.werkzeug_app import DomainDispatcherApplication

# Far more than there are services times regions in use; a host that nobody knows is one as well.
_HOSTS = 4096


class Dispatcher(DomainDispatcherApplication):
    """Remembers which service answers for a host. Make it once all services are mounted."""

    def __init__(self, create_app: Any) -> None:
        super().__init__(create_app)
        self._remembered = functools.lru_cache(_HOSTS)(super().get_backend_for_host)

    def get_backend_for_host(self, host: str | None) -> Any:
        """The service that answers for `host`."""
        return self._remembered(host)


def apply() -> None:
    """Let moto remember it. Safe to call more than once."""
    if not hasattr(vars(responses)["method_names_from_class"], "cache_info"):
        _remember(responses, "method_names_from_class")
        # Each factory has a cache, and moto makes a factory for each error.
        _remember(errors, "ErrorLookupFactory")


def _remember(module: ModuleType, name: str) -> None:
    setattr(module, name, functools.cache(getattr(module, name)))
