//! The board: columns with kept totals, and cards that move.

use std::sync::Arc;

use crm_core::{Board, Crm, Deal, Detail, Object, Pipeline, Query, Ref, Result};

use crate::show::{amount_in, chapter, say, table};

/// Shows the board, moves three cards and shows it again.
pub fn deals_move(crm: &Crm) -> Result<()> {
    chapter("The board");
    say(
        "Each stage keeps its totals, so that a board costs the same with five deals and with five million.",
    );
    say("Amounts in euro; sums of other currencies are kept apart and never mixed in.\n");
    show(crm)?;
    say("");
    for (from, to) in [
        ("Discovery", "Proposal"),
        ("Discovery", "Proposal"),
        ("Negotiation", "Won"),
    ] {
        let deal = first_card(crm, from)?;
        crm.move_card(deal, stage(crm, to)?, None)?;
        say(format!(
            "Moved: {} ({from} → {to})",
            crm.title(&crm.get_record(deal)?)
        ));
    }
    say("");
    show(crm)
}

fn show(crm: &Crm) -> Result<()> {
    table(
        &["Stage", "#Deals", "#EUR", "#Weighted EUR", "First card"],
        board(crm, 1)?.columns.iter().map(|column| {
            vec![
                crm.title(&column.record),
                column.count.to_string(),
                amount_in(column.sums.first(), "EUR"),
                amount_in(column.sums.get(1), "EUR"),
                column
                    .cards
                    .first()
                    .map_or_else(String::new, |card| crm.title(&card.record)),
            ]
        }),
    );
    Ok(())
}

fn board(crm: &Crm, cards: usize) -> Result<Arc<Board>> {
    let pipelines = crm.list::<Pipeline>(Query::default().limit(1))?;
    let pipeline = pipelines
        .rows
        .first()
        .map(|pipeline| pipeline.id().reference());
    crm.board(
        Deal::TYPE_NAME,
        pipeline.ok_or_else(|| missing("pipeline"))?,
        cards,
    )
}

/// A stage of the sample pipeline.
pub fn stage(crm: &Crm, name: &str) -> Result<Ref> {
    let stages = crm.find(&Query::of("stage").filter(&format!("name == '{name}'")))?;
    stages
        .rows
        .first()
        .map(crm_core::Record::reference)
        .ok_or_else(|| missing(name))
}

/// The card at the top of a stage that has a contact, to whom one can write.
pub fn first_card(crm: &Crm, stage_name: &str) -> Result<Ref> {
    let filter = format!("stage.name == '{stage_name}' && contact.email != null");
    let deals = crm.find(
        &Query::of(Deal::TYPE_NAME)
            .filter(&filter)
            .sort("position")
            .limit(1),
    )?;
    deals
        .rows
        .first()
        .map(crm_core::Record::reference)
        .ok_or_else(|| missing(stage_name))
}

/// The samples lack something on which the program counts.
pub fn missing(what: &str) -> crm_core::Error {
    Detail::NotFound {
        object: "sample".to_owned(),
        id: what.to_owned(),
    }
    .into()
}
