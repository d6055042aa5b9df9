//! Deals.

use chrono::{DateTime as Instant, Utc};
use rust_decimal::Decimal as Number;

use super::stage::chance;
use super::{Company, Contact, Pipeline, Stage, StageKind, Tag, User};
use crate::error::{Error, Result};
use crate::schema::declare::{choices, object};
use crate::schema::kind::{Boolean, Choice, Date, DateTime, Decimal, LongText, Many, Money, OneOf, Percent, Text, To};
use crate::schema::{Object, Save};
use crate::value::Id;

choices! {
    /// How a deal stands; it follows from the stage.
    DealStatus {
        /// Under way.
        Open = "open" "Open",
        /// Won.
        Won = "won" "Won",
        /// Lost.
        Lost = "lost" "Lost",
    }
}

object! {
    /// A sale: what we may sell, to whom, for how much, and how far it is.
    Deal = 9 "deal" "deals" {
        /// What is sold to whom, in a few words.
        1 name: Text { required, indexed, search(9), aliases(&["deal", "deal name", "opportunity", "opportunity name"]) };
        /// The way that the deal takes; that of its stage.
        2 pipeline: To<Pipeline> { indexed, on_delete(OnDelete::Restrict) };
        /// How far it is. A new deal begins in the first stage of its pipeline.
        3 stage: To<Stage> {
            required,
            on_delete(OnDelete::Restrict),
            follows(&[Stage::PIPELINE.number(), Stage::KIND.number(), Stage::PROBABILITY.number()]),
            aliases(&["deal stage", "sales stage"]),
        };
        /// Open, won or lost; that of its stage.
        4 status: OneOf<DealStatus> { read_only, indexed };
        /// What it is worth.
        5 amount: Money { indexed, aliases(&["value", "deal value", "close value", "revenue"]) };
        /// The chance, in percent, that it is won: that of its stage, unless somebody knows better. What somebody
        /// says stays when the deal moves on, until it is cleared or the deal is closed.
        6 probability: Percent;
        /// Amount times probability, rounded half to even to the currency's decimals.
        7 weighted_amount: Money { formula("amount * probability / 100") };
        /// The day on which it is, or is expected to be, decided.
        8 close_date: Date { indexed, aliases(&["expected close date", "closing date", "closes"]) };
        /// The company that buys.
        9 company: To<Company> { timeline_up, aliases(&["account", "customer", "account name"]) };
        /// The person with whom we mainly speak; see [`DealContact`](super::DealContact) for all of them.
        10 contact: To<Contact> { timeline_up, aliases(&["primary contact"]) };
        /// Who works on it.
        11 owner: To<User> { indexed, aliases(&["sales agent", "deal owner", "salesperson"]) };
        /// Where it came from.
        12 source: Choice { open_choices, indexed, aliases(&["lead source"]) };
        /// Why it was lost.
        13 lost_reason: Choice { open_choices, aliases(&["loss reason"]) };
        /// When it last changed its stage.
        14 stage_since: DateTime { read_only };
        /// When it was won or lost. A deal that is created in a closed stage with a close date in the past, as
        /// imports of older deals have it, was closed when that day began.
        15 closed_at: DateTime { read_only, indexed };
        /// The open stage in which it was last before it was won or lost: where it was lost. Of a deal that was
        /// never in one, the first open stage of its pipeline. Null while it is open.
        16 last_stage: To<Stage> { read_only };
        /// Its place in the column of a board; see [`Session::move_card`](crate::Session::move_card).
        17 position: Decimal { read_only };
        /// The day on which work on it began.
        18 opened: Date { aliases(&["engage date", "open date"]) };
        /// Words that mark it.
        19 tags: Many<To<Tag>> { indexed };
        /// What else is to be known.
        20 description: LongText { search(1), aliases(&["notes"]) };
        /// The key in the system from which it came.
        21 external_id: Text { key, aliases(&["external key", "opportunity id", "deal id"]) };
        /// True while the probability is what somebody said, and not that of the stage.
        22 probability_overridden: Boolean { read_only };
    }
    /// The deals of a stage as the cards of a column, in their order, with what a card shows.
    200 by_stage: index(stage, position)
        covering(name, amount, probability, close_date, company, owner, position);
    /// What the deals of a stage are worth.
    1 per_stage: total(stage) sums(amount, weighted_amount);
    /// What the deals of somebody are worth, by how they stand.
    2 per_owner_and_status: total(owner, status) sums(amount, weighted_amount);
    title(&[name]);
    rate_date(close_date);
    board(BoardDef {
        board: pipeline,
        column: stage,
        column_board: Stage::PIPELINE.number(),
        column_order: Stage::ORDER.number(),
        position,
        cards: Deal::BY_STAGE.number(),
        total: Deal::PER_STAGE.number(),
    });
    hook(follow_stage);
}

/// The stage that a deal is to be in, and what that changes.
#[derive(Clone, Copy)]
struct Standing {
    stage: Id<Stage>,
    pipeline: Option<Id<Pipeline>>,
    kind: StageKind,
    status: DealStatus,
    /// True if it was in another stage, or is new.
    moved: bool,
    /// True if it stood otherwise. A stage may turn under a deal that stands still.
    turned: bool,
}

impl Standing {
    fn of(save: &Save<'_, Deal>, stage: Id<Stage>) -> Result<Self> {
        let kind = kind_of(save, stage)?;
        let status = match kind {
            StageKind::Open => DealStatus::Open,
            StageKind::Won => DealStatus::Won,
            StageKind::Lost => DealStatus::Lost,
        };
        Ok(Standing {
            stage,
            pipeline: save.lookup(stage, Stage::PIPELINE)?,
            kind,
            status,
            moved: save.old(Deal::STAGE) != Some(stage),
            turned: save.get(Deal::STATUS) != Some(status),
        })
    }

    fn is_open(self) -> bool {
        self.kind == StageKind::Open
    }
}

/// Pipeline, status, probability and dates follow from the stage.
fn follow_stage(save: &mut Save<'_, Deal>) -> Result<()> {
    begin_in_first_stage(save)?;
    chance(save.get(Deal::PROBABILITY))
        .map_err(|error| error.at_field(Deal::TYPE_NAME, Deal::PROBABILITY.name()))?;
    let Some(stage) = save.get(Deal::STAGE) else {
        return Ok(());
    };
    let standing = Standing::of(save, stage)?;
    check_pipeline(save, standing)?;
    let follows = standing.moved || standing.turned || save.is_following();
    follow_probability(save, standing, follows)?;
    if !follows {
        return Ok(());
    }
    save.set(Deal::PIPELINE, standing.pipeline);
    save.set(Deal::STATUS, standing.status);
    let at = if standing.is_open() { save.now() } else { closed_at(save) };
    enter_stage(save, standing, at);
    close_or_reopen(save, standing, at)
}

/// A deal that is put into a pipeline, and into no stage of it, begins in the first one.
fn begin_in_first_stage(save: &mut Save<'_, Deal>) -> Result<()> {
    if let (Some(pipeline), None) = (save.get(Deal::PIPELINE), save.get(Deal::STAGE))
        && let Some(first) = save.first_in(Stage::BY_ORDER, pipeline.reference(), |_| Ok(true))?
    {
        save.set(Deal::STAGE, first);
    }
    Ok(())
}

/// Refuses a pipeline that is not the stage's.
fn check_pipeline(save: &Save<'_, Deal>, standing: Standing) -> Result<()> {
    if save.is_given(Deal::PIPELINE) && save.get(Deal::PIPELINE) != standing.pipeline {
        let reason = "the stage belongs to another pipeline; give the stage alone";
        let error = Error::invalid(standing.stage, reason);
        return Err(error.at_field(Deal::TYPE_NAME, Deal::STAGE.name()));
    }
    Ok(())
}

/// A deal that has moved is in its stage since then, and its card stands at the end of the column.
fn enter_stage(save: &mut Save<'_, Deal>, standing: Standing, at: Instant<Utc>) {
    if !standing.moved {
        return;
    }
    save.set(Deal::STAGE_SINCE, at);
    if !save.is_given(Deal::POSITION) {
        let end = save.next_position();
        save.set(Deal::POSITION, end);
    }
}

/// A deal that is won or lost was closed then, and remembers where; one that is open again forgets both. A deal that
/// is won stays won since its first day in a won stage.
fn close_or_reopen(save: &mut Save<'_, Deal>, standing: Standing, at: Instant<Utc>) -> Result<()> {
    if !standing.turned || save.is_new() && standing.is_open() {
        return Ok(());
    }
    if standing.is_open() {
        save.clear(Deal::CLOSED_AT);
        save.clear(Deal::LAST_STAGE);
        return Ok(());
    }
    save.set(Deal::CLOSED_AT, at);
    let last = last_open_stage(save, standing)?;
    save.set(Deal::LAST_STAGE, last);
    Ok(())
}

/// The open stage in which a deal that is closed now was last: the one that it leaves, that of a deal that was closed
/// before, or the first one of the pipeline.
fn last_open_stage(save: &Save<'_, Deal>, standing: Standing) -> Result<Option<Id<Stage>>> {
    let last = match save.old(Deal::STATUS) {
        Some(DealStatus::Open) => save.old(Deal::STAGE),
        _ => save.old(Deal::LAST_STAGE),
    };
    if last.is_some() {
        return Ok(last);
    }
    let is_open = |stage| Ok(kind_of(save, stage)? == StageKind::Open);
    save.first_in(Stage::BY_ORDER, standing.pipeline.map(Id::reference), is_open)
}

/// The probability is that of the stage, or what somebody says of an open deal. What is won is certain, and what is
/// lost is certain not to be won.
fn follow_probability(save: &mut Save<'_, Deal>, standing: Standing, follows: bool) -> Result<()> {
    let given = save.is_given(Deal::PROBABILITY);
    if !given && !follows {
        return Ok(());
    }
    let of_stage = match standing.kind {
        StageKind::Open => save.lookup(standing.stage, Stage::PROBABILITY)?,
        StageKind::Won => Some(Number::ONE_HUNDRED),
        StageKind::Lost => Some(Number::ZERO),
    };
    let said = save.get(Deal::PROBABILITY).filter(|said| match given {
        true => Some(*said) != of_stage,
        false => save.get(Deal::PROBABILITY_OVERRIDDEN) == Some(true),
    });
    let said = said.filter(|_| standing.is_open());
    save.set(Deal::PROBABILITY_OVERRIDDEN, said.map(|_| true));
    save.set(Deal::PROBABILITY, said.or(of_stage));
    Ok(())
}

/// When the deal was closed: now, unless it was closed before it came here.
fn closed_at(save: &Save<'_, Deal>) -> Instant<Utc> {
    match save.get(Deal::CLOSE_DATE) {
        Some(date) if save.is_new() && save.is_given(Deal::CLOSE_DATE) => {
            save.start_of(date).min(save.now())
        }
        _ => save.now(),
    }
}

fn kind_of(save: &Save<'_, Deal>, stage: Id<Stage>) -> Result<StageKind> {
    Ok(save.lookup(stage, Stage::KIND)?.unwrap_or(StageKind::Open))
}
