"""The arguments of a scenario as Python's own."""

from __future__ import annotations

import collections.abc
import datetime
import keyword
import typing
from decimal import Decimal
from enum import Enum
from typing import Any, Dict, List, Union

from crm._crm import crm as generated

import crm
from crm._operation import Structure


def value(given: Any) -> Any:
    """A value of a field."""
    if isinstance(given, list):
        return [value(item) for item in given]
    if not isinstance(given, dict):
        return given
    names = set(given)
    if names == {"decimal"}:
        return Decimal(given["decimal"])
    if names == {"date"}:
        return datetime.date.fromisoformat(given["date"])
    if names == {"partial_date"}:
        return crm.PartialDate.parse(given["partial_date"])
    if names == {"date_time"}:
        return time(given["date_time"])
    if names == {"duration"}:
        return datetime.timedelta(milliseconds=given["duration"])
    if names == {"amount", "currency"}:
        return crm.Money(given["amount"], given["currency"])
    if names == {"object", "id"}:
        return crm.Ref(**given)
    return given


def fields(given: Dict[str, Any]) -> Dict[str, Any]:
    return {name: value(item) for name, item in given.items()}


def ref(given: Any) -> crm.Ref:
    return crm.Ref(given["object"], given["id"])


def time(given: str) -> datetime.datetime:
    whole, _, fraction = given.rstrip("Z").partition(".")
    at = datetime.datetime.fromisoformat(whole).replace(tzinfo=datetime.timezone.utc)
    return at + datetime.timedelta(microseconds=int(fraction.ljust(6, "0") or 0))


def content(given: Any) -> bytes:
    return bytes.fromhex(given["hex"]) if isinstance(given, dict) else given.encode("utf-8")


def change(given: Dict[str, Any]) -> Any:
    kind = given["type"]
    if kind == "create":
        return crm.Create(given["object"], fields(given["fields"]), given.get("id"))
    if kind == "update":
        return crm.Update(ref(given["record"]), fields(given["fields"]), given.get("expected"))
    if kind == "upsert":
        return crm.Upsert(given["object"], fields(given["fields"]), given["by"])
    if kind == "move":
        behind = ref(given["behind"]) if given.get("behind") else None
        return crm.Move(ref(given["card"]), ref(given["column"]), behind, given.get("expected"))
    return {"delete": crm.Delete, "restore": crm.Restore, "purge": crm.Purge}[kind](ref(given["record"]))


def query(given: Dict[str, Any], *members: str) -> Dict[str, Any]:
    """The arguments of the methods that take a query, of those that the method has."""
    sort = ["-" * bool(key.get("descending")) + key["field"] for key in given.get("sort", [])]
    known = {**given, "kind": given["object"], "sort": sort}
    return {name: known[name] for name in ("kind", "filter", "sort", *members) if name in known}


def group_by(given: List[Dict[str, Any]]) -> List[Any]:
    return [
        (group["field"], crm.DatePart[group["part"].upper()]) if group.get("part") else group["field"]
        for group in given
    ]


def build(hint: Any, given: Any) -> Any:
    """A record of the interface, as its annotations say."""
    if given is None:
        return None
    origin = typing.get_origin(hint)
    if origin is Union:
        return build(next(of for of in typing.get_args(hint) if of is not type(None)), given)
    if origin is collections.abc.Mapping:
        return fields(given)
    if origin in (list, collections.abc.Sequence):
        return [build(typing.get_args(hint)[0], item) for item in given]
    if origin is dict:
        return {name: build(typing.get_args(hint)[1], item) for name, item in given.items()}
    if hint is datetime.datetime:
        return time(given)
    if hint is Decimal:
        return Decimal(given)
    if hint is crm.Ref:
        return ref(given)
    if hint is crm.ImportMode:
        modes = {"update": crm.update_by, "upsert": crm.upsert_by}
        return modes[given["type"]](given["by"]) if given["type"] in modes else None
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint[given.upper()]
    if isinstance(hint, type) and (hasattr(hint, "__dataclass_fields__") or issubclass(hint, Structure)):
        known = vars(generated) if hasattr(hint, "__dataclass_fields__") else None
        hints = typing.get_type_hints(vars(hint)["__init__"], known)
        given = {name + "_" * keyword.iskeyword(name): item for name, item in given.items()}
        return hint(**{name: build(hints[name], item) for name, item in given.items()})
    return given


def error(given: Dict[str, Any]) -> crm.Error:
    """An error of this type; what is not given is empty."""
    kind = getattr(crm, "".join(word.capitalize() for word in given["type"].split("_")))
    hints = typing.get_type_hints(kind.__init__, {**vars(generated), **vars(typing), "Error": crm.Error})
    hints.pop("return", None)
    empties: Dict[Any, Any] = {str: "", int: 0, List[str]: [], List[crm.StaleField]: [], List[crm.Error]: []}
    empty = {name: empties.get(hint) for name, hint in hints.items()}
    known = {name: item for name, item in given.items() if name in hints}
    made: crm.Error = kind(**{**empty, **known})
    return made
