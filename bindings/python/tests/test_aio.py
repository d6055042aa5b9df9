"""The database for asyncio."""

import asyncio
import inspect
import time
from pathlib import Path
from typing import Any, List

import pytest

import crm
import crm.aio


def test_calls_are_coroutines(tmp_path: Path) -> None:
    async def main() -> List[str]:
        async with crm.aio.open(tmp_path / "one.crm") as db:
            acme = await db.create(crm.Company(name="Acme"))
            await asyncio.gather(*(db.create(crm.Contact(name=f"Ada {at}", company=acme)) for at in range(20)))
            assert (await db.get(crm.Company, acme.ref)).name == "Acme"
            with pytest.raises(crm.NotFound):
                await db.get("tag", acme.id or "")
            pages = [len(page) async for page in db.pages(crm.Contact, limit=8)]
            assert pages == [8, 8, 4]
            return [str(person.name) async for person in db.find_all(crm.Contact, sort="name")]

    names = asyncio.run(main())
    assert len(names) == 20 and names[0] == "Ada 0"


def test_the_loop_goes_on_while_a_call_waits() -> None:
    async def main() -> None:
        db = crm.aio.memory()
        waiting = asyncio.create_task(db.wait_for_changes(await db.sequence(), timeout=30))
        for _ in range(10):
            await asyncio.sleep(0.01)
        assert not waiting.done()
        await db.create(crm.Tag(name="vip"))
        assert len(await waiting) == 1
        await db.close()

    asyncio.run(main())


def test_watching() -> None:
    async def main() -> List[str]:
        seen: List[str] = []
        async with crm.aio.memory() as db:
            watching = await db.watch(crm.Tag)
            async for event in watching:
                seen.append(type(event).__name__)
                if isinstance(event, crm.Reset):
                    await db.operation("x").create(crm.Tag(name="vip"))
                else:
                    watching.stop()
        return seen

    assert asyncio.run(main()) == ["Reset", "Added"]


def test_who_waits_holds_no_thread() -> None:
    """With a thread for each, the pool would be used up, and every other call would wait for them."""

    async def main() -> None:
        async with crm.aio.memory() as db:
            watching = [await db.watch(crm.Tag) for _ in range(100)]
            for watch in watching:
                assert isinstance((await watch.next_batch(timeout=0))[0], crm.Reset)
            waiting: "List[asyncio.Future[Any]]" = [
                asyncio.ensure_future(watch.next_batch(timeout=60)) for watch in watching
            ]
            after = await db.sequence()
            waiting += [asyncio.ensure_future(db.wait_for_changes(after, timeout=60)) for _ in range(100)]
            await asyncio.sleep(0.2)
            began = time.monotonic()
            assert await db.count(crm.Tag) == 0
            assert time.monotonic() - began < 1, "a count waits for those who watch"
            await db.create(crm.Tag(name="vip"))
            for found in await asyncio.wait_for(asyncio.gather(*waiting), 30):
                assert len(found) == 1

    asyncio.run(main())


def test_a_watch_ends() -> None:
    async def main() -> None:
        db = crm.aio.memory()

        async def collect(watching: crm.aio.Watching) -> int:
            return len([event async for event in watching])

        stopped, closed = await db.watch(crm.Tag), await db.watch(crm.Tag)
        waiting = [asyncio.ensure_future(collect(watching)) for watching in (stopped, closed)]
        waits = asyncio.ensure_future(db.wait_for_changes(await db.sequence(), timeout=60))
        await asyncio.sleep(0.1)
        assert not any(task.done() for task in waiting)
        stopped.stop()
        assert await asyncio.wait_for(waiting[0], 10) == 1
        await db.close()
        assert await asyncio.wait_for(waiting[1], 10) == 1
        with pytest.raises(crm.Closed):
            await asyncio.wait_for(waits, 10)

    asyncio.run(main())


def test_a_wait_that_is_cancelled_loses_nothing() -> None:
    async def main() -> None:
        async with crm.aio.memory() as db:
            watching = await db.watch(crm.Tag)
            await watching.next_batch(timeout=0)
            names = {f"tag {at}" for at in range(30)}
            seen = set()
            for name in sorted(names):
                waiting = asyncio.ensure_future(watching.next_batch(timeout=60))
                await asyncio.sleep(0)
                writing = asyncio.ensure_future(db.create(crm.Tag(name=name)))
                await asyncio.sleep(0.001)
                waiting.cancel()
                await asyncio.wait([waiting])
                if not waiting.cancelled():
                    seen |= {event.record["name"] for event in waiting.result() if isinstance(event, crm.Added)}
                await writing
            while batch := await watching.next_batch(timeout=0.2):
                seen |= {event.record["name"] for event in batch if isinstance(event, crm.Added)}
            assert seen == names
            with pytest.raises(crm.Invalid, match="timeout"):
                await watching.next_batch(timeout=-1)
            with pytest.raises(crm.Invalid, match="timeout"):
                await db.wait_for_changes(0, timeout=-1)

    asyncio.run(main())


def test_every_method_is_there() -> None:
    blocking = {name for name, _ in inspect.getmembers(crm.Database, inspect.isfunction) if name[0] != "_"}
    waiting = {name for name, _ in inspect.getmembers(crm.aio.AsyncDatabase, inspect.isfunction) if name[0] != "_"}
    assert blocking == waiting
