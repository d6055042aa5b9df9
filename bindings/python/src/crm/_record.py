"""Records: what the engine keeps of a person, a company, a deal, or of anything else."""

from __future__ import annotations

import datetime
from decimal import Decimal
from difflib import get_close_matches
from enum import Enum, EnumMeta
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Dict,
    FrozenSet,
    Generic,
    Iterable,
    Iterator,
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

from ._error import Error, invalid, wrong
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


class _Choices(EnumMeta):
    if not TYPE_CHECKING:
        # With it, type checkers would take every name.
        def __getattr__(cls, name):
            if name.startswith("_"):
                raise AttributeError(name)
            meant = get_close_matches(name.upper(), list(cls.__members__), 1)
            hint = f"; did you mean {meant[0]}?" if meant else f"; it has {', '.join(cls.__members__)}"
            raise AttributeError(f"{cls.__name__} has no choice {name}{hint}")


class Choice(str, Enum, metaclass=_Choices):
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
        value = record._value(self.name)
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

    ``record["name"]`` reads a field by its name, custom fields too; one without a value is None, and a name that no
    field has is `UnknownField`, a KeyError. ``in``, ``for`` and ``len`` go by the names of the fields that have a
    value. A record is a value: it stays as it was read, equal records have equal fields, and its hash is that of its
    reference."""

    __slots__ = ("_data", "_set", "_added")
    OBJECT: ClassVar[str] = ""
    """The name of the object."""

    _data: Dict[str, Any]
    _set: Optional[Dict[str, Any]]
    _added: str
    """The names of the object's fields that are not declared in a class, with spaces around each."""

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
        self._added = ""

    def _begin(self, fields: Mapping[str, Union[Input, Unset]]) -> None:
        self._data = {"": self.OBJECT, "id": None}
        self._set = {name: value for name, value in fields.items() if value is not UNSET}
        self._added = ""

    @property
    def ref(self) -> Ref:
        """The reference to the record.

        Raises `Invalid` for one that is not created."""
        identifier = self._data["id"]
        if identifier is None:
            raise invalid(repr(self), "the record is not created yet; create() returns the one that is")
        return Ref(self._data[""], identifier)

    @property
    def version(self) -> int:
        """The commit that changed the record last; 0 as long as it is not created."""
        return int(self._data.get("version", 0))

    def _value(self, name: str) -> Any:
        if self._set is not None and name in self._set:
            return self._set[name]
        raw = self._data.get(name) if name else None
        return raw if raw is None else decode(raw)

    def _unknown(self, name: object) -> Error:
        from ._crm.errors import UnknownField

        kind, known = self._data[""], [*_declared(type(self)), *self._added.split(), *(self._set or ())]
        meant = get_close_matches(str(name), known, 1)
        hint = f"; did you mean `{meant[0]}`?" if meant else ""
        text = f"`{kind}` has no field `{name}`{hint}"
        return UnknownField(text, object=kind, name=str(name), nearest=meant[0] if meant else None)

    def __getitem__(self, name: str) -> Any:
        value = self._value(name)
        if value is None and not (
            name in _declared(type(self)) or f" {name} " in self._added or name in (self._set or ())
        ):
            raise self._unknown(name)
        return value

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a field, or another one if it has none.

        Raises `UnknownField` for a name that no field has."""
        value = self[name]
        return default if value is None else value

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._value(name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.keys())

    def __bool__(self) -> bool:
        # A draft in which nothing is set is a record, too.
        return True

    def keys(self) -> List[str]:
        """The names of the fields that have a value, `id` first."""
        names = dict.fromkeys([*self._data, *(self._set or ())])
        return [name for name in names if self._value(name) is not None]

    def to_dict(self) -> Dict[str, Any]:
        """The fields that have a value, by name, `id` first."""
        return {name: self._value(name) for name in self.keys()}

    def replace(self: R, **fields: Input) -> R:
        """Another record, in which these fields are different. ``update()`` of it writes them."""
        made = type(self).__new__(type(self))
        made._data = self._data
        made._set = {**(self._set or {}), **fields}
        made._added = self._added
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
        shown = [f"{field}={self._value(field)!r}" for field in self.keys() if field not in _SYSTEM]
        if type(self) is Record:
            shown.insert(0, repr(self._data[""]))
        return f"{name}({', '.join(shown)})"

    def __getstate__(self) -> Tuple[Dict[str, Any], Optional[Dict[str, Any]], str]:
        return self._data, self._set, self._added

    def __setstate__(self, state: Tuple[Dict[str, Any], Optional[Dict[str, Any]], str]) -> None:
        self._data, self._set, self._added = state


_SYSTEM = frozenset(["created_at", "created_by", "updated_at", "updated_by", "version", "deleted_at", "ordinal"])


_DECLARED: Dict[Type[Record], FrozenSet[str]] = {}


def _declared(kind: Type[Record]) -> FrozenSet[str]:
    """The names of the fields that the class declares, and of those that every record has."""
    names = _DECLARED.get(kind)
    if names is None:
        own = (field.name for field in vars(kind).values() if isinstance(field, Field))
        names = _DECLARED[kind] = _SYSTEM.union(["id"], own)
    return names


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


def ref_of(record: RefLike, what: str = "the record") -> Ref:
    """The reference to a record; `what` it is in the error of something else."""
    if isinstance(record, Record):
        return record.ref
    if isinstance(record, Ref):
        return record
    raise wrong(what, 'one that was read, or crm.Ref("contact", id)', record)


def of_block(block: bytes) -> Record:
    """The record in a block that the engine has written."""
    added, data = loads(block)
    (record,) = _made([data], added)
    return record


def all_of_block(block: bytes) -> List[Record]:
    """The records in a block."""
    added, rows = loads(block)
    return _made(rows, added)


def of_data(data: Dict[str, Any], added: Dict[str, str]) -> Record:
    """A record of a block that has more than records."""
    (record,) = _made([data], added)
    return record


def _made(rows: List[Dict[str, Any]], added: Dict[str, str]) -> List[Record]:
    known = classes()
    made = []
    for data in rows:
        name = data[""]
        cls = known.get(name, Record)
        record = cls.__new__(cls)
        record._data = data
        record._set = None
        record._added = added.get(name, "")
        made.append(record)
    return made


def classes() -> Mapping[str, Type[Record]]:
    """The classes of the standard objects, by the objects' names."""
    from ._objects import CLASSES

    return CLASSES
