"""Pages, all rows, search, and what becomes of rows outside."""

import datetime
from decimal import Decimal
from typing import Any

import pytest

import crm


@pytest.fixture
def people(db: crm.Database) -> crm.Database:
    acme = db.create(crm.Company(name="Acme", employees=40))
    for at in range(7):
        db.create(crm.Contact(name=f"Ada {chr(65 + at)}", job_title="CTO" if at % 2 else None, company=acme))
    return db


def names(records: Any) -> "list[str]":
    return [str(record.name) for record in records]


def test_a_page_is_a_sequence_with_a_cursor(people: crm.Database) -> None:
    page = people.find(crm.Contact, sort="-name", limit=3)
    assert names(page) == ["Ada G", "Ada F", "Ada E"]
    assert len(page) == 3 and str(page[0].name) == "Ada G" and names(page[1:]) == ["Ada F", "Ada E"]
    assert page.next is not None
    assert names(people.find(crm.Contact, sort="-name", limit=3, after=page.next)) == ["Ada D", "Ada C", "Ada B"]
    with pytest.raises(crm.Invalid):
        people.find(crm.Contact, sort="name", after=page.next)


def test_pages_follow_each_other(people: crm.Database) -> None:
    pages = list(people.pages(crm.Contact, "company.employees > 10", sort=["name"], limit=3))
    assert [len(page) for page in pages] == [3, 3, 1]
    assert names(record for page in pages for record in page)[-1] == "Ada G"
    assert pages[-1].next is None


def test_all_rows_are_of_one_commit(people: crm.Database) -> None:
    rows = people.find_all(crm.Contact, sort="name")
    people.create(crm.Contact(name="Ada Z"))
    assert names(rows) == [f"Ada {chr(65 + at)}" for at in range(7)]
    assert list(rows) == []


def test_fields_and_trash(people: crm.Database) -> None:
    (first, *_) = people.find(crm.Contact, "job_title == 'CTO'", fields=["name"])
    assert first.job_title is None and first.name is not None
    people.delete(first)
    assert [record.ref for record in people.find(crm.Contact, trash=True)] == [first.ref]
    found = people.find_record(first)
    assert found is not None and found.deleted_at == people.now()
    with pytest.raises(crm.NotFound):
        people.get(first)
    people.restore(first)
    assert people.get(first).deleted_at is None
    people.purge(first)
    assert people.find_record(crm.Contact, first.ref) is None


def test_counts_plans_titles_and_json(people: crm.Database) -> None:
    assert people.count(crm.Contact, "job_title == 'CTO'") == 3
    ada = people.find(crm.Contact)[0]
    assert people.explain(crm.Contact, f"id == '{ada.id}'").kind == "by_id"
    assert people.explain(crm.Contact, sort="name").kind == "index"
    assert people.explain("contact", "description == 'x'").kind == "scan"
    assert people.title(ada) == "Ada A"
    assert '"object":"contact"' in people.json(ada).replace(" ", "")


def test_search(people: crm.Database) -> None:
    hits = people.search("ada b", crm.Contact, limit=5)
    assert hits[0].title == "Ada B" and isinstance(hits[0].record, crm.Contact)
    assert people.search("Acm", "company", prefix=crm.Prefix.NEVER) == []
    assert {hit.record.ref.object for hit in people.search("acme")} >= {"company"}


def test_a_reference_of_another_object_is_refused(people: crm.Database) -> None:
    acme = people.find(crm.Company)[0]
    with pytest.raises(crm.Invalid, match="not to a contact"):
        people.get(crm.Contact, acme.ref)


@pytest.fixture
def deals(db: crm.Database, pipeline: crm.Pipeline) -> crm.Database:
    days = [datetime.date(2026, 1, 31), datetime.date(2026, 2, 1), None]
    for at, day in enumerate(days):
        amount = crm.Money(Decimal("10.50") * (at + 1), "EUR")
        db.create(crm.Deal(name=f"Deal {at}", pipeline=pipeline, amount=amount, close_date=day))
    return db


def test_rows_become_dictionaries(deals: crm.Database) -> None:
    rows = deals.find_all(crm.Deal, sort="name").to_dicts()
    assert [row["amount"] for row in rows] == [crm.Money(Decimal("10.50") * at, "EUR") for at in (1, 2, 3)]
    assert "close_date" not in rows[2]
    assert deals.find(crm.Deal).to_dicts() == rows


def test_rows_become_a_data_frame(deals: crm.Database) -> None:
    pandas = pytest.importorskip("pandas")
    frame = deals.find_all(crm.Deal, sort="name").to_pandas()
    assert list(frame["amount"]) == [Decimal("10.50"), Decimal("21.00"), Decimal("31.50")]
    assert set(frame["amount_currency"]) == {"EUR"}
    assert str(frame["created_at"].dtype) == "datetime64[us, UTC]"
    assert frame["created_at"][0] == pandas.Timestamp(deals.now())
    assert frame["version"].sum() > 0


def test_rows_become_an_arrow_table(deals: crm.Database) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    table = deals.find_all(crm.Deal, sort="name").to_arrow()
    assert table.num_rows == 3
    assert table.schema.field("created_at").type == pyarrow.timestamp("us", "UTC")
    assert table.schema.field("close_date").type == pyarrow.date32()
    assert table.column("amount").to_pylist() == [Decimal("10.50"), Decimal("21.00"), Decimal("31.50")]


def test_figures_are_rows(deals: crm.Database) -> None:
    groups = deals.aggregate(
        crm.Deal,
        "close_date >= date('2026-01-01')",
        group_by=[("close_date", crm.DatePart.MONTH)],
        measures=[(crm.MeasureOp.SUM, "amount")],
    )
    assert [group.count for group in groups] == [1, 1]
    assert groups.to_dicts()[0] == {
        "close_date": "2026-01",
        "count": 1,
        "sum_amount": [crm.Money("10.50", "EUR")],
    }
    pytest.importorskip("pandas")
    frame = groups.to_pandas()
    assert list(frame["sum_amount"]) == [Decimal("10.50"), Decimal("21.00")]
    assert list(frame["sum_amount_currency"]) == ["EUR", "EUR"]
