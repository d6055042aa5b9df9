"""What the engine offers, the package offers."""

import inspect

from crm._crm import crm as generated

import crm

# Under another name, or a function of the package.
RENAMED = {
    "create_record": "create",
    "shutdown": "close",
    "import_csv_file": "import_csv",
    "in_memory": "close",
    "open": "close",
    # What every declared operation goes through.
    "call": "_call",
    "call_followed": "_call_followed",
}


def test_every_operation_is_a_method_of_the_database() -> None:
    offered = [name for name, _ in inspect.getmembers(generated.Crm, callable) if not name.startswith("_")]
    assert len(offered) > 70
    missing = [name for name in offered if not hasattr(crm.Database, RENAMED.get(name, name))]
    assert missing == []


def test_every_method_is_documented_and_annotated() -> None:
    for name, method in inspect.getmembers(crm.Database, inspect.isfunction):
        if not name.startswith("_"):
            assert method.__doc__, f"{name} has no documentation"
            assert "return" in method.__annotations__, f"{name} has no annotations"


def test_every_object_has_a_class(db: crm.Database) -> None:
    for definition in db.schema().objects:
        kind = getattr(crm, "".join(word.capitalize() for word in definition.name.split("_")))
        assert issubclass(kind, crm.Record) and kind.OBJECT == definition.name and kind.__doc__
        for field in definition.fields:
            known = any(getattr(kind, name, None) is not None for name in (field.name, field.name + "_"))
            assert known or field.name == "ordinal", f"{definition.name}.{field.name}"


def test_names_are_given_once() -> None:
    names = [name for name in vars(crm) if name[0].isupper()]
    assert {"Email", "Contact", "Invalid", "Money", "Database"} <= set(names)
    for name in names:
        assert not name.startswith("_Uniffi")
