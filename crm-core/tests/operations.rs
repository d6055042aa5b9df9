//! Declared operations: what every one has, and that they do what their methods do however they are called.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed test should stop at the line"
)]

mod common;

use std::ops::ControlFlow;

use common::{crm, pipeline};
use crm_core::operation::{Effect, Given, Manner, Operation, Shape, digest, table, told_as_json};
use crm_core::*;
use serde_json::{Value as Json, json};

/// Calls an operation as a host does that has JSON.
fn call(crm: &Crm, name: &str, arguments: Json) -> Result<Json> {
    let operation = Operation::named(name).unwrap();
    let Json::Object(arguments) = arguments else {
        panic!("arguments are an object");
    };
    let (manner, given) = operation.given_as_json(&crm.catalog(), arguments)?;
    let answer = operation.call(crm, manner, given, &mut |_| ControlFlow::Continue(()))?;
    Ok(told_as_json(&crm.catalog(), &*answer))
}

fn reference(crm: &Crm, record: impl Into<Ref>) -> Json {
    let record = record.into();
    json!({"object": crm.catalog().object(record.object).unwrap().name, "id": record.id.to_string()})
}

fn lead(crm: &Crm, name: &str, company: &str) -> Id<Lead> {
    let lead = Lead::draft().email(format!("{name}@example.com"));
    crm.create(
        lead.name(name)
            .company_name(company)
            .value("500 EUR".parse::<Money>().unwrap()),
    )
    .unwrap()
}

#[test]
fn every_operation_is_found_by_its_number_and_its_name() {
    for operation in Operation::all() {
        let number = operation.number;
        assert_eq!(Operation::numbered(number).unwrap().number, number);
        assert_eq!(
            Operation::named(&operation.full_name()).unwrap().number,
            number
        );
        assert!(!operation.errors().is_empty());
    }
    assert!(
        Operation::named("convert").is_none(),
        "it is that of a subject"
    );
    let unknown = Operation::numbered(u16::MAX).unwrap_err();
    assert_eq!(unknown.code(), Code::Invalid);
    assert_ne!(digest(), 0);
    assert!(
        table().contains("operation 4.1 lead: ref(lead)\n"),
        "{}",
        table()
    );
}

#[test]
fn a_board_is_the_same_by_its_method_and_by_its_number() {
    let (crm, _) = crm();
    let (sales, _) = pipeline(&crm);
    for name in ["a", "b"] {
        crm.create(Deal::draft().name(name).pipeline(sales))
            .unwrap();
    }
    let sales = reference(&crm, sales);
    let board = call(
        &crm,
        "board",
        json!({"object": "deal", "of": sales, "cards_max": 1}),
    )
    .unwrap();
    assert_eq!(board["columns"][0]["count"], 2);
    let first = &board["columns"][0]["cards"][0];
    assert_eq!(first["record"]["name"], "a");
    let column = &board["columns"][0]["record"];
    let column = json!({"object": "stage", "id": column["id"]});
    let below = json!({"object": "deal", "column": column, "after": first["place"]});
    let below = call(&crm, "cards", below).unwrap();
    assert_eq!(below[0]["record"]["name"], "b");
    assert_eq!(below.as_array().unwrap().len(), 1);
}

#[test]
fn arguments_that_do_not_fit_are_refused_by_their_names() {
    let (crm, _) = crm();
    let (sales, stages) = pipeline(&crm);
    let sales = reference(&crm, sales);
    let refused = |arguments: Json| {
        let error = call(&crm, "board", arguments).unwrap_err();
        match error.detail() {
            Detail::Invalid { field, reason, .. } => format!("{field}: {reason}"),
            other => panic!("{other:?}"),
        }
    };
    for (arguments, message) in [
        (json!({"object": "deal"}), "of: the argument is not given"),
        (
            json!({"object": 7, "of": sales}),
            "object: this takes this: object",
        ),
        (
            json!({"object": "deal", "of": sales, "cards_max": -1}),
            "cards_max: this is a number from 0 on",
        ),
        (
            json!({"object": "deal", "of": sales, "max": 1}),
            ": there is no argument of this name, only object, of, cards_max",
        ),
        (
            json!({"object": "deal", "of": sales, "rehearse": true}),
            ": there is no argument of this name, only object, of, cards_max",
        ),
    ] {
        assert_eq!(refused(arguments.clone()), message, "{arguments}");
    }
    let board = Operation::named("board").unwrap();
    let stage = Given::One(stages[0].reference().into());
    let known = vec![
        Given::One("deal".into()),
        stage,
        Given::NOTHING,
        Given::NOTHING,
    ];
    let call = |given| {
        board.call(&crm, Manner::default(), given, &mut |_| {
            ControlFlow::Continue(())
        })
    };
    assert!(
        call(known.clone()).is_ok(),
        "what is nothing may be of a later version"
    );
    let more = [known, vec![Given::One(true.into())]].concat();
    assert_eq!(call(more).err().unwrap().code(), Code::Invalid);
    let rehearsal = board.call(&crm, Manner { rehearse: true }, Vec::new(), &mut |_| {
        ControlFlow::Continue(())
    });
    assert_eq!(rehearsal.err().unwrap().code(), Code::Invalid);
}

#[test]
fn a_lead_becomes_a_contact_a_company_and_a_deal() {
    let (crm, _) = crm();
    let (sales, _) = pipeline(&crm);
    let ada = lead(&crm, "Ada", "Acme");
    let options = ConvertLead::default().pipeline(sales);
    let became = crm.leads().convert(ada, &options).unwrap();
    assert_eq!(became.made.len(), 3);
    let deal = crm.get(became.deal.unwrap()).unwrap();
    assert_eq!(deal.name(), Some("Acme"));
    assert_eq!(
        (deal.company(), deal.contact()),
        (became.company, Some(became.contact))
    );
    let ada = crm.get(ada).unwrap();
    assert_eq!(ada.status(), Some(LeadStatus::Converted));
    assert_eq!(ada.converted_contact(), Some(became.contact));
    let again = crm.leads().convert(ada.id(), &options).unwrap_err();
    assert_eq!(again.code(), Code::Invalid);

    // The company is there now, and is taken, refused or made again.
    let eve = lead(&crm, "Eve", "Acme");
    let refused = ConvertLead::default().same_name(SameName::Refuse);
    assert_eq!(
        crm.leads().convert(eve, &refused).unwrap_err().code(),
        Code::Invalid
    );
    let second = crm.leads().convert(eve, &ConvertLead::default()).unwrap();
    assert_eq!((second.company, second.deal), (became.company, None));
    let bob = lead(&crm, "Bob", "Acme");
    let other = ConvertLead::default().same_name(SameName::Make);
    assert_ne!(
        crm.leads().convert(bob, &other).unwrap().company,
        became.company
    );
    let tom = lead(&crm, "Tom", "Acme");
    let several = crm
        .leads()
        .convert(tom, &ConvertLead::default())
        .unwrap_err();
    assert_eq!(several.code(), Code::Invalid);
    let given = ConvertLead::default().company(became.company);
    assert_eq!(
        crm.leads().convert(tom, &given).unwrap().company,
        became.company
    );
    assert!(crm.check().unwrap().findings.is_empty());
}

#[test]
fn a_rehearsal_returns_the_result_and_leaves_nothing() {
    let (crm, _) = crm();
    let ada = lead(&crm, "Ada", "Acme");
    let before = crm.sequence();
    let became = crm
        .leads()
        .rehearsing()
        .convert(ada, &ConvertLead::default())
        .unwrap();
    assert_eq!(became.made.len(), 2);
    assert!(crm.get(became.contact).is_err());
    let arguments = json!({"lead": reference(&crm, ada), "rehearse": true});
    let told = call(&crm, "leads.convert", arguments).unwrap();
    assert_eq!(told["made"].as_array().unwrap().len(), 2);
    assert_eq!(
        (crm.sequence(), crm.count("contact", "").unwrap()),
        (before, 0)
    );
}

#[test]
fn an_operation_that_changes_is_undone_by_its_name() {
    let (crm, _) = crm();
    let ada = lead(&crm, "Ada", "Acme");
    let named = crm.operation("monday");
    named.leads().convert(ada, &ConvertLead::default()).unwrap();
    assert_eq!(crm.count("contact", "").unwrap(), 1);
    crm.undo("monday").unwrap();
    assert_eq!(crm.count("contact", "").unwrap(), 0);
    assert!(crm.get(ada).unwrap().converted_at().is_none());
    for operation in Operation::all() {
        let changes = operation.terms.effect == Effect::Changes;
        assert_eq!(changes, operation.changes());
        assert!(!changes || operation.subject.is_some());
    }
}

#[test]
fn shapes_have_names() {
    let place = Operation::named("cards").unwrap().arguments[2].shape;
    assert_eq!(place.to_string(), "CardPlace?");
    assert!(matches!(place.required(), Shape::Structure(_)));
}

#[test]
fn a_draft_a_list_and_a_choice_are_read_by_their_shapes() {
    let (crm, _) = crm();
    let ada = lead(&crm, "Ada", "Acme");
    let refused = call(
        &crm,
        "leads.convert",
        json!({"lead": reference(&crm, ada), "same_name": "never"}),
    );
    match refused.unwrap_err().detail() {
        Detail::Invalid { field, reason, .. } => {
            assert_eq!(
                (field.as_str(), reason.as_str()),
                ("same_name", "this is one of take, make, refuse")
            );
        }
        other => panic!("{other:?}"),
    }
    let acme = crm.create(Company::draft().name("Acme")).unwrap();
    let of_another = json!({"lead": reference(&crm, acme)});
    assert_eq!(
        call(&crm, "leads.convert", of_another).unwrap_err().code(),
        Code::Invalid
    );
}

/// A generator of numbers that are the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    /// Mostly what an argument takes.
    fn fitting(&mut self, shape: &Shape, records: &[Ref]) -> Given {
        Given::One(match (self.below(8), shape) {
            (0, _) => return self.given(records, 0),
            (_, Shape::Object) => "deal".into(),
            (_, Shape::Int) => Value::Int(self.below(60) as i64),
            (_, Shape::Ref(_)) => records[self.below(records.len() as u64) as usize].into(),
            _ => Value::Null,
        })
    }

    fn given(&mut self, records: &[Ref], depth: u64) -> Given {
        let record = records[self.below(records.len() as u64) as usize];
        Given::One(match self.below(9) {
            0 => Value::Null,
            1 => Value::Bool(self.below(2) == 0),
            2 => Value::Int(self.below(100) as i64 - 10),
            3 => Value::from(["deal", "take", "lead", "", "7.5"][self.below(5) as usize]),
            4 | 5 => record.into(),
            6 => Value::List(vec![record.into(), Value::Null]),
            7 if depth < 3 => {
                let all = (0..self.below(4)).map(|_| self.given(records, depth + 1));
                return Given::Many(all.collect());
            }
            _ => {
                let mut fields = Fields::new();
                fields.set("name", "Ada");
                return Given::Fields(fields);
            }
        })
    }
}

#[test]
fn any_arguments_end_with_a_result_or_a_typed_error() {
    let (crm, _) = crm();
    let (sales, stages) = pipeline(&crm);
    let ada = lead(&crm, "Ada", "Acme");
    let records = [sales.reference(), stages[0].reference(), ada.reference()];
    let mut chance = Chance(1);
    let (mut done, mut refused) = (0, 0);
    for _ in 0..3_000 {
        let all = Operation::all();
        let operation = all[chance.below(all.len() as u64) as usize];
        if operation.terms.effect == Effect::Sends {
            continue;
        }
        let given = match chance.below(2) {
            0 => (0..chance.below(6))
                .map(|_| chance.given(&records, 0))
                .collect(),
            _ => {
                let arguments = operation.arguments.iter();
                let fitting = arguments.map(|argument| chance.fitting(argument.shape, &records));
                fitting.collect()
            }
        };
        let manner = Manner {
            rehearse: chance.below(2) == 0,
        };
        let before = crm.sequence();
        match operation.call(&crm, manner, given, &mut |_| ControlFlow::Continue(())) {
            Ok(answer) => {
                told_as_json(&crm.catalog(), &*answer);
                done += 1;
            }
            Err(error) => {
                assert!(!matches!(error.code(), Code::Corrupt | Code::Io), "{error}");
                refused += 1;
            }
        }
        assert!(!manner.rehearse || crm.sequence() == before);
    }
    assert!(
        done > 10 && refused > 1_000,
        "{done} done, {refused} refused"
    );
    assert!(crm.check().unwrap().findings.is_empty());
}
