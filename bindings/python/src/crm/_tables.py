"""Rows as tables of pandas and Arrow, which have columns of simple types."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Tuple

from ._values import Address, Money, PartialDate, PersonName, Ref

if TYPE_CHECKING:
    import pandas
    import pyarrow


def _cells(name: str, value: Any) -> Iterator[Tuple[str, Any]]:
    """The columns of a value, and what stands in them."""
    if isinstance(value, Money):
        yield name, value.amount
        yield f"{name}_currency", value.currency
    elif isinstance(value, list):
        if len(value) == 1 and isinstance(value[0], Money):
            yield from _cells(name, value[0])
        else:
            yield name, [_cell(item) for item in value]
    else:
        yield name, _cell(value)


def _cell(value: Any) -> Any:
    if isinstance(value, Ref):
        return value.id
    if isinstance(value, (Address, Money, PartialDate, PersonName)):
        return str(value)
    return value


def columns(rows: List[Dict[str, Any]]) -> Dict[str, List[Any]]:
    """The columns by name, in the order in which they first appear."""
    table: Dict[str, List[Any]] = {}
    for at, row in enumerate(rows):
        for name, value in row.items():
            for column, cell in _cells(name, value):
                cells = table.setdefault(column, [])
                cells.extend([None] * (at - len(cells)))
                cells.append(cell)
    for cells in table.values():
        cells.extend([None] * (len(rows) - len(cells)))
    return table


def to_pandas(rows: List[Dict[str, Any]]) -> pandas.DataFrame:
    import pandas

    frame = pandas.DataFrame(columns(rows), copy=False)
    for name, cells in frame.items():
        some = next((cell for cell in cells if cell is not None), None)
        if isinstance(some, (datetime.datetime, datetime.timedelta)):
            frame[name] = frame[name].astype(
                "datetime64[us, UTC]" if isinstance(some, datetime.datetime) else "timedelta64[us]"
            )
        elif isinstance(some, bool):
            frame[name] = frame[name].astype("boolean")
        elif isinstance(some, int):
            frame[name] = frame[name].astype("Int64")
    return frame


def to_arrow(rows: List[Dict[str, Any]]) -> pyarrow.Table:
    import pyarrow

    arrays = {}
    for name, cells in columns(rows).items():
        some = next((cell for cell in cells if cell is not None), None)
        kind = None
        if isinstance(some, Decimal):
            # One scale for the column, as wide as its longest fraction; the engine's decimals have 28 digits.
            scale = max(-cell.as_tuple().exponent for cell in cells if cell is not None)
            kind = pyarrow.decimal128(38, max(scale, 0))
        elif isinstance(some, datetime.datetime):
            kind = pyarrow.timestamp("us", "UTC")
        arrays[name] = pyarrow.array(cells, type=kind)
    return pyarrow.table(arrays)
