//! Pipelines for deals that come into a database without the ones that they need.

use super::links::key;
use super::options::ImportMode;
use super::row::Importer;
use super::source::Row;
use super::synonyms::words;
use crate::engine::{Work, read};
use crate::error::Result;
use crate::objects::{Deal, Pipeline, Stage, StageKind};
use crate::record::{Fields, Record};
use crate::schema::kind::Choices;
use crate::schema::{Object, ObjectDef};
use crate::value::{Id, Ref, ValueRef};

/// So many pipelines and stages are made of what a file names; a column that has more is none of stages.
const PIPELINES_MAX: usize = 20;
const STAGES_MAX: usize = 40;
const NAME_CHARS_MAX: usize = 100;

/// The pipeline of deals that name none, and the open stages of a pipeline for which a file names none.
const STANDARD_PIPELINE: &str = "Sales";
const STANDARD_STAGES: [&str; 3] = ["Qualification", "Proposal", "Negotiation"];

/// What people call the stages in which a deal is decided, without case, accents and punctuation.
const WON: &[&str] = &[
    "won",
    "closed won",
    "closedwon",
    "win",
    "closed win",
    "sold",
    "signed",
    "success",
    "successful",
    "gewonnen",
    "gagne",
    "gagnee",
    "ganado",
    "ganada",
    "cerrado ganado",
    "cerrada ganada",
    "vinto",
    "vinta",
    "chiuso vinto",
    "ganho",
    "ganha",
    "fechado ganho",
    "wygrana",
    "vunnen",
    "выиграна",
    "выиграно",
    "успешно реализовано",
    "受注",
    "成約",
    "赢单",
    "成交",
];
const LOST: &[&str] = &[
    "lost",
    "closed lost",
    "closedlost",
    "loss",
    "dead",
    "abandoned",
    "rejected",
    "verloren",
    "perdu",
    "perdue",
    "perdido",
    "perdida",
    "cerrado perdido",
    "cerrada perdida",
    "perso",
    "persa",
    "chiuso perso",
    "fechado perdido",
    "przegrana",
    "forlorad",
    "проиграна",
    "проиграно",
    "закрыто и не реализовано",
    "失注",
    "输单",
    "丢单",
];

/// A pipeline that a file names, and its stages in the order in which they come.
struct Named {
    pipeline: String,
    stages: Vec<String>,
}

impl Importer<'_> {
    /// Makes the pipelines that the first rows name and that are not there, with the stages that stand in them; one
    /// for rows that name none, if there is none at all. Finds the one in which such deals begin.
    pub(super) fn prepare_board(
        &mut self,
        work: &mut Work<'_, '_>,
        object: &ObjectDef,
        rows: &[Row],
    ) -> Result<()> {
        if object.id != Deal::TYPE || matches!(self.options.mode, ImportMode::Update(_)) {
            return Ok(());
        }
        if self.options.makes_what_is_named() {
            for named in self.named_boards(object, rows) {
                let is_there = match named.pipeline.as_str() {
                    "" => read::first_record(work.read(), Pipeline::TYPE)?.is_some(),
                    name => find_pipeline(work, name)?,
                };
                if is_there {
                    continue;
                }
                let mark = self.mark();
                match work.attempt(|work| self.make_pipeline(work, &named)) {
                    Ok(()) => {}
                    Err(error) if error.is_of_the_store() => return Err(error),
                    // What the organisation's rules refuse, the rows tell that miss it.
                    Err(_) => self.roll_back(mark),
                }
            }
        }
        self.board = default_pipeline(work)?;
        Ok(())
    }

    /// The pipelines that rows name, those that are named by an id left out.
    fn named_boards(&self, object: &ObjectDef, rows: &[Row]) -> Vec<Named> {
        let text = |field: u16, row: &Row| {
            let binding = self.bound.binding_of(field)?;
            let field = object.field(field)?;
            let is_nothing = self.bound.is_nothing(binding, field, row);
            let text = self.bound.text(&binding.source, row);
            (!is_nothing && text.chars().count() <= NAME_CHARS_MAX).then_some(text)
        };
        let mut all: Vec<Named> = Vec::new();
        for row in rows {
            let pipeline = text(Deal::PIPELINE.number(), row).unwrap_or_default();
            let stage = text(Deal::STAGE.number(), row).unwrap_or_default();
            if is_id(&pipeline) || is_id(&stage) {
                continue;
            }
            let known = all
                .iter()
                .position(|named| key(&named.pipeline) == key(&pipeline));
            let at = match known {
                Some(at) => at,
                None if all.len() < PIPELINES_MAX => {
                    all.push(Named {
                        pipeline,
                        stages: Vec::new(),
                    });
                    all.len() - 1
                }
                None => continue,
            };
            if let Some(named) = all.get_mut(at) {
                let is_known = named.stages.iter().any(|known| key(known) == key(&stage));
                if !stage.is_empty() && !is_known && named.stages.len() < STAGES_MAX {
                    named.stages.push(stage);
                }
            }
        }
        all
    }

    fn make_pipeline(&mut self, work: &mut Work<'_, '_>, named: &Named) -> Result<()> {
        let name = match named.pipeline.as_str() {
            "" => STANDARD_PIPELINE,
            name => name,
        };
        let fields: Fields = Pipeline::draft().name(name).into();
        let pipeline = work.create(Pipeline::TYPE, None, &fields)?.record;
        self.made(work, pipeline)?;
        let of = |kind: StageKind| {
            let stages = named.stages.iter().map(String::as_str);
            stages.filter(move |stage| kind_of(stage) == kind)
        };
        let mut open: Vec<&str> = of(StageKind::Open).collect();
        if open.is_empty() {
            open.extend(STANDARD_STAGES);
        }
        let mut won: Vec<&str> = of(StageKind::Won).collect();
        if won.is_empty() {
            won.push("Won");
        }
        let mut lost: Vec<&str> = of(StageKind::Lost).collect();
        if lost.is_empty() {
            lost.push("Lost");
        }
        let steps = open.len() as i64 + 1;
        let chances = (1..).map(|at: i64| at * 100 / steps);
        let open = open.into_iter().zip(chances);
        let open = open.map(|(name, chance)| (name, StageKind::Open, chance));
        let won = won.into_iter().map(|name| (name, StageKind::Won, 100));
        let lost = lost.into_iter().map(|name| (name, StageKind::Lost, 0));
        for (order, (name, kind, chance)) in (1..).zip(open.chain(won).chain(lost)) {
            let fields: Fields = Stage::draft()
                .name(name)
                .pipeline(pipeline.id.of())
                .order(order)
                .kind(kind)
                .probability(chance)
                .into();
            let stage = work.create(Stage::TYPE, None, &fields)?.record;
            self.made(work, stage)?;
        }
        Ok(())
    }

    /// Counts a record that was made on the way, and makes it known to those who look for its name.
    fn made(&mut self, work: &Work<'_, '_>, made: Ref) -> Result<()> {
        let catalog = work.catalog();
        let object = catalog.object_name(made.object).to_owned();
        *self.report.created_links.entry(object).or_default() += 1;
        if let Some(record) = work.record(made)? {
            self.bound.links.add(&catalog, &record);
        }
        Ok(())
    }

    /// The stage that a text means in a pipeline, or in that of deals that name none: the one of the name, or the only
    /// one in which a deal is won or lost as the text says.
    pub(super) fn stage_in(
        &self,
        work: &Work<'_, '_>,
        pipeline: Option<Ref>,
        text: &str,
    ) -> Result<Option<Ref>> {
        let Some(pipeline) = pipeline.or(self.board) else {
            return Ok(None);
        };
        let (mut by_name, mut by_kind) = (None, Vec::new());
        let kind = kind_of(text);
        read::for_each_live(work.read(), Stage::TYPE, &mut |stage| {
            if stage.get(Stage::PIPELINE.number()).as_ref() != Some(pipeline) {
                return Ok(());
            }
            let is = |field: u16, wanted: &str| {
                let text = stage.get(field).as_text();
                text.is_some_and(|text| key(text) == wanted)
            };
            if is(Stage::NAME.number(), &key(text)) {
                by_name = Some(stage.reference());
            }
            if kind != StageKind::Open && is(Stage::KIND.number(), kind.key()) {
                by_kind.push(stage.reference());
            }
            Ok(())
        })?;
        Ok(by_name.or(match by_kind.as_slice() {
            [only] => Some(*only),
            _ => None,
        }))
    }
}

fn is_id(text: &str) -> bool {
    let id = text.rsplit_once(':').map_or(text, |(_, id)| id);
    id.parse::<Id>().is_ok()
}

fn kind_of(stage: &str) -> StageKind {
    let said = words(stage);
    if WON.contains(&&*said) {
        StageKind::Won
    } else if LOST.contains(&&*said) {
        StageKind::Lost
    } else {
        StageKind::Open
    }
}

fn find_pipeline(work: &Work<'_, '_>, name: &str) -> Result<bool> {
    let mut found = false;
    read::for_each_live(work.read(), Pipeline::TYPE, &mut |pipeline| {
        let own = pipeline.get(Pipeline::NAME.number()).as_text();
        found |= own.is_some_and(|own| key(own) == key(name));
        Ok(())
    })?;
    Ok(found)
}

/// The pipeline of deals that name none: of those that take new deals the first in their order.
fn default_pipeline(work: &Work<'_, '_>) -> Result<Option<Ref>> {
    let mut first: Option<(i64, Ref)> = None;
    read::for_each_live(work.read(), Pipeline::TYPE, &mut |pipeline: Record| {
        let is_active = pipeline.get(Pipeline::ACTIVE.number()) != ValueRef::Bool(false);
        let order = pipeline.get(Pipeline::ORDER.number()).as_int().unwrap_or(0);
        if is_active && first.is_none_or(|(least, _)| order < least) {
            first = Some((order, pipeline.reference()));
        }
        Ok(())
    })?;
    Ok(first.map(|(_, pipeline)| pipeline))
}
