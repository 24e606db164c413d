"""All that the accounts hold, as bytes, and back again.

One pickle holds everything, so that what is shared between accounts and services stays shared.
Six things in it need help:

- A backend that another one refers to is named by its place, and is the restored one afterwards.
- A lock is made anew, open: nobody is inside when memory is read.
- A dictionary or list of moto's own kind is written as what it is underneath. Their methods tell
  something else: that of a bucket's keys shows the latest version of each only.
- A private key (KMS) goes as DER, which is exact.
- A function without a name of its own (moto's default values of dictionaries) goes as its code, for
  the same version of Python and of moto.
- What an S3 object holds stays out of it, if it is not small: it never changes, so it is written
  once, under its SHA-256, however often memory is saved.

A pickle can run any code when it is read. These are read from the checkout's private folder only,
where they are as trusted as the checkout itself (see `store`).
"""

from __future__ import annotations

import copyreg
import importlib
import io
import marshal
import pickle
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from types import FunctionType
from typing import Any

from moto.core.base_backend import AccountSpecificBackend, BackendDict, BaseBackend
from moto.core.constants import MISSING
from moto.core.model_instances import model_data, reset_model_data
from moto.s3.models import FakeKey

# Numbers that moto counts up outside of its backends.
_COUNTERS = (
    ("moto.logs.models", "LogEvent", "_event_id"),
    ("moto.logs.models", "LogStream", "_log_ids"),
)
# What BackendDict gives each of its instances.
_OF_EVERY_DICTIONARY = frozenset(
    ["backend", "service_name", "_use_boto3_regions", "_additional_regions", "_id"]
)
_OWN_KINDS = ("moto.", "local_aws.")
_INLINE = 4096
_PROTOCOL = 5
_LOCKS: dict[type, Callable[[], Any]] = {
    type(threading.Lock()): threading.Lock,
    type(threading.RLock()): threading.RLock,
}

Place = tuple[tuple[str, str], str, str]
"""A backend's place: the module and name of its dictionary, the account, the region."""


@dataclass(frozen=True)
class Written:
    """Memory as bytes. objects: the contents of S3 objects, by SHA-256.

    A content that was in `known` is None.
    """

    data: bytes
    objects: dict[str, bytes | None]
    accounts: list[str]


class UnreadableError(Exception):
    """The bytes are not memory that this version can bring back."""


def write(extra: Any, known: frozenset[str]) -> Written:
    """Everything in all accounts, and `extra`. Raises pickle's many errors.

    known: contents that need not be read again. Nobody else may use memory meanwhile.
    """
    places = _places()
    buffer = io.BytesIO()
    pickler = _Pickler(buffer, places, known)
    contents = [(place, vars(backend)) for backend, place in places.values()]
    pickler.dump((list(_counters()), list(_beside()), extra, contents))
    accounts = sorted({account for _, account, _ in (place for _, place in places.values())})
    return Written(buffer.getvalue(), pickler.objects, accounts)


def replace(data: bytes, content: Callable[[str], bytes]) -> Any:
    """Put what `write` wrote in the place of everything in memory, and return its `extra`.

    content: gives the content of an S3 object by its SHA-256. Raises UnreadableError; memory is as
    it was then. Nobody else may use memory meanwhile.
    """
    before = _instances()
    _set_instances({})
    try:
        unpickler = _Unpickler(io.BytesIO(data), content)
        counters, beside, extra, contents = unpickler.load()
        restored = [(place, unpickler.backend(place), state) for place, state in contents]
    except Exception as error:
        _set_instances(before)
        # A pickle can fail in any way that Python knows.
        raise UnreadableError(f"{type(error).__name__}: {error}") from error
    # A reset of S3 closes the files of all objects that were ever made: not of these.
    made = _instances()
    _set_instances(before)
    BackendDict.reset()
    reset_model_data()
    _set_instances(made)
    for place, backend, state in restored:
        backend.__dict__ = state
        where, account, region = place
        dict.__setitem__(_dictionary(where)[account], region, backend)
    for where, members in beside:
        vars(_dictionary(where)).update(members)
    for module, owner, name, value in counters:
        setattr(getattr(importlib.import_module(module), owner), name, value)
    return extra


def _places() -> dict[int, tuple[BaseBackend, Place]]:
    """Each backend that exists, by identity."""
    found = {}
    for dictionary in list(BackendDict._instances):  # type: ignore[misc]
        where = _where(dictionary)
        for account, region, backend in list(dictionary.iter_backends()):
            found[id(backend)] = (backend, (where, account, region))
    return found


def _beside() -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    """What dictionaries of backends know themselves: S3's, whose a bucket is."""
    for dictionary in list(BackendDict._instances):  # type: ignore[misc]
        members = {k: v for k, v in vars(dictionary).items() if k not in _OF_EVERY_DICTIONARY}
        if members:
            yield _where(dictionary), members


def _instances() -> dict[Any, list[Any]]:
    """The objects that moto tracks, by class."""
    models: list[Any] = [model for service in model_data.values() for model in service.values()]
    return {model: model.instances_tracked for model in models}


def _set_instances(instances: dict[Any, list[Any]]) -> None:
    for model in _instances():
        model.instances_tracked = instances.get(model, [])


def _dictionary(where: tuple[str, str]) -> Any:
    module, name = where
    return getattr(importlib.import_module(module), name)


def _where(dictionary: Any) -> tuple[str, str]:
    """The module and the name of the variable that holds a dictionary of backends."""
    module = str(dictionary.backend.__module__)
    for name, value in vars(sys.modules[module]).items():
        if value is dictionary:
            return module, name
    raise LookupError(f"{module} has no name for its backends")


def _counters() -> Iterator[tuple[str, str, str, int]]:
    for module, owner, name in _COUNTERS:
        if module in sys.modules:
            yield module, owner, name, getattr(getattr(sys.modules[module], owner), name)


class _Pickler(pickle.Pickler):
    def __init__(
        self,
        file: io.BytesIO,
        places: dict[int, tuple[BaseBackend, Place]],
        known: frozenset[str],
    ) -> None:
        super().__init__(file, _PROTOCOL)
        self._places = places
        self._known = known
        self.objects: dict[str, bytes | None] = {}

    def persistent_id(self, thing: Any) -> Any:
        if isinstance(thing, BaseBackend):
            if id(thing) not in self._places:
                raise pickle.PicklingError(f"a backend of nowhere: {type(thing).__name__}")
            return "backend", self._places[id(thing)][1]
        if isinstance(thing, BackendDict):
            return "dictionary", _where(thing)
        if isinstance(thing, AccountSpecificBackend):
            raise pickle.PicklingError(f"all regions of an account: {thing.service_name}")
        return None

    def reducer_override(self, thing: Any) -> Any:
        kind = type(thing)
        if kind in _LOCKS:
            return _LOCKS[kind], ()
        if kind is FakeKey:
            return self._object(thing)
        if thing is MISSING:
            return "MISSING"
        if kind is FunctionType and "<lambda>" in thing.__qualname__ and not thing.__closure__:
            return _function, (marshal.dumps(thing.__code__), thing.__module__, thing.__name__)
        if kind is object:
            # It means something by being itself, and would come back as another.
            raise pickle.PicklingError("an object that is nothing but itself")
        if kind.__module__.startswith("cryptography.") and hasattr(thing, "private_bytes"):
            return _private_key, (_der(thing),)
        if kind.__module__.startswith(_OWN_KINDS) and issubclass(kind, dict | list):
            inside = dict(dict.items(thing)) if isinstance(thing, dict) else list.copy(thing)
            new = copyreg.__newobj__  # type: ignore[attr-defined]
            return new, (kind,), (vars(thing), inside), None, None, _set_inside
        return NotImplemented

    def _object(self, key: FakeKey) -> Any:
        digest = getattr(key, "_local_aws_digest", None)
        if key.contentsize <= _INLINE or key.disposed:
            return NotImplemented
        if digest is None or digest not in self._known:
            value = key.value
            digest = sha256(value).hexdigest()
            key._local_aws_digest = digest  # type: ignore[attr-defined]
            self.objects[digest] = value
        else:
            self.objects.setdefault(digest, None)
        state = vars(key).copy()
        del state["_value_buffer"], state["lock"]
        return copyreg.__newobj__, (FakeKey,), (state, digest), None, None, _set_object  # type: ignore[attr-defined]


def _set_inside(thing: Any, state: tuple[dict[str, Any], Any]) -> None:
    members, inside = state
    vars(thing).update(members)
    if isinstance(thing, dict):
        dict.update(thing, inside)
    else:
        list.extend(thing, inside)


def _set_object(key: FakeKey, state: Any) -> None:
    """Stands in the pickle by name; `_Unpickler` puts one that finds contents in its place."""
    raise NotImplementedError


def _function(code: bytes, module: str, name: str) -> FunctionType:
    # As trusted as the pickle that it stands in.
    loaded = marshal.loads(code)  # noqa: S302
    return FunctionType(loaded, vars(importlib.import_module(module)), name)


def _der(key: Any) -> bytes:
    from cryptography.hazmat.primitives import serialization

    data: bytes = key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return data


def _private_key(der: bytes) -> Any:
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    # It was a good key when it was made; to prove it again takes longer than all else here.
    return load_der_private_key(der, password=None, unsafe_skip_rsa_key_validation=True)


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, content: Callable[[str], bytes]) -> None:
        super().__init__(file)
        self._content = content
        self._backends: dict[Place, Any] = {}

    def persistent_load(self, identity: Any) -> Any:
        kind, where = identity
        return self.backend(where) if kind == "backend" else _dictionary(where)

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == (__name__, "_set_object"):
            return self._set_object
        return super().find_class(module, name)

    def backend(self, place: Place) -> Any:
        """A backend for this place, which is not in it yet."""
        if place not in self._backends:
            where, account, region = place
            # Made as moto makes them: EC2's register themselves outside of their own memory.
            self._backends[place] = _dictionary(where).backend(region, account_id=account)
        return self._backends[place]

    def _set_object(self, key: FakeKey, state: Any) -> None:
        members, digest = state
        key.__setstate__({**members, "value": self._content(digest)})
