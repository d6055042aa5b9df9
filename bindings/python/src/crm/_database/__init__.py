"""An open database."""

from __future__ import annotations

import datetime
import os
from types import TracebackType
from typing import Optional, Type, Union

from .._crm.crm import Cancel, Crm, Encoding, ManualClock, OpenOptions
from .._record import RefLike, ref_of
from .._values import Ref
from ._ahead import Ahead
from ._backup import Backup
from ._changing import Changing
from ._exchange import Exchange
from ._feed import Feed
from ._figures import Figures
from ._operations import Operations
from ._past import Past
from ._reading import Reading
from ._schema import Schema
from ._upkeep import Upkeep


class Database(Operations, Reading, Changing, Figures, Past, Feed, Exchange, Schema, Ahead, Backup, Upkeep):
    """An open database, or somebody who acts on it: the system, or the user of `as_user`.

    It is used from many threads at once: readers never wait, writers share the price of making their commits durable.
    Calls block until they are done, without Python's lock; `crm.aio` has them for asyncio. As a context manager what
    was opened closes itself; a session of it (`as_user`, `operation` and the like) leaves the database open."""

    def __init__(self, crm: Crm, *, opened: bool = False) -> None:
        super().__init__(crm)
        self._opened = opened

    def close(self) -> None:
        """Releases the file now. Later calls on this and on every session of the database raise `Closed`, and those
        that wait for changes end with it. A second call does nothing."""
        self._crm.shutdown()

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        if self._opened:
            self.close()

    def as_user(self, user: RefLike) -> Database:
        """The same database with a user acting: what it changes is logged with the user.

        Raises `NotFound` if there is no such user."""
        return Database(self._crm.as_user(ref_of(user, "the user")))

    def operation(self, name: str) -> Database:
        """The same database, with changes that form a named operation, which `undo` can take back."""
        return Database(self._crm.operation(name))

    def caused_by(self, cause: str) -> Database:
        """The same database, with changes that are logged with a cause other than `user`: `import`, `sync`, …"""
        return Database(self._crm.caused_by(cause))

    def without_rules(self) -> Database:
        """The same database, with changes that set no rules off, for data that comes from elsewhere."""
        return Database(self._crm.without_rules())

    def cancelled_by(self, cancel: Cancel) -> Database:
        """The same database, with calls that a `Cancel` ends, from any thread or at its deadline, as do those that end
        the calls of this one:

            cancel = crm.Cancel(deadline=db.now() + datetime.timedelta(seconds=5))
            slow = db.cancelled_by(cancel).find(crm.Deal, "description.contains('x')")

        A call that is ended raises `Cancelled` and has changed nothing: one that reads ends at once, one that
        changes up to its commit, an import between rows, with a report. A backup and a compaction end as
        their `progress` ends them; what waits for changes ends by its timeout, or when it is stopped."""
        return Database(self._crm.cancelled_by(cancel))

    def actor(self) -> Optional[Ref]:
        """The acting user; None for the system."""
        return self._crm.actor()

    def now(self) -> datetime.datetime:
        """The time by the database's clock."""
        return self._crm.now()


def _options(
    cache_bytes: Optional[int],
    document_bytes_max: Optional[int],
    journal_bytes: Optional[int],
    clock: Optional[ManualClock],
    sequential_ids: bool,
    discard_journal: bool = False,
) -> OpenOptions:
    return OpenOptions(
        encoding=Encoding.JSON,
        cache_bytes=cache_bytes,
        document_bytes_max=document_bytes_max,
        journal_bytes=journal_bytes,
        clock=clock,
        sequential_ids=sequential_ids,
        discard_journal=discard_journal,
    )


def open(
    path: Union[str, os.PathLike[str]],
    *,
    cache_bytes: Optional[int] = None,
    document_bytes_max: Optional[int] = None,
    journal_bytes: Optional[int] = None,
    clock: Optional[ManualClock] = None,
    sequential_ids: bool = False,
    discard_journal: bool = False,
) -> Database:
    """Opens a file, making it if it does not exist. `cache_bytes` of memory are the store's (64 MiB), a document's
    content can have up to `document_bytes_max` (8 MiB). Small commits are made durable in a journal beside the file
    first, of `journal_bytes` (4 MiB); with 0 there is none, and a save takes several times as long. Tests set a clock,
    and ids that count up. With `discard_journal` a file is opened whose journal belongs to another database, is damaged
    or is missing, without the commits in it, though they were acknowledged; the journal is renamed.

    Raises `Locked` if another process or handle has it open, `NewerFormat` for a file of a later version, `Corrupt` for
    a damaged one, `Invalid` for one that has several names (hard links) or whose journal is another's or missing, `Io`,
    `Full`."""
    options = _options(cache_bytes, document_bytes_max, journal_bytes, clock, sequential_ids, discard_journal)
    return Database(Crm.open(os.fspath(path), options), opened=True)


def memory(
    *,
    document_bytes_max: Optional[int] = None,
    clock: Optional[ManualClock] = None,
    sequential_ids: bool = False,
) -> Database:
    """Makes a database in memory, gone when it is closed; for tests and for what need not stay."""
    return Database(Crm.in_memory(_options(None, document_bytes_max, None, clock, sequential_ids)), opened=True)
