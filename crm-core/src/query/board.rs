//! Boards: the columns of a pipeline with their kept totals, and their cards in an order made by hand.

use std::ops::ControlFlow;

use rust_decimal::Decimal;

use super::find::{Reader, page_len};
use crate::engine::{TotalRow, index, index_id, push, read, total};
use crate::error::{Detail, Error, Result};
use crate::record::Record;
use crate::schema::{BoardDef, FieldType, ObjectDef};
use crate::store::{KeyRange, Read, Space};
use crate::value::{KeyBuilder, Ref, Value, ValueRef};

/// A board with its columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Board {
    /// The object whose records are the cards.
    pub object: String,
    /// The record that the board belongs to: a pipeline.
    pub of: Ref,
    /// The columns, in their order.
    pub columns: Vec<BoardColumn>,
}

/// A column of a board.
#[derive(Debug, Clone, PartialEq)]
pub struct BoardColumn {
    /// The record that the column stands for: a stage.
    pub record: Record,
    /// How many cards it has.
    pub count: u64,
    /// The kept sums, as the object's declaration lists them (for deals amount and weighted amount): for
    /// money a list with one amount per currency.
    pub sums: Vec<Value>,
    /// The first cards.
    pub cards: Vec<Card>,
}

/// A card: what the board shows of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    /// The record's covered fields; others are null.
    pub record: Record,
    /// Its place in the column.
    pub position: Decimal,
}

impl Card {
    /// Where it stands: what to pass as `after` for the cards below it.
    pub fn place(&self) -> (Decimal, Ref) {
        (self.position, self.record.reference())
    }
}

fn definition<'o>(reader: &'o Reader<'_>, name: &str) -> Result<(&'o ObjectDef, &'o BoardDef)> {
    let object = reader.state.catalog.object_named(name)?;
    let board = object
        .board
        .as_ref()
        .ok_or_else(|| Error::invalid(name, "the object has no board"))?;
    Ok((object, board))
}

/// A board with the first cards of each column. Its cost does not grow with the number of cards.
pub(crate) fn board(reader: &Reader<'_>, object: &str, of: Ref, cards_max: usize) -> Result<Board> {
    let (object, def) = definition(reader, object)?;
    read::live_record(reader.read, &reader.state.catalog, of)?;
    let column_object = column_object(reader, object, def)?;
    let mut columns: Vec<Record> = Vec::new();
    read::for_each_in_index(
        reader.read,
        column_object.id,
        def.column_board,
        &[ValueRef::Ref(of)],
        &mut |id, _| {
            columns.extend(read::record(
                reader.read,
                Ref {
                    object: column_object.id,
                    id,
                },
            )?);
            Ok(ControlFlow::Continue(()))
        },
    )?;
    columns.sort_by_key(|column| (column.get(def.column_order).as_int(), column.id()));
    let columns = columns.into_iter().map(|record| {
        let row = column_total(reader.read, object, def, record.reference())?;
        Ok(BoardColumn {
            count: row.count.max(0).unsigned_abs(),
            sums: sums(object, def, &row),
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
    reader.state.catalog.object_named(target)
}

/// The sums of a column in the form of their fields, also where there is nothing to add up.
fn sums(object: &ObjectDef, def: &BoardDef, row: &TotalRow) -> Vec<Value> {
    let total = object.totals.iter().find(|total| total.id == def.total);
    let fields = total.map_or(&[][..], |total| &total.sums);
    let sums = fields.iter().enumerate().map(|(at, field)| {
        let sum = row.sums.get(at).cloned().unwrap_or_default();
        match object.field(*field).map(|field| field.ty) {
            Some(FieldType::Money) => Value::List(sum.money.into_iter().map(Value::from).collect()),
            _ => Value::Decimal(sum.number.normalize()),
        }
    });
    sums.collect()
}

fn column_total(
    read: &dyn Read,
    object: &ObjectDef,
    def: &BoardDef,
    column: Ref,
) -> Result<TotalRow> {
    let mut key = total(object.id, def.total);
    push(&mut key, ValueRef::Ref(column))?;
    let mut row = Ok(TotalRow::default());
    read.get(Space::Total, key.as_bytes(), &mut |bytes| {
        row = TotalRow::decode(bytes);
    })?;
    row
}

/// The cards of a column after another card.
pub(crate) fn cards(
    reader: &Reader<'_>,
    object: &str,
    column: Ref,
    after: Option<(Decimal, Ref)>,
    limit: usize,
) -> Result<Vec<Card>> {
    let (object, def) = definition(reader, object)?;
    let limit = page_len(limit)?;
    let mut prefix: KeyBuilder = index(object.id, def.cards);
    push(&mut prefix, ValueRef::Ref(column))?;
    let mut range = KeyRange::prefix(Space::Index, prefix.as_bytes());
    if let Some((position, card)) = after {
        // Of cards at one position, as a card that comes back from the trash may stand, the id decides.
        push(&mut prefix, ValueRef::Decimal(position))?;
        prefix.push_id(card.id);
        range = range.resumed_after(prefix.as_bytes());
    }
    let mut cards = Vec::with_capacity(limit);
    read::scan(reader.read, &range, &mut |key, value| {
        let id = index_id(key)?;
        let record = Record::new(object.id, id, value)?;
        let position = record.get(def.position).as_decimal().unwrap_or_default();
        cards.push(Card { record, position });
        Ok(if cards.len() == limit {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    })?;
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
