"""Changing records."""

from __future__ import annotations

from typing import Iterable, List, Optional, Type, Union, overload

from .._base import Base, Fields, Kind, R, drafted, name_of, set_fields
from .._changes import Change, crossing
from .._crm.crm import Outcome, UndoReport
from .._record import Input, Record, RefLike, ref_of
from .._values import Ref


class Changing(Base):
    @overload
    def create(self, record: R) -> R: ...
    @overload
    def create(self, record: str, fields: Fields) -> Record: ...
    @overload
    def create(self, record: Type[R], fields: Fields) -> R: ...
    def create(self, record: Union[Record, Kind], fields: Optional[Fields] = None) -> Record:
        """Creates a record, ``db.create(crm.Contact(name="Ada Lovelace"))`` or ``db.create("machine", {"serial":
        "A-17"})``, and returns it as it is kept: with its id, defaults, values in their normal form, and what rules
        have set.

        Raises `Invalid`, `UnknownObject`, `UnknownField`, `Duplicate`, `MissingReference`, `Cycle`, `Validation`.
        Nothing is changed then."""
        name, given = drafted(record, fields)
        return self._crm.create_record(name, given)

    def update(
        self,
        record: RefLike,
        fields: Optional[Fields] = None,
        *,
        expected: Optional[int] = None,
        **values: Input,
    ) -> Outcome:
        """Changes fields of a record, ``db.update(ada, job_title="CTO", phone=None)``; None clears one, the others
        stay.

        With `expected`, the version that was read, it is refused as `Stale` if somebody else has changed one of the
        same fields since. Without other fields, what `replace()` of the record changed is written, expecting the
        version that it had.

        Raises what `create` does, and `NotFound`."""
        changed = set_fields(fields, values)
        if isinstance(record, Record) and record._set:
            changed = {**record._set, **changed}
            expected = record.version if expected is None else expected
        return self._crm.update(ref_of(record), changed, expected)

    @overload
    def upsert(self, record: Record, *, by: str) -> Outcome: ...
    @overload
    def upsert(self, record: Kind, fields: Fields, *, by: str) -> Outcome: ...
    def upsert(self, record: Union[Record, Kind], fields: Optional[Fields] = None, *, by: str) -> Outcome:
        """Changes the record that has the value of the unique or indexed field `by`, or creates one.

        Raises what `update` does, and `Invalid` if several records have the value."""
        if isinstance(record, Record):
            return self._crm.upsert(record._data[""], by, set_fields(record))
        return self._crm.upsert(name_of(record), by, set_fields(fields))

    def delete(self, record: RefLike) -> Outcome:
        """Puts a record into the trash, with the links and parts that go with it.

        Raises `NotFound`; `Referenced` if another record needs it."""
        return self._crm.delete(ref_of(record))

    def restore(self, record: RefLike) -> Outcome:
        """Takes a record out of the trash, with what went there with it.

        Raises `NotFound`; `Duplicate` if another record has taken its unique value."""
        return self._crm.restore(ref_of(record))

    def purge(self, record: RefLike) -> Outcome:
        """Removes a record for good, with the values that the log holds of it.

        Raises what `delete` does."""
        return self._crm.purge(ref_of(record))

    def change(self, change: Change) -> Outcome:
        """Makes a change.

        Raises what the method of the same name does."""
        return self._crm.change(crossing(change))

    def batch(self, changes: Iterable[Change], *, key: Optional[str] = None) -> List[Outcome]:
        """Makes changes in one transaction: all of them or, if one is refused, none. With a key, a repetition changes
        nothing and returns the first outcomes: a retry after a lost answer is safe.

        Raises what the first change that is refused does; `Invalid` for a key with which other changes were made, or
        the same by another user; `Limit` for too many changes."""
        return self._crm.batch([crossing(change) for change in changes], key)

    def rehearse_batch(self, changes: Iterable[Change]) -> List[Outcome]:
        """What a batch would do, rules included; nothing of it remains."""
        return self._crm.rehearse_batch([crossing(change) for change in changes])

    def undo(self, operation: str) -> UndoReport:
        """Takes back the changes of a named operation. What somebody has changed again since stays and is reported.

        Raises `NotFound` if nothing was done under this name."""
        return self._crm.undo(operation)

    def move_card(self, card: RefLike, column: RefLike, *, behind: Optional[RefLike] = None) -> Outcome:
        """Moves a card: to a column of the board (for deals, a stage), behind another card or, without one, to the top.

        Raises what `update` does; `Invalid` for an object without a board."""
        place = None if behind is None else ref_of(behind, "the card behind which it goes")
        return self._crm.move_card(ref_of(card, "the card"), ref_of(column, "the column"), place)

    def put_content(self, document: RefLike, content: bytes) -> None:
        """Keeps the content of a document in the store.

        Raises `Limit` beyond the bound that was given when the database was opened; `NotFound`."""
        self._crm.put_content(ref_of(document, "the document"), content)

    def create_json(self, kind: Kind, json: str) -> Ref:
        """Creates a record from a JSON object: the form of `json`, in which any value may also be text.

        Raises what `create` does."""
        return self._crm.create_json(name_of(kind), json)

    def update_json(self, record: RefLike, json: str) -> Outcome:
        """Changes the fields of a record that a JSON object names; null clears one.

        Raises what `update` does."""
        return self._crm.update_json(ref_of(record), json)
