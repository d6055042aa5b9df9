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
    ada = db.create(crm.Contact(name="Ada"))
    at = db.now() + datetime.timedelta(hours=1)
    reminder = db.create(crm.Reminder(text="Call back", about=ada, at=at))
    assert db.next_due() == at
    assert db.run_due().reminders == []
    clock.set(at)
    assert db.run_due().reminders == [reminder.ref]
    assert [due.text for due in db.due_reminders()] == ["Call back"]
    db.snooze(reminder, at + datetime.timedelta(days=1))
    assert db.due_reminders() == [] and db.next_due() == at + datetime.timedelta(days=1)
    clock.advance(24 * 3_600_000)
    db.run_due(db.now())
    db.acknowledge(reminder)
    assert db.due_reminders(limit=5) == []


def test_the_outbox(db: crm.Database) -> None:
    welcome = '[{"do": "send", "channel": "email", "to": {"cel": "email"}, "subject": "Welcome", "body": "Hello"}]'
    db.create(crm.Rule(name="welcome", object="contact", trigger="created", actions=welcome))
    for name in ("ada", "bob", "eve"):
        db.create(crm.Contact(name=name, email=f"{name}@acme.example"))
    sent, retried, given_up = db.outbox()
    assert (sent.to, sent.channel) == ("ada@acme.example", crm.OutboxMessageChannel.EMAIL)
    db.outbox_sent(sent)
    db.outbox_failed(retried, "no route", retry=db.now() + datetime.timedelta(minutes=5))
    db.outbox_failed(given_up, "refused")
    assert db.outbox(limit=5) == []
    assert db.get(retried).attempts == 1 and db.get(given_up).error == "refused"


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
