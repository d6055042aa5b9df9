//! Answers that were made of what was read, kept until a commit changes some of that.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::kept::Kept;
use super::{Head, KeyRange, Open, Read, Shared, Space, Visit};
use crate::error::Result;

/// What was made of what was read, shared with all who ask the same.
pub type Answer = Arc<dyn Any + Send + Sync>;

/// Makes an answer of nothing but what it reads there, and says how many bytes the answer takes, about.
pub type MakeAnswer<'m> = dyn Fn(&dyn Read) -> Result<(Answer, usize)> + 'm;

/// What an answer takes besides: its entry, and one for each place that it was made of.
const OVERHEAD: usize = 256;
const PLACE_OVERHEAD: usize = 64;

/// Kept answers, for all readers of a storage.
///
/// Each knows the places that it was made of: the hashes under which [`Kept`] has single values and heads, whether or
/// not those are still kept, or were there. The rules are those of kept values, with the answers for a shard: a
/// commit drops the answers that are made of a place that it changes, and counts as a change of the whole shard. So
/// what was said there of one value holds for all of which an answer was made.
pub(super) struct Answers {
    held: Mutex<Held>,
    bytes_max: usize,
}

#[derive(Default)]
struct Held {
    answers: HashMap<Arc<[u8]>, Entry>,
    /// The questions whose answers are made of a place.
    of_place: HashMap<u64, HashSet<Arc<[u8]>>>,
    bytes: usize,
    /// Counts the questions, so that what nobody has asked for the longest can go first.
    asked: u64,
    /// The last state to which a commit has led.
    changed: u64,
}

struct Entry {
    answer: Answer,
    places: Vec<u64>,
    bytes: usize,
    since: u64,
    asked: u64,
}

impl Answers {
    pub(super) fn new(bytes_max: usize) -> Self {
        Answers {
            held: Mutex::default(),
            bytes_max,
        }
    }

    /// The answer to a question in the state with a number, made if it is not kept.
    pub(super) fn answer(
        &self,
        (read, kept, sequence): (&dyn Read, &Kept, u64),
        question: &[u8],
        make: &MakeAnswer<'_>,
    ) -> Result<Answer> {
        if let Some(answer) = self.held().get(question, sequence) {
            return Ok(answer);
        }
        let noting = Noting {
            read,
            kept,
            places: RefCell::default(),
            is_traced: Cell::new(true),
        };
        let (answer, bytes) = make(&noting)?;
        if noting.is_traced.get() {
            let places = noting.places.into_inner();
            let bytes = bytes + question.len() + OVERHEAD + places.len() * PLACE_OVERHEAD;
            let entry = Entry {
                answer: Arc::clone(&answer),
                places,
                bytes,
                since: sequence,
                asked: 0,
            };
            self.held().put(question, entry, self.bytes_max);
        }
        Ok(answer)
    }

    /// Drops what is made of places that a commit changes, before the state that it leads to is published.
    pub(super) fn drop_changed(&self, places: &[u64], sequence: u64) {
        let mut held = self.held();
        held.changed = sequence;
        if held.answers.is_empty() {
            return;
        }
        for place in places {
            for question in held.of_place.remove(place).into_iter().flatten() {
                held.remove(&question);
            }
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn get(&mut self, question: &[u8], sequence: u64) -> Option<Answer> {
        self.asked += 1;
        let entry = self.answers.get_mut(question)?;
        if entry.since > sequence {
            return None;
        }
        entry.asked = self.asked;
        Some(Arc::clone(&entry.answer))
    }

    fn put(&mut self, question: &[u8], mut entry: Entry, bytes_max: usize) {
        if self.changed > entry.since || entry.bytes > bytes_max {
            return;
        }
        self.remove(question);
        while self.bytes + entry.bytes > bytes_max {
            let oldest = self.answers.iter().min_by_key(|(_, entry)| entry.asked);
            let Some(oldest) = oldest.map(|(question, _)| Arc::clone(question)) else {
                break;
            };
            self.remove(&oldest);
        }
        let question: Arc<[u8]> = question.into();
        for place in &entry.places {
            let questions = self.of_place.entry(*place).or_default();
            questions.insert(Arc::clone(&question));
        }
        self.bytes += entry.bytes;
        entry.asked = self.asked;
        self.answers.insert(question, entry);
    }

    fn remove(&mut self, question: &[u8]) {
        let Some(entry) = self.answers.remove(question) else {
            return;
        };
        self.bytes -= entry.bytes;
        for place in entry.places {
            if let Some(questions) = self.of_place.get_mut(&place) {
                questions.remove(question);
                if questions.is_empty() {
                    self.of_place.remove(&place);
                }
            }
        }
    }
}

/// A state that notes which places are read.
struct Noting<'a> {
    read: &'a dyn Read,
    kept: &'a Kept,
    places: RefCell<Vec<u64>>,
    /// False once something has been read of which commits do not say that they change it.
    is_traced: Cell<bool>,
}

impl Noting<'_> {
    fn note(&self, place: Option<u64>) {
        match place {
            Some(place) => self.places.borrow_mut().push(place),
            None => self.is_traced.set(false),
        }
    }
}

impl Read for Noting<'_> {
    fn get(&self, space: Space, key: &[u8], found: &mut dyn FnMut(&[u8])) -> Result<bool> {
        self.note(self.kept.place_of_value(space, key));
        self.read.get(space, key, found)
    }

    fn get_shared(&self, space: Space, key: &[u8], open: Open) -> Result<Option<Arc<Shared>>> {
        self.note(self.kept.place_of_value(space, key));
        self.read.get_shared(space, key, open)
    }

    fn head(&self, space: Space, prefix: &[u8], entries: usize, open: Open) -> Result<Head> {
        self.note(self.kept.place_of_head(space, prefix));
        self.read.head(space, prefix, entries, open)
    }

    fn scan(&self, range: &KeyRange, visit: &mut Visit<'_>) -> Result<()> {
        self.note(None);
        self.read.scan(range, visit)
    }
}
