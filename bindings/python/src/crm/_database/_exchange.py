"""Files in and out."""

from __future__ import annotations

import os
from typing import Any, List, Optional, Sequence, Union

from .._base import Base, Kind, Sort, listed, query
from .._crm.crm import ImportMode, ImportOptions, ImportReport
from .._progress import Listener, OnProgress

# Its variants have no types of their own.
_MODE: Any = ImportMode


def update_by(field: str) -> ImportMode:
    """The mode of an import whose rows change the record that has the row's value in this unique or indexed field, or
    this `id`."""
    mode: ImportMode = _MODE.UPDATE(field)
    return mode


def upsert_by(field: str) -> ImportMode:
    """As `update_by`, creating the record if it is not there."""
    mode: ImportMode = _MODE.UPSERT(field)
    return mode


class Exchange(Base):
    def import_csv(
        self,
        source: Union[bytes, str, os.PathLike[str]],
        options: ImportOptions,
        *,
        progress: Optional[OnProgress] = None,
    ) -> ImportReport:
        """Imports the rows of a CSV file, or of its bytes, whatever its encoding and its delimiter: one operation in a
        few transactions. When `progress` stops it, what was imported up to then stays and the report says so; `undo` of
        the report's operation takes back all of it.

        Raises `Invalid`, `UnknownObject`, `UnknownField` for options that do not fit, before anything is written;
        `Limit` for a file that is out of bounds, `Io` for one that cannot be read."""
        with Listener.of(progress) as listener:
            if isinstance(source, bytes):
                return self._crm.import_csv(source, options, listener)
            return self._crm.import_csv_file(os.fspath(source), options, listener)

    def run_import_plan(
        self,
        plan: Union[str, os.PathLike[str]],
        folder: Union[str, os.PathLike[str]],
        *,
        progress: Optional[OnProgress] = None,
    ) -> List[ImportReport]:
        """Makes the objects and fields of a plan (a JSON file) and runs its imports, with the files of a folder.

        Raises what `add_object`, `add_fields` and `import_csv` do; `Io`. What was done before stays."""
        with Listener.of(progress) as listener:
            return self._crm.run_import_plan(os.fspath(plan), os.fspath(folder), listener)

    def export_csv(
        self,
        kind: Kind,
        filter: str = "",
        *,
        sort: Sort = (),
        fields: Sequence[str] = (),
        trash: bool = False,
    ) -> bytes:
        """The records that a query asks for as CSV. Without fields it is the id and every field.

        Raises what `find` does."""
        return self._crm.export_csv(query(kind, filter, sort, trash=trash), listed(fields))

    def export_csv_file(
        self,
        path: Union[str, os.PathLike[str]],
        kind: Kind,
        filter: str = "",
        *,
        sort: Sort = (),
        fields: Sequence[str] = (),
        trash: bool = False,
    ) -> int:
        """As `export_csv`, to a file; returns how many records there were.

        Raises what `export_csv` does, and `Io`."""
        question = query(kind, filter, sort, trash=trash)
        return self._crm.export_csv_file(question, os.fspath(path), listed(fields))
