//! Deals.

use chrono::{DateTime as Instant, Utc};
use rust_decimal::Decimal as Number;

use super::stage::chance;
use super::{Company, Contact, Pipeline, Stage, StageKind, Tag, User};
use crate::error::{Error, Result};
use crate::schema::declare::{choices, object};
use crate::schema::kind::{Boolean, Choice, Choices, Date, DateTime, Decimal, LongText, Many, Money, OneOf, Percent, Text, To};
use crate::schema::{Object, SaveContext};
use crate::value::{Ref, Value};

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

/// Pipeline, status, probability and dates follow from the stage.
fn follow_stage(context: &mut dyn SaveContext) -> Result<()> {
    if let (Value::Ref(pipeline), Value::Null) = (context.get(Deal::PIPELINE.number()), context.get(Deal::STAGE.number()))
        && let Some(first) = context.first_in_index(Stage::TYPE, Stage::BY_ORDER.number(), &pipeline.into(), &|_| Ok(true))?
    {
        context.set(Deal::STAGE.number(), first.into());
    }
    chance(context.get(Deal::PROBABILITY.number()))
        .map_err(|error| error.at_field(Deal::TYPE_NAME, Deal::PROBABILITY.name()))?;
    let Value::Ref(stage) = context.get(Deal::STAGE.number()) else {
        return Ok(());
    };
    let old_stage = context.old(Deal::STAGE.number());
    let moved = old_stage != Value::Ref(stage);
    let pipeline = context.lookup(stage, Stage::PIPELINE.number())?;
    if context.is_given(Deal::PIPELINE.number()) && context.get(Deal::PIPELINE.number()) != pipeline {
        let reason = "the stage belongs to another pipeline; give the stage alone";
        return Err(Error::invalid(stage.id, reason).at_field(Deal::TYPE_NAME, Deal::STAGE.name()));
    }
    let kind = kind_of(context, stage)?;
    let status = match kind {
        StageKind::Open => DealStatus::Open,
        StageKind::Won => DealStatus::Won,
        StageKind::Lost => DealStatus::Lost,
    };
    // A stage may turn under a deal that stands still.
    let turned = context.get(Deal::STATUS.number()) != status.key().into();
    let follows = moved || turned || context.is_following();
    follow_probability(context, stage, kind, follows)?;
    if !follows {
        return Ok(());
    }
    context.set(Deal::PIPELINE.number(), pipeline);
    context.set(Deal::STATUS.number(), status.key().into());
    let at = match kind {
        StageKind::Open => context.now(),
        StageKind::Won | StageKind::Lost => closed_at(context),
    };
    if moved {
        context.set(Deal::STAGE_SINCE.number(), at.into());
    }
    if moved && !context.is_given(Deal::POSITION.number()) {
        // The new card stands at the end of its column.
        let end = context.next_position();
        context.set(Deal::POSITION.number(), end);
    }
    if !turned || context.is_new() && kind == StageKind::Open {
        // A deal that is won stays won since its first day in a won stage.
        return Ok(());
    }
    let is_closed = kind != StageKind::Open;
    let closed_at = if is_closed { at.into() } else { Value::Null };
    context.set(Deal::CLOSED_AT.number(), closed_at);
    let last_stage = if is_closed { last_open_stage(context, stage)? } else { Value::Null };
    context.set(Deal::LAST_STAGE.number(), last_stage);
    Ok(())
}

/// The open stage in which a deal that is closed now was last: the one that it leaves, that of a deal that was closed
/// before, or the first one of the pipeline.
fn last_open_stage(context: &dyn SaveContext, stage: Ref) -> Result<Value> {
    let was_open = context.old(Deal::STATUS.number()) == DealStatus::Open.key().into();
    let last = match was_open {
        true => context.old(Deal::STAGE.number()),
        false => context.old(Deal::LAST_STAGE.number()),
    };
    if !last.is_null() {
        return Ok(last);
    }
    let pipeline = context.lookup(stage, Stage::PIPELINE.number())?;
    let is_open = |stage: Ref| Ok(kind_of(context, stage)? == StageKind::Open);
    Ok(context.first_in_index(Stage::TYPE, Stage::BY_ORDER.number(), &pipeline, &is_open)?.into())
}

/// The probability is that of the stage, or what somebody says of an open deal. What is won is certain, and what is
/// lost is certain not to be won.
fn follow_probability(context: &mut dyn SaveContext, stage: Ref, kind: StageKind, follows: bool) -> Result<()> {
    let (probability, overridden) = (Deal::PROBABILITY.number(), Deal::PROBABILITY_OVERRIDDEN.number());
    let given = context.is_given(probability);
    if !given && !follows {
        return Ok(());
    }
    let of_stage = match kind {
        StageKind::Open => context.lookup(stage, Stage::PROBABILITY.number())?,
        StageKind::Won => Number::ONE_HUNDRED.into(),
        StageKind::Lost => Number::ZERO.into(),
    };
    let own = match given {
        true => Some(context.get(probability)).filter(|own| !own.is_null() && *own != of_stage),
        false => Some(context.get(probability)).filter(|_| context.get(overridden) == true.into()),
    };
    let own = own.filter(|_| kind == StageKind::Open);
    context.set(overridden, own.as_ref().map(|_| true).into());
    context.set(probability, own.unwrap_or(of_stage));
    Ok(())
}

/// When the deal was closed: now, unless it was closed before it came here.
fn closed_at(context: &dyn SaveContext) -> Instant<Utc> {
    let day = Deal::CLOSE_DATE.number();
    match context.get(day) {
        Value::Date(date) if context.is_new() && context.is_given(day) => {
            context.start_of(date).min(context.now())
        }
        _ => context.now(),
    }
}

fn kind_of(context: &dyn SaveContext, stage: Ref) -> Result<StageKind> {
    let kind = match context.lookup(stage, Stage::KIND.number())? {
        Value::Text(key) => StageKind::from_key(&key),
        _ => None,
    };
    Ok(kind.unwrap_or(StageKind::Open))
}
