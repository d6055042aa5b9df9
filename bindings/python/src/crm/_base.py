"""What every part of `Database` stands on."""

from __future__ import annotations

from typing import Iterable, List, Mapping, Optional, Sequence, Tuple, Type, TypeVar, Union

from ._crm.crm import Crm, Query, SortKey
from ._error import invalid, wrong
from ._held import OPEN_THERE, Held
from ._record import Input, Record, RefLike

R = TypeVar("R", bound=Record)

Kind = Union[Type[Record], str]
"""An object: the class of a standard one, or the name of any."""

Sort = Union[str, Sequence[str]]
"""The fields that order records, a minus before those of which the greatest comes first: ``["-amount", "name"]``."""

Fields = Union[Mapping[str, Input], Record]
"""What a change sets: values by field, or a record that is not created, as ``crm.Contact(phone=None)``."""


def name_of(kind: Kind) -> str:
    """The name of an object."""
    if isinstance(kind, str):
        return kind
    if isinstance(kind, type) and issubclass(kind, Record) and kind.OBJECT:
        return kind.OBJECT
    raise wrong("an object", "a class like crm.Contact, or a name", kind)


def names_of(kinds: Iterable[Kind]) -> List[str]:
    """The names of objects; one alone is a list of it."""
    return [name_of(kind) for kind in ([kinds] if isinstance(kinds, (str, type)) else kinds)]


def listed(names: Sequence[str]) -> List[str]:
    """Names; one alone is a list of it, and not its letters."""
    return [names] if isinstance(names, str) else list(names)


def set_fields(fields: Optional[Fields], more: Mapping[str, Input] = {}) -> Mapping[str, Input]:
    """What a change sets, by field."""
    if isinstance(fields, Record):
        given: Mapping[str, Input] = fields._set or {}
    elif fields is None:
        given = {}
    elif isinstance(fields, Mapping):
        given = fields
    else:
        raise wrong(
            "what is set", "a dictionary of values by field, or a record such as crm.Contact(phone=None)", fields
        )
    return {**given, **more}


def drafted(record: Union[Record, Kind], fields: Optional[Fields]) -> Tuple[str, Mapping[str, Input]]:
    """The object and the fields of a record that is to be created."""
    if isinstance(record, Record):
        name = record._data[""]
        if record._data["id"] is not None:
            raise invalid(
                f"{name} {record._data['id']}",
                "the record is there already: update() changes it, and another one is made of a new draft, such as "
                "crm.Contact(name=…)",
            )
        if fields is not None:
            raise TypeError("the draft has the fields; give no others beside it")
        return name, set_fields(record)
    name = name_of(record)
    if fields is None:
        raise TypeError(f"the fields of the {name} are missing: create({name!r}, {{…}}), or create(crm.Contact(…))")
    return name, set_fields(fields)


class Base(Held):
    """Holds the database."""

    INSTEAD = OPEN_THERE

    _crm: Crm

    def __init__(self, crm: Crm) -> None:
        self._crm = crm


def query(
    kind: Kind,
    filter: str,
    sort: Sort = (),
    *,
    limit: int = 0,
    after: str = "",
    fields: Sequence[str] = (),
    trash: bool = False,
) -> Query:
    """A question for records."""
    keys = listed(sort)
    return Query(
        object=name_of(kind),
        filter=filter,
        sort=[SortKey(field=key.lstrip("-"), descending=key.startswith("-")) for key in keys],
        limit=limit,
        after=after,
        fields=listed(fields),
        trash=trash,
    )


__all__ = [
    "Base",
    "Fields",
    "Kind",
    "R",
    "RefLike",
    "Sort",
    "drafted",
    "listed",
    "name_of",
    "names_of",
    "query",
    "set_fields",
]
