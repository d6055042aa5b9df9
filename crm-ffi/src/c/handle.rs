//! Handles that live long and are used from several threads: numbers that look like pointers. A number is looked
//! up in a table at each call, so that one that was freed, or never given, is a typed error and not a fault.

use std::ptr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use arc_swap::{ArcSwapOption, Guard};

use super::error::Failure;

/// The lower bits of a handle say where its slot is, the upper ones which of its tenants is meant.
const PLACE_BITS: u32 = if usize::BITS == 64 { 32 } else { 20 };
const PLACE_MASK: usize = (1 << PLACE_BITS) - 1;
/// Each segment of slots is twice as long as the one before.
const FIRST_SEGMENT_LEN: usize = 32;
const SEGMENTS: usize = PLACE_BITS as usize - 6;

/// The handles of one kind.
pub(super) struct Table<T: 'static> {
    /// What a handle is called in messages.
    what: &'static str,
    /// Tells the handles of one kind from those of the others: the lowest bits of all of its generations.
    kind: usize,
    segments: [OnceLock<Box<[Slot<T>]>>; SEGMENTS],
    places: Mutex<Places>,
}

type Slot<T> = ArcSwapOption<Tenant<T>>;

/// A value behind a handle.
pub(super) struct Tenant<T> {
    handle: usize,
    pub value: T,
}

struct Places {
    /// Slots that are free again, with the generation of their next tenant. The first tenants have one above 0,
    /// so that no small number is a handle.
    free: Vec<(usize, usize)>,
    /// How many slots were ever used.
    len: usize,
}

/// How many kinds of handles there are at most.
const KINDS: usize = 3;

impl<T> Table<T> {
    pub(super) const fn new(what: &'static str, kind: usize) -> Self {
        Table {
            what,
            kind,
            segments: [const { OnceLock::new() }; SEGMENTS],
            places: Mutex::new(Places {
                free: Vec::new(),
                len: 0,
            }),
        }
    }

    /// Gives a value a handle.
    pub(super) fn insert<H>(&self, value: T) -> Result<*mut H, Failure> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let (place, generation) = places.free.pop().unwrap_or((places.len, KINDS + self.kind));
        let handle = generation << PLACE_BITS | (place + 1);
        let full = || Failure::misuse(format!("there are too many handles of {}", self.what));
        let slot = self.slot_or_new(place).ok_or_else(full)?;
        places.len = places.len.max(place + 1);
        slot.store(Some(Arc::new(Tenant { handle, value })));
        Ok(ptr::without_provenance_mut(handle))
    }

    /// The value of a handle, which lives on while it is used even if another thread frees the handle.
    pub(super) fn get<H>(
        &self,
        handle: *const H,
    ) -> Result<Guard<Option<Arc<Tenant<T>>>>, Failure> {
        let guard = self.slot_of(handle.addr()).map(ArcSwapOption::load);
        let found = guard
            .filter(|guard| matches!(&**guard, Some(tenant) if tenant.handle == handle.addr()));
        found.ok_or_else(|| self.not_one(handle.addr()))
    }

    /// Takes a handle back.
    pub(super) fn remove<H>(&self, handle: *const H) -> Result<Arc<Tenant<T>>, Failure> {
        let handle = handle.addr();
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = self.slot_of(handle).ok_or_else(|| self.not_one(handle))?;
        let is_current = |tenant: &Option<Arc<Tenant<T>>>| {
            tenant
                .as_ref()
                .is_some_and(|tenant| tenant.handle == handle)
        };
        // Nobody else changes the slot meanwhile: the places are locked.
        let tenant = Some(slot.load_full()).filter(is_current).flatten();
        let tenant = tenant.ok_or_else(|| self.not_one(handle))?;
        slot.store(None);
        let generation = (handle >> PLACE_BITS) + KINDS;
        // A slot whose generations are used up stays empty.
        if generation <= usize::MAX >> PLACE_BITS {
            places.free.push(((handle & PLACE_MASK) - 1, generation));
        }
        Ok(tenant)
    }

    fn not_one(&self, handle: usize) -> Failure {
        Failure::misuse(match handle {
            0 => format!("the {} is NULL", self.what),
            _ => format!("this is not, or no longer, a {}", self.what),
        })
    }

    fn slot_of(&self, handle: usize) -> Option<&Slot<T>> {
        let place = (handle & PLACE_MASK).checked_sub(1)?;
        let (segment, at) = segment_of(place);
        self.segments.get(segment)?.get()?.get(at)
    }

    fn slot_or_new(&self, place: usize) -> Option<&Slot<T>> {
        let (segment, at) = segment_of(place);
        let slots = self.segments.get(segment)?.get_or_init(|| {
            let empty = || ArcSwapOption::const_empty();
            std::iter::repeat_with(empty)
                .take(FIRST_SEGMENT_LEN << segment)
                .collect()
        });
        slots.get(at)
    }
}

/// The segment of a place and the position in it.
fn segment_of(place: usize) -> (usize, usize) {
    let segment = (place / FIRST_SEGMENT_LEN + 1).ilog2() as usize;
    (segment, place - FIRST_SEGMENT_LEN * ((1 << segment) - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_that_was_taken_back_is_known_as_such() {
        let table: Table<u32> = Table::new("thing", 0);
        let handles: Vec<*mut ()> = (0..200).map(|n| table.insert(n).unwrap()).collect();
        for (n, handle) in (0..).zip(&handles) {
            let found = table.get(*handle).unwrap();
            assert_eq!(found.as_ref().unwrap().value, n);
        }
        let first = handles[0];
        assert_eq!(table.remove(first).unwrap().value, 0);
        assert!(table.get(first).is_err());
        assert!(table.remove(first).is_err());
        let next: *mut () = table.insert(7).unwrap();
        assert_ne!(
            next, first,
            "the slot has another tenant, and its handle another number"
        );
        assert!(table.get(first).is_err());
        assert!(table.remove(first).is_err());
        assert_eq!(table.get(next).unwrap().as_ref().unwrap().value, 7);
    }

    #[test]
    fn numbers_that_were_never_given_are_refused() {
        let table: Table<u32> = Table::new("thing", 0);
        let other: Table<u32> = Table::new("other", 1);
        let handle: *mut () = table.insert(1).unwrap();
        other.insert::<()>(2).unwrap();
        assert!(other.get(handle).is_err(), "a handle of another kind");
        for wrong in [0, 2, 33, PLACE_MASK, usize::MAX, usize::MAX - 1] {
            assert!(
                table.get(ptr::without_provenance::<()>(wrong)).is_err(),
                "{wrong:x}"
            );
        }
    }

    #[test]
    fn places_lie_in_segments_that_double() {
        assert_eq!(segment_of(0), (0, 0));
        assert_eq!(segment_of(31), (0, 31));
        assert_eq!(segment_of(32), (1, 0));
        assert_eq!(segment_of(95), (1, 63));
        assert_eq!(segment_of(96), (2, 0));
    }
}
