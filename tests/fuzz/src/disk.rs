//! A small database on a disk in memory, whose bytes a target changes before it is opened.

use std::sync::{Arc, LazyLock};

use crm_core::{Company, Crm, Result};
use crm_crash::{Device, Image, clock, options};

/// The name of the file.
pub const FILE: &str = "fuzz.crm";
/// The name of the journal beside it.
pub const JOURNAL: &str = "fuzz.crm-journal";

const COMPANIES: usize = 12;

/// What the disk holds after a crash, and after closing.
static IMAGES: LazyLock<[Image; 2]> = LazyLock::new(|| {
    let device = Device::default();
    let crm = open_on(&device).expect("a database");
    for name in names() {
        crm.create(Company::draft().name(name)).expect("a company");
    }
    let crashed = device.image();
    crm.close().expect("it closes");
    [crashed, device.image()]
});

/// The companies of the database, in the order of their commits.
pub fn names() -> Vec<String> {
    (0..COMPANIES).map(|n| format!("Company {n}")).collect()
}

/// The file of a database that was closed.
pub fn closed() -> Image {
    IMAGES[1].clone()
}

/// The file and the journal of a database at a crash.
pub fn open_at_a_crash() -> Image {
    IMAGES[0].clone()
}

/// Opens what is on a disk.
///
/// # Errors
/// As opening does.
pub fn open(image: Image) -> Result<Crm> {
    open_on(&Device::of(image))
}

fn open_on(device: &Device) -> Result<Crm> {
    options(&clock(0)).disk(Arc::new(device.clone())).open(FILE)
}

/// Writes over what is there, and not beyond its end.
pub fn overlay(bytes: &mut [u8], at: usize, with: &[u8]) {
    for (byte, new) in bytes.iter_mut().skip(at).zip(with) {
        *byte = *new;
    }
}
