"""`${…}` in arguments and expectations, and parts of results."""

from __future__ import annotations

import json
import re
from typing import Any, Dict

_WHOLE = re.compile(r"\$\{([^}]*)\}")


def fill(value: Any, bound: Dict[str, Any]) -> Any:
    """A value with its placeholders replaced."""
    if isinstance(value, str):
        whole = _WHOLE.fullmatch(value)
        if whole:
            return _look_up(whole[1], bound)
        return _WHOLE.sub(lambda match: _plain(_look_up(match[1], bound)), value)
    if isinstance(value, list):
        return [fill(item, bound) for item in value]
    if isinstance(value, dict):
        return {_plain(fill(name, bound)): fill(item, bound) for name, item in value.items()}
    return value


def _look_up(path: str, bound: Dict[str, Any]) -> Any:
    name, _, part = path.partition(".")
    return pick(bound[name], part)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def pick(value: Any, path: str) -> Any:
    """A part of a value; None if it is not there."""
    for segment in filter(None, path.split(".")):
        if isinstance(value, dict):
            value = value.get(segment)
        elif isinstance(value, list):
            member, equals, text = segment.partition("=")
            if equals:
                value = next((item for item in value if item.get(member) == text), None)
            else:
                at = int(segment) if segment.isdigit() else len(value)
                value = value[at] if at < len(value) else None
        else:
            return None
    return value
