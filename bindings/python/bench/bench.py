"""What calls cost: minima over repetitions, since the machine has other work, too.

    python bench.py [--rows N]

The reference for bulk reads is Python's own sqlite3 making dictionaries of the same rows: the same fields in a table,
each row a dictionary of its values."""

from __future__ import annotations

import argparse
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List

import crm
from crm._progress import Listener

REPETITIONS = 30


def least(*works: Callable[[], Any], repetitions: int = REPETITIONS) -> List[float]:
    """The shortest of several runs of each, in seconds. They take turns, so that what the machine does meets all."""
    times: List[List[float]] = [[] for _ in works]
    for _ in range(repetitions):
        for work, taken in zip(works, times):
            begin = time.perf_counter()
            work()
            taken.append(time.perf_counter() - begin)
    return [min(taken) for taken in times]


def each(work: Callable[[], Any], calls: int = 200) -> float:
    """The time of one call, as the shortest of several series."""

    def series() -> None:
        for _ in range(calls):
            work()

    return least(series)[0] / calls


def fill(db: crm.Database, rows: int) -> crm.Contact:
    company = db.create(crm.Company(name="Acme", website="acme.example"))
    owner = db.create(crm.User(name="Grace Hopper", email="grace@acme.example"))
    tags = [db.create(crm.Tag(name=name)) for name in ("customer", "newsletter")]
    changes = [
        crm.Create(
            crm.Contact(
                name=crm.PersonName(given=f"Ada {at}", family=f"Lovelace {at % 97}", prefix="Dr."),
                email=f"ada{at}@acme{at % 53}.example",
                phone=f"+44 20 7946 {at % 10000:04}",
                mobile=f"+44 7700 90{at % 10000:04}",
                job_title=f"Head of Department {at % 31}",
                department=f"Department {at % 31}",
                address=crm.Address(street=f"{at} Analytical Street", city="London", postal_code="W1", country="GB"),
                birthday="1815-12-10",
                language="en",
                source="conference",
                company=company,
                owner=owner,
                tags=tags,
                description=f"Met at the conference, interested in engines, no. {at}.",
                external_id=f"ext-{at}",
            )
        )
        for at in range(rows)
    ]
    outcome = db.batch(changes)[0]
    return db.get(crm.Contact, outcome.record)


def sqlite(records: Iterable[crm.Contact]) -> sqlite3.Connection:
    """The same rows in a table: text and numbers as they are, the ids of references, times as ISO text."""

    def column(value: Any) -> Any:
        if isinstance(value, list):
            return " ".join(column(item) for item in value)
        if isinstance(value, crm.Ref):
            return value.id
        return value if isinstance(value, int) else str(value)

    rows = [{name: column(value) for name, value in record.to_dict().items()} for record in records]
    names = list(rows[0])
    connection = sqlite3.connect(":memory:")
    connection.execute(f"create table contact ({', '.join(names)})")
    connection.executemany(f"insert into contact values ({', '.join(':' + name for name in names)})", rows)

    def dictionary(cursor: sqlite3.Cursor, row: Any) -> Dict[str, Any]:
        # As the documentation of sqlite3 has it.
        return dict(zip([column[0] for column in cursor.description], row))

    connection.row_factory = dictionary
    return connection


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1000)
    rows = parser.parse_args().rows
    figures: Dict[str, float] = {}
    imports = [sys.executable, "-c", "import time; a = time.perf_counter(); import crm; print(time.perf_counter() - a)"]
    figures["import crm"] = min(float(subprocess.check_output(imports)) for _ in range(5))
    with tempfile.TemporaryDirectory() as folder, crm.open(Path(folder) / "bench.crm") as db:
        begin = time.perf_counter()
        db.sequence()
        figures["first call"] = time.perf_counter() - begin
        ada = fill(db, rows)
        figures["call (sequence)"] = each(db.sequence)
        figures["one record (get)"] = each(lambda: db.get(ada))
        figures["one record, every field read"] = each(lambda: db.get(ada).to_dict())
        (figures["page of 50 (find)"],) = least(lambda: db.find(crm.Contact))
        connection = sqlite(db.find_all(crm.Contact))
        names = [
            f"{rows} records (find)",
            f"{rows} records (find_all)",
            f"{rows} records, every field in Python's types",
            f"{rows} rows as dictionaries (sqlite3)",
        ]
        bulk = least(
            lambda: db.find(crm.Contact, limit=rows),
            lambda: list(db.find_all(crm.Contact)),
            lambda: db.find(crm.Contact, limit=rows).to_dicts(),
            lambda: connection.execute("select * from contact").fetchall(),
        )
        figures.update(zip(names, bulk))
        numbers = iter(range(10_000_000))
        figures["create (durable)"] = each(lambda: db.create(crm.Tag(name=f"t{next(numbers)}")), 10)
        with crm.memory() as memory:
            figures["create (in memory)"] = each(lambda: memory.create(crm.Tag(name=f"t{next(numbers)}")), 100)
        listener = Listener(lambda progress: None)
        tick = crm.Progress(done=1, bytes=2, refused=0)
        figures["callback, Python's side of a tick"] = each(lambda: listener.on_progress(tick))
    for name, seconds in figures.items():
        print(f"{name:48} {seconds * 1e6:12.1f} µs")
    ratio = bulk[0] / bulk[3]
    print(f"{rows} records take {ratio:.2f} times what sqlite3 takes (goal: 2)")


if __name__ == "__main__":
    main()
