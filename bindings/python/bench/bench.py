"""What calls cost: minima over repetitions, since the machine has other work, too.

    python bench.py [--rows N]

The reference for bulk reads is Python's own sqlite3 making dictionaries of the same rows: the same fields in a table,
each row a dictionary of its values."""

from __future__ import annotations

import argparse
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Dict

import crm
from crm._progress import Listener

REPETITIONS = 30


def least(work: Callable[[], Any], repetitions: int = REPETITIONS) -> float:
    """The shortest of several runs, in seconds."""
    times = []
    for _ in range(repetitions):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return min(times)


def each(work: Callable[[], Any], calls: int = 200) -> float:
    """The time of one call, as the shortest of several series."""

    def series() -> None:
        for _ in range(calls):
            work()

    return least(series) / calls


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


def sqlite(records: crm.Rows[crm.Contact]) -> sqlite3.Connection:
    """The same rows in a table: text, numbers, and JSON for lists and parts."""
    plain: list[Dict[str, Any]] = []
    for record in records:
        row = {"id": record.id}
        for name, raw in record._data["fields"].items():
            if isinstance(raw, dict):
                ((kind, raw),) = raw.items()
                raw = raw[1] if kind == "ref" else raw
            row[name] = json.dumps(raw) if isinstance(raw, (dict, list)) else raw
        plain.append(row)
    names = list(plain[0])
    connection = sqlite3.connect(":memory:")
    connection.execute(f"create table contact ({', '.join(names)})")
    places = ", ".join(f":{name}" for name in names)
    connection.executemany(f"insert into contact values ({places})", plain)
    connection.row_factory = lambda cursor, row: {
        column[0]: value for column, value in zip(cursor.description, row)
    }
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
        figures["page of 50 (find)"] = least(lambda: db.find(crm.Contact))
        figures[f"{rows} records (find)"] = least(lambda: db.find(crm.Contact, limit=rows))
        figures[f"{rows} records (find_all)"] = least(lambda: list(db.find_all(crm.Contact)))
        figures[f"{rows} records, every field of Python's types"] = least(
            lambda: db.find(crm.Contact, limit=rows).to_dicts(), 10
        )
        numbers = iter(range(10_000_000))
        figures["create (durable)"] = each(lambda: db.create(crm.Tag(name=f"t{next(numbers)}")), 10)
        with crm.memory() as memory:
            figures["create (in memory)"] = each(lambda: memory.create(crm.Tag(name=f"t{next(numbers)}")), 100)
        listener = Listener(lambda progress: None)
        tick = crm.Progress(done=1, bytes=2, refused=0)
        figures["callback, Python's side of a tick"] = each(lambda: listener.on_progress(tick))
        connection = sqlite(db.find_all(crm.Contact))
        figures[f"{rows} rows as dictionaries (sqlite3)"] = least(
            lambda: connection.execute("select * from contact").fetchall()
        )
    for name, seconds in figures.items():
        print(f"{name:48} {seconds * 1e6:12.1f} µs")
    ratio = figures[f"{rows} records (find)"] / figures[f"{rows} rows as dictionaries (sqlite3)"]
    print(f"{rows} records take {ratio:.2f} times what sqlite3 takes (goal: 2)")


if __name__ == "__main__":
    main()
