"""Incremental backups and what is restored from them, repair, salvage; and what is forgotten."""

import asyncio
import datetime
import gc
from pathlib import Path
from typing import List

import pytest

import crm
import crm.aio

DAY = 86_400_000


def test_a_week_of_backups(clock: crm.ManualClock, tmp_path: Path) -> None:
    with crm.open(tmp_path / "sales.crm", clock=clock) as db:
        acme = db.create(crm.Company(name="Acme", employees=40))
        db.backup(tmp_path / "sunday.crm")
        sunday = db.sequence()
        clock.advance(DAY)
        db.update(acme, employees=41)
        monday = db.backup_since(sunday, tmp_path / "monday.rows")
        assert (monday.from_, monday.to) == (sunday, db.sequence()) and monday.rows > 0
        evening = db.now() + datetime.timedelta(hours=9)
        clock.advance(DAY)
        db.update(acme, employees=42)
        db.backup_since(monday.to, tmp_path / "tuesday.rows", progress=lambda progress: None)
        with pytest.raises(crm.Io):
            db.backup_since(monday.to, tmp_path / "tuesday.rows")
        with pytest.raises(crm.Invalid, match="sequence"):
            db.backup_since(-1, tmp_path / "none.rows")
    increments = [tmp_path / "monday.rows", tmp_path / "tuesday.rows"]
    for until, employees in [(None, 42), (monday.to, 41), (evening, 41), (sunday, 40)]:
        restored = tmp_path / f"{employees}-{until}.crm"
        report = crm.restore_backup(tmp_path / "sunday.crm", iter(increments), restored, until=until)
        assert report.findings == [] and report.purged == []
        with crm.open(restored) as then:
            assert then.sequence() == report.sequence
            assert then.get(acme).employees == employees
    with pytest.raises(crm.Invalid):
        crm.restore_backup(tmp_path / "sunday.crm", increments[1:], tmp_path / "new.crm")
    with pytest.raises(crm.Invalid):
        crm.restore_backup(tmp_path / "sunday.crm", [], tmp_path / "new.crm", until=-1)
    assert not (tmp_path / "new.crm").exists()


def test_a_sound_database_needs_no_repair(db: crm.Database) -> None:
    db.create(crm.Company(name="Acme"))
    report = db.repair()
    assert (report.found, report.left, report.rows, report.records) == ([], [], 0, 0)


def test_what_is_left_of_a_damaged_file(tmp_path: Path) -> None:
    damaged, saved = tmp_path / "damaged.crm", tmp_path / "saved.crm"
    with crm.open(damaged) as db:
        acme = db.create(crm.Company(name="Acme")).ref
    damaged.write_bytes(bytes(512) + damaged.read_bytes()[512:])
    with pytest.raises(crm.Corrupt):
        crm.open(damaged)
    report = crm.salvage(damaged, saved, progress=lambda progress: None)
    assert acme in report.from_pages and report.findings == []
    assert {finding.space for finding in report.unreadable} >= {"file", "record"}
    with pytest.raises(crm.Io):
        crm.salvage(damaged, saved)
    with crm.open(saved) as db:
        assert db.get(acme)["name"] == "Acme"


def test_a_listener_stops_them(tmp_path: Path) -> None:
    seen: List[crm.Progress] = []
    with crm.open(tmp_path / "sales.crm") as db:
        db.backup(tmp_path / "base.crm")
        began = db.sequence()
        db.import_csv(b"name\n" + b"C\n" * 5000, crm.ImportOptions(object="company"))
        db.backup_since(began, tmp_path / "rows", progress=seen.append)
        with pytest.raises(crm.Cancelled):
            db.backup_since(began, tmp_path / "stopped", progress=lambda progress: False)
    with pytest.raises(crm.Cancelled):
        crm.restore_backup(
            tmp_path / "base.crm", [tmp_path / "rows"], tmp_path / "stopped", progress=lambda progress: False
        )

    def fails(progress: crm.Progress) -> None:
        raise RuntimeError("no more")

    with pytest.raises(crm.Callback, match="no more"):
        crm.salvage(tmp_path / "sales.crm", tmp_path / "stopped", progress=fails)
    assert seen and not (tmp_path / "stopped").exists()


def test_the_same_for_asyncio(tmp_path: Path) -> None:
    async def work() -> None:
        async with crm.aio.open(tmp_path / "sales.crm") as db:
            await db.backup(tmp_path / "base.crm")
            began = await db.sequence()
            acme = await db.create(crm.Company(name="Acme"))
            await db.backup_since(began, tmp_path / "rows")
            assert (await db.repair()).left == []
        await crm.aio.restore_backup(tmp_path / "base.crm", [tmp_path / "rows"], tmp_path / "restored.crm")
        assert (await crm.aio.salvage(tmp_path / "restored.crm", tmp_path / "saved.crm")).unreadable == []
        async with crm.aio.open(tmp_path / "saved.crm") as db:
            assert (await db.get(acme)).name == "Acme"

    asyncio.run(work())


def test_what_the_program_holds_is_counted() -> None:
    gc.collect()
    before = crm.live_objects()
    db = crm.memory()
    rows, watching, session = db.find_all(crm.Tag), db.watch(), db.operation("tidy up")
    assert crm.live_objects() == before + 4
    del rows, watching, session
    gc.collect()
    assert crm.live_objects() == before + 1
    db.close()
    assert crm.live_objects() == before + 1, "a closed database is still held"
    del db
    gc.collect()
    assert crm.live_objects() == before
