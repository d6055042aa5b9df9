"""Errors: a hierarchy, readable, with what they are made of."""

import inspect
import pickle
import re
from pathlib import Path
from typing import Any, Tuple

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


def _calls(db: crm.Database, ada: crm.Contact) -> "list[Tuple[str, Any, str]]":
    any_db: Any = db
    any_crm: Any = crm
    return [
        ("created again", lambda: db.create(ada), r"`contact .+` is refused: the record is there already: update\(\)"),
        ("created changed", lambda: db.batch([crm.Create(ada.replace(name="x"))]), "is there already"),
        ("no fields", lambda: any_db.create("contact"), r"the fields of the contact are missing: create\('contact', "),
        ("fields in a list", lambda: any_db.create("contact", ["a"]), r"dictionary of values by field.*not \['a'\]"),
        ("required", lambda: db.create(crm.Contact()), r"^`contact.name`: the field is required$"),
        (
            "a type as text",
            lambda: db.add_field("contact", any_crm.FieldDef(name="r", ty="text")),
            r"^ty: a crm.FieldType is needed, such as crm.FieldType.TEXT, and not 'text'$",
        ),
        ("a type with a slip", lambda: any_db.retype_field("contact", "x", "date time"), "crm.FieldType.DATE_TIME"),
        (
            "a definition as text",
            lambda: any_db.add_field("contact", "region"),
            "^field: a crm.FieldDef is needed, and",
        ),
        ("options as text", lambda: any_db.import_csv(b"name", "contact"), "^options: a crm.ImportOptions is needed"),
        (
            "a mode as text",
            lambda: db.import_csv(b"name", any_crm.ImportOptions(object="contact", mode="update")),
            "^mode: a crm.ImportMode is needed, and not 'update'$",
        ),
        ("a number as text", lambda: any_db.find("contact", limit="10"), "^limit: .*str"),
        ("a filter that is None", lambda: any_db.find("contact", None), "^filter: .*NoneType"),
        ("a name for a record", lambda: any_db.delete("contact"), r"^the record is one .*crm.Ref.* and not 'contact'$"),
        ("a class for a record", lambda: any_db.update(crm.Contact, name="x"), "^the record is one that was read"),
        ("a name for a card", lambda: any_db.move_card("deal", ada), "^the card is one that was read"),
        ("an id that is none", lambda: any_db.get("contact", 5), "^the id is text or a reference, and not 5$"),
        ("an id without an object", lambda: any_db.get(ada.id), r"get\(crm.Contact, id\)"),
        ("no change", lambda: any_db.batch([{"create": 1}]), r"^a change is crm.Create.*not \{'create': 1\}$"),
        ("a part as text", lambda: any_db.aggregate("contact", group_by=[("at", "month")]), "crm.DatePart.MONTH"),
        (
            "a measure as text",
            lambda: any_db.aggregate("contact", measures=["sum"]),
            r"crm.MeasureOp.SUM, .*not 'sum'$",
        ),
        (
            "actions as a list",
            lambda: any_db.create(
                "rule", {"name": "r", "object": "contact", "trigger": "created", "actions": [{"do": "x"}]}
            ),
            r'^`rule.actions`: `\{"do":"x"\}` is refused: .* give the text of the JSON$',
        ),
        ("a filter of SQL", lambda: db.count("contact", "name = 'x'"), "column 6: `=` is no comparison; write `==`$"),
        ("an empty name", lambda: db.count(""), "^the name of an object is empty$"),
        ("an empty field", lambda: db.find("contact", sort=""), "^the name of a field of `contact` is empty$"),
        ("an empty operation", lambda: db.undo(""), "^there is no operation with an empty name$"),
        ("an empty amount", lambda: crm.Money("", "EUR"), "^an amount of money is a decimal number$"),
        ("an amount that is None", lambda: any_crm.Money(None, "EUR"), "`None` is refused: an amount of money"),
    ]


def test_an_error_names_the_argument_what_it_was_and_the_right_form(db: crm.Database) -> None:
    ada = db.create(crm.Contact(name="Ada"))
    before = db.sequence()
    for what, call, says in _calls(db, ada):
        with pytest.raises((crm.Error, TypeError)) as refused:
            call()
        text = str(refused.value)
        assert re.search(says, text), f"{what}: {text}"
        assert "``" not in text and not text.endswith((" ", ":")), f"{what}: {text}"
        assert db.sequence() == before, what


def test_one_name_alone_is_a_list_of_it(db: crm.Database) -> None:
    """And not its letters."""
    ada = db.create(crm.Contact(name="Ada", lifecycle="lead"))
    assert db.aggregate("contact", group_by="lifecycle").to_dicts() == [{"lifecycle": "lead", "count": 1}]
    assert list(db.find("contact", fields="name")[0]) == ["id", "name", "version"]
    assert db.export_csv("contact", fields="name").decode().splitlines()[0] == "name"
    assert db.timeline(ada, kinds="task").entries == []


def test_a_file_of_another_kind_is_called_so(tmp_path: Path) -> None:
    for name, content in [("a.pdf", b"%PDF-1.7 " * 100), ("short", b"hi")]:
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(
            crm.Corrupt, match="does not begin as a database of this engine does: it is of another kind"
        ):
            crm.open(path)
        assert path.read_bytes() == content


def test_all_that_is_wrong_with_a_record_is_in_one_error(db: crm.Database) -> None:
    with pytest.raises(crm.Invalid) as raised:
        db.create("contact", {"email": "nobody", "birthday": "soon"})
    error = raised.value
    faults = [error, *error.others]
    assert sorted(fault.field for fault in faults if isinstance(fault, crm.Invalid)) == ["birthday", "email", "name"]
    assert all(str(other) in str(error) for other in error.others)
    again = pickle.loads(pickle.dumps(error))
    assert [str(other) for other in again.others] == [str(other) for other in error.others]
    with pytest.raises(crm.NotFound) as one:
        db.get(crm.Contact, "0190b0b0-0000-7000-8000-000000000001")
    assert list(one.value.others) == []
