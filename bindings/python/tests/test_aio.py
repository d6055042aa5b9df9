"""The database for asyncio."""

import asyncio
import inspect
from pathlib import Path
from typing import List

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


def test_every_method_is_there() -> None:
    blocking = {name for name, _ in inspect.getmembers(crm.Database, inspect.isfunction) if name[0] != "_"}
    waiting = {name for name, _ in inspect.getmembers(crm.aio.AsyncDatabase, inspect.isfunction) if name[0] != "_"}
    assert blocking == waiting
