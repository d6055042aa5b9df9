"""Records: what the engine keeps of a person, a company, a deal, or of anything else."""

from __future__ import annotations

import datetime
from decimal import Decimal
from enum import Enum
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Dict,
    Generic,
    Iterable,
    List,
    Mapping,
    Optional,
    Sequence,
    Tuple,
    Type,
    TypeVar,
    Union,
    overload,
)

from ._values import Address, Money, PartialDate, PersonName, Ref
from ._wire import decode, loads

T = TypeVar("T")
R = TypeVar("R", bound="Record")


class Unset(Enum):
    """The type of `UNSET`."""

    UNSET = "UNSET"

    def __repr__(self) -> str:
        return "UNSET"


UNSET = Unset.UNSET
"""Says that a field is not set: it stays as it is, while None clears it."""

Settable = Union[T, None, Unset]
"""What a field takes: a value, None to clear it, `UNSET` to leave it."""


class Choice(str, Enum):
    """A key out of a field's choices; it is equal to its text. Choices that an organisation has added become members
    without a constant here."""

    @classmethod
    def _missing_(cls, value: object) -> Optional[Choice]:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = value.upper()
        member._value_ = value
        return member

    def __str__(self) -> str:
        return str(self.value)

    def __format__(self, spec: str) -> str:
        return format(self.value, spec)


class Field(Generic[T]):
    """A field of a class of records, read as an attribute."""

    __slots__ = ("name", "choice", "many", "__orig_class__")

    def __init__(self, name: str, choice: Optional[Type[Choice]] = None, *, many: bool = False) -> None:
        self.name = name
        self.choice = choice
        self.many = many

    @overload
    def __get__(self, record: None, owner: Type[Record]) -> Field[T]: ...
    @overload
    def __get__(self, record: Record, owner: Type[Record]) -> T: ...
    def __get__(self, record: Optional[Record], owner: Type[Record]) -> Union[Field[T], T]:
        if record is None:
            return self
        value: Any = record[self.name]
        if value is None:
            value = [] if self.many else None
        elif self.choice is not None:
            value = [self.choice(key) for key in value] if self.many else self.choice(value)
        return value  # type: ignore[no-any-return]

    if not TYPE_CHECKING:
        # Type checkers refuse an assignment because there is no such method.
        def __set__(self, record, value):
            raise AttributeError(
                f"a record is a value: update(record, {self.name}=…) changes the database, "
                f"replace({self.name}=…) makes another record"
            )


class Record:
    """A record of any object; the standard objects have classes of their own.

    ``record["name"]`` reads a field by its name, custom fields too; one without a value is None. A record is a value:
    it stays as it was read, equal records have equal fields, and its hash is that of its reference."""

    __slots__ = ("_data", "_set")
    OBJECT: ClassVar[str] = ""
    """The name of the object."""

    _data: Dict[str, Any]
    _set: Optional[Dict[str, Any]]

    id: Field[Optional[str]]
    """The id, a UUID; None as long as the record is not created."""
    created_at: Field[Optional[datetime.datetime]]
    """When the record was created."""
    created_by: Field[Optional[Ref]]
    """Who created it; None for the system."""
    updated_at: Field[Optional[datetime.datetime]]
    """When it was last changed."""
    updated_by: Field[Optional[Ref]]
    """Who changed it last; None for the system."""
    deleted_at: Field[Optional[datetime.datetime]]
    """When it was put into the trash; None for a live record."""

    def __init__(self, object: str, fields: Mapping[str, Input] = {}) -> None:
        self._data = {"": object, "id": None}
        self._set = dict(fields)

    def _begin(self, fields: Mapping[str, Union[Input, Unset]]) -> None:
        self._data = {"": self.OBJECT, "id": None}
        self._set = {name: value for name, value in fields.items() if value is not UNSET}

    @property
    def ref(self) -> Ref:
        """The reference to the record.

        Raises `Invalid` for one that is not created."""
        identifier = self._data["id"]
        if identifier is None:
            from ._error import invalid

            raise invalid(repr(self), "the record is not created yet; create() returns the one that is")
        return Ref(self._data[""], identifier)

    @property
    def version(self) -> int:
        """The commit that changed the record last; 0 as long as it is not created."""
        return int(self._data.get("version", 0))

    def __getitem__(self, name: str) -> Any:
        if self._set is not None and name in self._set:
            return self._set[name]
        raw = self._data.get(name) if name else None
        return raw if raw is None else decode(raw)

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a field, or another one if it has none."""
        value = self[name]
        return default if value is None else value

    def keys(self) -> List[str]:
        """The names of the fields that have a value, `id` first."""
        names = dict.fromkeys([*self._data, *(self._set or ())])
        return [name for name in names if self[name] is not None]

    def to_dict(self) -> Dict[str, Any]:
        """The fields that have a value, by name, `id` first."""
        return {name: self[name] for name in self.keys()}

    def replace(self: R, **fields: Input) -> R:
        """Another record, in which these fields are different. ``update()`` of it writes them."""
        made = type(self).__new__(type(self))
        made._data = self._data
        made._set = {**(self._set or {}), **fields}
        return made

    __replace__ = replace

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Record):
            return NotImplemented
        return self._data == other._data and (self._set or {}) == (other._set or {})

    def __hash__(self) -> int:
        return hash((self._data[""], self._data["id"]))

    def __repr__(self) -> str:
        name = type(self).__name__
        shown = [f"{field}={self[field]!r}" for field in self.keys() if field not in _SYSTEM]
        if type(self) is Record:
            shown.insert(0, repr(self._data[""]))
        return f"{name}({', '.join(shown)})"

    def __getstate__(self) -> Tuple[Dict[str, Any], Optional[Dict[str, Any]]]:
        return self._data, self._set

    def __setstate__(self, state: Tuple[Dict[str, Any], Optional[Dict[str, Any]]]) -> None:
        self._data, self._set = state


_SYSTEM = frozenset(["created_at", "created_by", "updated_at", "updated_by", "version", "deleted_at", "ordinal"])
for _name in ("id", "created_at", "created_by", "updated_at", "updated_by", "deleted_at"):
    setattr(Record, _name, Field(_name))

RefLike = Union[Ref, Record]
"""A record, or a reference to it."""

_Scalar = Union[
    str,
    int,
    float,
    Decimal,
    Money,
    datetime.date,
    datetime.datetime,
    datetime.timedelta,
    PartialDate,
    PersonName,
    Address,
    Mapping[str, Any],
    RefLike,
]
Input = Union[_Scalar, Sequence[_Scalar], Iterable[_Scalar], None]
"""What can be set: the types in which values are read, and text, which the engine reads as people write it."""


def ref_of(record: RefLike) -> Ref:
    """The reference to a record."""
    return record.ref if isinstance(record, Record) else record


def of_data(data: Dict[str, Any]) -> Record:
    """A record that the engine has written."""
    cls = classes().get(data[""], Record)
    record = cls.__new__(cls)
    record._data = data
    record._set = None
    return record


def of_block(block: bytes) -> List[Record]:
    """The records in a block."""
    known = classes()
    made = []
    for data in loads(block):
        cls = known.get(data[""], Record)
        record = cls.__new__(cls)
        record._data = data
        record._set = None
        made.append(record)
    return made


def classes() -> Mapping[str, Type[Record]]:
    """The classes of the standard objects, by the objects' names."""
    from ._objects import CLASSES

    return CLASSES
