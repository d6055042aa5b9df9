"""The database for asyncio: every method of `Database` as a coroutine, which runs it in a thread.

    import crm.aio

    async with crm.aio.open("sales.crm") as db:
        async for person in db.find_all(crm.Contact):
            print(person.name)

The engine blocks, without Python's lock, so a thread of asyncio's pool is what waits. Cancelling a task stops waiting
for the call; a write that has begun is done all the same. Leaving ``async for`` ends what it watched."""

from __future__ import annotations

import asyncio
import datetime
import itertools
import os
from types import TracebackType
from typing import (
    Any,
    AsyncIterator,
    Generic,
    Iterable,
    Iterator,
    List,
    Optional,
    Sequence,
    Type,
    TypeVar,
    Union,
    overload,
)

from . import _database
from ._aio import Coroutines
from ._base import Kind, R, Sort
from ._crm.crm import ManualClock, RestoreReport, SalvageReport
from ._crm.errors import Cancelled, Closed
from ._database import Database, _backup, _upkeep
from ._progress import OnProgress
from ._record import Record, RefLike
from ._rows import Page
from ._watching import Event, Subscription

T = TypeVar("T")

_AT_ONCE = 1000
"""Rows that are fetched by one thread: a change of threads costs more than a record."""


class Stream(Generic[T]):
    """What ``async for`` goes through: an iterator that is advanced in a thread."""

    def __init__(self, items: Iterator[T], at_once: int) -> None:
        self._items = items
        self._at_once = at_once

    async def __aiter__(self) -> AsyncIterator[T]:
        while some := await asyncio.to_thread(self._some):
            for item in some:
                yield item

    def _some(self) -> List[T]:
        return list(itertools.islice(self._items, self._at_once))


class Watching:
    """Watches records for ``async for``: one event after the other, until `stop` or until the database is closed."""

    _WAIT = 0.5

    def __init__(self, subscription: Subscription) -> None:
        self._subscription = subscription

    async def __aiter__(self) -> AsyncIterator[Event]:
        try:
            while True:
                try:
                    batch = await self.next_batch(timeout=self._WAIT)
                except (Cancelled, Closed):
                    return
                for event in batch:
                    yield event
        finally:
            self.stop()

    async def next_batch(self, *, timeout: float) -> List[Event]:
        """As `Subscription.next_batch`."""
        return await asyncio.to_thread(self._subscription.next_batch, timeout=timeout)

    def stop(self) -> None:
        """Ends the iteration, and the call that waits if one does."""
        self._subscription.stop()


class AsyncDatabase(Coroutines):
    """An open database; see `Database`. The database itself is `blocking`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    @property
    def blocking(self) -> Database:
        """The database with its blocking methods."""
        return self._db

    @overload
    def find_all(
        self,
        kind: Type[R],
        filter: str = "",
        *,
        sort: Sort = (),
        fields: Sequence[str] = (),
        trash: bool = False,
    ) -> Stream[R]: ...
    @overload
    def find_all(
        self,
        kind: str,
        filter: str = "",
        *,
        sort: Sort = (),
        fields: Sequence[str] = (),
        trash: bool = False,
    ) -> Stream[Record]: ...
    def find_all(self, kind: Kind, filter: str = "", **how: Any) -> Stream[Any]:
        """As `Database.find_all`, for ``async for``."""
        return Stream(iter(self._db.find_all(kind, filter, **how)), _AT_ONCE)

    @overload
    def pages(
        self,
        kind: Type[R],
        filter: str = "",
        *,
        sort: Sort = (),
        limit: int = 0,
        fields: Sequence[str] = (),
        trash: bool = False,
    ) -> Stream[Page[R]]: ...
    @overload
    def pages(
        self,
        kind: str,
        filter: str = "",
        *,
        sort: Sort = (),
        limit: int = 0,
        fields: Sequence[str] = (),
        trash: bool = False,
    ) -> Stream[Page[Record]]: ...
    def pages(self, kind: Kind, filter: str = "", **how: Any) -> Stream[Any]:
        """As `Database.pages`, for ``async for``."""
        return Stream(iter(self._db.pages(kind, filter, **how)), 1)

    async def watch(self, what: Union[RefLike, Kind, None] = None, filter: str = "") -> Watching:
        """As `Database.watch`, for ``async for``."""
        return Watching(await asyncio.to_thread(self._db.watch, what, filter))

    async def as_user(self, user: RefLike) -> AsyncDatabase:
        """As `Database.as_user`."""
        return AsyncDatabase(await asyncio.to_thread(self._db.as_user, user))

    def operation(self, name: str) -> AsyncDatabase:
        """As `Database.operation`."""
        return AsyncDatabase(self._db.operation(name))

    def caused_by(self, cause: str) -> AsyncDatabase:
        """As `Database.caused_by`."""
        return AsyncDatabase(self._db.caused_by(cause))

    def without_rules(self) -> AsyncDatabase:
        """As `Database.without_rules`."""
        return AsyncDatabase(self._db.without_rules())

    async def close(self) -> None:
        """As `Database.close`."""
        await asyncio.to_thread(self._db.close)

    async def __aenter__(self) -> AsyncDatabase:
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        await self.close()


def open(
    path: Union[str, os.PathLike[str]],
    *,
    cache_bytes: Optional[int] = None,
    document_bytes_max: Optional[int] = None,
    journal_bytes: Optional[int] = None,
    clock: Optional[ManualClock] = None,
    sequential_ids: bool = False,
    discard_journal: bool = False,
) -> _Opening:
    """As `crm.open`: ``async with crm.aio.open(path) as db`` or ``db = await crm.aio.open(path)``."""
    return _Opening(
        path,
        cache_bytes=cache_bytes,
        document_bytes_max=document_bytes_max,
        journal_bytes=journal_bytes,
        clock=clock,
        sequential_ids=sequential_ids,
        discard_journal=discard_journal,
    )


class _Opening:
    def __init__(self, path: Union[str, os.PathLike[str]], **options: Any) -> None:
        self._path = path
        self._options = options
        self._database: Optional[AsyncDatabase] = None

    async def _open(self) -> AsyncDatabase:
        return AsyncDatabase(await asyncio.to_thread(_database.open, self._path, **self._options))

    def __await__(self) -> Any:
        return self._open().__await__()

    async def __aenter__(self) -> AsyncDatabase:
        self._database = await self._open()
        return self._database

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        if self._database is not None:
            await self._database.close()


async def restore_backup(
    base: Union[str, os.PathLike[str]],
    increments: Iterable[Union[str, os.PathLike[str]]],
    to: Union[str, os.PathLike[str]],
    *,
    until: Union[int, datetime.datetime, None] = None,
    progress: Optional[OnProgress] = None,
) -> RestoreReport:
    """As `crm.restore_backup`."""
    return await asyncio.to_thread(_backup.restore_backup, base, increments, to, until=until, progress=progress)


async def salvage(
    damaged: Union[str, os.PathLike[str]],
    to: Union[str, os.PathLike[str]],
    *,
    progress: Optional[OnProgress] = None,
) -> SalvageReport:
    """As `crm.salvage`."""
    return await asyncio.to_thread(_upkeep.salvage, damaged, to, progress=progress)


def memory(
    *,
    document_bytes_max: Optional[int] = None,
    clock: Optional[ManualClock] = None,
    sequential_ids: bool = False,
) -> AsyncDatabase:
    """As `crm.memory`."""
    made = _database.memory(document_bytes_max=document_bytes_max, clock=clock, sequential_ids=sequential_ids)
    return AsyncDatabase(made)
