"""What declared operations stand on: `_database/_operations.py`, which is generated, has the operations themselves."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, List, Optional, Tuple, Type, Union

from ._crm.crm import Crm, operations_digest
from ._progress import Listener, OnProgress
from ._record import Choice, RefLike, ref_of
from ._wire import arguments, encode, loads


class Structure:
    """What an operation takes or returns: a value with named members. Equal ones have equal members."""

    __slots__: Tuple[str, ...] = ()
    __hash__ = None  # type: ignore[assignment]

    if not TYPE_CHECKING:
        # Type checkers want it to be a constant of each class.
        def __init_subclass__(cls):
            cls.__match_args__ = cls.__slots__

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
        return f"{type(self).__name__}({shown})"

    def __replace__(self, **changes: Any) -> Any:
        return type(self)(**{**{name: getattr(self, name) for name in self.__slots__}, **changes})


class Caller:
    """Calls operations of a database by their numbers."""

    __slots__ = ()

    _crm: Crm

    def _call(self, operation: int, given: List[Any]) -> Tuple[Any, Any]:
        added, data = loads(self._crm.call(operation, arguments(given)))
        return added, data

    def _call_followed(self, operation: int, given: List[Any], progress: Optional[OnProgress]) -> Tuple[Any, Any]:
        with Listener.of(progress) as listener:
            if listener is None:
                return self._call(operation, given)
            added, data = loads(self._crm.call_followed(operation, arguments(given), listener))
            return added, data


class Subject(Caller):
    """Operations that are about one thing."""

    __slots__ = ("_crm",)

    def __init__(self, crm: Crm) -> None:
        self._crm = crm


def refer(record: RefLike, what: str) -> str:
    """A reference as it crosses; `what` it is in the error of something else."""
    ref = ref_of(record, what)
    return f"\x7fr{ref.object} {ref.id}"


def path_of(path: Union[str, os.PathLike[str]]) -> Any:
    """A path as it crosses."""
    return encode(os.fspath(path))


def choice(kind: Type[Choice], value: Union[Choice, str]) -> Any:
    """A choice as it crosses; whether there is such a one, the engine says."""
    return encode(kind(value))


def given(data: List[Any], at: int) -> Any:
    """A member that an earlier version of the library does not have."""
    return data[at] if at < len(data) else None


def check_digest(digest: int) -> None:
    """Raises if this package was made for another library than the one that was loaded."""
    if operations_digest() != digest:
        raise ImportError(
            "the package crm and the library in it are of different versions: install it again, with nothing else of "
            "this name on the path"
        )
