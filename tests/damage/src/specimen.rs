//! A database to be damaged, and what becomes of it.

use std::ops::{AddAssign, ControlFlow};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use crm_core::store::{self, RedbStorage, Storage};
use crm_core::{Code, Company, Error, Result};
use crm_crash::history::Digest;
use crm_crash::{Device, Image, Workload, clock, options};

use fastrand::Rng;

use crate::Damage;

const PATH: &str = "/damage.crm";
/// A frame of the journal begins at a multiple of it.
const FRAME: usize = 4_096;
const JOURNAL: &str = "/damage.crm-journal";

/// A database at rest.
pub struct Specimen {
    image: Image,
    /// Which of its files is damaged.
    damaged: &'static str,
    /// What a sound copy may hold: everything, or, where the last commit is in the journal alone, all but that,
    /// since the last frame of a journal that does not end well is one that was being written.
    states: Vec<Digest>,
    /// Where the last frame of the journal begins.
    last_frame: usize,
    /// How many bytes of the file are in use at most.
    written: usize,
}

/// What became of a damaged copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It was not opened, and the error says why.
    Refused,
    /// It was opened, and a check found damage.
    Found,
    /// A check found nothing, and everything is as it was.
    Harmless,
    /// A check found nothing, and something is not as it was, or an error was not one of damage.
    Wrong(String),
    /// Something panicked.
    Panicked,
}

/// How many copies came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Copies that were damaged.
    pub copies: u64,
    /// Bytes that differed in them.
    pub bytes: u64,
    /// See [`Fate::Refused`].
    pub refused: u64,
    /// See [`Fate::Found`].
    pub found: u64,
    /// See [`Fate::Harmless`].
    pub harmless: u64,
    /// See [`Fate::Wrong`].
    pub wrong: u64,
    /// See [`Fate::Panicked`].
    pub panicked: u64,
}

impl Figures {
    /// Counts a copy.
    pub fn count(&mut self, bytes: usize, fate: &Fate) {
        self.copies += 1;
        self.bytes += bytes as u64;
        *match fate {
            Fate::Refused => &mut self.refused,
            Fate::Found => &mut self.found,
            Fate::Harmless => &mut self.harmless,
            Fate::Wrong(_) => &mut self.wrong,
            Fate::Panicked => &mut self.panicked,
        } += 1;
    }
}

impl AddAssign for Figures {
    fn add_assign(&mut self, other: Figures) {
        self.copies += other.copies;
        self.bytes += other.bytes;
        self.refused += other.refused;
        self.found += other.found;
        self.harmless += other.harmless;
        self.wrong += other.wrong;
        self.panicked += other.panicked;
    }
}

impl Specimen {
    /// A database that was worked on by so many calls and closed.
    ///
    /// # Errors
    /// Those of the store.
    pub fn closed(seed: u64, calls: usize) -> Result<Self> {
        let device = Device::default();
        let workload = worked_on(&device, seed, calls)?;
        // So that there is more to damage than free pages.
        workload.crm().compact(&mut |_| ControlFlow::Continue(()))?;
        workload.crm().close()?;
        let image = device.image();
        let written = image[Path::new(PATH)].len();
        Ok(Specimen {
            states: vec![digest(&image)?],
            image,
            damaged: PATH,
            last_frame: usize::MAX,
            written,
        })
    }

    /// A database whose last commits are in its journal alone, as a crash leaves it.
    ///
    /// # Errors
    /// Those of the store.
    pub fn with_journal(seed: u64, calls: usize) -> Result<Self> {
        let device = Device::default();
        let workload = worked_on(&device, seed, calls)?;
        let (mut before, mut last) = (Image::new(), device.image());
        for name in ["Once", "Twice", "Three times", "Four times"] {
            workload.crm().create(Company::draft().name(name))?;
            before = std::mem::replace(&mut last, device.image());
        }
        let changed = |(old, new): (&u8, &u8)| old != new;
        let (old, new) = (&before[Path::new(JOURNAL)], &last[Path::new(JOURNAL)]);
        let last_byte = new.iter().rposition(|byte| *byte != 0).unwrap_or(0);
        let differs = old.iter().zip(new).position(changed);
        let last_frame = differs.map_or(old.len(), |at| at - at % FRAME);
        Ok(Specimen {
            states: vec![digest(&last)?, digest(&before)?],
            image: last,
            damaged: JOURNAL,
            last_frame,
            written: last_byte + 1,
        })
    }

    /// Damage of the kinds that can be told from sound bytes.
    pub fn any_damage(&self, rng: &mut Rng) -> Damage {
        if self.damaged == JOURNAL {
            Damage::in_one_place(rng, self.written)
        } else {
            Damage::any(rng, self.written)
        }
    }

    /// Where some bytes stand first in the file.
    pub fn find(&self, bytes: &[u8]) -> Option<usize> {
        let mut windows = self.image[Path::new(self.damaged)].windows(bytes.len());
        windows.position(|window| window == bytes)
    }

    /// How many bytes of the file there are to damage.
    pub fn bytes(&self) -> usize {
        self.written
    }

    /// Damages a copy and sees what becomes of it; how many bytes differed.
    pub fn suffer(&self, damage: Damage) -> (usize, Fate) {
        let mut image = self.image.clone();
        let Some(file) = image.get_mut(Path::new(self.damaged)) else {
            return (0, Fate::Wrong("there is no file".to_owned()));
        };
        let changed = damage.done_to(file);
        let may_lose_the_last = file
            .iter()
            .zip(&self.image[Path::new(self.damaged)])
            .position(|(new, old)| new != old)
            .unwrap_or(file.len())
            >= self.last_frame;
        let states = if may_lose_the_last {
            &self.states[..]
        } else {
            &self.states[..1]
        };
        let judged = catch_unwind(AssertUnwindSafe(|| judge(image, states)));
        (changed, judged.unwrap_or(Fate::Panicked))
    }
}

/// A database that random calls are made to.
fn worked_on(device: &Device, seed: u64, calls: usize) -> Result<Workload> {
    let clock = clock(0);
    let crm = options(&clock).with_storage(Arc::new(open(device)?))?;
    let mut workload = Workload::new(crm, clock, seed);
    for _ in 0..calls {
        workload.step()?;
    }
    Ok(workload)
}

fn open(device: &Device) -> Result<RedbStorage> {
    let options = store::Options {
        cache_bytes: 1 << 20,
        disk: Arc::new(device.clone()),
        ..store::Options::default()
    };
    RedbStorage::open(Path::new(PATH), options)
}

/// What a copy holds.
fn digest(image: &Image) -> Result<Digest> {
    let storage = open(&Device::of(image.clone()))?;
    Digest::of(&*storage.snapshot()?)
}

fn judge(image: Image, states: &[Digest]) -> Fate {
    let device = Device::of(image);
    let unexpected = |error: &Error| Fate::Wrong(format!("{:?}: {error}", error.code()));
    let is_damage = |error: &Error| {
        matches!(
            error.code(),
            Code::Corrupt | Code::NewerFormat | Code::NeedsReopen
        )
    };
    let opened = open(&device).and_then(|storage| {
        let storage = Arc::new(storage);
        let crm = options(&clock(1_000)).with_storage(storage.clone())?;
        Ok((storage, crm))
    });
    let (storage, crm) = match opened {
        Ok(opened) => opened,
        Err(error) if is_damage(&error) => return Fate::Refused,
        Err(error) => return unexpected(&error),
    };
    match crm.check() {
        Ok(report) if report.is_sound() => {}
        Ok(_) => return Fate::Found,
        Err(error) if is_damage(&error) => {
            if storage.verify(None).is_err() {
                match crm.create(Company::draft().name("Afterwards")) {
                    Ok(_) => return Fate::Wrong("saved to damaged pages".to_owned()),
                    Err(error) if !is_damage(&error) => return unexpected(&error),
                    Err(_) => {}
                }
                if let Err(error) = crm.close() {
                    return unexpected(&error);
                }
            }
            return Fate::Found;
        }
        Err(error) => return unexpected(&error),
    }
    match storage.snapshot().and_then(|read| Digest::of(&*read)) {
        Ok(found) if states.contains(&found) => Fate::Harmless,
        Ok(_) => Fate::Wrong("a check finds nothing, and other data are there".to_owned()),
        Err(error) => Fate::Wrong(format!("a check finds nothing, and then: {error}")),
    }
}
