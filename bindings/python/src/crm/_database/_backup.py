"""Backups: whole ones, incremental ones, and going back to a point in time."""

from __future__ import annotations

import datetime
import os
from typing import Any, Iterable, Optional, Union

from .._base import Base
from .._crm import crm as _crm
from .._crm.crm import PointInTime, RestoreReport
from .._progress import Listener, OnProgress

# Its variants have no types of their own.
_POINT: Any = PointInTime


def restore_backup(
    base: Union[str, os.PathLike[str]],
    increments: Iterable[Union[str, os.PathLike[str]]],
    to: Union[str, os.PathLike[str]],
    *,
    until: Union[int, datetime.datetime, None] = None,
    progress: Optional[OnProgress] = None,
) -> RestoreReport:
    """Makes a database at `to` of a backup and the increments that follow it, in their order: as it was after the
    commit with the number `until`, or after the last commit up to the time `until`; without it, at the end of the
    backups. What is derived is made anew, and all of it is checked. The backups are not changed.

    Raises `Invalid` if an increment is another database's or does not go on where the one before it ends, or if the
    backups do not reach the commit; `Corrupt` if one of them is damaged; `Io`, also if there is something at `to`;
    `Cancelled` if `progress` stops it. No file is left then."""
    if until is None:
        point = _POINT.NEWEST()
    elif isinstance(until, datetime.datetime):
        point = _POINT.TIME(until)
    else:
        point = _POINT.COMMIT(until)
    paths = [os.fspath(path) for path in increments]
    with Listener.of(progress) as listener:
        return _crm.restore_backup(os.fspath(base), paths, os.fspath(to), point, listener)


class Backup(Base):
    def backup(self, path: Union[str, os.PathLike[str]], *, progress: Optional[OnProgress] = None) -> None:
        """Writes the state of the last commit to a new file, while others go on writing.

        Raises `Io`, also if the file exists; `Cancelled` if `progress` stops it. No file is left then."""
        with Listener.of(progress) as listener:
            self._crm.backup(os.fspath(path), listener)
