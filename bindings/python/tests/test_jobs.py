"""Long jobs: progress, stopping, listeners that raise or call back."""

from pathlib import Path
from typing import List

import pytest

import crm
from crm._crm import crm as generated

ROWS = b"name,email\n" + b"".join(b"Ada %d,ada%d@acme.example\n" % (at, at) for at in range(3000))
OPTIONS = crm.ImportOptions(object="contact", name="people.csv")


def test_an_import_reports_and_is_undone(db: crm.Database, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_bytes(ROWS)
    seen: List[crm.Progress] = []
    report = db.import_csv(tmp_path / "people.csv", OPTIONS, progress=lambda progress: seen.append(progress))
    assert (report.created, report.refused, report.cancelled) == (3000, 0, False)
    assert seen and seen[0].done >= 0
    assert db.count(crm.Contact) == 3000
    assert db.undo(report.operation).undone >= 3000
    assert db.count(crm.Contact) == 0


def test_false_stops_an_import(db: crm.Database) -> None:
    report = db.import_csv(ROWS, OPTIONS, progress=lambda progress: False)
    assert report.cancelled and report.created < 3000
    assert db.count(crm.Contact) == report.created


def test_what_a_listener_raises_is_the_cause(db: crm.Database) -> None:
    def fails(progress: crm.Progress) -> None:
        raise RuntimeError("no more")

    with pytest.raises(crm.Callback, match="no more") as raised:
        db.import_csv(ROWS, OPTIONS, progress=fails)
    assert isinstance(raised.value.__cause__, RuntimeError)
    assert raised.value.code == "callback"


def test_an_interrupt_comes_through(db: crm.Database) -> None:
    def interrupts(progress: crm.Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        db.import_csv(ROWS, OPTIONS, progress=interrupts)


def test_an_error_of_the_engine_passes_through_a_listener(db: crm.Database) -> None:
    def looks(progress: crm.Progress) -> None:
        db.get(crm.Contact, "0190b0b0-0000-7000-8000-000000000001")

    with pytest.raises(crm.NotFound):
        db.import_csv(ROWS, OPTIONS, progress=looks)


def test_a_listener_that_writes_is_refused(db: crm.Database) -> None:
    refused: List[crm.Error] = []

    def writes(progress: crm.Progress) -> None:
        try:
            db.create(crm.Tag(name="vip"))
        except crm.Error as error:
            refused.append(error)

    assert db.import_csv(ROWS, OPTIONS, progress=writes).created == 3000
    assert {type(error) for error in refused} == {crm.Invalid}


def test_nothing_is_kept_of_a_listener(db: crm.Database) -> None:
    handles = generated._UniffiFfiConverterTypeProgressListener._handle_map
    before = len(handles)
    db.import_csv(ROWS, OPTIONS, progress=lambda progress: None)
    assert len(handles) == before


def test_a_listener_reads(db: crm.Database) -> None:
    counts: List[int] = []
    db.import_csv(ROWS, OPTIONS, progress=lambda progress: counts.append(db.count(crm.Contact)))
    assert counts


def test_columns_modes_and_problems(db: crm.Database) -> None:
    db.create(crm.Contact(name="Ada", email="ada@acme.example"))
    csv = b"Mail;Position\nada@acme.example;CTO\nnot an address;CEO\n"
    options = crm.ImportOptions(
        object="contact",
        mode=crm.upsert_by("email"),
        columns={"Mail": crm.Column(field="email"), "Position": crm.Column(field="job_title")},
        values={"name": "Somebody"},
    )
    report = db.import_csv(csv, options)
    assert (report.updated, report.refused) == (1, 1)
    assert report.problems[0].row == 3 and report.problems[0].column == "Mail"
    read = crm.import_options_from_json('{"object": "contact", "mode": {"update": "email"}}')
    assert read.object == "contact"


def test_export(db: crm.Database, tmp_path: Path) -> None:
    db.create(crm.Contact(name="Ada", email="ada@acme.example"))
    assert b"ada@acme.example" in db.export_csv(crm.Contact)
    assert db.export_csv("contact", "email == 'x@y.example'", fields=["email"]).strip() == b"email"
    assert db.export_csv_file(tmp_path / "out.csv", crm.Contact, fields=["email"]) == 1
    assert (tmp_path / "out.csv").read_bytes().splitlines()[1] == b"ada@acme.example"


def test_backup_compact_check_and_stats(tmp_path: Path) -> None:
    with crm.open(tmp_path / "one.crm", cache_bytes=1 << 20) as db:
        db.create(crm.Tag(name="vip"))
        db.import_csv(ROWS, OPTIONS)
        db.backup(tmp_path / "two.crm", progress=lambda progress: None)
        with pytest.raises(crm.Io):
            db.backup(tmp_path / "two.crm")
        with pytest.raises(crm.Cancelled):
            db.backup(tmp_path / "three.crm", progress=lambda progress: False)
        assert not (tmp_path / "three.crm").exists()
        db.compact()
        while db.maintain():
            pass
        assert db.check().findings == []
        assert db.stats().file_bytes > 0
    with crm.open(tmp_path / "two.crm") as copy:
        assert [tag.name for tag in copy.find(crm.Tag)] == ["vip"]


def test_a_plan(db: crm.Database, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_bytes(ROWS)
    (tmp_path / "plan.json").write_text('{"imports": [{"file": "people.csv", "map": {"object": "contact"}}]}')
    reports = db.run_import_plan(tmp_path / "plan.json", tmp_path)
    assert [report.created for report in reports] == [3000]


