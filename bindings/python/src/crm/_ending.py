"""Calls in a thread, which end with the task that waits for them."""

from __future__ import annotations

import asyncio
from typing import Callable, TypeVar

from ._crm.crm import Cancel
from ._database import Database

T = TypeVar("T")


async def in_thread(db: Database, call: Callable[[Database], T]) -> T:
    """Makes a call in a thread of asyncio's pool. A task that is cancelled ends it."""
    cancel = Cancel()
    session = db.cancelled_by(cancel)
    return await ended_by(cancel, lambda: call(session))


async def ended_by(cancel: Cancel, call: Callable[[], T]) -> T:
    """As `in_thread`, for a call of a session that the `Cancel` ends."""
    try:
        return await asyncio.to_thread(call)
    except asyncio.CancelledError:
        cancel.cancel()
        raise
