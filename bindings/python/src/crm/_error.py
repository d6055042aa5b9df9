"""What every error of the engine is. The errors themselves are generated: see `tools/tidy.py`."""

from __future__ import annotations

from typing import Any, Tuple


class Error(Exception):
    """What went wrong. Nothing has changed when a call fails, except where `NeedsReopen` says that the outcome is
    not known. `str()` is the message: which input is at fault, and what to do. What the message is made of stands in
    attributes of the subclasses."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

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
    """The error of a value that does not fit."""
    from ._crm.errors import Invalid

    shown = value[:80].encode("utf-8", "backslashreplace").decode("utf-8")
    place = f"`{field}`: " if field else ""
    return Invalid(f"{place}`{shown}`: {reason}", object="", field=field, input=shown, reason=reason)


def check_text(text: str) -> None:
    """Raises `Invalid` for text that has half of a surrogate pair: no Unicode, and nothing that could cross."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise invalid(text, f"text is Unicode, and this has {error.reason} at {error.start}") from None
