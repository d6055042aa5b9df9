"""Figures and timelines."""

from __future__ import annotations

from typing import Optional, Sequence, Tuple, Union

from .._base import Base, Kind, name_of, names_of
from .._crm.crm import (
    Aggregate,
    DatePart,
    GroupBy,
    Measure,
    MeasureOp,
    TimelinePage,
    TimelinePlace,
    TimelineQuery,
)
from .._error import wrong
from .._record import RefLike, ref_of
from .._rows import Groups


def _group(group: Union[str, Tuple[str, DatePart]]) -> GroupBy:
    if isinstance(group, str):
        return GroupBy(field=group)
    if isinstance(group, tuple) and len(group) == 2 and isinstance(group[1], DatePart):
        return GroupBy(field=group[0], part=group[1])
    raise wrong("a group", 'the name of a field, or of a date with its part: ("close_date", crm.DatePart.MONTH)', group)


def _measure(measure: Tuple[MeasureOp, str]) -> Measure:
    if isinstance(measure, tuple) and len(measure) == 2 and isinstance(measure[0], MeasureOp):
        return Measure(op=measure[0], field=measure[1])
    raise wrong("a measure", 'what is measured of a field, in a list: [(crm.MeasureOp.SUM, "amount")]', measure)


class Figures(Base):
    def aggregate(
        self,
        kind: Kind,
        filter: str = "",
        *,
        group_by: Sequence[Union[str, Tuple[str, DatePart]]] = (),
        measures: Sequence[Tuple[MeasureOp, str]] = (),
        convert_to: Optional[str] = None,
    ) -> Groups:
        """Figures over an object's records: counts, sums and the like, in groups.

        `group_by` names fields, dates with the part that makes the group: ``[("close_date", crm.DatePart.MONTH)]``.
        `measures` says what is measured besides the count: ``[(crm.MeasureOp.SUM, "amount")]``. Money is measured for
        each currency apart, or converted to the currency `convert_to`.

        Raises `UnknownObject`, `UnknownField`, `Expression`, `Limit` for too many groups, and `Invalid` for a field
        that cannot be measured or grouped so and for a missing exchange rate."""
        groups = [_group(group) for group in ([group_by] if isinstance(group_by, str) else group_by)]
        measured = [_measure(measure) for measure in measures]
        question = Aggregate(
            object=name_of(kind), filter=filter, group_by=groups, measures=measured, convert_to=convert_to
        )
        names = [group.field for group in groups]
        names += ["count", *(f"{measure.op.name.lower()}_{measure.field}" for measure in measured)]
        return Groups(self._crm.aggregate(question), names)

    def timeline(
        self,
        record: RefLike,
        *,
        kinds: Sequence[Kind] = (),
        own_only: bool = False,
        limit: int = 0,
        before: Optional[TimelinePlace] = None,
    ) -> TimelinePage:
        """A page of a record's timeline, newest first: its own activities and those of linked records: of
        people at a company for as long as they were there, of a buying group on the deal and on its company until the
        deal was closed. `kinds` are the activities to show, all without it; `before` is the `next` of the page before.

        Raises `NotFound`, `UnknownObject`, `Limit`."""
        question = TimelineQuery(
            record=ref_of(record), kinds=names_of(kinds), own_only=own_only, limit=limit, before=before
        )
        return self._crm.timeline(question)
