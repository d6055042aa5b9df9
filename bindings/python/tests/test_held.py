"""What stands on a handle of the library is not copied, and belongs to the process that made it."""

import asyncio
import copy
import multiprocessing
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict

import pytest
from crm._crm import crm as generated

import crm
import crm.aio


def everything(db: crm.Database) -> Dict[str, Any]:
    """One of everything that holds a handle."""
    aio = crm.aio.AsyncDatabase(db)

    async def watching() -> Any:
        return await aio.watch(crm.Tag)

    subscription, rows = db.watch(crm.Tag), db.find_all(crm.Tag)
    return {
        "database": db,
        "session": db.operation("x"),
        "pages": db.pages(crm.Tag),
        "rows": rows,
        "subscription": subscription,
        "clock": crm.ManualClock(db.now()),
        "cancel": crm.Cancel(),
        "wake": db.on_commit(lambda: None),
        "asyncio's database": aio,
        "asyncio's rows": aio.find_all(crm.Tag),
        "asyncio's subscription": asyncio.run(watching()),
        "the generated database": db._crm,
        "the generated rows": rows._rows,
        "the generated subscription": subscription._subscription,
    }


def test_what_holds_a_handle_is_not_copied(db: crm.Database) -> None:
    db.create(crm.Tag(name="vip"))
    for name, held in everything(db).items():
        for copied in (copy.copy, copy.deepcopy, pickle.dumps, lambda held: copy.deepcopy({"in": [held]})):
            with pytest.raises(TypeError, match="cannot be copied, pickled or handed to another process: .{15}"):
                copied(held)
                pytest.fail(name)
    assert db.count(crm.Tag) == 1


def test_every_generated_class_with_a_handle_is_held() -> None:
    held = [kind for kind in vars(generated).values() if hasattr(kind, "_uniffi_clone_handle")]
    assert {kind.__name__ for kind in held} >= {"Crm", "Rows", "Subscription", "ManualClock", "Wake", "Cancel"}
    for kind in held:
        with pytest.raises(TypeError, match="cannot be copied"):
            pickle.dumps(kind.__new__(kind))


def test_a_database_is_not_handed_to_a_process_that_is_spawned(db: crm.Database) -> None:
    process = multiprocessing.get_context("spawn").Process(target=print, args=(db,))
    with pytest.raises(TypeError, match="open the file there"):
        process.start()
    assert db.count(crm.Tag) == 0


FORKS = """
import os, sys, warnings
import crm

warnings.simplefilter("ignore")
db = crm.open(sys.argv[1])
db.create(crm.Tag(name="before"))
rows, watching = db.find_all(crm.Tag), db.watch(crm.Tag)
child = os.fork()
if child == 0:
    for call in (lambda: db.count(crm.Tag), lambda: next(rows), lambda: watching.next_batch(timeout=0), db.close):
        try:
            call()
        except RuntimeError as error:
            assert "forked" in str(error), error
        else:
            os._exit(3)
    # What the child makes itself is the child's.
    with crm.memory() as own:
        own.create(crm.Tag(name="of the child"))
    # Nothing is freed here, and above all not closed: the interpreter ends as any does.
    del rows, watching, db
    sys.exit(0)
_, status = os.waitpid(child, 0)
assert status == 0, status
db.create(crm.Tag(name="after"))
print(db.count(crm.Tag))
db.close()
with crm.open(sys.argv[1]) as again:
    print(again.count(crm.Tag), len(again.check().findings))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_handle_belongs_to_the_process_that_made_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FORKS, str(tmp_path / "a.crm")]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (run.stdout, run.stderr, run.returncode) == ("2\n2 0\n", "", 0)


def test_a_session_leaves_the_database_open(db: crm.Database) -> None:
    user = db.create(crm.User(name="Grace", email="grace@acme.example"))
    for session in (db.as_user(user), db.operation("x"), db.caused_by("import"), db.without_rules()):
        with session as acting:
            acting.create(crm.Tag(name=f"tag {db.count(crm.Tag)}"))
        with pytest.raises(crm.Duplicate), session as acting:
            acting.create(crm.Tag(name="tag 0"))
    assert db.count(crm.Tag) == 4
    with crm.memory() as other:
        pass
    with pytest.raises(crm.Closed):
        other.count(crm.Tag)


def test_a_session_leaves_asyncios_database_open() -> None:
    async def main() -> None:
        async with crm.aio.memory() as db:
            async with db.operation("x") as operation:
                await operation.create(crm.Tag(name="vip"))
            async with await db.as_user(await db.create(crm.User(name="Grace", email="g@acme.example"))) as acting:
                await acting.create(crm.Tag(name="other"))
            assert await db.count(crm.Tag) == 2
        with pytest.raises(crm.Closed):
            await db.count(crm.Tag)

    asyncio.run(main())
