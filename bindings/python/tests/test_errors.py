"""Errors: a hierarchy, readable, with what they are made of."""

import inspect
import pickle
from pathlib import Path

import pytest
from crm._crm import errors

import crm


def test_every_error_is_one_of_the_engine() -> None:
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind is not crm.Error]
    assert len(kinds) >= 24
    for kind in kinds:
        assert issubclass(kind, crm.Error) and kind.__doc__
        assert getattr(crm, kind.__name__) is kind
    assert issubclass(crm.Invalid, ValueError)
    assert issubclass(crm.NotFound, LookupError)


def test_an_error_says_what_is_wrong_and_has_a_code(db: crm.Database) -> None:
    with pytest.raises(crm.UnknownField) as raised:
        db.create("contact", {"emial": "ada@acme.example"})
    error = raised.value
    assert (error.object, error.name, error.nearest) == ("contact", "emial", "email")
    assert "emial" in str(error) and "email" in str(error)
    assert (error.code, error.number) == ("unknown_field", 2)
    with pytest.raises(crm.Duplicate) as refused:
        db.create(crm.Contact(name="A", external_id="1"))
        db.create(crm.Contact(name="B", external_id="1"))
    assert (refused.value.field, refused.value.value) == ("external_id", "1")
    with pytest.raises(crm.Expression) as wrong:
        db.find(crm.Contact, "name ==")
    assert wrong.value.line == 1 and wrong.value.column > 0
    with pytest.raises(crm.UnknownObject) as unknown:
        db.count("contcat")
    assert unknown.value.nearest == "contact"


def test_errors_survive_pickle(db: crm.Database) -> None:
    with pytest.raises(crm.NotFound) as raised:
        db.get(crm.Contact, "0190b0b0-0000-7000-8000-000000000001")
    again = pickle.loads(pickle.dumps(raised.value))
    assert type(again) is crm.NotFound
    assert (str(again), again.object, again.code) == (str(raised.value), "contact", "not_found")


def test_files_are_locked_and_can_be_missing(tmp_path: Path) -> None:
    with crm.open(tmp_path / "one.crm") as db:
        with pytest.raises(crm.Locked) as locked:
            crm.open(str(tmp_path / "one.crm"))
        assert locked.value.path.endswith("one.crm")
        with pytest.raises(crm.Io):
            db.import_csv(tmp_path / "no.csv", crm.ImportOptions(object="contact"))
    with pytest.raises(crm.Io):
        crm.open(tmp_path / "no" / "folder.crm")
    (tmp_path / "text.crm").write_text("not a database, but some text that is long enough to be looked at" * 100)
    with pytest.raises(crm.Corrupt):
        crm.open(tmp_path / "text.crm")


def test_a_closed_database_says_so(tmp_path: Path) -> None:
    with crm.open(tmp_path / "one.crm") as db:
        tag = db.create(crm.Tag(name="vip"))
        session = db.operation("x")
    db.close()
    for call in (db.stats, lambda: session.create(crm.Tag(name="x")), lambda: db.find(crm.Tag)):
        with pytest.raises(crm.Closed):
            call()
    db.reopen()
    assert db.get(tag) == tag
    db.close()
