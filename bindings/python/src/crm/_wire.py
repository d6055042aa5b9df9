"""Records and values as they cross: JSON, whose reader is the fastest that Python has.

The engine writes the form of the table in `crm-ffi/src/host/wire.rs`. A value that JSON does not have is a text with a
mark, and is turned into Python's own type where somebody looks at it. With an object for each such value `json.loads`
of a contact took 7.9 µs, with marks it takes 2.8."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from enum import Enum
from typing import Any, Callable, Dict, Iterable, List, Mapping, Union

from ._error import invalid, shown
from ._values import Address, Money, PartialDate, PersonName, Ref, of_parts

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
_MICROSECOND = datetime.timedelta(microseconds=1)

loads: Callable[[bytes], Any] = json.loads


def instant(micros: int) -> datetime.datetime:
    """The time, in UTC."""
    try:
        return EPOCH + datetime.timedelta(microseconds=micros)
    except OverflowError:
        raise invalid(str(micros), "Python has no time beyond the years 1 to 9999") from None


def micros(time: datetime.datetime) -> int:
    """The microseconds since 1970 of a time that knows its zone."""
    if not isinstance(time, datetime.datetime):
        raise invalid(repr(time), "a time is a datetime.datetime")
    if time.utcoffset() is None:
        raise invalid(
            time.isoformat(), "the time has no zone; give it one, as in datetime.now(timezone.utc) or .astimezone()"
        )
    return (time - EPOCH) // _MICROSECOND


def milliseconds(length: datetime.timedelta) -> int:
    """The milliseconds of a length of time."""
    whole, rest = divmod(length, datetime.timedelta(milliseconds=1))
    if rest:
        raise invalid(str(length), "a duration is a whole number of milliseconds")
    return whole


def number(text: str) -> Decimal:
    """An exact number."""
    return Decimal(text)


def number_text(value: Union[Decimal, int, str]) -> str:
    """An exact number as text."""
    return str(value)


_MARK = "\x7f"

_DECODERS: Dict[str, Callable[[str], Any]] = {
    "d": Decimal,
    "m": lambda text: Money(*text.split(" ")),
    "D": datetime.date.fromisoformat,
    "P": PartialDate.parse,
    "t": lambda text: instant(int(text)),
    "l": lambda text: datetime.timedelta(milliseconds=int(text)),
    "r": lambda text: Ref(*text.split(" ")),
    _MARK: lambda text: _MARK + text,
}


def decode(raw: Any) -> Any:
    """A value as Python has it."""
    kind = type(raw)
    if kind is str and raw[:1] == _MARK:
        return _DECODERS[raw[1]](raw[2:])
    if kind is list:
        return [decode(item) for item in raw]
    if kind is dict:
        return of_parts(raw)
    return raw


def value(block: bytes) -> Any:
    """The value in a block."""
    return decode(loads(block))


def values(block: bytes) -> List[Any]:
    """The values in a block."""
    return [decode(raw) for raw in loads(block)]


def encode(value: Any) -> Any:
    """A value as JSON has it, or as a text with a mark."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, str):
        return _MARK + value if value[:1] == _MARK else value
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Decimal):
        return f"{_MARK}d{value}"
    if isinstance(value, Money):
        return f"{_MARK}m{value.amount} {value.currency}"
    if isinstance(value, datetime.datetime):
        return f"{_MARK}t{micros(value)}"
    if isinstance(value, datetime.date):
        return f"{_MARK}D{value.isoformat()}"
    if isinstance(value, PartialDate):
        return f"{_MARK}P{value}"
    if isinstance(value, datetime.timedelta):
        return f"{_MARK}l{milliseconds(value)}"
    if isinstance(value, (PersonName, Address)):
        return value.parts()
    if isinstance(value, Mapping):
        return dict(value)
    ref = getattr(value, "ref", value)
    if isinstance(ref, Ref):
        return f"{_MARK}r{ref.object} {ref.id}"
    if isinstance(value, Iterable) and not isinstance(value, (bytes, bytearray, memoryview)):
        return [encode(item) for item in value]
    raise invalid(repr(value), f"a field takes no value of the type {type(value).__name__}")


_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


def fields(values: Mapping[str, Any]) -> bytes:
    """The fields that a change sets, as a block.

    Raises `Invalid` for what cannot cross: a type that no field has, a time without a zone, half of a surrogate pair,
    a number that is none."""
    try:
        return _block(values)
    except (ValueError, TypeError, RecursionError) as error:
        at_fault = _at_fault(values)
        raise invalid(shown(values.get(at_fault)), str(error), at_fault) from error


def _block(values: Mapping[str, Any]) -> bytes:
    return _encoder.encode({name: encode(value) for name, value in values.items()}).encode("utf-8")


def arguments(given: List[Any]) -> bytes:
    """The arguments of an operation, each as `encode` makes it, as a block.

    Raises `Invalid` for what cannot cross, as `fields` does."""
    try:
        return _encoder.encode(given).encode("utf-8")
    except (ValueError, TypeError, RecursionError) as error:
        at_fault = next((item for item in given if not _crosses(item)), None)
        raise invalid(shown(at_fault), str(error)) from error


def _crosses(item: Any) -> bool:
    try:
        _encoder.encode(item).encode("utf-8")
    except (ValueError, TypeError, RecursionError):
        return False
    return True


def _at_fault(values: Mapping[str, Any]) -> str:
    """The field that cannot be encoded."""
    for name, item in values.items():
        try:
            _block({name: item})
        except (ValueError, TypeError, RecursionError):
            return str(name)
    return ""
