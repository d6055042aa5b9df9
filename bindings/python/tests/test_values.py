"""Every type of value, there and back."""

import datetime
from decimal import Decimal
from typing import Any

import pytest

import crm

ZONE = datetime.timezone(datetime.timedelta(hours=5, minutes=45))

VALUES: Any = [
    (crm.FieldType.TEXT, 'Žofie 🦉 "quoted" \\ \u00a9', None),
    (crm.FieldType.TEXT, "\x7fd12", "d12"),
    (crm.FieldType.LONG_TEXT, "two\nlines\tand a tab", None),
    (crm.FieldType.INTEGER, 2**63 - 1, None),
    (crm.FieldType.INTEGER, -(2**63), None),
    (crm.FieldType.DECIMAL, Decimal("1234567890123456789012345.678"), None),
    (crm.FieldType.DECIMAL, Decimal("-0.5"), None),
    (crm.FieldType.DECIMAL, 7, Decimal(7)),
    (crm.FieldType.DECIMAL, 0.1, Decimal("0.1")),
    (crm.FieldType.PERCENT, Decimal("12.5"), None),
    (crm.FieldType.MONEY, crm.Money("12.50", "EUR"), None),
    (crm.FieldType.MONEY, crm.Money(1250, "JPY"), None),
    (crm.FieldType.MONEY, crm.Money("1.250", "KWD"), None),
    (crm.FieldType.BOOLEAN, True, None),
    (crm.FieldType.BOOLEAN, False, None),
    (crm.FieldType.DATE, datetime.date(2024, 2, 29), None),
    (crm.FieldType.PARTIAL_DATE, crm.PartialDate(1815, 12, 10), None),
    (crm.FieldType.PARTIAL_DATE, crm.PartialDate(1815), None),
    (crm.FieldType.PARTIAL_DATE, crm.PartialDate(month=12, day=10), None),
    (crm.FieldType.DATE_TIME, datetime.datetime(2026, 3, 29, 1, 0, 0, 123456, datetime.timezone.utc), None),
    (crm.FieldType.DATE_TIME, datetime.datetime(1900, 1, 1, 12, tzinfo=ZONE), None),
    (crm.FieldType.DURATION, datetime.timedelta(hours=1, milliseconds=5), None),
    (crm.FieldType.DURATION, -datetime.timedelta(days=3), None),
    (crm.FieldType.EMAIL, "ada@acme.example", None),
    (crm.FieldType.PHONE, "+442079460000", None),
    (crm.FieldType.URL, "https://acme.example/", None),
    (crm.FieldType.DOMAIN, "acme.example", None),
    (crm.FieldType.ADDRESS, crm.Address(street="1 Main St\nFloor 2", city="York", country="GB"), None),
    (crm.FieldType.PERSON_NAME, crm.PersonName(given="Ada", family="King", suffix="Countess"), None),
]


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("ty, value, read", VALUES)
def test_a_value_comes_back_as_it_was_set(
    db: crm.Database, ty: crm.FieldType, value: Any, read: Any, many: bool
) -> None:
    expected = value if read is None else read
    if many:
        value, expected = [value], [expected]
    db.add_field(crm.Company, crm.FieldDef(name="custom_value", ty=ty, many=many))
    acme = db.create(crm.Company(name="Acme", custom={"custom_value": value}))
    assert acme["custom_value"] == expected
    assert type(acme["custom_value"]) is type(expected)
    (found,) = db.find_all(crm.Company)
    assert found["custom_value"] == expected
    assert db.history(acme)[0].changes[-1].new is not None


def test_references_are_records_or_references(db: crm.Database) -> None:
    acme = db.create(crm.Company(name="Acme"))
    for company in (acme, acme.ref):
        ada = db.create(crm.Contact(name="Ada", company=company))
        assert ada.company == acme.ref
        assert db.get(crm.Company, acme.ref).name == "Acme"


def test_text_is_read_as_people_write_it(db: crm.Database) -> None:
    deal = db.create(crm.Contact(name="Ada", birthday="--12-10", tags=[]))
    assert deal.birthday == crm.PartialDate(month=12, day=10)


@pytest.mark.parametrize("text", ["1815-12-10", "1815", "--12-10"])
def test_partial_dates_are_text(text: str) -> None:
    assert str(crm.PartialDate.parse(text)) == text


def test_money_is_exact() -> None:
    assert str(crm.Money("12.50", "EUR")) == "12.50 EUR"
    with pytest.raises(crm.Invalid, match="not exact"):
        crm.Money(0.1, "EUR")  # type: ignore[arg-type]
    with pytest.raises(crm.Invalid, match="decimal number"):
        crm.Money("a lot", "EUR")


def test_names_and_addresses_have_a_text() -> None:
    assert str(crm.PersonName(prefix="Dr.", given="Ada", family="Lovelace")) == "Dr. Ada Lovelace"
    address = crm.Address(street="1 Main St", city="York", postal_code="YO1", country="GB")
    assert str(address) == "1 Main St, YO1 York, GB"
