//! Questions and their answers: search, a timeline, filters, figures.

use crm_core::{
    Aggregate, Crm, DatePart, Deal, Query, Result, SearchOptions, TimelineQuery, Value, ValueRef,
};

use crate::board::missing;
use crate::show::{amount_in, chapter, say, table};

/// Asks.
pub fn answers(crm: &Crm) -> Result<()> {
    chapter("Search as you type");
    say(
        "Accents and case do not matter, and any part of a phone number that a person would type is found.\n",
    );
    for typed in ["mül", "wagenk", "23125 5"] {
        let hits = crm.search(
            typed,
            &SearchOptions {
                limit: 4,
                ..SearchOptions::default()
            },
        )?;
        say(format!("`{typed}`"));
        let catalog = crm.catalog();
        table(
            &["Object", "Title"],
            hits.into_iter().map(|hit| {
                vec![
                    catalog.object_name(hit.record.object()).to_owned(),
                    hit.title,
                ]
            }),
        );
    }
    timeline(crm, "Wiesenthal Logistik AG")?;
    filter(crm)?;
    figures(crm)
}

fn timeline(crm: &Crm, company: &str) -> Result<()> {
    chapter(&format!("The timeline of {company}"));
    say("Its own activities and those of its people, deals and branches, newest first.\n");
    let found = crm.find(&Query::of("company").filter(&format!("name == '{company}'")))?;
    let company = found
        .rows
        .first()
        .ok_or_else(|| missing(company))?
        .reference();
    let catalog = crm.catalog();
    let entries = crm.timeline(&TimelineQuery::of(company).limit(6))?.entries;
    let rows = entries.iter().map(|entry| {
        let title = |record| -> Result<String> {
            let found = crm.find_record(record)?;
            Ok(found.map_or_else(String::new, |record| crm.title(&record)))
        };
        Ok(vec![
            entry.at.format("%Y-%m-%d").to_string(),
            catalog.object_name(entry.activity.object).to_owned(),
            title(entry.activity)?,
            title(entry.on)?,
        ])
    });
    table(
        &["Day", "Kind", "What", "On"],
        rows.collect::<Result<Vec<_>>>()?,
    );
    Ok(())
}

fn filter(crm: &Crm) -> Result<()> {
    chapter("A filter");
    let filter = "status == 'open' && amount > 40000 && company.address.country == 'Germany'";
    let query = Query::of("deal").filter(filter).sort("-amount").limit(5);
    say(format!(
        "deal where {filter}\nPlan: {}\n",
        crm.explain(&query)?
    ));
    let deals = crm.list::<Deal>(query)?;
    table(
        &["Deal", "#Amount", "Closes"],
        deals.rows.iter().map(|deal| {
            vec![
                deal.name().unwrap_or_default().to_owned(),
                deal.amount()
                    .map_or_else(String::new, |amount| amount.to_string()),
                deal.close_date()
                    .map_or_else(String::new, |day| day.to_string()),
            ]
        }),
    );
    Ok(())
}

fn figures(crm: &Crm) -> Result<()> {
    chapter("Figures");
    let won = Aggregate::of("deal")
        .filter("status == 'won'")
        .group_by_date("close_date", DatePart::Quarter)
        .sum("amount");
    say("Won, by quarter of the close date:\n");
    table(
        &["Quarter", "#Deals", "#EUR"],
        crm.aggregate(&won)?.iter().map(|group| {
            vec![
                key(crm, group.key.first()),
                group.count.to_string(),
                amount_in(group.measures.first(), "EUR"),
            ]
        }),
    );
    let open = Aggregate::of("deal")
        .filter("status == 'open'")
        .group_by("owner")
        .sum("amount")
        .sum("weighted_amount");
    say("\nOpen, by owner:\n");
    table(
        &["Owner", "#Deals", "#EUR", "#Weighted EUR"],
        crm.aggregate(&open)?.iter().map(|group| {
            vec![
                key(crm, group.key.first()),
                group.count.to_string(),
                amount_in(group.measures.first(), "EUR"),
                amount_in(group.measures.get(1), "EUR"),
            ]
        }),
    );
    Ok(())
}

/// What makes a group, for people: the title of a record, the text of anything else.
fn key(crm: &Crm, value: Option<&Value>) -> String {
    match value {
        Some(Value::Ref(record)) => match crm.get_record(*record) {
            Ok(record) => crm.title(&record),
            Err(error) => error.to_string(),
        },
        Some(value) if !value.is_null() => ValueRef::from(value).to_string(),
        _ => "(none)".to_owned(),
    }
}
