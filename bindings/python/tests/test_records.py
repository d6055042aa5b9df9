"""Records are values: typed, readable, comparable."""

import copy
import pickle
import sys
from decimal import Decimal

import pytest

import crm


def test_what_is_created_comes_back_typed(db: crm.Database) -> None:
    acme = db.create(crm.Company(name="Acme", website="acme.example", employees=40))
    ada = db.create(crm.Contact(name="Ada Lovelace", email="ADA@Acme.Example", company=acme))
    assert isinstance(ada, crm.Contact)
    assert ada.name == crm.PersonName(given="Ada", family="Lovelace")
    assert str(ada.name) == "Ada Lovelace"
    assert ada.email == "ADA@acme.example"
    assert ada.company == acme.ref == crm.Ref("company", acme.id or "")
    assert ada.phone is None
    assert ada.other_emails == []
    assert ada.version > 0
    assert ada.created_at == db.now()


def test_records_are_equal_by_value_and_hashed_by_reference(db: crm.Database) -> None:
    tag = db.create(crm.Tag(name="vip"))
    again = db.get(tag)
    assert again == tag
    assert {tag: 1}[again] == 1
    assert tag != db.create(crm.Tag(name="other"))
    assert tag != None  # noqa: E711 - the comparison is what is tested
    assert tag.replace(name="else") != tag
    assert crm.Tag(name="vip") == crm.Tag(name="vip") != crm.Tag(name="x")


def test_repr_shows_what_is_there(db: crm.Database) -> None:
    tag = db.create(crm.Tag(name="vip"))
    assert repr(tag) == f"Tag(id='{tag.id}', name='vip')"
    assert repr(crm.Tag(name="vip")) == "Tag(name='vip')"
    assert repr(crm.Record("machine", {"serial": "A"})) == "Record('machine', serial='A')"
    assert repr(crm.Outcome(record=crm.Ref("tag", "1"), kind=crm.OutcomeKind.CREATED, version=1)).startswith(
        "Outcome(record=Ref(object='tag', id='1')"
    )


def test_replace_makes_another_record_and_update_writes_it(db: crm.Database) -> None:
    ada = db.create(crm.Contact(name="Ada", job_title="Analyst"))
    promoted = ada.replace(job_title="CTO", department=None)
    assert (ada.job_title, promoted.job_title) == ("Analyst", "CTO")
    db.update(promoted)
    assert db.get(ada).job_title == "CTO"
    with pytest.raises(crm.Stale) as refused:
        db.update(ada.replace(job_title="CEO"))
    assert refused.value.fields[0].field == "job_title"
    if sys.version_info >= (3, 13):
        assert copy.replace(ada, job_title="CEO").job_title == "CEO"


def test_a_record_cannot_be_assigned_to(db: crm.Database) -> None:
    tag = db.create(crm.Tag(name="vip"))
    with pytest.raises(AttributeError, match="update"):
        tag.name = "other"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        tag.nmae = "other"  # type: ignore[attr-defined]


def test_records_survive_pickle_and_copy(db: crm.Database) -> None:
    ada = db.create(crm.Contact(name="Ada", company=db.create(crm.Company(name="Acme"))))
    for other in (pickle.loads(pickle.dumps(ada)), copy.copy(ada), copy.deepcopy(ada)):
        assert other == ada and type(other) is crm.Contact
    assert pickle.loads(pickle.dumps(ada.ref)) == ada.ref


def test_a_dictionary_has_pythons_types(db: crm.Database) -> None:
    company = db.create(crm.Company(name="Acme", annual_revenue=crm.Money("9.50", "EUR")))
    row = company.to_dict()
    assert list(row)[:2] == ["id", "name"]
    assert row["annual_revenue"] == crm.Money(Decimal("9.50"), "EUR")
    assert row["created_at"] == db.now()
    assert dict(company) == row


def test_a_record_is_gone_through_by_its_fields(db: crm.Database) -> None:
    ada = db.create(crm.Contact(name="Ada", email="ada@acme.example"))
    assert "email" in ada and "phone" not in ada and "nothing" not in ada and 7 not in ada
    assert list(ada) == ada.keys() == [name for name in ada]
    assert len(ada) == len(list(ada)) and list(ada)[:3] == ["id", "name", "email"]
    assert {**ada} == ada.to_dict()
    draft = crm.Contact(email=None, phone="1")
    assert list(draft) == ["phone"] and "email" not in draft
    # A record without anything is a record, too.
    assert crm.Contact() and not list(crm.Contact())


def test_a_name_that_no_field_has_is_an_error(db: crm.Database) -> None:
    db.add_field(crm.Contact, crm.FieldDef(name="region", ty=crm.FieldType.TEXT))
    ada = db.create(crm.Contact(name="Ada"))
    for name, nearest in [("emial", "email"), ("regoin", "region"), ("creatd_at", "created_at"), ("xyzzy", None)]:
        for read in (lambda name: ada[name], ada.get, db.find(crm.Contact)[0].__getitem__):
            with pytest.raises(crm.UnknownField, match=f"`contact` has no field `{name}`") as refused:
                read(name)
            error = refused.value
            assert (error.object, error.name, error.nearest) == ("contact", name, nearest)
            assert isinstance(error, KeyError) and error.code == "unknown_field"
    for known in ("email", "region", "deleted_at", "other_emails"):
        assert ada[known] is None and ada.get(known, "none") == "none", known
    # Also where a record has gone to another process, which knows nothing of the database.
    again = pickle.loads(pickle.dumps(ada.replace(email="a@acme.example")))
    assert again["region"] is None and again["email"] == "a@acme.example"
    with pytest.raises(crm.UnknownField):
        again["regoin"]
    # A draft has the fields of its class, and what is set.
    assert crm.Contact(custom={"region": "North"})["region"] == "North"
    with pytest.raises(KeyError, match="did you mean `email`"):
        crm.Contact(name="Ada")["emial"]


def test_a_custom_object_knows_its_fields(db: crm.Database) -> None:
    fields = [
        crm.FieldDef(id=1, name="serial", ty=crm.FieldType.TEXT, required=True),
        crm.FieldDef(id=2, name="bought", ty=crm.FieldType.DATE),
    ]
    db.add_object(crm.ObjectDef(name="machine", plural="machines", fields=fields, title=[1]))
    for machine in (db.create("machine", {"serial": "A-17"}), *db.find_all("machine")):
        assert machine["bought"] is None and list(machine)[:2] == ["id", "serial"]
        with pytest.raises(crm.UnknownField, match="did you mean `serial`"):
            machine["serail"]


def test_a_choice_that_no_constant_has() -> None:
    with pytest.raises(AttributeError, match="ContactLifecycle has no choice CUSTMER; did you mean CUSTOMER"):
        crm.ContactLifecycle.CUSTMER  # type: ignore[attr-defined]
    assert not hasattr(crm.ContactLifecycle, "__wrapped__")


def test_custom_fields_are_read_and_set_by_name(db: crm.Database) -> None:
    db.add_field(crm.Contact, crm.FieldDef(name="region", ty=crm.FieldType.TEXT))
    ada = db.create(crm.Contact(name="Ada", custom={"region": "North"}))
    assert ada["region"] == "North"
    db.update(ada, region=None)
    assert db.get(ada)["region"] is None
    assert db.get(ada).get("region", "nowhere") == "nowhere"


def test_custom_objects_are_records_by_name(db: crm.Database) -> None:
    db.add_object(
        crm.ObjectDef(
            name="machine",
            plural="machines",
            fields=[crm.FieldDef(id=1, name="serial", ty=crm.FieldType.TEXT, required=True)],
            title=[1],
        )
    )
    machine = db.create("machine", {"serial": "A-17"})
    assert type(machine) is crm.Record
    assert [record["serial"] for record in db.find("machine", "serial == 'A-17'")] == ["A-17"]
    assert db.title(machine) == "A-17"


def test_choices_are_enumerations_that_keep_what_they_do_not_know(db: crm.Database) -> None:
    ada = db.create(crm.Contact(name="Ada", lifecycle=crm.ContactLifecycle.CUSTOMER))
    assert ada.lifecycle == "customer" and ada.lifecycle is not None
    assert ada.lifecycle is crm.ContactLifecycle.CUSTOMER and f"{ada.lifecycle}" == "customer"
    added = crm.ContactLifecycle("evangelist_of_ours")
    assert added == "evangelist_of_ours" and isinstance(added, crm.ContactLifecycle)
    assert added not in list(crm.ContactLifecycle)


def test_keywords_of_python_have_a_line_behind_them(db: crm.Database) -> None:
    mail = db.create(crm.Email(from_="ada@acme.example", subject="Hello", at=db.now()))
    assert mail.from_ == "ada@acme.example"
    assert mail["from"] == "ada@acme.example"


def test_a_record_that_is_not_created_has_no_reference() -> None:
    with pytest.raises(crm.Invalid, match="not created"):
        crm.Tag(name="vip").ref
