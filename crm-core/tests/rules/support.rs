//! What the tests of rules share.

use crm_core::*;

pub fn rule(name: &str, object: &str, trigger: Trigger, actions: &str) -> Draft<Rule> {
    Rule::draft()
        .name(name)
        .object(object)
        .trigger(trigger)
        .actions(actions)
}

/// Sets the company's description to what was there and a word.
pub fn says(word: &str) -> String {
    format!(
        r#"[{{"do": "set", "fields": {{"description": {{"cel": "(description == null ? '' : description) + '{word} '"}}}}}}]"#
    )
}

pub fn said(crm: &Crm, company: Id<Company>) -> String {
    crm.get(company)
        .unwrap()
        .description()
        .unwrap_or_default()
        .to_owned()
}

pub fn company(crm: &Crm) -> Id<Company> {
    crm.create(Company::draft().name("Acme")).unwrap()
}

/// The runs of a rule, failed or not, as their error, oldest first.
pub fn runs(crm: &Crm, rule: Id<Rule>) -> Vec<Option<String>> {
    let runs = crm
        .list::<RuleRun>(Query::default().limit(10_000))
        .unwrap()
        .rows;
    let runs = runs.iter().filter(|run| run.rule() == Some(rule));
    runs.map(|run| {
        assert_eq!(run.failed(), Some(run.error().is_some()));
        run.error().map(str::to_owned)
    })
    .collect()
}
