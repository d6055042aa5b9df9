"""The change feed and live queries."""

from __future__ import annotations

from typing import Any, List, Union

from .._base import Base, Kind, query
from .._crm.crm import CommitChanges, Wake, Watch
from .._record import RefLike, ref_of
from .._watching import OnCommit, Signal, Subscription


class Feed(Base):
    def changes(self, after: int = 0, *, entries_max: int = 1000) -> List[CommitChanges]:
        """What has been committed after a sequence number, oldest first, in whole commits, about so many entries; empty
        if nothing has. The last commit's number is where to go on, also after a restart. 0 begins with the first
        commit."""
        return self._crm.changes(after, entries_max)

    def wait_for_changes(self, after: int, *, timeout: float, entries_max: int = 1000) -> List[CommitChanges]:
        """As `changes`, waiting up to `timeout` seconds for the first one if there is none yet."""
        return self._crm.wait_for_changes(after, round(timeout * 1000), entries_max)

    def sequence(self) -> int:
        """The number of the last commit."""
        return self._crm.sequence()

    def on_commit(self, signal: OnCommit) -> Wake:
        """Calls a function after each commit, on the thread that has made it, and when the database is closed, until
        `stop` of the result, or until nobody holds it. It is for event loops: the function signals, and who it wakes
        asks `changes` or a subscription. It holds the writer up; what it raises is dropped."""
        return self._crm.on_commit(Signal(signal))

    def watch(self, what: Union[RefLike, Kind, None] = None, filter: str = "") -> Subscription:
        """Watches every record, one record, or the records of an object that a CEL filter selects. The first batch says
        what is there, the later ones what has changed.

        Raises what `find` does, for the filter."""
        watches: Any = Watch
        if what is None:
            watch = watches.EVERYTHING()
        elif isinstance(what, (type, str)):
            watch = watches.QUERY(query(what, filter))
        else:
            watch = watches.RECORD(ref_of(what))
        return Subscription(self._crm.watch(watch))
