"""Several records: a page, one page after the other, all of them; and what becomes of them outside."""

from __future__ import annotations

import itertools
from typing import (
    TYPE_CHECKING,
    Any,
    Dict,
    Generic,
    Iterable,
    Iterator,
    List,
    Optional,
    Sequence,
    TypeVar,
    cast,
    overload,
)

from . import _tables
from ._crm import crm as _crm
from ._held import AS_DATA, Held
from ._record import Record

if TYPE_CHECKING:
    import pandas
    import pyarrow

R = TypeVar("R", bound=Record)

_READ_AHEAD = 1000
"""Records that are read at a time: what one takes apart while the next thousand is not worth a call."""


class _Table:
    """What can be made of rows."""

    def to_dicts(self) -> List[Dict[str, Any]]:
        """A dictionary for each row, with Python's own types."""
        raise NotImplementedError

    def to_pandas(self) -> pandas.DataFrame:
        """A data frame, in which money and references have a column for each of their parts. Needs pandas."""
        return _tables.to_pandas(self.to_dicts())

    def to_arrow(self) -> pyarrow.Table:
        """An Arrow table, with the columns of `to_pandas`. Needs pyarrow."""
        return _tables.to_arrow(self.to_dicts())


class Page(_Table, Sequence[R]):
    """Some of the records that a query asks for, in its order."""

    __slots__ = ("records", "next")

    def __init__(self, records: List[Any], next: Optional[str]) -> None:
        self.records: List[R] = records
        self.next = next
        """The cursor for the next page; None if this is the last one. It stays valid while records come and go."""

    @overload
    def __getitem__(self, at: int) -> R: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[R]: ...
    def __getitem__(self, at: Any) -> Any:
        return self.records[at]

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[R]:
        return iter(self.records)

    def __repr__(self) -> str:
        return f"Page({self.records!r}, next={self.next!r})"

    def to_dicts(self) -> List[Dict[str, Any]]:
        return [record.to_dict() for record in self.records]


class Pages(Held, Generic[R]):
    """One page after the other, each read when it is its turn."""

    INSTEAD = AS_DATA

    def __init__(self, crm: _crm.Crm, query: _crm.Query) -> None:
        self._crm = crm
        self._query: Optional[_crm.Query] = query

    def __iter__(self) -> Iterator[Page[R]]:
        return self

    def __next__(self) -> Page[R]:
        if self._query is None:
            raise StopIteration
        page: Page[R] = Page(*_page(self._crm, self._query))
        if page.next is None:
            self._query = None
        else:
            self._query.after = page.next
        return page


def _page(crm: _crm.Crm, query: _crm.Query) -> Any:
    page = crm.find(query)
    return page.records, page.next


class Rows(Held, _Table, Generic[R]):
    """All records that a query asks for, as of one commit. They are read as the iteration goes on, and once."""

    INSTEAD = AS_DATA

    def __init__(self, rows: _crm.Rows) -> None:
        self._rows = rows
        self._ahead: Iterator[Record] = iter(())

    def __iter__(self) -> Iterator[R]:
        return self

    def __next__(self) -> R:
        record = next(self._ahead, None)
        if record is None:
            self._ahead = iter(self._rows.next_page(_READ_AHEAD))
            record = next(self._ahead)
        return cast(R, record)

    def next_page(self, limit: int) -> List[R]:
        """The next records, at most so many; none if there are no more.

        Raises `Invalid` for a number below 0; `Corrupt`, `Io`."""
        ahead = list(itertools.islice(self._ahead, max(limit, 0)))
        return cast(List[R], ahead + self._rows.next_page(limit - len(ahead)))

    def to_dicts(self) -> List[Dict[str, Any]]:
        return [record.to_dict() for record in self]


class Groups(_Table, Sequence[_crm.Group]):
    """The groups of an aggregate, each with its key, its count and its measures."""

    def __init__(self, groups: Iterable[_crm.Group], names: Sequence[str]) -> None:
        self.groups = list(groups)
        self.names = list(names)
        """The names of the columns: those of the key, ``count``, and those of the measures, such as ``sum_amount``."""

    @overload
    def __getitem__(self, at: int) -> _crm.Group: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[_crm.Group]: ...
    def __getitem__(self, at: Any) -> Any:
        return self.groups[at]

    def __len__(self) -> int:
        return len(self.groups)

    def __repr__(self) -> str:
        return f"Groups({self.to_dicts()!r})"

    def to_dicts(self) -> List[Dict[str, Any]]:
        return [dict(zip(self.names, [*group.key, group.count, *group.measures])) for group in self.groups]
