"""The values of fields that Python has no type of its own for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Dict, Mapping, Optional, Union

from ._error import invalid


@dataclass(frozen=True)
class Ref:
    """A reference to a record: the name of its object, such as ``contact``, and its id, a UUID."""

    __slots__ = ("object", "id")

    object: str
    id: str

    def __str__(self) -> str:
        return f"{self.object} {self.id}"

    def __reduce__(self) -> tuple[type[Ref], tuple[str, str]]:
        return Ref, (self.object, self.id)


@dataclass(frozen=True)
class Money:
    """An exact amount in a currency (ISO 4217). Amounts of different currencies are never added up."""

    amount: Decimal
    currency: str

    def __init__(self, amount: Union[Decimal, int, str], currency: str) -> None:
        if isinstance(amount, float):
            raise invalid(repr(amount), "an amount of money is a Decimal, an int or text, since a float is not exact")
        try:
            exact = Decimal(amount)
        except (InvalidOperation, TypeError, ValueError):
            raise invalid(str(amount), "an amount of money is a decimal number") from None
        object.__setattr__(self, "amount", exact)
        object.__setattr__(self, "currency", currency)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


_PARTIAL_DATE = re.compile(r"(?:(\d{4})|-)(?:-(\d{2})-(\d{2}))?")


@dataclass(frozen=True)
class PartialDate:
    """A date of which the year, or the month and the day, may be unknown: a birthday without its year."""

    year: Optional[int] = None
    month: Optional[int] = None
    day: Optional[int] = None

    @classmethod
    def parse(cls, text: str) -> PartialDate:
        """Reads ``1815-12-10``, ``1815`` or ``--12-10``.

        Raises `Invalid` for anything else."""
        match = _PARTIAL_DATE.fullmatch(text)
        if match is None or text == "-":
            raise invalid(text, "a partial date is like 1815-12-10, 1815 or --12-10")
        return cls(*(None if part is None else int(part) for part in match.groups()))

    def __str__(self) -> str:
        text = "-" if self.year is None else f"{self.year:04}"
        for part in (self.month, self.day):
            if part is None:
                break
            text += f"-{part:02}"
        return text


@dataclass(frozen=True)
class _Parts:
    """A value of named parts."""

    def parts(self) -> Dict[str, str]:
        """The parts that are there, by name."""
        return {name: part for name, part in vars(self).items() if part}


@dataclass(frozen=True)
class PersonName(_Parts):
    """A person's name."""

    given: str = ""
    family: str = ""
    middle: str = ""
    prefix: str = ""
    suffix: str = ""

    def __str__(self) -> str:
        parts = (self.prefix, self.given, self.middle, self.family, self.suffix)
        return " ".join(part for part in parts if part)


@dataclass(frozen=True)
class Address(_Parts):
    """A postal address; the country is an ISO 3166-1 code."""

    street: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""

    def __str__(self) -> str:
        place = f"{self.postal_code} {self.city}".strip()
        return ", ".join(part for part in (self.street, place, self.region, self.country) if part)


def of_parts(parts: Mapping[str, str]) -> Union[PersonName, Address]:
    """The name or the address that has these parts: none is of both."""
    if parts.keys() <= PersonName.__dataclass_fields__.keys():
        return PersonName(**parts)
    return Address(**parts)
