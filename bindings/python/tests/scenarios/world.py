"""What the steps of a scenario share, and the operations by the names that they have in every host."""

from __future__ import annotations

import threading
import typing
from pathlib import Path
from typing import Any, Dict, List, Optional

import crm
from crm._database._operations import Operations

from . import arguments as a
from . import canonical
from .placeholder import fill, pick

Arguments = Dict[str, Any]

_HANDLES = (crm.Database, crm.Rows, crm.Subscription, crm.Cancel)
_RECORDS = ("record", "document", "user", "reminder", "message", "card", "column", "of", "behind")
_TIMES = ("at", "until", "retry")
_POSITIONAL = {
    "add_field": ["object", "field"],
    "add_fields": ["object", "fields"],
}


def _declared(handle: Any, op: str) -> Any:
    """The method of a declared operation, whose arguments are what its annotations say; `None` for other methods."""
    if "." in op:
        subject, own = op.split(".")
        return getattr(getattr(handle, subject), own)
    return getattr(handle, op) if op in vars(Operations) else None


class World:
    def __init__(self, setup: Arguments, folder: Path) -> None:
        now = a.time(setup.get("now", "2026-03-14T09:00:00Z"))
        self.clock = crm.ManualClock(now)
        self.bound: Dict[str, Any] = {"dir": str(folder)}
        options = {**setup, "path": fill(setup.get("path"), self.bound)}
        options.pop("now", None)
        self.handles: Dict[str, Any] = {"clock": self.clock, "crm": self._open(options)}

    def step(self, step: Arguments) -> Any:
        """Makes a step, names its result and returns it in canonical form: an error is a result, too."""
        listener = _Listener(self, step["listener"]) if "listener" in step else None
        result = self._result(step, listener)
        if isinstance(result, _HANDLES):
            self.handles[step["as"]] = result
            return None
        if listener is not None and listener.called is not None:
            result = {"listener": listener.called, "result": result}
        if "pick" in step:
            result = pick(result, step["pick"])
        if "as" in step:
            self.bound[step["as"]] = result
        return result

    def _result(self, step: Arguments, listener: Optional[_Listener] = None) -> Any:
        try:
            made = self._call(step, listener)
        except crm.Error as error:
            return canonical.error(error)
        return made if isinstance(made, _HANDLES) else canonical.of(made)

    def _call(self, step: Arguments, listener: Optional[_Listener]) -> Any:
        op = step["op"]
        if op == "threads":
            return self._threads(**step["args"])
        given = fill(step.get("args", {}), self.bound)
        given = {name: value for name, value in given.items() if value is not None}
        handle = self.handles[step.get("on", "crm")]
        own = getattr(self, f"_op_{op}", None)
        if own is not None:
            return own(handle, listener, **given)
        if op in ("open", "in_memory"):
            return self._open(given)
        declared = _declared(handle, op)
        if declared is not None:
            hints = typing.get_type_hints(declared)
            given = {{"object": "kind"}.get(name, name): item for name, item in given.items()}
            typed = {name: a.build(hints[name], item) for name, item in given.items()}
            return declared(**typed, **({"progress": listener} if listener else {}))
        return self._method(handle, op, given)

    def _method(self, handle: Any, op: str, given: Arguments) -> Any:
        """An operation whose parameters are those of the method."""
        for name in _RECORDS:
            if name in given:
                given[name] = a.ref(given[name])
        for name in _TIMES:
            if name in given:
                given[name] = a.time(given[name])
        if "object" in given:
            given["kind"] = given.pop("object")
        return getattr(handle, op)(**given)

    def _open(self, given: Arguments) -> crm.Database:
        given = {name: value for name, value in given.items() if value is not None}
        path = given.pop("path", None)
        if path is None:
            given.pop("cache_bytes", None)
            return crm.memory(clock=self.clock, sequential_ids=True, **given)
        return crm.open(path, clock=self.clock, sequential_ids=True, **given)

    # The clock.

    def _op_set(self, clock: crm.ManualClock, _: Any, now: str) -> None:
        clock.set(a.time(now))

    # Ending calls.

    def _op_new_cancel(self, _db: Any, _: Any, deadline: Optional[str] = None) -> crm.Cancel:
        return crm.Cancel(a.time(deadline)) if deadline else crm.Cancel()

    def _op_cancelled_by(self, db: crm.Database, _: Any, cancel: str) -> crm.Database:
        return db.cancelled_by(self.handles[cancel])

    # Changing.

    def _op_create(self, db: crm.Database, _: Any, object: str, fields: Arguments) -> Any:
        return db.create(object, a.fields(fields)).ref

    def _op_create_record(self, db: crm.Database, _: Any, object: str, fields: Arguments) -> Any:
        return db.create(object, a.fields(fields))

    def _op_update(self, db: crm.Database, _: Any, record: Any, fields: Any, expected: Any = None) -> Any:
        return db.update(a.ref(record), a.fields(fields), expected=expected)

    def _op_upsert(self, db: crm.Database, _: Any, object: str, by: str, fields: Arguments) -> Any:
        return db.upsert(object, a.fields(fields), by=by)

    def _op_change(self, db: crm.Database, _: Any, change: Arguments) -> Any:
        return db.change(a.change(change))

    def _op_batch(self, db: crm.Database, _: Any, changes: List[Any], key: Optional[str] = None) -> Any:
        return db.batch([a.change(change) for change in changes], key=key)

    def _op_rehearse_batch(self, db: crm.Database, _: Any, changes: List[Any]) -> Any:
        return db.rehearse_batch([a.change(change) for change in changes])

    def _op_put_content(self, db: crm.Database, _: Any, document: Any, content: Any) -> None:
        db.put_content(a.ref(document), a.content(content))

    # Reading.

    def _op_find(self, db: crm.Database, _: Any, query: Arguments) -> Any:
        return db.find(**a.query(query, "limit", "after", "fields", "trash"))

    def _op_find_all(self, db: crm.Database, _: Any, query: Arguments) -> Any:
        return db.find_all(**a.query(query, "fields", "trash"))

    def _op_explain(self, db: crm.Database, _: Any, query: Arguments) -> Any:
        return db.explain(**a.query(query))

    def _op_search(self, db: crm.Database, _: Any, text: str, objects: Any = (), **given: Any) -> Any:
        if "prefix" in given:
            given["prefix"] = crm.Prefix[given["prefix"].upper()]
        return db.search(text, *objects, **given)

    # Figures.

    def _op_aggregate(self, db: crm.Database, _: Any, question: Arguments) -> Any:
        measures = [
            (crm.MeasureOp[measure["op"].upper()], measure["field"]) for measure in question.get("measures", [])
        ]
        groups = a.group_by(question.get("group_by", []))
        rest = {name: question[name] for name in ("filter", "convert_to") if name in question}
        return db.aggregate(question["object"], group_by=groups, measures=measures, **rest)

    def _op_timeline(self, db: crm.Database, _: Any, query: Arguments) -> Any:
        if query.get("before"):
            query["before"] = a.build(crm.TimelinePlace, query["before"])
        return db.timeline(a.ref(query.pop("record")), **query)

    # The schema.

    def _op_add_object(self, db: crm.Database, _: Any, object: Arguments) -> Any:
        return db.add_object(a.build(crm.ObjectDef, object))

    def _op_add_field(self, db: crm.Database, _: Any, object: str, field: Arguments) -> Any:
        return db.add_field(object, a.build(crm.FieldDef, field))

    def _op_add_fields(self, db: crm.Database, _: Any, object: str, fields: List[Any]) -> Any:
        return db.add_fields(object, [a.build(crm.FieldDef, field) for field in fields])

    def _op_retype_field(self, db: crm.Database, _: Any, object: str, field: str, ty: str, **given: Any) -> Any:
        return db.retype_field(object, field, crm.FieldType[ty.upper()], **given)

    # The feed.

    def _op_watch(self, db: crm.Database, _: Any, watch: Arguments) -> Any:
        if watch["type"] == "everything":
            return db.watch()
        if watch["type"] == "record":
            return db.watch(a.ref(watch["record"]))
        return db.watch(watch["query"]["object"], watch["query"].get("filter", ""))

    def _op_next_batch(self, watching: crm.Subscription, _: Any, timeout_ms: int) -> Any:
        return watching.next_batch(timeout=timeout_ms / 1000)

    def _op_wait_for_changes(self, db: crm.Database, _: Any, timeout_ms: int, **given: Any) -> Any:
        return db.wait_for_changes(timeout=timeout_ms / 1000, **given)

    # Files in and out, and looking after the database.

    def _op_import_csv(self, db: crm.Database, listener: Any, data: Any, options: Arguments) -> Any:
        return db.import_csv(a.content(data), a.build(crm.ImportOptions, options), progress=listener)

    def _op_import_csv_file(self, db: crm.Database, listener: Any, path: str, options: Arguments) -> Any:
        return db.import_csv(path, a.build(crm.ImportOptions, options), progress=listener)

    def _op_run_import_plan(self, db: crm.Database, listener: Any, plan: str, folder: str) -> Any:
        return db.run_import_plan(plan, folder, progress=listener)

    def _op_export_csv(self, db: crm.Database, _: Any, query: Arguments, fields: Any = ()) -> Any:
        return db.export_csv(**a.query(query, "trash"), fields=fields)

    def _op_export_csv_file(self, db: crm.Database, _: Any, path: str, query: Arguments, fields: Any = ()) -> Any:
        return db.export_csv_file(path, **a.query(query, "trash"), fields=fields)

    def _op_compact(self, db: crm.Database, listener: Any) -> None:
        db.compact(progress=listener)

    def _op_backup(self, db: crm.Database, listener: Any, path: str) -> None:
        db.backup(path, progress=listener)

    def _op_restore_backup(
        self, _db: Any, listener: Any, base: str, increments: List[str], to: str, point: Arguments
    ) -> Any:
        until = a.time(point["at"]) if point["type"] == "time" else point.get("sequence")
        return crm.restore_backup(base, increments, to, until=until, progress=listener)

    def _op_salvage(self, _db: Any, listener: Any, damaged: str, to: str) -> Any:
        return crm.salvage(damaged, to, progress=listener)

    def _op_shutdown(self, db: crm.Database, _: Any) -> None:
        db.close()

    def _op_import_options_from_json(self, _db: Any, _: Any, json: str) -> Any:
        return crm.import_options_from_json(json)

    def _op_error_code(self, _db: Any, _: Any, error: Arguments) -> Any:
        made = a.error(error)
        return {"number": made.number, "name": made.code}

    # The runner's own.

    def _op_write_file(self, _db: Any, _: Any, path: str, content: Any) -> None:
        Path(path).write_bytes(a.content(content))

    def _op_read_file(self, _db: Any, _: Any, path: str) -> bytes:
        return Path(path).read_bytes()

    def _op_file_exists(self, _db: Any, _: Any, path: str) -> bool:
        return Path(path).exists()

    def _op_copy_file(self, _db: Any, _: Any, path: str, to: str) -> None:
        Path(to).write_bytes(Path(path).read_bytes())

    def _op_damage_file(self, _db: Any, _: Any, path: str, text: str) -> None:
        file, part = Path(path), text.encode()
        file.write_bytes(file.read_bytes().replace(part, b"\xff" * len(part)))

    def _threads(self, count: int, rounds: int, steps: List[Arguments]) -> List[Any]:
        errors: Dict[str, Any] = {}
        mistakes: List[BaseException] = []

        def work(number: int) -> None:
            world = World.__new__(World)
            world.clock, world.handles = self.clock, dict(self.handles)
            world.bound = {**self.bound, "thread": number}
            try:
                for number in range(rounds):
                    world.bound["round"] = number
                    for step in steps:
                        result = world.step(step)
                        if isinstance(result, dict) and "error" in result:
                            errors[canonical.text(result)] = result
            except BaseException as mistake:
                mistakes.append(mistake)

        threads = [threading.Thread(target=work, args=[number]) for number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if mistakes:
            raise mistakes[0]
        return [errors[shown] for shown in sorted(errors)]


class _Listener:
    """What a scenario's listener does, as a function of progress."""

    def __init__(self, world: World, does: Arguments) -> None:
        self._world = world
        self._does = does
        self._first = True
        self.called: Any = None

    def __call__(self, progress: crm.Progress) -> Optional[bool]:
        if not self._first:
            return None
        self._first = False
        if "call" in self._does:
            self.called = self._world._result(self._does["call"])
        if self._does["answer"] == "throw":
            raise RuntimeError("the listener failed")
        return bool(self._does["answer"] != "stop")
