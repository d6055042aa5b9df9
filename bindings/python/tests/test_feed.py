"""The change feed and live queries."""

import threading
import time
from typing import List

import pytest

import crm


def test_a_live_query_begins_with_what_is_there(db: crm.Database) -> None:
    db.create(crm.Contact(name="Ada", job_title="CTO"))
    with db.watch(crm.Contact, "job_title == 'CTO'") as watching:
        (reset,) = watching.next_batch(timeout=0)
        assert isinstance(reset, crm.Reset) and [str(record["name"]) for record in reset.records] == ["Ada"]
        bob = db.create(crm.Contact(name="Bob", job_title="CTO"))
        (added,) = watching.next_batch(timeout=5)
        assert added == crm.Added(bob)
        db.update(bob, phone="+442079460000")
        (changed,) = watching.next_batch(timeout=5)
        assert isinstance(changed, crm.Changed) and changed.record["phone"] == "+442079460000"
        db.update(bob, job_title=None)
        assert watching.next_batch(timeout=5) == [crm.Removed(bob.ref)]
        assert watching.next_batch(timeout=0.01) == []
    with pytest.raises(crm.Cancelled):
        watching.next_batch(timeout=0)


def test_an_iteration_goes_on_until_it_is_stopped(db: crm.Database) -> None:
    seen: List[crm.Event] = []
    watching = db.watch()
    began = threading.Event()

    def follow() -> None:
        for event in watching:
            seen.append(event)
            began.set()

    thread = threading.Thread(target=follow)
    thread.start()
    assert began.wait(10)
    tag = db.create(crm.Tag(name="vip"))
    deadline = time.monotonic() + 10
    while len(seen) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    watching.stop()
    thread.join(10)
    assert not thread.is_alive()
    assert crm.Added(tag) in seen


def test_closing_the_database_ends_the_waiting(db: crm.Database) -> None:
    watching = db.watch(crm.Tag)
    watching.next_batch(timeout=0)
    raised: List[crm.Error] = []

    def wait() -> None:
        try:
            watching.next_batch(timeout=60)
        except crm.Error as error:
            raised.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.05)
    db.close()
    thread.join(10)
    assert [type(error) for error in raised] == [crm.Closed]
    assert list(watching) == []


def test_one_record_is_watched(db: crm.Database) -> None:
    tag = db.create(crm.Tag(name="vip"))
    watching = db.watch(tag)
    watching.next_batch(timeout=0)
    db.create(crm.Tag(name="other"))
    db.delete(tag)
    assert watching.next_batch(timeout=5) == [crm.Removed(tag.ref)]


def test_the_feed_of_changes(db: crm.Database) -> None:
    start = db.sequence()
    tag = db.create(crm.Tag(name="vip"))
    db.update(tag, name="VIP")
    created, updated = db.changes(start)
    assert (created.entries[0].kind, updated.entries[0].kind) == (crm.ChangeKind.CREATED, crm.ChangeKind.UPDATED)
    change = updated.entries[0].changes[0]
    assert (change.field, change.old, change.new) == ("name", "vip", "VIP")
    assert updated.commit.at == db.now()
    assert db.changes(updated.commit.sequence) == []
    assert db.wait_for_changes(start, timeout=5, entries_max=1)[0].commit.sequence == created.commit.sequence


def test_a_function_is_called_after_each_commit(db: crm.Database) -> None:
    calls: List[int] = []
    wake = db.on_commit(lambda: calls.append(db.sequence()))
    db.create(crm.Tag(name="one"))
    assert calls == [db.sequence()]

    def fails() -> None:
        raise RuntimeError("the signal failed")

    failing = db.on_commit(fails)
    db.create(crm.Tag(name="two"))
    assert len(calls) == 2 and db.count(crm.Tag) == 2
    failing.stop()
    wake.stop()
    wake.stop()
    db.create(crm.Tag(name="three"))
    assert len(calls) == 2
    held = db.on_commit(lambda: calls.append(0))
    db.close()
    assert calls[2:] == [0], "who waits is told that the database is closed"
    del held
