"""The facts of one request, by condition key.

Source: "How AWS evaluates requests: the request context" and "Single-valued vs. multivalued context
keys" (IAM user guide). Key names are case-insensitive, values are not. A key is multivalued by its
kind and not by how many values it has, so a tuple stays multivalued when it holds one value.
"""

from __future__ import annotations

from collections.abc import Mapping

from infra.errors import PolicyUnsupportedError

Value = str | tuple[str, ...]


class Context:
    """What is known of a request. A key that was not given is absent from the request."""

    def __init__(self, keys: Mapping[str, Value]) -> None:
        self._keys = {name.lower(): value for name, value in keys.items()}

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self._keys.get(key.lower(), ()) != ()

    def single(self, key: str) -> str | None:
        """The value of a single-valued key, None when it is absent."""
        value = self._keys.get(key.lower(), ())
        if isinstance(value, str):
            return value
        if value == ():
            return None
        raise PolicyUnsupportedError(
            f"The multivalued key {key} is used where one value is expected.",
            hint="Such keys need ForAnyValue or ForAllValues, and can't be policy variables.",
        )

    def all(self, key: str) -> tuple[str, ...]:
        """All values of a key. Empty strings are no values: IAM calls them a null data set."""
        value = self._keys.get(key.lower(), ())
        values = (value,) if isinstance(value, str) else value
        return tuple(item for item in values if item)

    def extended(self, keys: Mapping[str, Value]) -> Context:
        """This context, and further keys where they were not given."""
        return Context({**{name.lower(): value for name, value in keys.items()}, **self._keys})
