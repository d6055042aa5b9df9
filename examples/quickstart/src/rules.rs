//! A rule fires, and what it asked for falls due.

use chrono::TimeDelta;
use crm_core::{Clock, Crm, ManualClock, Result, Rule, Trigger};

use crate::board::{first_card, stage};
use crate::show::{chapter, say, table};

/// What happens when a deal enters the stage Proposal.
const ACTIONS: &str = r#"[
    {"do": "remind", "text": {"cel": "'Ask about the proposal: ' + name"}, "after": "P3D"},
    {"do": "add_tag", "tag": "proposal out"},
    {"do": "send", "channel": "email", "to": {"cel": "contact.email"},
     "subject": {"cel": "'Our proposal: ' + name"}, "body": "Thank you for your time. You find our proposal attached."}
]"#;

/// Makes a rule, sets it off twice, and lets three days pass.
pub fn follow_up(crm: &Crm, clock: &ManualClock) -> Result<()> {
    chapter("A rule");
    say(
        "When a deal enters Proposal: remind its owner in three days, tag it, and write to the contact.\n",
    );
    let rule = Rule::draft()
        .name("Follow up proposals")
        .object("deal")
        .trigger(Trigger::Entered)
        .fields(vec!["stage".to_owned()])
        .condition("stage.name == 'Proposal'")
        .actions(ACTIONS);
    crm.create(rule)?;
    for _ in 0..2 {
        let deal = first_card(crm, "Discovery")?;
        crm.move_card(deal, stage(crm, "Proposal")?, None)?;
        say(format!("Moved: {}", crm.title(&crm.get_record(deal)?)));
    }
    say(format!(
        "Rule runs: {}, failed: {}",
        crm.count("rule_run", "")?,
        crm.count("rule_run", "failed")?
    ));
    say("\nThe outbox holds what the host is to send; the engine itself talks to nobody:\n");
    table(
        &["By", "To", "Subject"],
        crm.outbox(10)?.iter().map(|message| {
            [message.channel(), message.to(), message.subject()]
                .map(|text| text.unwrap_or_default().to_owned())
                .into()
        }),
    );
    let next = crm
        .next_due()?
        .map_or_else(|| "nothing".to_owned(), |at| at.to_rfc3339());
    say(format!(
        "\nNext due: {next}. The clock is the host's, so three days pass now."
    ));
    clock.advance(TimeDelta::days(3));
    crm.run_due(clock.now())?;
    let due = crm.due_reminders(10)?;
    say("Due reminders:\n");
    table(
        &["What"],
        due.iter()
            .map(|reminder| vec![reminder.text().unwrap_or_default().to_owned()]),
    );
    if let [first, second, ..] = due.as_slice() {
        crm.snooze(first.id(), clock.now() + TimeDelta::days(1))?;
        crm.acknowledge(second.id())?;
    }
    say(format!(
        "\nThe first is snoozed for a day, the second acknowledged. Still due: {}",
        crm.due_reminders(10)?.len()
    ));
    clock.advance(TimeDelta::days(1));
    crm.run_due(clock.now())?;
    say(format!(
        "A day later: {} due again.",
        crm.due_reminders(10)?.len()
    ));
    Ok(())
}
