from __future__ import annotations

import datetime
import gc
from typing import Iterator

import pytest

import crm

NOW = datetime.datetime(2026, 3, 14, 9, 26, 53, 589793, tzinfo=datetime.timezone.utc)


@pytest.fixture(scope="session", autouse=True)
def nothing_is_forgotten() -> Iterator[None]:
    """Behind the last test, the library has nothing that Python does not hold any more."""
    yield
    gc.collect()
    assert crm.live_objects() == 0


@pytest.fixture
def clock() -> crm.ManualClock:
    return crm.ManualClock(NOW)


@pytest.fixture
def db(clock: crm.ManualClock) -> Iterator[crm.Database]:
    """A database in memory on 14 March 2026, whose ids count up."""
    with crm.memory(clock=clock, sequential_ids=True) as db:
        yield db


@pytest.fixture
def pipeline(db: crm.Database) -> crm.Pipeline:
    """A pipeline with the stages Lead, Offer and Won."""
    pipeline = db.create(crm.Pipeline(name="Sales"))
    for order, (name, kind, probability) in enumerate(
        [("Lead", "open", 10), ("Offer", "open", 50), ("Won", "won", 100)]
    ):
        db.create(crm.Stage(name=name, pipeline=pipeline, kind=kind, probability=probability, order=order))
    return pipeline
