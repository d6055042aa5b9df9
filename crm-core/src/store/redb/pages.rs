//! Pages of a file, read past redb: rows in pages to which nothing leads any more, and those in pages that do not
//! match their checksums, of which redb says only that there are some.
//!
//! A leaf of redb is `01`, a zero, the number of entries, the ends of all keys, the ends of all values, the keys and
//! the values; ends count from the beginning of the page. A branch is `02`, a zero, the number of its keys, four
//! more bytes, the checksums and the numbers of its children, the ends of its keys and the keys. A page is checked
//! up to the last of its ends, by the checksum that the page above it has; above the topmost one is the header, and
//! a leaf of names has the topmost page of each table. The file format of redb 4 has the rest.

use std::collections::BTreeSet;
use std::path::Path;

use ::redb::{StorageBackend, TableHandle};
use twox_hash::XxHash3_128;

use super::failure::io_error;
use super::salvage::open;
use super::table;
use crate::error::Result;
use crate::store::Space;

/// What looks at a row of a page.
pub(crate) type VisitPageRow<'v> = dyn FnMut(&[u8], &[u8]) -> Result<()> + 'v;

/// What looks at a row of a page that does not match its checksum.
pub(crate) type VisitWrongRow<'v> = dyn FnMut(Space, &[u8], &[u8]) -> Result<()> + 'v;

const PAGE: u64 = 4_096;
const LEAF: u8 = 1;
const BRANCH: u8 = 2;
/// No leaf of ours has as many bytes: a value is at most a piece of a content, or a record.
const LEAF_BYTES_MAX: u64 = 64 << 20;

/// The header, with the two places at its end that say where the tables are; the newer of them is named in it.
const HEADER_BYTES: usize = 320;
const SLOTS: [usize; 2] = [64, 192];
const SLOT_BYTES: usize = 128;

/// Hands out the rows of everything in a file that looks like a leaf, of whatever table and age.
pub(crate) fn read_pages(path: &Path, visit: &mut VisitPageRow<'_>) -> Result<()> {
    let file = open(path)?;
    let len = file.len().map_err(io_error)?;
    let mut page = Vec::new();
    for at in (0..len).step_by(PAGE as usize) {
        // Values longer than a page lie in one that is a power of two as long.
        let mut size = PAGE.min(len - at);
        loop {
            page.resize(size as usize, 0);
            file.read(at, &mut page).map_err(io_error)?;
            match Leaf::of(&page) {
                Leaf::Longer(needed) if needed > size && needed <= LEAF_BYTES_MAX.min(len - at) => {
                    size = needed;
                }
                Leaf::Whole { rows, .. } => {
                    rows.into_iter()
                        .try_for_each(|(key, value)| visit(key, value))?;
                    break;
                }
                Leaf::Longer(_) | Leaf::None => break,
            }
        }
    }
    Ok(())
}

/// A page that may be a leaf.
enum Leaf<'p> {
    Whole {
        rows: Vec<(&'p [u8], &'p [u8])>,
        end: usize,
    },
    /// It would have so many bytes.
    Longer(u64),
    None,
}

impl<'p> Leaf<'p> {
    /// The entries of a page, if it is a leaf of a table of byte strings.
    fn of(page: &'p [u8]) -> Self {
        let Some(&[LEAF, _, low, high]) = page.first_chunk() else {
            return Leaf::None;
        };
        let count = usize::from(u16::from_le_bytes([low, high]));
        let number = |at: usize| read_u32(page, 4 + 4 * at).map(|number| number as usize);
        let mut rows = Vec::with_capacity(count.min(page.len() / 8));
        let Some(end) = (2 * count).checked_sub(1).and_then(number) else {
            return Leaf::None;
        };
        if end > page.len() {
            return Leaf::Longer(end as u64);
        }
        let (mut key_start, keys_end) = (4 + 8 * count, number(count - 1));
        let Some(mut value_start) = keys_end else {
            return Leaf::None;
        };
        for nth in 0..count {
            let (Some(key_end), Some(value_end)) = (number(nth), number(count + nth)) else {
                return Leaf::None;
            };
            let (key, value) = (
                page.get(key_start..key_end),
                page.get(value_start..value_end),
            );
            let (Some(key), Some(value)) = (key, value) else {
                return Leaf::None;
            };
            rows.push((key, value));
            (key_start, value_start) = (key_end, value_end);
        }
        Leaf::Whole { rows, end }
    }
}

/// A page as the one above it names it.
#[derive(Debug, Clone, Copy)]
struct Named {
    number: u64,
    checksum: u128,
}

impl Named {
    /// The page's number, and its checksum behind it.
    fn read(bytes: &[u8], at: usize) -> Option<Self> {
        Some(Named {
            number: read_u64(bytes, at)?,
            checksum: read_u128(bytes, at + 8)?,
        })
    }

    /// The children of a branch, and where it ends.
    fn children(page: &[u8]) -> Option<(Vec<Named>, usize)> {
        let &[BRANCH, _, low, high] = page.first_chunk()? else {
            return None;
        };
        let keys = usize::from(u16::from_le_bytes([low, high]));
        let (checksums, numbers) = (8, 8 + 16 * (keys + 1));
        let end = read_u32(page, numbers + 8 * (keys + 1) + 4 * keys.checked_sub(1)?)?;
        let child = |nth: usize| {
            Some(Named {
                number: read_u64(page, numbers + 8 * nth)?,
                checksum: read_u128(page, checksums + 16 * nth)?,
            })
        };
        Some(((0..=keys).map(child).collect::<Option<_>>()?, end as usize))
    }
}

/// What a page is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tree {
    /// The tables by name.
    Names,
    /// `None` for one that belongs to no space.
    Table(Option<Space>),
}

/// Compares the pages of a file's tables with their checksums; hands out the rows of those that do not match, and
/// returns how many there are.
pub(super) fn read_wrong_pages(
    file: &dyn StorageBackend,
    visit: &mut VisitWrongRow<'_>,
) -> Result<u64> {
    let len = file.len().map_err(io_error)?;
    let mut header = [0; HEADER_BYTES];
    file.read(0, &mut header).map_err(io_error)?;
    let Some((regions, names)) = read_header(&header) else {
        return Ok(0);
    };
    let mut wrong = 0;
    let mut seen = BTreeSet::new();
    let mut ahead: Vec<(Tree, Named)> = names
        .map(|names| (Tree::Names, names))
        .into_iter()
        .collect();
    let mut bytes = Vec::new();
    while let Some((tree, page)) = ahead.pop() {
        // Damaged pages may lead round in circles.
        if !seen.insert(page.number) {
            continue;
        }
        let (at, size) = regions.place(page.number);
        if size > LEAF_BYTES_MAX || at.saturating_add(size) > len {
            wrong += 1;
            continue;
        }
        bytes.resize(size as usize, 0);
        file.read(at, &mut bytes).map_err(io_error)?;
        let holds = |end: usize| {
            let checked = bytes.get(..end);
            checked.is_some_and(|checked| XxHash3_128::oneshot(checked) == page.checksum)
        };
        if let Some((children, end)) = Named::children(&bytes) {
            wrong += u64::from(!holds(end));
            ahead.extend(children.into_iter().map(|child| (tree, child)));
            continue;
        }
        let Leaf::Whole { rows, end } = Leaf::of(&bytes) else {
            wrong += 1;
            continue;
        };
        let is_wrong = !holds(end);
        wrong += u64::from(is_wrong);
        for (key, value) in rows {
            match tree {
                Tree::Names => {
                    let space = Space::ALL
                        .into_iter()
                        .find(|space| table(*space).name().as_bytes() == key);
                    let has_pages = value.get(9).is_some_and(|has| *has != 0);
                    let top = Named::read(value, 10).filter(|_| has_pages);
                    ahead.extend(top.map(|top| (Tree::Table(space), top)));
                }
                Tree::Table(Some(space)) if is_wrong => visit(space, key, value)?,
                Tree::Table(_) => {}
            }
        }
    }
    Ok(wrong)
}

/// How pages lie in a file.
struct Regions {
    /// Bytes of what comes before the pages of each.
    header: u64,
    /// Bytes of each with all of its pages.
    size: u64,
}

impl Regions {
    /// Where a page begins, and how many bytes it has.
    fn place(&self, number: u64) -> (u64, u64) {
        let order = number >> 59;
        let index = number & (0x000F_FFFF >> order);
        let region = (number >> 20) & 0x000F_FFFF;
        let size = PAGE << order;
        let within = self.header + index * size;
        let at = region
            .saturating_mul(self.size)
            .saturating_add(PAGE + within);
        (at, size)
    }
}

/// How a file is laid out, and its topmost page.
fn read_header(header: &[u8; HEADER_BYTES]) -> Option<(Regions, Option<Named>)> {
    let pages = |at| read_u32(header, at).map(|pages| u64::from(pages) * PAGE);
    let regions = Regions {
        header: pages(16)?,
        size: pages(16)? + pages(20)?,
    };
    let newer = usize::from(header.get(9)? & 1);
    let is_sound = |slot: &&[u8]| {
        let checked = slot.get(..SLOT_BYTES - 16).map(XxHash3_128::oneshot);
        checked == read_u128(slot, SLOT_BYTES - 16)
    };
    let [first, second] = SLOTS.map(|at| header.get(at..at + SLOT_BYTES).unwrap_or_default());
    let slots = if newer == 0 {
        [first, second]
    } else {
        [second, first]
    };
    let slot = slots.iter().find(|slot| is_sound(slot))?;
    let has_tables = slot.get(1).is_some_and(|has| *has != 0);
    Some((regions, Named::read(slot, 8).filter(|_| has_tables)))
}

fn read_u32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn read_u64(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn read_u128(bytes: &[u8], at: usize) -> Option<u128> {
    Some(u128::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}
