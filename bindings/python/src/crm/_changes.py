"""Changes that are asked for together, for `Database.batch`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional, Union

from ._base import Fields, Kind, drafted, name_of, set_fields
from ._crm import crm as _crm
from ._error import wrong
from ._record import Record, RefLike, ref_of

# Its variants have no types of their own.
_CHANGE: Any = _crm.Change


class Change:
    """A change that is asked for."""

    def crossing(self) -> Any:
        """As it crosses."""
        raise NotImplementedError


def crossing(change: Change) -> Any:
    """A change as it crosses."""
    if not isinstance(change, Change):
        raise wrong("a change", "crm.Create(…), crm.Update(…) or another of these", change)
    return change.crossing()


@dataclass(frozen=True)
class Create(Change):
    """Creates a record: ``Create(crm.Contact(name="Ada"))``, ``Create("machine", {"serial": "A-17"})``. The id, a UUID,
    is given where the caller makes it."""

    record: Union[Record, Kind]
    fields: Optional[Fields] = None
    id: Optional[str] = None

    def crossing(self) -> Any:
        name, fields = drafted(self.record, self.fields)
        return _CHANGE.CREATE(name, self.id, fields)


@dataclass(frozen=True)
class Update(Change):
    """Changes fields of a record. With the version that the caller has read, it is refused as `Stale` if somebody else
    has changed one of the same fields since."""

    record: RefLike
    fields: Fields
    expected: Optional[int] = None

    def crossing(self) -> Any:
        return _CHANGE.UPDATE(ref_of(self.record), set_fields(self.fields), self.expected)


@dataclass(frozen=True)
class Upsert(Change):
    """Changes the record that has a value in the unique or indexed field `by`, or creates one."""

    record: Union[Record, Kind]
    fields: Optional[Fields] = None
    by: str = ""

    def crossing(self) -> Any:
        if isinstance(self.record, Record):
            return _CHANGE.UPSERT(self.record._data[""], self.by, set_fields(self.record))
        return _CHANGE.UPSERT(name_of(self.record), self.by, set_fields(self.fields))


@dataclass(frozen=True)
class Move(Change):
    """Moves a card of a board: to a column, behind another card or, without one, to the top. With the commit whose
    state the caller has read, it is refused as `Stale` if somebody else has moved the card since."""

    card: RefLike
    column: RefLike
    behind: Optional[RefLike] = None
    expected: Optional[int] = None

    def crossing(self) -> Any:
        behind = None if self.behind is None else ref_of(self.behind, "the card behind which it goes")
        return _CHANGE.MOVE(ref_of(self.card, "the card"), ref_of(self.column, "the column"), behind, self.expected)


@dataclass(frozen=True)
class Delete(Change):
    """Puts a record into the trash."""

    record: RefLike

    def crossing(self) -> Any:
        return _CHANGE.DELETE(ref_of(self.record))


@dataclass(frozen=True)
class Restore(Change):
    """Takes a record out of the trash."""

    record: RefLike

    def crossing(self) -> Any:
        return _CHANGE.RESTORE(ref_of(self.record))


@dataclass(frozen=True)
class Purge(Change):
    """Removes a record for good."""

    record: RefLike

    def crossing(self) -> Any:
        return _CHANGE.PURGE(ref_of(self.record))
