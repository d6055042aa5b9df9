//! Boards: the columns of a pipeline with their kept totals, and their cards in an order made by hand.

use std::ops::ControlFlow;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::find::page_len;
use super::reader::Reader;
use crate::access::RowFields;
use crate::engine::{StoredTotal, Sum, TotalRow, contribution, index_id, index_of, push, total};
use crate::error::{Detail, Error, Result};
use crate::record::Record;
use crate::schema::{BoardDef, FieldType, ObjectDef};
use crate::shape::structure;
use crate::store::{KeyRange, Space};
use crate::value::{Ref, Value, ValueRef};

structure! {
    out
    /// A board with its columns.
    Board = 1 {
        /// The object whose records are the cards.
        1 object: String;
        /// The record that the board belongs to: a pipeline.
        2 of: Ref;
        /// The columns, in their order.
        3 columns: Vec<BoardColumn>;
    }
}

structure! {
    out
    /// A column of a board.
    BoardColumn = 2 {
        /// The record that the column stands for: a stage.
        1 record: Record;
        /// How many cards it has.
        2 count: u64;
        /// The kept sums, as the object's declaration lists them (for deals amount and weighted amount): for
        /// money a list with one amount per currency. Null where there are too many digits for an amount; it is the
        /// sum again when there are fewer.
        3 sums: Vec<Value>;
        /// The first cards.
        4 cards: Vec<Card>;
    }
}

structure! {
    out
    /// A card: what the board shows of a record.
    Card = 3 {
        /// The record's covered fields; others are null, its version among them. Who wants to move the card as it was
        /// read gives the move the number of the last commit from before the board was read.
        1 record: Record;
        /// Where it stands: what to give for the cards below it.
        2 place: CardPlace;
    }
}

structure! {
    /// A place in a column.
    CardPlace = 4 {
        /// The position, which orders the cards.
        1 position: Decimal;
        /// The card, which decides between two at one position.
        2 card: Ref;
    }
}

/// How many columns a board has, if it is a large one.
const COLUMNS: usize = 20;

fn definition<'o>(reader: &'o Reader<'_>, name: &str) -> Result<(&'o ObjectDef, &'o BoardDef)> {
    let object = reader.lens.object(name)?;
    let board = object
        .board
        .as_ref()
        .ok_or_else(|| Error::invalid(name, "the object has no board"))?;
    Ok((object, board))
}

/// A board with the first cards of each column. Its cost does not grow with the number of cards, and is that of one
/// look where nothing has changed of what it shows.
pub(crate) fn board(
    reader: &Reader<'_>,
    object: &str,
    of: Ref,
    cards_max: usize,
) -> Result<Arc<Board>> {
    let (object, def) = definition(reader, object)?;
    let mut question = reader.lens.question();
    question
        .push_u64(reader.lens.catalog().version())
        .push_u16(object.id)
        .push_u16(of.object)
        .push_id(of.id)
        .push_u64(cards_max as u64);
    reader.lens.answer(&question, |lens| {
        let reader = Reader {
            lens: *lens,
            ..*reader
        };
        let board = assembled(&reader, (object, def), of, cards_max)?;
        let bytes = board.bytes();
        Ok((board, bytes))
    })
}

fn assembled(
    reader: &Reader<'_>,
    (object, def): (&ObjectDef, &BoardDef),
    of: Ref,
    cards_max: usize,
) -> Result<Board> {
    reader.lens.live_record(of)?;
    let column_object = column_object(reader, object, def)?;
    let mut columns: Vec<Record> = Vec::new();
    let of_board = index_of(column_object.id, def.column_board, of)?;
    reader
        .lens
        .for_each_row(Space::Index, of_board.as_bytes(), COLUMNS, |key, _| {
            let column = Ref {
                object: column_object.id,
                id: index_id(key)?,
            };
            columns.extend(reader.lens.record(column)?);
            Ok(ControlFlow::Continue(()))
        })?;
    columns.sort_by_key(|column| (column.get(def.column_order).as_int(), column.id()));
    let columns = columns.into_iter().map(|record| {
        let (count, sums) = column_total(reader, object, def, record.reference())?;
        Ok(BoardColumn {
            count,
            sums,
            cards: match cards_max {
                0 => Vec::new(),
                limit => cards(reader, &object.name, record.reference(), None, limit)?,
            },
            record,
        })
    });
    Ok(Board {
        object: object.name.clone(),
        of,
        columns: columns.collect::<Result<_>>()?,
    })
}

fn column_object<'o>(
    reader: &'o Reader<'_>,
    object: &ObjectDef,
    def: &BoardDef,
) -> Result<&'o ObjectDef> {
    let field = object
        .field(def.column)
        .and_then(|field| field.targets.first());
    let target = field.ok_or_else(|| Error::corrupt("a board without columns"))?;
    reader.lens.object(target)
}

/// The number of a column's cards and their sums: as they are kept, or over the cards that are to be seen.
fn column_total(
    reader: &Reader<'_>,
    object: &ObjectDef,
    def: &BoardDef,
    column: Ref,
) -> Result<(u64, Vec<Value>)> {
    let none = || Ok((0, sums(object, def, &|_| Ok(None))?));
    let Some(total_def) = object.totals.iter().find(|total| total.id == def.total) else {
        return none();
    };
    let counted = |count: i64| count.max(0).unsigned_abs();
    if let Some(whole) = reader.lens.whole(object.id) {
        let mut key = total(object.id, def.total);
        push(&mut key, ValueRef::Ref(column))?;
        let kept = whole.total(key.as_bytes(), |row: StoredTotal<'_>| {
            Ok((counted(row.count()), sums(object, def, &|at| row.sum(at))?))
        })?;
        return kept.unwrap_or_else(none);
    }
    let mut seen = TotalRow::default();
    let index = (object.id, def.cards);
    reader
        .lens
        .for_each_referring(index, column, false, |card| {
            if let Some(card) = reader.lens.record(card)? {
                seen.add(&contribution(object, total_def, card.fields())?, 1)?;
            }
            Ok(ControlFlow::Continue(()))
        })?;
    let sum = |at| Ok(seen.sums.get(usize::from(at)).cloned());
    Ok((counted(seen.count), sums(object, def, &sum)?))
}

/// The sums of a column in the form of their fields, also where there is nothing to add up.
fn sums(
    object: &ObjectDef,
    def: &BoardDef,
    sum: &dyn Fn(u16) -> Result<Option<Sum>>,
) -> Result<Vec<Value>> {
    let total = object.totals.iter().find(|total| total.id == def.total);
    let fields = total.map_or(&[][..], |total| &total.sums);
    let sums = (0..).zip(fields).map(|(at, field)| {
        let is_money = object.field(*field).map(|field| field.ty) == Some(FieldType::Money);
        let sum = sum(at)?.unwrap_or_default();
        Ok(match sum.number.nearest() {
            _ if is_money => sum.money(),
            number => number.map_or(Value::Null, |number| number.normalize().into()),
        })
    });
    sums.collect()
}

/// The cards of a column after another card.
pub(crate) fn cards(
    reader: &Reader<'_>,
    object: &str,
    column: Ref,
    after: Option<CardPlace>,
    limit: usize,
) -> Result<Vec<Card>> {
    let (object, def) = definition(reader, object)?;
    let limit = page_len(limit)?;
    let mut prefix = index_of(object.id, def.cards, column)?;
    let mut cards = Vec::with_capacity(limit);
    let mut visit = |key: &[u8], row: RowFields<'_>| {
        let card = Ref {
            object: object.id,
            id: index_id(key)?,
        };
        reader.lens.open_row(row, card, |record| {
            let position = record.get(def.position).as_decimal().unwrap_or_default();
            let card = record.reference();
            let place = CardPlace { position, card };
            cards.push(Card { record, place });
            Ok(if cards.len() == limit {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            })
        })
    };
    match after {
        None => {
            let prefix = prefix.as_bytes();
            reader
                .lens
                .for_each_row(Space::Index, prefix, limit, &mut visit)?;
        }
        Some(CardPlace { position, card }) => {
            let range = KeyRange::prefix(Space::Index, prefix.as_bytes());
            // Of cards at one position, as a card that comes back from the trash may stand, the id decides.
            push(&mut prefix, ValueRef::Decimal(position))?;
            prefix.push_id(card.id);
            let range = range.resumed_after(prefix.as_bytes());
            reader.lens.for_each_row_in(&range, &mut visit)?;
        }
    }
    Ok(cards)
}

/// A position between two others; `None` if there is no room left.
pub(crate) fn position_between(before: Option<Decimal>, after: Option<Decimal>) -> Option<Decimal> {
    match (before, after) {
        (None, None) => Some(Decimal::ZERO),
        (Some(before), None) => before.checked_add(Decimal::ONE_THOUSAND),
        (None, Some(after)) => after.checked_sub(Decimal::ONE_THOUSAND),
        (Some(before), Some(after)) => {
            let middle = before.checked_add(after)? / Decimal::TWO;
            (middle > before && middle < after).then_some(middle)
        }
    }
}

impl Board {
    /// The memory that it takes, about.
    fn bytes(&self) -> usize {
        let of_record = |record: &Record| size_of::<Card>() + record.bytes();
        let columns = self.columns.iter().map(|column| {
            let amounts = column.sums.iter().map(|sum| match sum {
                Value::List(amounts) => amounts.len() + 1,
                _ => 1,
            });
            let cards = column.cards.iter().map(|card| of_record(&card.record));
            size_of::<BoardColumn>()
                + of_record(&column.record)
                + amounts.sum::<usize>() * size_of::<Value>()
                + cards.sum::<usize>()
        });
        size_of::<Board>() + self.object.len() + columns.sum::<usize>()
    }

    /// The column of a record.
    ///
    /// # Errors
    /// `NotFound` if the board has no such column.
    pub fn column(&self, of: impl Into<Ref>) -> Result<&BoardColumn> {
        let of = of.into();
        self.columns
            .iter()
            .find(|column| column.record.reference() == of)
            .ok_or_else(|| {
                Detail::NotFound {
                    object: "column".to_owned(),
                    id: of.id.to_string(),
                }
                .into()
            })
    }
}
