"""What stands on a handle of the library: it belongs to the process in which it was made, and to one owner."""

from __future__ import annotations

import os
from typing import ClassVar, NoReturn, SupportsIndex

process = object()
"""This process: another object in a child that was forked."""


def _forked() -> None:
    global process
    process = object()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def check_process(held: Held, made_in: object) -> None:
    """Raises for what another process has made: its locks may be held by threads that are not in this one, and its
    file is the other's."""
    if made_in is not process:
        raise RuntimeError(
            f"this {type(held).__name__} was made before the process forked, and belongs to the parent; "
            "open the database in the process that uses it"
        )


class Held:
    """Cannot be copied, pickled or sent to another process: the handle would be freed twice."""

    __slots__ = ()
    INSTEAD: ClassVar[str] = "make it in the process that uses it; threads share it as it is"
    """What to do instead."""

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        name = type(self).__name__
        raise TypeError(f"a {name} cannot be copied, pickled or handed to another process: {self.INSTEAD}")


OPEN_THERE = "close it here and open the file there; one process has a file open at a time, and its threads share it"
"""Instead of a copy of a database."""

AS_DATA = "records can be: list() of it, or its to_dicts()"
"""Instead of a copy of a query's result."""
