"""Calls that take too long are ended: by another thread, at a time, with the task that waits for them."""

import asyncio
import datetime
import threading
import time
from typing import Any, Callable, List

import pytest

import crm
import crm.aio

_NUMBERS = list(range(40))

SLOW = f"{_NUMBERS}.exists(a, {_NUMBERS}.exists(b, {_NUMBERS}.exists(c, employees + a + b + c < 0)))"
"""A filter that takes milliseconds for each record."""


@pytest.fixture
def crowded(db: crm.Database) -> crm.Database:
    """A database whose records take seconds to be looked at, or a minute, with the filter."""
    db.batch([crm.Create(crm.Company(name=f"Company {n}", employees=n)) for n in range(1000)])
    return db


def test_another_thread_ends_a_read(crowded: crm.Database) -> None:
    cancel = crm.Cancel()
    session = crowded.cancelled_by(cancel).operation("x")
    ends: List[str] = []

    def read() -> None:
        with pytest.raises(crm.Cancelled):
            session.count(crm.Company, SLOW)
        ends.append("ended")

    thread = threading.Thread(target=read)
    thread.start()
    time.sleep(0.1)
    assert not cancel.is_cancelled()
    cancel.cancel()
    thread.join(10)
    assert ends == ["ended"] and cancel.is_cancelled()
    with pytest.raises(crm.Cancelled):
        session.create(crm.Tag(name="vip"))
    assert crowded.count(crm.Tag) == 0, "what is ended has changed nothing"
    assert crowded.count(crm.Company) == 1000, "who is not ended goes on"


def test_a_deadline_ends_a_read() -> None:
    with crm.memory() as db:
        db.batch([crm.Create(crm.Company(name=f"Company {n}", employees=n)) for n in range(1000)])
        cancel = crm.Cancel(deadline=db.now() + datetime.timedelta(seconds=0.3))
        began = time.monotonic()
        with pytest.raises(crm.Cancelled):
            db.cancelled_by(cancel).find(crm.Company, SLOW)
        assert 0.2 < time.monotonic() - began < 10
        assert cancel.is_cancelled()


CALLS: "List[Callable[[crm.aio.AsyncDatabase], Any]]" = [
    lambda db: db.count(crm.Company, SLOW),
    lambda db: db.find(crm.Company, SLOW),
    lambda db: _all(db.find_all(crm.Company, SLOW)),
    lambda db: _all(db.pages(crm.Company, SLOW)),
    lambda db: asyncio.wait_for(db.aggregate(crm.Company, filter=SLOW), 60),
]


async def _all(stream: Any) -> List[Any]:
    return [item async for item in stream]


@pytest.mark.parametrize("call", CALLS)
def test_a_cancelled_task_ends_its_read(crowded: crm.Database, call: Callable[[crm.aio.AsyncDatabase], Any]) -> None:
    async def main() -> None:
        db = crm.aio.AsyncDatabase(crowded)
        task = asyncio.ensure_future(call(db))
        await asyncio.sleep(0.1)
        assert not task.done()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await db.count(crm.Company) == 1000

    began = time.monotonic()
    asyncio.run(main())
    # It has waited for its threads.
    assert time.monotonic() - began < 10


def test_a_cancel_reaches_asyncio(crowded: crm.Database) -> None:
    async def main() -> None:
        cancel = crm.Cancel()
        task = asyncio.ensure_future(crm.aio.AsyncDatabase(crowded).cancelled_by(cancel).count(crm.Company, SLOW))
        await asyncio.sleep(0.1)
        cancel.cancel()
        with pytest.raises(crm.Cancelled):
            await task

    asyncio.run(main())
