"""Declared operations: what is generated of them, and what stands below it."""

import asyncio
import inspect
import json
from decimal import Decimal
from importlib import resources

import pytest

import crm
import crm.aio
from crm import _operation
from crm._database._operations import Operations


def lead(db: crm.Database, name: str) -> crm.Lead:
    return db.create(crm.Lead(name=name, company_name="Acme"))


def test_a_lead_is_converted_and_rehearsed(db: crm.Database, pipeline: crm.Pipeline) -> None:
    ada = lead(db, "Ada Lovelace")
    rehearsed = db.leads.convert(ada, pipeline=pipeline, rehearse=True)
    assert len(rehearsed.made) == 3 and db.count(crm.Contact) == 0
    became = db.leads.convert(ada, pipeline=pipeline, deal_name="Ten seats")
    assert became.deal is not None and db.get(crm.Deal, became.deal.id).name == "Ten seats"
    assert became.company in became.made
    assert db.leads.convert(lead(db, "Eve"), same_name="take").company == became.company
    with pytest.raises(crm.Invalid) as refused:
        db.leads.convert(lead(db, "Bob"), same_name=crm.SameName.REFUSE)
    assert refused.value.field == "company"
    with pytest.raises(crm.Invalid):
        db.leads.convert(lead(db, "Tom"), same_name="never")
    with pytest.raises(TypeError, match="`lead` is one that was read"):
        db.leads.convert("Tom")  # type: ignore[arg-type]


def test_structures_are_values(db: crm.Database, pipeline: crm.Pipeline) -> None:
    db.create(crm.Deal(name="One", pipeline=pipeline))
    board = db.board(crm.Deal, pipeline)
    assert board == db.board("deal", pipeline) and board != db.board("deal", pipeline, cards_max=0)
    place = board.columns[0].cards[0].place
    assert isinstance(place.position, Decimal) and place == crm.CardPlace(place.position, place.card)
    assert repr(place).startswith("CardPlace(position=Decimal(")
    assert place.__replace__(position=Decimal(1)) != place
    with pytest.raises(crm.Invalid) as refused:
        db.board(crm.Deal, pipeline, cards_max=-1)
    assert refused.value.field == "cards_max"


def test_a_record_of_a_result_knows_its_custom_fields(db: crm.Database, pipeline: crm.Pipeline) -> None:
    db.add_field("stage", crm.FieldDef(name="colour", label="Colour", ty=crm.FieldType.TEXT))
    column = db.board(crm.Deal, pipeline).columns[0].record
    assert column["colour"] is None
    with pytest.raises(crm.UnknownField):
        column["couleur"]


def test_asyncio_has_the_subjects() -> None:
    async def convert() -> None:
        async with crm.aio.memory() as db:
            ada = await db.create(crm.Lead(name="Ada"))
            became = await db.leads.convert(ada)
            assert became.contact.object == "contact" and became.deal is None

    asyncio.run(convert())


def test_every_operation_is_documented() -> None:
    for kind in (Operations, crm.Leads):
        for name, method in inspect.getmembers(kind, inspect.isfunction):
            if not name.startswith("_"):
                assert method.__doc__ and "Raises `" in method.__doc__, name


def test_the_package_carries_the_page_of_all_operations() -> None:
    page = json.loads(resources.files("crm").joinpath("operations.json").read_text(encoding="utf-8"))
    names = [operation["name"] for operation in page["operations"]]
    assert {"board", "leads.convert"} <= set(names)
    with pytest.raises(ImportError, match="different versions"):
        _operation.check_digest(page["digest"] + 1)
