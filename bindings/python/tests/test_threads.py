"""One handle, many threads."""

import threading
from typing import List

import crm


def test_eight_threads_on_one_handle(db: crm.Database) -> None:
    failed: List[BaseException] = []
    together = threading.Barrier(8)

    def work(number: int) -> None:
        try:
            together.wait()
            for at in range(25):
                tag = db.create(crm.Tag(name=f"{number}-{at}"))
                assert db.get(tag) == tag
                db.update(tag, name=f"{number}-{at}!")
                assert any(found.ref == tag.ref for found in db.find_all(crm.Tag))
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert db.count(crm.Tag) == 200
    assert db.check().findings == []


def test_closing_while_others_read(db: crm.Database) -> None:
    db.batch([crm.Create(crm.Tag(name=str(at))) for at in range(500)])
    ends: List[str] = []

    def read() -> None:
        try:
            while True:
                db.find("tag", limit=500)
        except crm.Closed:
            ends.append("closed")

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    db.close()
    for thread in threads:
        thread.join(30)
    assert ends == ["closed"] * 4
