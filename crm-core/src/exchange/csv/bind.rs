//! A mapping bound to a file and a schema: which cell gives which field.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use rust_decimal::Decimal;

use super::header::{self, Place, Target};
use super::links::Links;
use super::nothing;
use super::options::{Column, ImportOptions};
use super::source::Row;
use super::told::{Told, is_number};
use crate::error::{Detail, Error, Result, nearest};
use crate::limits;
use crate::schema::{Catalog, FieldDef, FieldType, ObjectDef, Role, system};
use crate::value::fold;

/// Where a field gets its text.
pub(super) struct Binding {
    /// The header of the column, or the name of the field that no column gives.
    pub label: String,
    pub target: Target,
    pub source: Source,
    pub multiply: Option<Decimal>,
    pub link: Option<Link>,
    /// How the column writes numbers and dates, where its first rows tell.
    pub told: Told,
}

/// A column, or a text made of cells.
pub(super) enum Source {
    Cell(usize),
    Text(Vec<Piece>),
}

/// A piece of a text made of cells.
pub(super) enum Piece {
    Text(String),
    Cell(usize),
    /// Left out if one of its cells is empty.
    Group(Vec<Piece>),
}

/// How the record is found that a cell names.
pub(super) struct Link {
    /// Where to look, in this order.
    pub lookups: Vec<usize>,
    /// The field of this row that narrows the search: the pipeline of a stage.
    pub scope: Option<u16>,
    /// True if the record is created where there is none.
    pub create: bool,
}

/// A mapping bound to a file and a schema.
pub(super) struct Bound {
    /// In the order in which they are read: what narrows a search comes before what is searched.
    pub bindings: Vec<Binding>,
    /// The binding that finds the record of a row.
    pub key: Option<usize>,
    /// The binding within whose value the key counts: the pipeline, where stages are found by name.
    pub key_within: Option<usize>,
    pub links: Links,
    /// Known dirt, by column and folded text.
    aliases: Vec<HashMap<String, String>>,
    /// The columns and their fields, for the report.
    pub columns: Vec<(String, Option<String>)>,
    pub unmapped: Vec<String>,
}

impl Bound {
    /// Binds the options to the columns of a file.
    pub(super) fn new(
        catalog: &Catalog,
        options: &ImportOptions,
        columns: &[String],
    ) -> Result<Self> {
        let object = catalog.object_named(&options.object)?;
        let mut binder = Binder {
            catalog,
            object,
            options,
            columns,
            taken: HashSet::new(),
            links: Links::default(),
            bindings: Vec::new(),
        };
        for field in &options.create_missing {
            let field = object.field_named(field)?;
            if field.ty != FieldType::Reference {
                let reason = "records are created for references only";
                return Err(Error::invalid(&field.name, reason).at_field(&object.name, &field.name));
            }
        }
        let used = binder.bind_values()?;
        let given = binder.bind_given()?;
        let mut bound_columns = Vec::new();
        let mut unmapped = Vec::new();
        for (at, name) in columns.iter().enumerate() {
            let field = match given.get(&at) {
                Some(field) => field.clone(),
                None => match binder.bind_found(at, &Column::default())? {
                    Some(field) => Some(field),
                    None if used.contains(&at) => None,
                    None => {
                        unmapped.push(name.clone());
                        continue;
                    }
                },
            };
            bound_columns.push((name.clone(), field));
        }
        if binder.bindings.is_empty() && !options.custom_fields {
            let reason = format!("no column is a field of {}; give a mapping", object.name);
            return Err(Error::invalid(columns.join(", "), reason));
        }
        binder.bindings.sort_by_key(|binding| {
            let scoped = binding
                .link
                .as_ref()
                .is_some_and(|link| link.scope.is_some());
            // An id says more than a name, and a record is found before a part of it is set.
            let rank = match binding.target.place {
                Place::Id => 0,
                Place::Whole => 1,
                Place::Part(_) | Place::Currency => 2,
            };
            (rank, scoped)
        });
        let key = match options.mode.by() {
            Some(by) => Some(find_key(object, &binder.bindings, by)?),
            None => None,
        };
        let key_within = options
            .mode
            .by()
            .and_then(|by| find_within(object, &binder.bindings, by));
        Ok(Bound {
            key,
            key_within,
            bindings: binder.bindings,
            links: binder.links,
            aliases: aliases(options, columns),
            columns: bound_columns,
            unmapped,
        })
    }

    /// The binding that gives all of a field.
    pub(super) fn binding_of(&self, field: u16) -> Option<&Binding> {
        let whole = Target {
            field,
            place: Place::Whole,
        };
        self.bindings.iter().find(|binding| binding.target == whole)
    }

    /// True if the cell of a row has nothing, or a word for nothing of which nobody has said what it means.
    pub(super) fn is_nothing(&self, binding: &Binding, field: &FieldDef, row: &Row) -> bool {
        let Source::Cell(at) = binding.source else {
            return self.text(&binding.source, row).is_empty();
        };
        let cell = row.cell(at).trim();
        let is_nothing = cell.is_empty() || nothing::is_nothing(cell, field, binding.target.place);
        is_nothing && self.alias(at, cell).is_none()
    }

    /// The text that a row gives to a field.
    pub(super) fn text(&self, source: &Source, row: &Row) -> String {
        match source {
            Source::Cell(at) => self.cell(row, *at).into_owned(),
            Source::Text(pieces) => self.compose(pieces, row).0,
        }
    }

    fn cell<'a>(&'a self, row: &'a Row, at: usize) -> Cow<'a, str> {
        let text = super::cell::unguard(row.cell(at));
        match self.alias(at, &text) {
            Some(meant) => Cow::Borrowed(meant),
            None => text,
        }
    }

    /// What stands for the text of a cell.
    fn alias(&self, at: usize, text: &str) -> Option<&str> {
        let aliases = self.aliases.get(at).filter(|aliases| !aliases.is_empty())?;
        aliases.get(&*fold(text.trim())).map(String::as_str)
    }

    /// The text of pieces, and whether every cell in it has something. One that is longer than a cell may be ends
    /// with the piece that made it so: it is refused for its length, not multiplied further.
    fn compose(&self, pieces: &[Piece], row: &Row) -> (String, bool) {
        let (mut text, mut whole) = (String::new(), true);
        for piece in pieces {
            if text.len() > limits::IMPORT_CELL_BYTES_MAX {
                break;
            }
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Cell(at) => {
                    let cell = self.cell(row, *at);
                    whole &= !cell.is_empty();
                    text.push_str(&cell);
                }
                Piece::Group(pieces) => {
                    let (group, whole) = self.compose(pieces, row);
                    if whole {
                        text.push_str(&group);
                    }
                }
            }
        }
        (text, whole)
    }
}

struct Binder<'a> {
    catalog: &'a Catalog,
    object: &'a ObjectDef,
    options: &'a ImportOptions,
    columns: &'a [String],
    /// What has its source already.
    taken: HashSet<(u16, Option<Part>)>,
    links: Links,
    bindings: Vec<Binding>,
}

/// A part by its number, the currency and the id by numbers that no part has.
type Part = usize;

fn part_of(place: Place) -> Option<Part> {
    match place {
        Place::Whole => None,
        Place::Part(at) => Some(at),
        Place::Currency => Some(usize::MAX),
        Place::Id => Some(usize::MAX - 1),
    }
}

impl<'a> Binder<'a> {
    /// Binds the texts that no column gives; returns the columns that they use.
    fn bind_values(&mut self) -> Result<HashSet<usize>> {
        let mut used = HashSet::new();
        for (name, text) in &self.options.values {
            let target = self.target(name)?;
            let pieces = self.pieces(text, &mut used)?;
            self.bind(name, target, Source::Text(pieces), &Column::default())?;
        }
        Ok(used)
    }

    /// Binds the columns for which the options say what becomes of them; returns their fields.
    fn bind_given(&mut self) -> Result<HashMap<usize, Option<String>>> {
        let mut given = HashMap::new();
        for (header, column) in &self.options.columns {
            let at = self.column(header)?;
            if column.field.is_none() && !column.is_ignored() {
                // What is said is how the cells are read, not which field they give.
                let field = self.bind_found(at, column)?.ok_or_else(|| {
                    Error::invalid(header, "no field fits the column; give its `field`")
                })?;
                given.insert(at, Some(field));
                continue;
            }
            if let Some(name) = &column.field {
                let target = self.target(name)?;
                self.bind(header, target, Source::Cell(at), column)?;
            }
            given.insert(at, column.field.clone());
        }
        Ok(given)
    }

    /// Binds a column by its header; returns its field if there is one that has no other source.
    fn bind_found(&mut self, at: usize, column: &Column) -> Result<Option<String>> {
        let columns = self.columns;
        let Some(header) = columns.get(at) else {
            return Ok(None);
        };
        let by_id = self.options.mode.by() == Some("id");
        let found = if by_id && header::normalised(header) == "id" {
            Some(Target {
                field: system::ID,
                place: Place::Whole,
            })
        } else {
            header::find(self.object, header)
        };
        let Some(target) = found.filter(|target| {
            // A part of what another column gives whole would change what that column says.
            let is_given = |part| self.taken.contains(&(target.field, part));
            let is_part = matches!(target.place, Place::Part(_));
            !(is_given(part_of(target.place)) || is_part && is_given(None))
        }) else {
            return Ok(None);
        };
        let name = self.name(target);
        self.bind(header, target, Source::Cell(at), column)?;
        Ok(Some(name))
    }

    fn bind(&mut self, label: &str, target: Target, source: Source, column: &Column) -> Result<()> {
        let field = field_of(self.object, target)?;
        let taken = !self.taken.insert((target.field, part_of(target.place)));
        if taken && !field.many {
            let reason = format!("`{}` has a source already", self.name(target));
            return Err(Error::invalid(label, reason).at_field(&self.object.name, &field.name));
        }
        if column.multiply.is_some() && !(is_number(field.ty) && target.place == Place::Whole) {
            let reason = "only numbers and amounts are multiplied";
            return Err(Error::invalid(label, reason).at_field(&self.object.name, &field.name));
        }
        let link = if field.ty == FieldType::Reference && target.place == Place::Whole {
            Some(self.link(field, column)?)
        } else if column.by.is_some() {
            let reason = "`by` is for references";
            return Err(Error::invalid(label, reason).at_field(&self.object.name, &field.name));
        } else {
            None
        };
        self.bindings.push(Binding {
            label: label.to_owned(),
            target,
            source,
            multiply: column.multiply,
            link,
            told: Told::default(),
        });
        Ok(())
    }

    fn link(&mut self, field: &FieldDef, column: &Column) -> Result<Link> {
        let listed = self.options.create_missing.contains(&field.name);
        let create = listed || self.options.makes_what_is_named() && self.is_enough(field);
        let mut link = Link {
            lookups: Vec::new(),
            scope: None,
            create,
        };
        for target in self.targets(field, column)? {
            let by = match &column.by {
                Some(by) => Some(target.field_named(by)?.id),
                None => None,
            };
            let scope = if by.is_none() {
                self.scope(field, target)
            } else {
                None
            };
            link.scope = link.scope.or(scope.map(|(own, _)| own));
            let lookup = self
                .links
                .lookup(target.id, by, scope.map(|(_, theirs)| theirs));
            link.lookups.push(lookup);
        }
        if listed && field.targets.is_empty() {
            let reason = "the field refers to any object; which one to create is not known";
            return Err(
                Error::invalid(&field.name, reason).at_field(&self.object.name, &field.name)
            );
        }
        Ok(link)
    }

    /// True if a name is enough for a record of the one object that a field refers to: nobody who acts, no column of a
    /// board and no board, which is nothing without its columns.
    fn is_enough(&self, field: &FieldDef) -> bool {
        let [target] = field.targets.as_slice() else {
            return false;
        };
        let Ok(object) = self.catalog.object_named(target) else {
            return false;
        };
        let is_of_a_board = self.catalog.objects().iter().any(|other| {
            let board = other.board.as_ref();
            let ends = board.map_or([0, 0], |board| [board.board, board.column]);
            let mut targets = ends.iter().filter_map(|end| other.field(*end));
            targets.any(|end| end.targets.contains(target))
        });
        let [title] = object.title.as_slice() else {
            return false;
        };
        let is_given = |field: &FieldDef| field.id == *title || field.default.is_some();
        object.role.is_none_or(|role| role == Role::Tag)
            && !is_of_a_board
            && object.timeline.is_none()
            && object.link.is_none()
            && object.field(*title).is_some_and(header::is_writable)
            && object
                .live_fields()
                .all(|field| !field.required || is_given(field))
    }

    /// The objects in which a name is looked for, one after the other. A field that refers to any object means
    /// those whose records people know by name: neither activities nor links nor the engine's own.
    fn targets(&self, field: &FieldDef, column: &Column) -> Result<Vec<&'a ObjectDef>> {
        if !field.targets.is_empty() {
            let catalog = self.catalog;
            let targets = field.targets.iter();
            return targets.map(|name| catalog.object_named(name)).collect();
        }
        let is_known_by_name = |object: &&ObjectDef| {
            let mut title = object.title.iter().filter_map(|field| object.field(*field));
            let is_thing = object.timeline.is_none() && object.link.is_none();
            is_thing && object.role.is_none() && title.any(|field| field.search > 0)
        };
        let has_key = |object: &&ObjectDef| {
            let by = column.by.as_ref();
            by.is_none_or(|by| object.field_named(by).is_ok())
        };
        let objects = self.catalog.objects().iter();
        Ok(objects.filter(is_known_by_name).filter(has_key).collect())
    }

    /// The field of this object, and the one of the target, that together narrow the search: where a title is
    /// unique only within another record (a stage within its pipeline), and a row names that one too.
    fn scope(&self, field: &FieldDef, target: &ObjectDef) -> Option<(u16, u16)> {
        let title = target.title.first()?;
        let within = target.indexes.iter().find_map(|index| {
            let other = index.fields.iter().find(|other| *other != title)?;
            let is_key = index.unique && index.fields.len() == 2 && index.fields.contains(title);
            is_key.then_some(*other)
        })?;
        let targets = &target.field(within)?.targets;
        let own = self.object.live_fields().find(|own| {
            own.id != field.id && own.ty == FieldType::Reference && own.targets == *targets
        })?;
        let has_source = self.options.values.contains_key(&own.name)
            || self
                .options
                .columns
                .values()
                .any(|column| column.field.as_ref() == Some(&own.name))
            || self.columns.iter().any(|header| {
                !self.options.columns.contains_key(header)
                    && header::find(self.object, header).is_some_and(|found| found.field == own.id)
            });
        has_source.then_some((own.id, within))
    }

    /// The field, or the part of one, of a name in a mapping.
    fn target(&self, name: &str) -> Result<Target> {
        if name == "id" && self.options.mode.by() == Some("id") {
            return Ok(Target {
                field: system::ID,
                place: Place::Whole,
            });
        }
        let (whole, part) = name
            .split_once('.')
            .map_or((name, None), |(whole, part)| (whole, Some(part)));
        let field = self.object.field_named(whole)?;
        if !header::is_writable(field) {
            let reason = "the field is computed, read-only or retired";
            return Err(Error::invalid(name, reason).at_field(&self.object.name, &field.name));
        }
        let place = match part {
            None => Place::Whole,
            Some(part) => header::place(field, part).ok_or_else(|| {
                Error::from(Detail::UnknownField {
                    object: format!("{}.{whole}", self.object.name),
                    name: part.to_owned(),
                    nearest: nearest(part, header::part_names(field).iter().copied()),
                })
            })?,
        };
        Ok(Target {
            field: field.id,
            place,
        })
    }

    /// The name of a target, as a mapping says it.
    fn name(&self, target: Target) -> String {
        let Ok(field) = field_of(self.object, target) else {
            return String::new();
        };
        let part = match target.place {
            Place::Whole => return field.name.clone(),
            Place::Part(at) => field.ty.part_names().get(at).copied().unwrap_or_default(),
            Place::Currency => "currency",
            Place::Id => "id",
        };
        format!("{}.{part}", field.name)
    }

    fn column(&self, header: &str) -> Result<usize> {
        let columns = self.columns;
        let found = columns.iter().position(|column| column == header);
        let found = found.or_else(|| {
            let header = header::normalised(header);
            columns
                .iter()
                .position(|column| header::normalised(column) == header)
        });
        found.ok_or_else(|| {
            let near = nearest(header, columns.iter().map(String::as_str))
                .map(|near| format!("; did you mean `{near}`?"))
                .unwrap_or_default();
            Error::invalid(header, format!("the file has no such column{near}"))
        })
    }

    /// Takes a text with `{Header}` and `[…]` apart.
    fn pieces(&self, text: &str, used: &mut HashSet<usize>) -> Result<Vec<Piece>> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '[']) {
            let (before, from) = rest.split_at(at);
            literal.push_str(before);
            let (opening, closing) = if from.starts_with('{') {
                ('{', '}')
            } else {
                ('[', ']')
            };
            let inside = from.get(1..).unwrap_or_default();
            if let Some(after) = inside.strip_prefix(opening) {
                literal.push(opening);
                rest = after;
                continue;
            }
            let (inside, after) = inside.split_once(closing).ok_or_else(|| {
                Error::invalid(
                    text,
                    format!("`{opening}` is not closed; a doubled one is the character itself"),
                )
            })?;
            if !literal.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut literal)));
            }
            if opening == '{' {
                let at = self.column(inside)?;
                used.insert(at);
                pieces.push(Piece::Cell(at));
            } else {
                pieces.push(Piece::Group(self.pieces(inside, used)?));
            }
            rest = after;
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            pieces.push(Piece::Text(literal));
        }
        Ok(pieces)
    }
}

fn field_of(object: &ObjectDef, target: Target) -> Result<&FieldDef> {
    object
        .field(target.field)
        .ok_or_else(|| Error::corrupt("a field that the schema does not have"))
}

/// The binding of the field that finds the record of a row.
fn find_key(object: &ObjectDef, bindings: &[Binding], by: &str) -> Result<usize> {
    let field = object.field_named(by)?;
    if !field.indexed && field.id != system::ID {
        let reason = "records are found by a unique or an indexed field, or by their id";
        return Err(Error::invalid(by, reason).at_field(&object.name, by));
    }
    let whole = Target {
        field: field.id,
        place: Place::Whole,
    };
    bindings
        .iter()
        .position(|binding| binding.target == whole)
        .ok_or_else(|| {
            let reason = "no column gives the field that finds the records";
            Error::invalid(by, reason).at_field(&object.name, by)
        })
}

/// The binding within whose value the key counts: where no two records of it have the same key.
fn find_within(object: &ObjectDef, bindings: &[Binding], by: &str) -> Option<usize> {
    let by = object
        .field_named(by)
        .ok()
        .filter(|field| !field.unique)?
        .id;
    let within = object.indexes.iter().find_map(|index| {
        let is_key = index.unique && index.fields.len() == 2 && index.fields.contains(&by);
        index.fields.iter().find(|other| is_key && **other != by)
    })?;
    let whole = Target {
        field: *within,
        place: Place::Whole,
    };
    bindings.iter().position(|binding| binding.target == whole)
}

fn aliases(options: &ImportOptions, columns: &[String]) -> Vec<HashMap<String, String>> {
    let of = |column: &String| options.columns.get(column).map(|column| &column.aliases);
    let folded = |column| {
        of(column)
            .into_iter()
            .flatten()
            .map(|(text, meant)| (fold(text.trim()).into_owned(), meant.clone()))
    };
    columns
        .iter()
        .map(|column| folded(column).collect())
        .collect()
}
