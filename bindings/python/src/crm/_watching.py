"""Watching records."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Any, Callable, Iterator, List, Optional, Type, Union

from ._crm import crm as _crm
from ._crm.errors import Cancelled, Closed
from ._held import Held
from ._record import Record
from ._values import Ref

_WAIT = 0.5
"""Seconds that an iteration waits at a time: Python hands out an interrupt only in between."""


@dataclass(frozen=True)
class Reset:
    """The first batch: what is there. Empty where everything is watched."""

    records: List[Record]


@dataclass(frozen=True)
class Added:
    """A record is new among those watched."""

    record: Record


@dataclass(frozen=True)
class Changed:
    """A watched record has changed."""

    record: Record


@dataclass(frozen=True)
class Removed:
    """A record is no longer among those watched."""

    ref: Ref


Event = Union[Reset, Added, Changed, Removed]
"""What has changed in what is watched."""


def _event(update: Any) -> Event:
    if update.is_reset():
        return Reset(update.records)
    if update.is_added():
        return Added(update.record)
    if update.is_changed():
        return Changed(update.record)
    return Removed(update.record)


OnCommit = Callable[[], object]
"""Is called after each commit, on the thread that has made it, and signals; see `Database.on_commit`."""


class Signal(_crm.CommitListener):
    """Calls a function after each commit."""

    def __init__(self, function: OnCommit) -> None:
        self._function = function

    def on_commit(self) -> None:
        self._function()


class Subscription(Held):
    """Watches records: iterate over it for one event after the other, until `stop` or until the database is closed. One
    thread waits in it at a time; any thread can stop it. As a context manager it stops itself."""

    INSTEAD = "watch() in the process that has the database open"

    def __init__(self, subscription: _crm.Subscription) -> None:
        self._subscription = subscription

    def next_batch(self, *, timeout: float) -> List[Event]:
        """What has changed since the batch before: at once if something has, else as soon as it does, else, after
        `timeout` seconds, nothing. The first batch says what is there.

        Raises `Cancelled` once it is stopped, `Closed` once the database is."""
        return [_event(update) for update in self._subscription.next_batch(round(timeout * 1000))]

    def __iter__(self) -> Iterator[Event]:
        while True:
            try:
                batch = self.next_batch(timeout=_WAIT)
            except (Cancelled, Closed):
                return
            yield from batch

    def stop(self) -> None:
        """Ends the iteration, and the call that waits if one does."""
        self._subscription.stop()

    def __enter__(self) -> Subscription:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.stop()
