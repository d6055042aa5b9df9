"""The database for asyncio: every method of `Database` as a coroutine, which runs it in a thread.

    import crm.aio

    async with crm.aio.open("sales.crm") as db:
        async for person in db.find_all(crm.Contact):
            print(person.name)

The engine blocks, without Python's lock, so a call runs in a thread of asyncio's pool. Who waits for changes has
none: each commit wakes the event loop. Cancelling a task ends its call: one that reads at once, one that writes
unless its commit has begun; then it is done all the same. `Database.cancelled_by` says which calls can be ended.
Leaving ``async for`` ends what it watched."""

from __future__ import annotations

import asyncio
import datetime
import itertools
import os
from types import TracebackType
from typing import (
    Any,
    AsyncIterator,
    Awaitable,
    Callable,
    Generic,
    Iterable,
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
from ._crm.crm import Cancel, CommitChanges, ManualClock, RestoreReport, SalvageReport
from ._crm.errors import Cancelled, Closed
from ._database import Database, _backup, _upkeep
from ._ending import ended_by
from ._error import invalid
from ._held import AS_DATA, OPEN_THERE, Held
from ._progress import OnProgress
from ._record import Record, RefLike
from ._rows import Page
from ._watching import Event, OnCommit, Subscription

T = TypeVar("T")

_AT_ONCE = 1000
"""Rows that are fetched by one thread: a change of threads costs more than a record."""


class Stream(Held, Generic[T]):
    """What ``async for`` goes through: an iterator that is advanced in a thread. A task that is cancelled ends it."""

    INSTEAD = AS_DATA

    def __init__(self, db: Database, items: Callable[[Database], Iterable[T]], at_once: int) -> None:
        self._cancel = Cancel()
        self._items = iter(items(db.cancelled_by(self._cancel)))
        self._at_once = at_once

    async def __aiter__(self) -> AsyncIterator[T]:
        while some := await ended_by(self._cancel, self._some):
            for item in some:
                yield item

    def _some(self) -> List[T]:
        return list(itertools.islice(self._items, self._at_once))


class _Bell:
    """Rung in an event loop after each commit of a database, so that who waits for one holds no thread."""

    def __init__(self, db: Database) -> None:
        rung = asyncio.Event()
        self._rung = rung
        self.ring = _ringing(asyncio.get_running_loop(), rung)
        self._wake = db.on_commit(self.ring)

    async def wait(self, look: Callable[[], Awaitable[List[T]]], timeout: Optional[float]) -> List[T]:
        """What there is: at once, or after one of the next commits, or nothing once the time is over."""
        loop = asyncio.get_running_loop()
        end = None if timeout is None else loop.time() + timeout
        while True:
            # Before the look: a commit behind it rings again.
            self._rung.clear()
            found = await look()
            left = None if end is None else end - loop.time()
            if found or (left is not None and left <= 0):
                return found
            try:
                await asyncio.wait_for(self._rung.wait(), left)
            except asyncio.TimeoutError:
                return found

    def stop(self) -> None:
        """Rings a last time."""
        self._wake.stop()
        self.ring()


def _ringing(loop: asyncio.AbstractEventLoop, rung: asyncio.Event) -> OnCommit:
    """What rings from any thread. The library holds it, so it must not hold what ends it."""

    def ring() -> None:
        # Set already, it has not been cleared for the next look.
        if not rung.is_set():
            try:
                loop.call_soon_threadsafe(rung.set)
            except RuntimeError:
                # The loop is closed, and nobody waits in it any more.
                pass

    return ring


class Watching(Held):
    """Watches records for ``async for``: one event after the other, until `stop` or until the database is closed."""

    INSTEAD = "watch() in the process that has the database open"

    def __init__(self, subscription: Subscription, bell: _Bell) -> None:
        self._subscription = subscription
        self._bell = bell
        self._looking: Optional[asyncio.Future[List[Event]]] = None

    async def __aiter__(self) -> AsyncIterator[Event]:
        try:
            while True:
                try:
                    batch = await self._bell.wait(self._look, None)
                except (Cancelled, Closed):
                    return
                for event in batch:
                    yield event
        finally:
            self.stop()

    async def next_batch(self, *, timeout: float) -> List[Event]:
        """As `Subscription.next_batch`. Cancelling it loses nothing: the next call returns what this one would have."""
        if timeout < 0:
            raise invalid(str(timeout), "a timeout is not below 0", "timeout")
        return await self._bell.wait(self._look, timeout)

    async def _look(self) -> List[Event]:
        if self._looking is None:
            self._looking = asyncio.ensure_future(asyncio.to_thread(self._subscription.next_batch, timeout=0))
        try:
            found = await asyncio.shield(self._looking)
        except asyncio.CancelledError:
            raise
        except BaseException:
            self._looking = None
            raise
        self._looking = None
        return found

    def stop(self) -> None:
        """Ends the iteration, and the call that waits if one does."""
        self._subscription.stop()
        self._bell.stop()


class AsyncDatabase(Held, Coroutines):
    """An open database; see `Database`. The database itself is `blocking`."""

    INSTEAD = OPEN_THERE

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
        return Stream(self._db, lambda db: db.find_all(kind, filter, **how), _AT_ONCE)

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
        return Stream(self._db, lambda db: db.pages(kind, filter, **how), 1)

    async def watch(self, what: Union[RefLike, Kind, None] = None, filter: str = "") -> Watching:
        """As `Database.watch`, for ``async for``."""
        # Before the watch begins, so that no commit is missed.
        bell = _Bell(self._db)
        return Watching(await asyncio.to_thread(self._db.watch, what, filter), bell)

    async def wait_for_changes(self, after: int, *, timeout: float, entries_max: int = 1000) -> List[CommitChanges]:
        """As `Database.wait_for_changes`."""

        async def look() -> List[CommitChanges]:
            return await asyncio.to_thread(
                self._db.wait_for_changes, after, timeout=min(timeout, 0), entries_max=entries_max
            )

        bell = _Bell(self._db)
        try:
            return await bell.wait(look, timeout)
        finally:
            bell.stop()

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

    def cancelled_by(self, cancel: Cancel) -> AsyncDatabase:
        """As `Database.cancelled_by`."""
        return AsyncDatabase(self._db.cancelled_by(cancel))

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
        if self._db._opened:
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
