"""What comes out, in the canonical form of tests/conformance/README.md."""

from __future__ import annotations

import dataclasses
import datetime
import json
from decimal import Decimal
from enum import Enum
from typing import Any, Dict

import crm
from crm._operation import Structure


def text(value: Any) -> str:
    """One text for one value."""
    return json.dumps(_sorted(value), ensure_ascii=False, separators=(",", ":"))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        # By their bytes, which is the order of code points.
        return {name: _sorted(value[name]) for name in sorted(value) if value[name] is not None}
    if isinstance(value, list):
        return [_sorted(item) for item in value]
    return value


def of(value: Any) -> Any:
    """A result as JSON."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, Enum):
        return value.value if isinstance(value, str) else value.name.lower()
    if isinstance(value, str):
        return value
    if isinstance(value, (bytes, bytearray)):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return {"hex": value.hex()}
    if isinstance(value, Decimal):
        return decimal(value)
    if isinstance(value, crm.Money):
        return {"amount": str(value.amount), "currency": value.currency}
    if isinstance(value, datetime.datetime):
        return time(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return duration(value)
    if isinstance(value, crm.PartialDate):
        return str(value)
    if isinstance(value, (crm.PersonName, crm.Address)):
        return value.parts()
    if isinstance(value, crm.Record):
        # A field of the name `object` stands under that of its object type.
        named = {"object": f"{value.ref.object}.object"}
        fields = {named.get(name, name): of(item) for name, item in value.to_dict().items()}
        return {"object": value.ref.object, **fields}
    if isinstance(value, crm.Page):
        return {"records": of(value.records), "next": value.next}
    if isinstance(value, crm.Plan):
        return plan(value)
    if isinstance(value, crm.Removed):
        return {"type": "removed", "record": of(value.ref)}
    if isinstance(value, (crm.Reset, crm.Added, crm.Changed)):
        return {"type": type(value).__name__.lower(), **members(value)}
    if isinstance(value, crm.ImportMode):
        return mode(value)
    if isinstance(value, Structure):
        return {name.rstrip("_"): of(getattr(value, name)) for name in value.__slots__}
    if dataclasses.is_dataclass(value):
        return members(value)
    if isinstance(value, dict):
        return {name: of(item) for name, item in value.items()}
    return [of(item) for item in value]


def members(value: Any) -> Dict[str, Any]:
    # A keyword of Python has a line behind it.
    return {field.name.rstrip("_"): of(getattr(value, field.name)) for field in dataclasses.fields(value)}


def mode(value: Any) -> Dict[str, Any]:
    if value.is_create():
        return {"type": "create"}
    return {"type": "update" if value.is_update() else "upsert", "by": value.by}


def plan(value: crm.Plan) -> Dict[str, Any]:
    shown: Dict[str, Any] = {"type": value.kind}
    if value.kind == "index":
        shown.update(fields=value.fields, ranges=value.ranges)
    if value.kind != "by_id":
        shown.update(ordered=value.ordered)
    return shown


def error(raised: crm.Error) -> Dict[str, Any]:
    return {"error": fault(raised)}


def fault(raised: crm.Error) -> Dict[str, Any]:
    shown = {name: of(item) for name, item in vars(raised).items() if name != "others"}
    if raised.others:
        shown["others"] = [fault(other) for other in raised.others]
    if raised.code == "callback":
        del shown["detail"]
    return {**shown, "code": raised.number, "type": raised.code}


def decimal(value: Decimal) -> str:
    shown = f"{value:f}"
    if "." in shown:
        shown = shown.rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown


def time(value: datetime.datetime) -> str:
    shown = value.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    if value.microsecond % 1000:
        shown += f".{value.microsecond:06}"
    elif value.microsecond:
        shown += f".{value.microsecond // 1000:03}"
    return shown + "Z"


def duration(value: datetime.timedelta) -> str:
    millis = value // datetime.timedelta(milliseconds=1)
    sign, millis = ("-", -millis) if millis < 0 else ("", millis)
    hours, rest = divmod(millis, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    shown = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    if rest or not shown:
        shown += decimal(Decimal(rest) / 1000) + "S"
    return f"{sign}PT{shown}"
