//! Declared operations. `crm_operations.h`, which is made from the declarations, has a typed function for each of them
//! over these: a program calls those.
//!
//! Arguments and structures are records, too, of types of their own: their members are fields, which crm_set_text() and
//! the others set and crm_get_text() and the others read. A structure that begins with a record is this record, and its
//! other members are further columns of it.

use std::ffi::c_void;

use crm_core::operation::{self, Given, Manner, Operation, Out, Shape, StructureDef};
use crm_core::schema::Catalog;
use crm_core::{Record, Value, ValueRef};

use super::database::{Told, crm_db, crm_progress_fn, database, sized};
use super::error::{Failure, crm_error};
use super::record::crm_record;
use super::row::Row;
use super::rows::{crm_rows, give_rows};
use super::status::{CRM_ABSENT, CRM_OK, crm_status, guard, guard_plain};
use super::values::{crm_field, type_number};

/// The types of arguments: 0xD000 and the number of the operation.
pub const CRM_TYPE_ARGUMENTS: u32 = 0xD000;
/// The types of structures: 0xE000 and the number of the structure.
pub const CRM_TYPE_STRUCTURES: u32 = 0xE000;
/// What an operation returned that returns no structure: the only member of the record that crm_call() gives, and of the
/// rows of a list of values of any type.
pub const CRM_RESULT: u32 = 0xE000_0001;

/// True for the types of arguments and of structures.
pub(super) fn is_declared(ty: u16) -> bool {
    (CRM_TYPE_ARGUMENTS..CRM_TYPE_STRUCTURES + 0x1000).contains(&ty.into())
}

/// How an operation is done. Begin with `crm_manner manner = {sizeof(crm_manner)};`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
#[allow(non_camel_case_types, reason = "the name in C")]
pub struct crm_manner {
    /// sizeof(crm_manner).
    pub size: u32,
    /// True for a rehearsal of an operation that changes records: all is done, the result is returned, and nothing of
    /// it remains.
    pub rehearse: bool,
}

/// Identifies the operations of the library, for those whose functions were made from them to compare: it is
/// CRM_OPERATIONS_DIGEST of the header that belongs to the library.
#[unsafe(no_mangle)]
pub extern "C" fn crm_operations_digest() -> u32 {
    operation::digest()
}

/// Calls a declared operation. `arguments` is a record of its type, CRM_TYPE_ARGUMENTS and the operation's number, with
/// the arguments that are set; `manner` and `progress` may be NULL. `out` gets what the operation returns: a structure
/// as a record with its members as fields, anything else as the field CRM_RESULT of one; to be freed. It may be NULL.
///
/// Errors: those of the operation; CRM_INVALID for an argument that does not fit.
#[unsafe(no_mangle)]
pub extern "C" fn crm_call(
    db: *const crm_db,
    arguments: Option<&crm_record>,
    manner: *const crm_manner,
    progress: crm_progress_fn,
    user: *mut c_void,
    out: Option<&mut *mut crm_record>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let session = db.session()?;
        let arguments = super::given(arguments, "the arguments")?;
        // SAFETY: NULL or a struct of the size that it says.
        let crm_manner { rehearse, .. } = unsafe { sized(manner, "crm_manner") }?;
        let operation = operation_of(arguments)?;
        let mut given = arguments.members()?;
        let catalog = session.catalog();
        for (given, argument) in given.iter_mut().zip(operation.arguments) {
            name_objects(&catalog, argument.shape, given)?;
        }
        let told = Told {
            call: progress,
            user,
        };
        let mut step = |done| told.of(done, 0, 0);
        let answer = operation.call(session, Manner { rehearse }, given, &mut step)?;
        if out.is_none() {
            return Ok(CRM_OK);
        }
        let mut rows = Rows::default();
        answer.tell(&mut rows);
        // With the names of after the call, which may have added some.
        super::give(out, crm_record::of_row(session.catalog(), rows.whole()))
    })
}

fn operation_of(arguments: &crm_record) -> Result<&'static Operation, Failure> {
    let number = u32::from(arguments.declared()).checked_sub(CRM_TYPE_ARGUMENTS);
    let number = number.filter(|number| *number < 0x1000);
    let number = number.ok_or_else(|| Failure::misuse("the record is not one of arguments"))?;
    Ok(Operation::numbered(number as u16)?)
}

/// Objects are numbers in C, and names elsewhere.
fn name_objects(catalog: &Catalog, shape: &Shape, given: &mut Given) -> Result<(), Failure> {
    match (shape.required(), given) {
        (Shape::Object, Given::One(value)) => {
            if let Value::Int(number) = value {
                let number = type_number(u32::try_from(*number).unwrap_or_default())?;
                *value = catalog.object(number)?.name.as_str().into();
            }
        }
        (Shape::List(of), Given::Many(all)) => {
            for one in all {
                name_objects(catalog, of, one)?;
            }
        }
        (Shape::Structure(of), Given::Many(members)) => {
            for (one, member) in members.iter_mut().zip(of().members) {
                name_objects(catalog, member.shape, one)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// Sets a member of arguments or of a structure that is a structure itself, or values for the fields of a record: a
/// draft. It is copied.
#[unsafe(no_mangle)]
pub extern "C" fn crm_set_record(
    record: Option<&mut crm_record>,
    field: crm_field,
    value: Option<&crm_record>,
) -> crm_status {
    guard_plain(|| {
        let given = super::given(value, "the value")?.as_given()?;
        super::given(record, "the record")?.give_member(field, given)
    })
}

/// Adds a structure or a draft to a member that is a list of them.
#[unsafe(no_mangle)]
pub extern "C" fn crm_add_record(
    record: Option<&mut crm_record>,
    field: crm_field,
    value: Option<&crm_record>,
) -> crm_status {
    guard_plain(|| {
        let given = super::given(value, "the value")?.as_given()?;
        super::given(record, "the record")?.add_member(field, given)
    })
}

/// The structures or records of a member that is a list of them, or the values of one whose elements are of any type, in
/// the field CRM_RESULT of each row; to be freed like all rows.
#[unsafe(no_mangle)]
pub extern "C" fn crm_get_rows(
    record: Option<&crm_record>,
    field: crm_field,
    out: Option<&mut *mut crm_rows>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let record = super::given(record, "the record")?;
        super::needed(out.is_some(), "out")?;
        let rows = record.rows(field)?.to_vec();
        give_rows(out, record.catalog().clone(), rows)
    })
}

/// The structure or record of a member that is one, to be freed; CRM_ABSENT where there is none.
#[unsafe(no_mangle)]
pub extern "C" fn crm_get_row(
    record: Option<&crm_record>,
    field: crm_field,
    out: Option<&mut *mut crm_record>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let record = super::given(record, "the record")?;
        super::needed(out.is_some(), "out")?;
        match record.rows(field)?.first() {
            Some(row) => {
                let made = crm_record::of_row(record.catalog().clone(), row.clone());
                super::give(out, made)
            }
            None => Ok(CRM_ABSENT),
        }
    })
}

/// Makes rows of what an operation returns.
#[derive(Default)]
struct Rows {
    open: Vec<Open>,
    whole: Option<Node>,
}

/// What is not at its end yet.
enum Open {
    /// A structure, and the number of its member that comes next.
    Structure(&'static StructureDef, Row, u16),
    List(Vec<Value>, Vec<Row>),
}

enum Node {
    One(Value),
    Row(Row),
    List(Vec<Value>, Vec<Row>),
}

impl Rows {
    fn put(&mut self, node: Node) {
        match (self.open.last_mut(), node) {
            (Some(Open::Structure(of, row, number)), node) => {
                let member = of.members.get(usize::from(*number) - 1);
                let shape = member.map(|member| member.shape.required());
                let is_itself = *number == 1 && matches!(shape, Some(Shape::Record));
                put_member(row, *number, in_form(node, shape), is_itself);
                *number += 1;
            }
            (Some(Open::List(values, _)), Node::One(value)) => values.push(value),
            (Some(Open::List(_, rows)), Node::Row(row)) => rows.push(row),
            // No operation returns lists of lists.
            (Some(Open::List(..)), Node::List(..)) => {}
            (None, node) => self.whole = Some(node),
        }
    }

    fn close(&mut self) {
        let node = match self.open.pop() {
            Some(Open::Structure(_, row, _)) => Node::Row(row),
            Some(Open::List(values, rows)) => Node::List(values, rows),
            None => return,
        };
        self.put(node);
    }

    /// What was returned, as a row.
    fn whole(self) -> Row {
        match self.whole {
            Some(Node::Row(row)) => row,
            Some(Node::One(value)) => row_of_value(value),
            node => {
                let mut row = Row::declared(CRM_TYPE_STRUCTURES);
                let node = node.unwrap_or(Node::One(Value::Null));
                put_member(&mut row, CRM_RESULT as u16, node, false);
                row
            }
        }
    }
}

/// Values of any type, which may be lists themselves, are rows, too, each with the field CRM_RESULT.
fn in_form(node: Node, shape: Option<&Shape>) -> Node {
    match (node, shape) {
        (Node::List(values, _), Some(Shape::List(Shape::Value))) => {
            let rows = values.into_iter().map(row_of_value);
            Node::List(Vec::new(), rows.collect())
        }
        (node, _) => node,
    }
}

fn row_of_value(value: Value) -> Row {
    let mut row = Row::declared(CRM_TYPE_STRUCTURES);
    row.columns.push((CRM_RESULT as u16, value));
    row
}

fn put_member(row: &mut Row, number: u16, node: Node, is_itself: bool) {
    match node {
        Node::Row(member) if is_itself && row.record.is_none() => row.record = member.record,
        Node::Row(member) => row.nested.push((number, vec![member])),
        Node::One(value) => row.columns.push((number, value)),
        Node::List(values, rows) => {
            if rows.is_empty() {
                row.columns.push((number, Value::List(values)));
            } else {
                row.nested.push((number, rows));
            }
        }
    }
}

impl Out for Rows {
    fn value(&mut self, value: ValueRef<'_>) {
        self.put(Node::One(value.to_value()));
    }

    fn record(&mut self, record: &Record) {
        self.put(Node::Row(Row::from(record.clone())));
    }

    fn begin_list(&mut self, _: usize) {
        self.open.push(Open::List(Vec::new(), Vec::new()));
    }

    fn end_list(&mut self) {
        self.close();
    }

    fn begin_structure(&mut self, of: &'static StructureDef) {
        let row = Row::declared(CRM_TYPE_STRUCTURES | u32::from(of.number));
        self.open.push(Open::Structure(of, row, 1));
    }

    fn end_structure(&mut self) {
        self.close();
    }
}
