"""How a query is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List, Literal


@dataclass(frozen=True)
class Plan:
    """How a query is answered: by the record's id, by ranges of an index, whose records are then tested with the whole
    filter, or by reading all records of the object."""

    kind: Literal["by_id", "index", "scan"]
    fields: List[str]
    """The fields of the index."""
    ranges: int
    """How many ranges of the index are read."""
    ordered: bool
    """True if the order asked for comes by itself, without a sort."""

    @classmethod
    def of(cls, plan: Any) -> Plan:
        """The engine's plan."""
        if plan.is_index():
            return cls("index", plan.fields, plan.ranges, plan.ordered)
        if plan.is_scan():
            return cls("scan", [], 0, plan.ordered)
        return cls("by_id", [], 0, True)
