"""A provider's schema, cut down to the types that a root module has to do with.

The aws provider describes 1,500 types in 5 MB; Terraform decodes all of them in each run, which
takes it longer than all else. What is left out is not asked for: see `named_types`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

BY_NAME = (2, 3, 8)
"""The fields of GetProviderSchema.Response that are maps from the name of a type: resources, data
sources, ephemeral resources (tfplugin5.proto of Terraform)."""

LENGTH_DELIMITED = 2


class NotASchemaError(ValueError):
    """Bytes that are not what Terraform's plugin protocol describes."""


def cut(response: bytes, types: Collection[str]) -> bytes:
    """Leave the schemas of these types and all that is no type's. Raises NotASchemaError.

    Works on the wire format ("Encoding", Protocol Buffers documentation), so that what stays is
    passed on byte by byte.
    """
    kept = []
    try:
        for number, start, body, end in _fields(response, 0, len(response)):
            if number not in BY_NAME or _key(response, body, end) in types:
                kept.append(response[start:end])
    except (IndexError, UnicodeDecodeError) as error:
        raise NotASchemaError("the bytes end too early") from error
    return b"".join(kept)


def _fields(data: bytes, position: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Number, start, start of its content, and end of each field. All here have a length."""
    while position < end:
        start = position
        tag, position = _varint(data, position)
        if tag & 7 != LENGTH_DELIMITED:
            raise NotASchemaError(f"field {tag >> 3} has wire type {tag & 7}")
        length, body = _varint(data, position)
        position = body + length
        if position > end:
            raise NotASchemaError("a field is longer than what it is in")
        yield tag >> 3, start, body, position


def _key(data: bytes, body: int, end: int) -> str:
    """The key of an entry of a map, its field 1; left out when it is empty."""
    for number, _start, content, stop in _fields(data, body, end):
        if number == 1:
            return data[content:stop].decode()
    return ""


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, position
