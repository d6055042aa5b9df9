"""Bad input gets a typed error and changes nothing."""

import datetime
import math
from decimal import Decimal
from typing import Any

import pytest

import crm

NAIVE = datetime.datetime(2026, 3, 14, 9, 26)
ID = "0190b0b0-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "half a \ud83e pair"},
        {"na\udc00me": "x"},
        {"name": b"bytes"},
        {"name": object()},
        {"name": ["a", "b"]},
        {"name": {"given": "Ada", "surname": "Lovelace"}},
        {"birthday": NAIVE},
        {"employees": 2**63},
        {"employees": math.nan},
        {"employees": "many"},
        {"employees": 1.5},
        {"annual_revenue": Decimal("NaN")},
        {"annual_revenue": Decimal("Infinity")},
        {"annual_revenue": crm.Money("1e40", "EUR")},
        {"annual_revenue": crm.Money(1, "XXQ")},
        {"name": "x" * 1001},
        {"owner": crm.Ref("contact", ID)},
        {"owner": crm.Ref("user", "no uuid")},
        {"owner": crm.Ref("user", ID)},
        {"created_at_the_moon": NAIVE},
        {1: "x"},
    ],
)
def test_a_field_that_cannot_be_set(db: crm.Database, fields: Any) -> None:
    before = db.sequence()
    with pytest.raises(crm.Error) as refused:
        db.create("company", {"name": "Acme", **fields})
    assert str(refused.value) and "\n" not in str(refused.value)
    assert db.sequence() == before


def test_a_circle_is_refused(db: crm.Database) -> None:
    circle: "list[Any]" = []
    circle.append(circle)
    with pytest.raises(crm.Invalid, match="recursion"):
        db.create("company", {"name": circle})
    deep: "list[Any]" = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(crm.Invalid):
        db.create("company", {"name": deep})


def test_the_error_names_the_field(db: crm.Database) -> None:
    with pytest.raises(crm.Invalid) as refused:
        db.create("company", {"name": "Acme", "description": "\ud800"})
    assert refused.value.field == "description"
    with pytest.raises(crm.Invalid, match="no zone"):
        db.create("task", {"subject": "Call", "due": NAIVE})


def test_a_time_without_a_zone_is_refused_everywhere(db: crm.Database) -> None:
    tag = db.create(crm.Tag(name="vip"))
    for call in (
        lambda: db.record_at(tag, NAIVE),
        lambda: db.run_due(NAIVE),
        lambda: db.snooze(tag, NAIVE),
        lambda: crm.ManualClock(NAIVE),
    ):
        with pytest.raises(crm.Invalid, match="zone"):
            call()


def test_text_is_unicode_everywhere(db: crm.Database) -> None:
    tag = db.create(crm.Tag(name="vip"))
    for call in (
        lambda: db.find("tag", "name == '\ud800'"),
        lambda: db.search("\udfff"),
        lambda: db.field_history(tag, "\ud800"),
        lambda: db.get("tag", "\ud800"),
        lambda: db.operation("\ud800"),
        lambda: crm.open("/tmp/\ud800.crm"),
        lambda: db.find("tag", sort="\ud800"),
    ):
        with pytest.raises(crm.Invalid, match="Unicode"):
            call()


def test_nul_is_a_character_or_refused(db: crm.Database) -> None:
    try:
        assert db.create(crm.Tag(name="a\x00b")).name == "a\x00b"
    except crm.Invalid:
        assert db.count(crm.Tag) == 0
    with pytest.raises(crm.Error):
        crm.open("/tmp/a\x00b.crm")


@pytest.mark.parametrize("number", [-1, 2**63, 2**200, 10_001])
def test_numbers_out_of_range(db: crm.Database, number: int) -> None:
    with pytest.raises((crm.Invalid, crm.Limit)):
        db.find("tag", limit=number)
    with pytest.raises((crm.Invalid, crm.Limit)):
        db.search("x", limit=number * 1000)


def test_numbers_that_are_none(db: crm.Database) -> None:
    with pytest.raises(TypeError):
        db.find("tag", limit="ten")  # type: ignore[call-overload]
    with pytest.raises(TypeError):
        db.count(7)  # type: ignore[arg-type]
    with pytest.raises(crm.Invalid):
        db.wait_for_changes(0, timeout=-1)


def test_a_wrong_reference(db: crm.Database) -> None:
    tag = db.create(crm.Tag(name="vip"))
    for call in (lambda: db.put_content(tag, b"x"), lambda: db.acknowledge(tag), lambda: db.outbox_sent(tag)):
        with pytest.raises(crm.Invalid, match="reference to"):
            call()
    with pytest.raises(crm.Invalid):
        db.get("tag", "no uuid")
    with pytest.raises(crm.UnknownObject):
        db.get(crm.Ref("tga", ID))


def test_a_key_that_no_choice_has(db: crm.Database) -> None:
    with pytest.raises(crm.Invalid):
        db.create(crm.Task(subject="Call", priority="whenever"))


def test_typed_classes_refuse_fields_that_are_none() -> None:
    with pytest.raises(TypeError, match="emial"):
        crm.Contact(emial="x")  # type: ignore[call-arg]


def test_a_time_that_python_does_not_have(db: crm.Database) -> None:
    from crm import _wire

    with pytest.raises(crm.Invalid, match="9999"):
        _wire.instant(2**62)
