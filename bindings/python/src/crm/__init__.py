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

from ._changes import Change, Create, Delete, Purge, Restore, Update, Upsert
from ._crm.crm import (
    Board,
    BoardColumn,
    BoardDef,
    Card,
    CardPlace,
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
    RetypeFailure,
    RetypeReport,
    RollUp,
    RollUpOp,
    RowProblem,
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
    import_options_from_json,
)
from ._crm.errors import *
from ._database import Database, memory, open
from ._database._exchange import update_by, upsert_by
from ._error import Error
from ._objects import *
from ._plan import Plan
from ._progress import OnProgress
from ._record import UNSET, Choice, Record, RefLike, Unset
from ._rows import Groups, Page, Pages, Rows
from ._values import Address, Money, PartialDate, PersonName, Ref
from ._watching import Added, Changed, Event, Removed, Reset, Subscription
