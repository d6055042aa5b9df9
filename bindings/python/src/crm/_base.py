"""What every part of `Database` stands on."""

from __future__ import annotations

from typing import Iterable, List, Mapping, Optional, Sequence, Type, TypeVar, Union

from ._crm.crm import Crm, Query, SortKey
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
    raise TypeError(f"an object is a class like crm.Contact, or a name, and not {kind!r}")


def names_of(kinds: Iterable[Kind]) -> List[str]:
    """The names of objects."""
    return [name_of(kind) for kind in kinds]


def set_fields(fields: Optional[Fields], more: Mapping[str, Input] = {}) -> Mapping[str, Input]:
    """What a change sets, by field."""
    given = fields._set or {} if isinstance(fields, Record) else fields or {}
    return {**given, **more}


class Base:
    """Holds the database."""

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
    keys = [sort] if isinstance(sort, str) else sort
    return Query(
        object=name_of(kind),
        filter=filter,
        sort=[SortKey(field=key.lstrip("-"), descending=key.startswith("-")) for key in keys],
        limit=limit,
        after=after,
        fields=list(fields),
        trash=trash,
    )


__all__ = ["Base", "Fields", "Kind", "R", "RefLike", "Sort", "name_of", "names_of", "query", "set_fields"]
