"""Changes: one by one, together, taken back."""

import threading

import pytest

import crm


def test_none_clears_and_what_is_not_set_stays(db: crm.Database) -> None:
    ada = db.create(crm.Contact(name="Ada", job_title="Analyst", phone="+442079460000"))
    outcome = db.update(ada, job_title="CTO", phone=None)
    assert outcome.kind is crm.OutcomeKind.UPDATED and outcome.record == ada.ref
    ada = db.get(ada)
    assert (ada.job_title, ada.phone, str(ada.name)) == ("CTO", None, "Ada")
    assert db.update(ada, crm.Contact(job_title="CTO")).kind is crm.OutcomeKind.UNCHANGED
    assert db.update(ada, {"job_title": "CEO"}, department="Board").version == db.sequence()


def test_a_stale_change_is_refused(db: crm.Database) -> None:
    ada = db.create(crm.Contact(name="Ada", job_title="Analyst"))
    db.update(ada, job_title="CTO")
    db.update(ada, department="Board", expected=ada.version)
    with pytest.raises(crm.Stale) as refused:
        db.update(ada, job_title="CEO", expected=ada.version)
    assert refused.value.expected == ada.version
    assert [field.field for field in refused.value.fields] == ["job_title"]


def test_upsert_finds_by_a_unique_field(db: crm.Database) -> None:
    first = db.upsert(crm.Contact(name="Ada", external_id="1"), by="external_id")
    again = db.upsert("contact", {"external_id": "1", "job_title": "CTO"}, by="external_id")
    assert (first.kind, again.kind) == (crm.OutcomeKind.CREATED, crm.OutcomeKind.UPDATED)
    assert again.record == first.record


def test_a_batch_is_all_or_nothing(db: crm.Database) -> None:
    tag = db.create(crm.Tag(name="old"))
    given = "0190b0b0-0000-7000-8000-000000000001"
    changes = [
        crm.Create(crm.Tag(name="a"), id=given),
        crm.Create("tag", {"name": "b"}),
        crm.Update(tag, {"name": "new"}, expected=tag.version),
        crm.Upsert(crm.Contact(name="Ada", external_id="1"), by="external_id"),
        crm.Delete(crm.Ref("tag", given)),
        crm.Restore(crm.Ref("tag", given)),
    ]
    rehearsed = db.rehearse_batch(changes)
    assert len(rehearsed) == 6 and db.count(crm.Tag) == 1
    outcomes = db.batch(changes, key="once")
    assert [outcome.kind.name for outcome in outcomes] == [
        "CREATED", "CREATED", "UPDATED", "CREATED", "DELETED", "RESTORED",
    ]  # fmt: skip
    assert outcomes[0].record.id == given
    assert db.batch(changes, key="once") == outcomes
    assert db.count(crm.Tag) == 3
    with pytest.raises(crm.NotFound):
        db.batch([crm.Create(crm.Tag(name="c")), crm.Purge(crm.Ref("tag", given.replace("1", "2")))])
    assert db.count(crm.Tag) == 3
    assert db.change(crm.Purge(tag)).kind is crm.OutcomeKind.PURGED


def test_an_operation_is_undone(db: crm.Database) -> None:
    ada = db.create(crm.Contact(name="Ada", job_title="Analyst"))
    import_ = db.operation("promotion").caused_by("sync").without_rules()
    import_.update(ada, job_title="CTO")
    newest = db.history(ada)[0]
    assert (newest.commit.operation, newest.commit.cause) == ("promotion", "sync")
    report = db.undo("promotion")
    assert report.undone == 1 and report.skipped == []
    assert db.get(ada).job_title == "Analyst"


def test_a_user_acts(db: crm.Database) -> None:
    grace = db.create(crm.User(name="Grace", email="grace@acme.example"))
    assert db.actor() is None
    session = db.as_user(grace)
    assert session.actor() == grace.ref
    tag = session.create(crm.Tag(name="vip"))
    assert tag.created_by == grace.ref
    with pytest.raises(crm.Invalid, match="user"):
        db.as_user(tag)


def test_json_in_and_out(db: crm.Database) -> None:
    ref = db.create_json("contact", '{"name": "Ada Lovelace", "email": "ada@acme.example"}')
    db.update_json(ref, '{"email": null}')
    assert db.get(crm.Contact, ref).email is None
    with pytest.raises(crm.Invalid, match="JSON"):
        db.create_json("contact", "{")


def test_content_of_documents(db: crm.Database) -> None:
    document = db.create(crm.Document(name="offer.pdf"))
    assert db.content(document) is None
    db.put_content(document, b"\x00\xff" * 1000)
    assert db.content(document) == b"\x00\xff" * 1000


def test_cards_move_on_a_board(db: crm.Database, pipeline: crm.Pipeline) -> None:
    one, two = (db.create(crm.Deal(name=name, pipeline=pipeline)) for name in ("One", "Two"))
    board = db.board(crm.Deal, pipeline)
    assert [column.record["name"] for column in board.columns] == ["Lead", "Offer", "Won"]
    assert [card.record["name"] for card in board.columns[0].cards] == ["One", "Two"]
    offer = board.columns[1].record
    db.move_card(one, offer)
    db.move_card(two, offer, behind=one)
    cards = db.cards("deal", offer)
    assert [card.record["name"] for card in cards] == ["One", "Two"]
    assert [card.record["name"] for card in db.cards(crm.Deal, offer, after=cards[0].place)] == ["Two"]
    assert db.board(crm.Deal, pipeline, cards_max=1).columns[1].count == 2


def test_what_create_returns_is_of_its_own_transaction(db: crm.Database) -> None:
    """Rules are in it; what others do at once, even a purge, is not."""
    actions = '[{"do": "set", "fields": {"job_title": "VIP"}}]'
    rule = crm.Rule(name="vip", object="contact", trigger="created", actions=actions)
    db.create(rule)
    stop = threading.Event()

    def purge() -> None:
        while not stop.is_set():
            for person in db.find_all(crm.Contact):
                db.purge(person)

    purging = threading.Thread(target=purge)
    purging.start()
    try:
        for at in range(200):
            made = db.create(crm.Contact(name=f"Person {at}"))
            assert (str(made.name), made.job_title) == (f"Person {at}", "VIP")
    finally:
        stop.set()
        purging.join()
