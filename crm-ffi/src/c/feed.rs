//! What changes: the change feed, and subscriptions. The host pulls; a subscription can also signal that there is
//! something to pull.

use std::ffi::c_void;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crm_core::{CommitChanges, Session, Stopper, Subscription, Wake, Watch};

use super::database::{crm_db, database};
use super::error::{Failure, crm_error};
use super::handle::Table;
use super::read::{crm_query, query};
use super::row::{Row, of_changes};
use super::rows::{crm_rows, give_rows};
use super::status::{CRM_OK, crm_status, guard, guard_plain};
use super::values::crm_ref;
use crate::count::Counted;

/// The number of the last commit.
#[unsafe(no_mangle)]
pub extern "C" fn crm_sequence(
    db: *const crm_db,
    out: Option<&mut u64>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        super::put(out, db.session()?.sequence())
    })
}

/// What was committed after a commit, oldest first, in whole commits: a row for each with CRM_ROW_SEQUENCE, CRM_ROW_AT,
/// CRM_ROW_ACTOR, CRM_ROW_CAUSE, CRM_ROW_OPERATION; below it the records with CRM_ROW_RECORD, CRM_ROW_KIND, CRM_ROW_RULE;
/// below each the fields, as in crm_history(). Go on after the last CRM_ROW_SEQUENCE, also after a restart; 0 begins
/// with the first commit.
#[unsafe(no_mangle)]
pub extern "C" fn crm_changes(
    db: *const crm_db,
    after: u64,
    entries_max: u32,
    out: Option<&mut *mut crm_rows>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    changes(db, out, err, |session| {
        Ok(session.changes(after, entries_max as usize)?)
    })
}

/// As crm_changes(), waiting up to a time for the first commit if there is none yet.
#[unsafe(no_mangle)]
pub extern "C" fn crm_wait_for_changes(
    db: *const crm_db,
    after: u64,
    entries_max: u32,
    timeout_millis: u32,
    out: Option<&mut *mut crm_rows>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    changes(db, out, err, |session| {
        let timeout = Duration::from_millis(timeout_millis.into());
        Ok(session.wait_for_changes(after, entries_max as usize, timeout)?)
    })
}

fn changes(
    db: *const crm_db,
    out: Option<&mut *mut crm_rows>,
    err: Option<&mut *mut crm_error>,
    of: impl FnOnce(&Session) -> Result<Vec<CommitChanges>, Failure>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let session = db.session()?;
        super::needed(out.is_some(), "out")?;
        let commits = of(session)?;
        let catalog = session.catalog();
        let rows: Vec<Row> = commits
            .into_iter()
            .map(|commit| of_changes(&catalog, commit))
            .collect();
        give_rows(out, catalog, rows)
    })
}

/// A subscription: what a host watches. Any thread may use it; calls of several threads take turns.
#[allow(non_camel_case_types, reason = "the name in C")]
pub struct crm_sub {
    _private: [u8; 0],
}

struct Watching {
    session: Session,
    subscription: Mutex<Subscription>,
    /// Beside the subscription, which a call holds while it waits.
    stopper: Stopper,
    wake: Mutex<Option<Wake>>,
    _counted: Counted,
}

static SUBSCRIPTIONS: Table<Watching> = Table::new("subscription", 1);

fn watch(
    db: *const crm_db,
    out: Option<&mut *mut crm_sub>,
    err: Option<&mut *mut crm_error>,
    what: impl FnOnce(&Session) -> Result<Watch, Failure>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let session = db.session()?;
        super::needed(out.is_some(), "out")?;
        let subscription = session.watch(what(session)?)?;
        let watching = Watching {
            session: session.clone(),
            stopper: subscription.stopper(),
            subscription: Mutex::new(subscription),
            wake: Mutex::default(),
            _counted: Counted::new(),
        };
        super::put(out, SUBSCRIPTIONS.insert(watching)?)
    })
}

/// Watches all records, from now on.
#[unsafe(no_mangle)]
pub extern "C" fn crm_watch_everything(
    db: *const crm_db,
    out: Option<&mut *mut crm_sub>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    watch(db, out, err, |_| Ok(Watch::Everything))
}

/// Watches a record.
#[unsafe(no_mangle)]
pub extern "C" fn crm_watch_record(
    db: *const crm_db,
    record: crm_ref,
    out: Option<&mut *mut crm_sub>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    watch(db, out, err, |_| Ok(Watch::Record(record.read()?)))
}

/// Watches the records that a query selects; its order and its page do not matter.
///
/// Errors: as crm_find().
#[unsafe(no_mangle)]
pub extern "C" fn crm_watch_query(
    db: *const crm_db,
    query: *const crm_query,
    out: Option<&mut *mut crm_sub>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    watch(db, out, err, |session| {
        Ok(Watch::Query(self::query(&session.catalog(), query)?))
    })
}

/// What has changed since the call before: a row for each record with CRM_ROW_KIND and CRM_ROW_RECORD, and the record
/// itself if it is `added` or `changed`. At once if something has changed, else as soon as it does, else, after the
/// timeout, no rows. The first call answers at once with one row `reset`, whose records are below it.
#[unsafe(no_mangle)]
pub extern "C" fn crm_sub_next(
    sub: *const crm_sub,
    timeout_millis: u32,
    out: Option<&mut *mut crm_rows>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        super::needed(out.is_some(), "out")?;
        let watching = watching(sub)?;
        let mut subscription = watching
            .value
            .subscription
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let timeout = Duration::from_millis(timeout_millis.into());
        let updates = subscription.next_batch(Some(timeout))?;
        let catalog = watching.value.session.catalog();
        give_rows(out, catalog, updates.into_iter().map(Row::from))
    })
}

fn watching(sub: *const crm_sub) -> Result<Arc<super::handle::Tenant<Watching>>, Failure> {
    let found = SUBSCRIPTIONS.get(sub)?;
    found
        .deref()
        .clone()
        .ok_or_else(|| Failure::misuse("the subscription is NULL"))
}

/// Says that there is something to pull. It may run on any thread, and may only signal: set an event, write to a
/// pipe.
#[allow(non_camel_case_types, reason = "the name in C")]
pub type crm_wake_fn = Option<unsafe extern "C" fn(user: *mut c_void)>;

/// Called once, when the library no longer needs `user`; on any thread. May be NULL.
#[allow(non_camel_case_types, reason = "the name in C")]
pub type crm_free_fn = Option<unsafe extern "C" fn(user: *mut c_void)>;

/// A function of the host with its data, which is given back when nobody calls it any more.
struct Signal {
    wake: unsafe extern "C" fn(user: *mut c_void),
    free: crm_free_fn,
    user: *mut c_void,
}

// SAFETY: the header says that both functions may run on any thread.
unsafe impl Send for Signal {}
// SAFETY: as above; the header says that calls may overlap.
unsafe impl Sync for Signal {}

impl Signal {
    fn signal(&self) {
        // SAFETY: the host's function, with what the host wants it to get and has not got back.
        unsafe { (self.wake)(self.user) }
    }
}

impl Drop for Signal {
    fn drop(&mut self) {
        if let Some(free) = self.free {
            // SAFETY: the host's function, called once.
            unsafe { free(self.user) }
        }
    }
}

/// Calls `wake` after each commit of any thread, and when the database is closed, on that thread, until the subscription is freed or another function,
/// or NULL, takes its place. `free_user` is called when `user` is no longer needed, also if this call fails; a wake
/// that is under way on another thread ends before.
#[unsafe(no_mangle)]
pub extern "C" fn crm_sub_on_wake(
    sub: *const crm_sub,
    wake: crm_wake_fn,
    user: *mut c_void,
    free_user: crm_free_fn,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    unsafe extern "C" fn nothing(_: *mut c_void) {}
    let signal = Signal {
        wake: wake.unwrap_or(nothing),
        free: free_user,
        user,
    };
    guard(err, || {
        let watching = watching(sub)?;
        let made = wake
            .is_some()
            .then(|| watching.value.session.on_commit(move || signal.signal()));
        let mut place = watching
            .value
            .wake
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *place, made);
        drop(place);
        drop(before);
        Ok(CRM_OK)
    })
}

/// Ends the call of another thread that waits in the subscription, and all later ones, with CRM_CANCELLED.
#[unsafe(no_mangle)]
pub extern "C" fn crm_sub_stop(sub: *const crm_sub) -> crm_status {
    guard_plain(|| {
        watching(sub)?.value.stopper.stop();
        Ok(CRM_OK)
    })
}

/// Frees a subscription; NULL is allowed, and one that was freed before is CRM_MISUSE. A call of another thread that
/// waits in it ends with CRM_CANCELLED.
#[unsafe(no_mangle)]
pub extern "C" fn crm_sub_free(sub: *const crm_sub) -> crm_status {
    guard_plain(|| {
        if !sub.is_null() {
            let watching = SUBSCRIPTIONS.remove(sub)?;
            watching.value.stopper.stop();
            // At once, also while another thread's call is not back yet.
            let wake = watching
                .value
                .wake
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            drop(wake);
        }
        Ok(CRM_OK)
    })
}
