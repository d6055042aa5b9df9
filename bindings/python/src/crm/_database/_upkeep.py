"""Looking after a database."""

from __future__ import annotations

import os
from typing import Optional, Union

from .._base import Base
from .._crm.crm import CheckReport, DatabaseStats
from .._progress import Listener, OnProgress


class Upkeep(Base):
    def check(self) -> CheckReport:
        """Reads everything and compares what is derived (indexes, timelines, totals, search, formulas, roll-ups) with
        the records."""
        return self._crm.check()

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

    def backup(self, path: Union[str, os.PathLike[str]], *, progress: Optional[OnProgress] = None) -> None:
        """Writes the state of the last commit to a new file, while others go on writing.

        Raises `Io`, also if the file exists; `Cancelled` if `progress` stops it. No file is left then."""
        with Listener.of(progress) as listener:
            self._crm.backup(os.fspath(path), listener)

    def reopen(self) -> None:
        """Opens the file again after `NeedsReopen` or `close`: what was acknowledged is there.

        Raises what opening does; `Invalid` for a database in memory."""
        self._crm.reopen()
