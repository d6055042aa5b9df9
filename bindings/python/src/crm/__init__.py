"""An embeddable CRM engine: what SQLite is to data, this is to customer relationships.

    import crm

    with crm.open("sales.crm") as db:
        acme = db.create(crm.Company(name="Acme", website="acme.example"))
        ada = db.create(crm.Contact(name="Ada Lovelace", email="ada@acme.example", company=acme))
        for person in db.find_all(crm.Contact, "company.name == 'Acme'", sort="name"):
            print(person.name, person.email)

`Database` has every operation, `Record` what there is to know of records; the standard objects are classes (`Contact`,
`Company`, `Deal`, …), and every error is an `Error`. `crm.aio` is the same for asyncio.
"""

from . import _objects
from ._changes import Change, Create, Delete, Move, Purge, Restore, Update, Upsert
from ._crm import errors as _errors
from ._crm.crm import (
    BoardDef,
    Cancel,
    CatalogInfo,
    ChangeKind,
    CheckReport,
    ChoiceDef,
    Column,
    Commit,
    CommitChanges,
    ContactPointState,
    DatabaseStats,
    DatePart,
    DecimalMark,
    DueReport,
    FieldChange,
    FieldDef,
    FieldType,
    Finding,
    Group,
    HistoryEntry,
    ImportMode,
    ImportOptions,
    ImportReport,
    IndexDef,
    InternalError,
    LinkDef,
    LogEntry,
    ManualClock,
    MappedColumn,
    MeasureOp,
    ObjectCount,
    ObjectDef,
    OnDelete,
    Outcome,
    OutcomeKind,
    Prefix,
    Progress,
    ReadSettings,
    RepairReport,
    RestoreReport,
    RetypeFailure,
    RetypeReport,
    RollUp,
    RollUpOp,
    RowProblem,
    SalvageReport,
    SearchHit,
    Settings,
    SpaceStats,
    StaleField,
    TimelineDef,
    TimelineEntry,
    TimelinePage,
    TimelinePlace,
    TotalDef,
    UndoReport,
    UndoSkipped,
    Wake,
    import_options_from_json,
    live_objects,
)
from ._crm.errors import *
from ._database import Database, memory, open
from ._database._backup import restore_backup
from ._database import _operations
from ._database._exchange import update_by, upsert_by
from ._database._operations import *
from ._database._upkeep import salvage
from ._error import Error
from ._objects import *
from ._plan import Plan
from ._progress import OnProgress
from ._record import UNSET, Choice, Record, RefLike, Unset
from ._rows import Groups, Page, Pages, Rows
from ._values import Address, Money, PartialDate, PersonName, Ref
from ._watching import Added, Changed, Event, Removed, Reset, Subscription

__all__ = [
    "Added",
    "Address",
    "BoardDef",
    "Cancel",
    "CatalogInfo",
    "Change",
    "ChangeKind",
    "Changed",
    "CheckReport",
    "Choice",
    "ChoiceDef",
    "Column",
    "Commit",
    "CommitChanges",
    "ContactPointState",
    "Create",
    "Database",
    "DatabaseStats",
    "DatePart",
    "DecimalMark",
    "Delete",
    "DueReport",
    "Error",
    "Event",
    "FieldChange",
    "FieldDef",
    "FieldType",
    "Finding",
    "Group",
    "Groups",
    "HistoryEntry",
    "ImportMode",
    "ImportOptions",
    "ImportReport",
    "IndexDef",
    "InternalError",
    "LinkDef",
    "LogEntry",
    "ManualClock",
    "MappedColumn",
    "MeasureOp",
    "Money",
    "Move",
    "ObjectCount",
    "ObjectDef",
    "OnDelete",
    "OnProgress",
    "Outcome",
    "OutcomeKind",
    "Page",
    "Pages",
    "PartialDate",
    "PersonName",
    "Plan",
    "Prefix",
    "Progress",
    "Purge",
    "ReadSettings",
    "Record",
    "Ref",
    "RefLike",
    "Removed",
    "RepairReport",
    "Reset",
    "Restore",
    "RestoreReport",
    "RetypeFailure",
    "RetypeReport",
    "RollUp",
    "RollUpOp",
    "RowProblem",
    "Rows",
    "SalvageReport",
    "SearchHit",
    "Settings",
    "SpaceStats",
    "StaleField",
    "Subscription",
    "TimelineDef",
    "TimelineEntry",
    "TimelinePage",
    "TimelinePlace",
    "TotalDef",
    "UNSET",
    "UndoReport",
    "UndoSkipped",
    "Unset",
    "Update",
    "Upsert",
    "Wake",
    "import_options_from_json",
    "live_objects",
    "memory",
    "open",
    "restore_backup",
    "salvage",
    "update_by",
    "upsert_by",
]
__all__ += _errors.__all__
__all__ += _objects.__all__
__all__ += _operations.__all__
