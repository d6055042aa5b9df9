"""Looking after a database."""

from __future__ import annotations

import os
from typing import Optional, Union

from .._base import Base
from .._crm import crm as _crm
from .._crm.crm import CheckReport, DatabaseStats, RepairReport, SalvageReport
from .._progress import Listener, OnProgress


def salvage(
    damaged: Union[str, os.PathLike[str]],
    to: Union[str, os.PathLike[str]],
    *,
    progress: Optional[OnProgress] = None,
) -> SalvageReport:
    """Writes what can be read of a damaged database, and of the journal beside it, to a new one, and says what could
    not be read. The damaged files are left as they are. Where the tables of the file do not lead any more, all of its
    pages are searched for records; what is derived is made anew.

    Rows in pages that do not match their checksums are taken if they are in the form of their kind: a value in them may
    be wrong. The report names the records that it may be in.

    Raises `Io`, also if there is something at `to`; `Cancelled` if `progress` stops it. No file is left then."""
    with Listener.of(progress) as listener:
        return _crm.salvage(os.fspath(damaged), os.fspath(to), listener)


class Upkeep(Base):
    def check(self) -> CheckReport:
        """Reads everything and compares what is derived (indexes, timelines, totals, search, formulas, roll-ups) with
        the records."""
        return self._crm.check()

    def repair(self) -> RepairReport:
        """Brings what is derived into agreement with the records, in one transaction: whole or not at all. Records stay
        as they are, but for formulas and roll-ups that are wrong.

        Raises `Corrupt` if the file itself is damaged, which is a case for `salvage`; `Io`, `Full`. Nothing is changed
        then."""
        return self._crm.repair()

    def stats(self) -> DatabaseStats:
        """What the database holds."""
        return self._crm.stats()

    def maintain(self) -> bool:
        """One bounded step of the work that can wait. True if more may be to be done."""
        return self._crm.maintain()

    def compact(self, *, progress: Optional[OnProgress] = None) -> None:
        """Rewrites the file densely. Writers wait meanwhile; readers go on.

        Raises `Cancelled` if `progress` stops it. The file is as before then."""
        with Listener.of(progress) as listener:
            self._crm.compact(listener)

    def reopen(self) -> None:
        """Opens the file again after `NeedsReopen` or `close`: what was acknowledged is there.

        Raises what opening does; `Invalid` for a database in memory."""
        self._crm.reopen()
