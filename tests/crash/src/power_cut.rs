//! Cutting the power: of what was written and not synced, some is there afterwards and some is not.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;

use fastrand::Rng;

use crate::device::{FileId, Image, Operation, overwrite};

/// What a disk writes in one go. A write of more may be cut at any multiple of it.
const SECTOR: usize = 512;

/// Walks through what was done to a disk, and shows what a power cut would leave of it.
pub struct Replay<'a> {
    log: &'a [Operation],
    at: usize,
    files: Vec<Cached>,
    names: BTreeMap<PathBuf, FileId>,
    /// Positions in the log of changes of names that may not be on the disk yet.
    pending_names: Vec<usize>,
}

/// A file, and what the disk still has to do to it.
#[derive(Default)]
struct Cached {
    durable: Vec<u8>,
    pending: Vec<usize>,
}

/// Which part of the pending writes is on the disk when the power is cut.
#[derive(Clone, Copy)]
enum Survives {
    Nothing,
    Everything,
    /// Those before this one; of this one, the first sectors.
    Before(usize),
    /// All but this one.
    AllBut(usize),
    /// This one alone.
    Only(usize),
    /// Any sector, with this probability.
    Some(f64),
}

impl<'a> Replay<'a> {
    /// Begins with a disk that holds `image`, to which `log` was done afterwards.
    pub fn new(image: Image, log: &'a [Operation]) -> Self {
        let (names, durable): (Vec<_>, Vec<_>) = image.into_iter().unzip();
        let file = |durable| Cached {
            durable,
            pending: Vec::new(),
        };
        Replay {
            log,
            at: 0,
            files: durable.into_iter().map(file).collect(),
            names: names.into_iter().zip(0..).collect(),
            pending_names: Vec::new(),
        }
    }

    /// Goes on to just before an operation.
    pub fn advance_to(&mut self, operation: usize) {
        while self.at < operation.min(self.log.len()) {
            self.step(self.at);
            self.at += 1;
        }
    }

    fn step(&mut self, at: usize) {
        match &self.log[at] {
            Operation::Write { file, .. } | Operation::SetLen { file, .. } => {
                self.files[*file].pending.push(at);
            }
            Operation::Sync { file } => {
                let cached = &mut self.files[*file];
                for pending in std::mem::take(&mut cached.pending) {
                    apply(&mut cached.durable, &self.log[pending]);
                }
            }
            Operation::SyncFolder => {
                for pending in std::mem::take(&mut self.pending_names) {
                    rename(&mut self.names, &self.log[pending]);
                }
            }
            Operation::Create { .. } => {
                self.files.push(Cached::default());
                self.pending_names.push(at);
            }
            Operation::Rename { .. } | Operation::Remove { .. } => self.pending_names.push(at),
        }
    }

    /// What a power cut here leaves, by chance, and what identifies it among the cuts of this log.
    pub fn cut(&self, rng: &mut Rng) -> (Image, u64) {
        let mut identity = DefaultHasher::new();
        let mut names = self.names.clone();
        // File systems keep changes of names in order.
        let renamed = rng.usize(0..=self.pending_names.len());
        for at in &self.pending_names[..renamed] {
            rename(&mut names, &self.log[*at]);
            at.hash(&mut identity);
        }
        let mut image = Image::new();
        for (path, file) in names {
            let bytes = self.surviving(file, rng, &mut identity);
            image.insert(path, bytes);
        }
        (image, identity.finish())
    }

    fn surviving(&self, file: FileId, rng: &mut Rng, identity: &mut DefaultHasher) -> Vec<u8> {
        let Cached { durable, pending } = &self.files[file];
        (file, pending.first().copied().unwrap_or(self.at)).hash(identity);
        let mut bytes = durable.clone();
        if pending.is_empty() {
            return bytes;
        }
        let one = rng.usize(0..pending.len());
        let survives = match rng.u8(0..8) {
            0 => Survives::Nothing,
            1 => Survives::Everything,
            2 | 3 => Survives::Before(one),
            4 => Survives::AllBut(one),
            5 => Survives::Only(one),
            _ => Survives::Some([0.1, 0.5, 0.9][rng.usize(0..3)]),
        };
        // Of the sectors that survive, one may be half of the old and half of the new.
        let torn = rng.usize(0..4 * pending.len());
        for (nth, at) in pending.iter().enumerate() {
            let operation = &self.log[*at];
            let Operation::Write { offset, data, .. } = operation else {
                if survives.has(nth, rng) {
                    apply(&mut bytes, operation);
                    at.hash(identity);
                }
                continue;
            };
            let mut torn_sector = (nth == torn).then(|| rng.usize(0..data.len().div_ceil(SECTOR)));
            let cut = rng.usize(0..=data.len().div_ceil(SECTOR));
            for (sector, (from, part)) in sectors(*offset, data).enumerate() {
                let is_there = match survives {
                    Survives::Before(last) if nth == last => sector < cut,
                    _ => survives.has(nth, rng),
                };
                if !is_there {
                    continue;
                }
                let is_torn = torn_sector.take_if(|torn| *torn == sector).is_some();
                let len = if is_torn {
                    rng.usize(0..part.len())
                } else {
                    part.len()
                };
                overwrite(&mut bytes, from, &part[..len]);
                (at, sector, len).hash(identity);
            }
        }
        bytes
    }
}

impl Survives {
    fn has(self, nth: usize, rng: &mut Rng) -> bool {
        match self {
            Survives::Nothing => false,
            Survives::Everything => true,
            Survives::Before(last) => nth < last,
            Survives::AllBut(one) => nth != one,
            Survives::Only(one) => nth == one,
            Survives::Some(probability) => rng.f64() < probability,
        }
    }
}

/// The parts of a write that lie in different sectors, and where.
fn sectors(offset: usize, data: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let at = offset + from;
        let len = (SECTOR - at % SECTOR).min(data.len() - from);
        let part = data.get(from..from + len).filter(|part| !part.is_empty())?;
        from += len;
        Some((at, part))
    })
}

fn apply(bytes: &mut Vec<u8>, operation: &Operation) {
    match operation {
        Operation::Write { offset, data, .. } => overwrite(bytes, *offset, data),
        Operation::SetLen { len, .. } => bytes.resize(*len, 0),
        _ => {}
    }
}

fn rename(names: &mut BTreeMap<PathBuf, FileId>, operation: &Operation) {
    match operation {
        Operation::Create { path, file } => {
            names.insert(path.clone(), *file);
        }
        Operation::Rename { from, to } => {
            if let Some(file) = names.remove(from) {
                names.insert(to.clone(), file);
            }
        }
        Operation::Remove { path } => {
            names.remove(path);
        }
        _ => {}
    }
}
