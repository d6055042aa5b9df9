"""What every error of the engine is. The errors themselves are generated: see `tools/tidy.py`."""

from __future__ import annotations

from difflib import get_close_matches
from enum import Enum
from typing import Any, Iterable, Sequence, Tuple


class Error(Exception):
    """What went wrong. Nothing has changed when a call fails, except where `NeedsReopen` says that the outcome is
    not known. `str()` is the message: which input is at fault, and what to do. What the message is made of stands in
    attributes of the subclasses."""

    others: Sequence[Error] = ()
    """What else is wrong with the record that was to be saved, each fault with its field: a form can show all of them
    at once. The message says them, too."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        # As it is: a KeyError, which some are, shows its argument as a literal.
        return self.detail

    @property
    def code(self) -> str:
        """The stable name of the error, the same in every language: ``not_found``."""
        from ._crm.crm import error_code

        return error_code(self).name

    @property
    def number(self) -> int:
        """The stable number of the error, the same in every language."""
        from ._crm.crm import error_code

        return error_code(self).number

    def __reduce__(self) -> Tuple[Any, ...]:
        # The constructors of subclasses take more than the message.
        return _revive, (type(self), self.args, self.__dict__)


def _revive(cls: type[Error], args: Tuple[Any, ...], state: dict[str, Any]) -> Error:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


def invalid(value: str, reason: str, field: str = "") -> Error:
    """The error of a value that does not fit, in the engine's words."""
    from ._crm.errors import Invalid

    text = value[:80].encode("utf-8", "backslashreplace").decode("utf-8")
    place = f"`{field}`: " if field else ""
    refused = f"`{text}` is refused: " if text else ""
    return Invalid(f"{place}{refused}{reason}", object="", field=field, input=text, reason=reason, others=[])


def wrong(what: str, right: str, value: object) -> TypeError:
    """The error of an argument of another type: what it is, what it should be, what it was."""
    return TypeError(f"{what} is {right}, and not {shown(value)}")


def shown(value: object) -> str:
    """The beginning of a value as code."""
    try:
        text = repr(value)
    except RecursionError:
        text = f"a {type(value).__name__} in which others lie too deep"
    return text if len(text) <= 80 else text[:80] + "…"


def expected(kind: type, value: object) -> TypeError:
    """The error of a value that is no member of an enumeration, or no record, of the library."""
    needed = f"a crm.{kind.__name__} is needed"
    if issubclass(kind, Enum):
        names = list(kind.__members__)
        meant = get_close_matches(str(value).upper(), names, 1)
        needed += f", such as crm.{kind.__name__}.{(meant or names)[0]}"
    return TypeError(f"{needed}, and not {shown(value)}")


Check = Tuple[str, Any, Any]
"""An argument's name, what checks it, the argument."""


def name_argument(checks: Iterable[Check]) -> None:
    """Raises the error of the first argument that is not of its type, with the argument's name."""
    for name, converter, value in checks:
        try:
            converter.check_lower(value)
        except TypeError as error:
            if getattr(error, "argument", None) is not None:
                raise
            named = TypeError(f"{name}: {error}")
            named.argument = name  # type: ignore[attr-defined]
            raise named from None


def check_text(text: str) -> None:
    """Raises `Invalid` for text that has half of a surrogate pair: no Unicode, and nothing that could cross."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise invalid(text, f"text is Unicode, and this has {error.reason} at {error.start}") from None
