//! The tokens of a batch, each once.

use std::hash::BuildHasher;

use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};

/// Tokens with numbers, from 0, in the order in which they came. They lie in one piece of memory: an import brings
/// hundreds of thousands.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    text: Text,
    numbers: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

#[derive(Debug, Default)]
struct Text {
    /// The tokens, one after the other.
    all: String,
    /// Where each ends in `all`.
    ends: Vec<usize>,
}

impl Text {
    fn get(&self, number: u32) -> &str {
        let number = number as usize;
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.all[start..self.ends[number]]
    }
}

impl Tokens {
    /// The number of a token, which it gets if it has none.
    pub(super) fn number(&mut self, token: &str) -> u32 {
        let Tokens {
            text,
            numbers,
            hasher,
        } = self;
        let entry = numbers.entry(
            hasher.hash_one(token),
            |number| text.get(*number) == token,
            |number| hasher.hash_one(text.get(*number)),
        );
        match entry {
            Entry::Occupied(found) => *found.get(),
            Entry::Vacant(vacant) => {
                let number = text.ends.len() as u32;
                vacant.insert(number);
                text.all.push_str(token);
                text.ends.push(text.all.len());
                number
            }
        }
    }

    pub(super) fn get(&self, number: u32) -> &str {
        self.text.get(number)
    }

    /// All of them, in the order of their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.text.ends.len() as u32).map(|number| self.get(number))
    }

    /// The numbers in the order of their tokens.
    pub(super) fn sorted(&self) -> Vec<u32> {
        // Most are told apart by their first bytes, without a look at where they lie.
        let start = |token: &str| {
            let mut start = [0; 8];
            for (to, from) in start.iter_mut().zip(token.bytes()) {
                *to = from;
            }
            u64::from_be_bytes(start)
        };
        let mut sorted: Vec<(u64, u32)> = self.iter().map(start).zip(0..).collect();
        sorted
            .sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| self.get(a.1).cmp(self.get(b.1))));
        sorted.into_iter().map(|(_, number)| number).collect()
    }
}
