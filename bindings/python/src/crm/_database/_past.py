"""What was."""

from __future__ import annotations

import datetime
from typing import List, Optional

from .._base import Base
from .._crm.crm import HistoryEntry
from .._record import Record, RefLike, ref_of


class Past(Base):
    def history(self, record: RefLike) -> List[HistoryEntry]:
        """A record's changes, newest first; also of a purged one, without values then."""
        return self._crm.history(ref_of(record))

    def field_history(self, record: RefLike, field: str) -> List[HistoryEntry]:
        """The changes of one field of a record, newest first.

        Raises `UnknownField`."""
        return self._crm.field_history(ref_of(record), field)

    def record_at(self, record: RefLike, at: datetime.datetime) -> Optional[Record]:
        """A record as it was at a time; None if it did not exist then or has been purged since."""
        return self._crm.record_at(ref_of(record), at)

    def record_as_of(self, record: RefLike, sequence: int) -> Optional[Record]:
        """A record as it was after a commit."""
        return self._crm.record_as_of(ref_of(record), sequence)
