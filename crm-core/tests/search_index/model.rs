//! Random work on the index, compared with a search that looks at every record.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crm_core::Code;
use crm_core::search::{Prefix, SearchOptions, search};
use crm_core::store::Space;
use crm_core::value::fold;
use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};
use proptest::prelude::*;

use crate::support::{COMPANY, CONTACT, Index, contacts, target, text};

type Words = BTreeSet<String>;

#[derive(Debug, Clone)]
enum Step {
    Save(u32, Words, u8),
    /// 300 records, enough for the batch to be folded at once.
    Bulk(u32, Vec<Words>),
    Merge(usize),
}

fn words(len: std::ops::Range<usize>) -> impl Strategy<Value = Words> {
    prop::collection::btree_set("[ab]{1,3}", len)
}

fn step() -> impl Strategy<Value = Step> {
    let texts = prop::collection::vec(words(0..3), 1..5);
    prop_oneof![
        8 => (0..600u32, words(0..5), 1..10u8).prop_map(|(o, words, w)| Step::Save(o, words, w)),
        1 => (0..600u32, texts).prop_map(|(from, texts)| Step::Bulk(from, texts)),
        2 => (0..40usize).prop_map(Step::Merge),
    ]
}

fn object_of(ordinal: u32) -> u16 {
    if ordinal.is_multiple_of(3) {
        COMPANY
    } else {
        CONTACT
    }
}

fn joined(words: &Words) -> String {
    words.iter().cloned().collect::<Vec<_>>().join(" ")
}

/// Does the step with the index and with the model.
fn perform(step: Step, index: &mut Index, model: &mut BTreeMap<u32, Words>) {
    match step {
        Step::Save(ordinal, words, weight) => {
            index.save(ordinal, object_of(ordinal), |doc| {
                doc.add_text(&joined(&words), weight)
            });
            model.insert(ordinal, words);
        }
        Step::Bulk(from, texts) => {
            let records = (from..from + 300).zip(texts.iter().cycle());
            index.save_all(records.clone().map(|(ordinal, words)| {
                (
                    ordinal,
                    target(ordinal, object_of(ordinal)),
                    text(&joined(words), 3),
                )
            }));
            model.extend(records.map(|(ordinal, words)| (ordinal, words.clone())));
        }
        Step::Merge(budget) => {
            index.merge(budget);
        }
    }
}

fn matches(words: &Words, query: &[String], prefix: Prefix) -> bool {
    query.iter().enumerate().all(|(position, word)| {
        let is_start = match prefix {
            Prefix::Never => false,
            Prefix::Last => position + 1 == query.len(),
            Prefix::Every => true,
        };
        words.contains(word) || is_start && words.iter().any(|other| other.starts_with(word))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn finds_what_a_naive_search_finds(
        steps in prop::collection::vec(step(), 1..30),
        queries in prop::collection::vec(prop::collection::vec("[ab]{1,3}", 1..4), 6),
    ) {
        let mut index = Index::default();
        let mut model = BTreeMap::new();
        for step in steps {
            perform(step, &mut index, &mut model);
            prop_assert_eq!(index.differences(), Vec::<String>::new());
        }
        for query in queries {
            for (prefix, objects) in [
                (Prefix::Never, None),
                (Prefix::Last, None),
                (Prefix::Every, None),
                (Prefix::Last, Some(&[COMPANY][..])),
                (Prefix::Last, Some(&[CONTACT, COMPANY, COMPANY][..])),
                (Prefix::Last, Some(&[][..])),
            ] {
                let is_wanted = |o: u32| objects.is_none_or(|list| list.contains(&object_of(o)));
                let expected: BTreeSet<u32> = model
                    .iter()
                    .filter(|(o, words)| is_wanted(**o) && matches(words, &query, prefix))
                    .map(|(ordinal, _)| *ordinal)
                    .collect();
                let options = SearchOptions { objects, limit: 10_000, prefix };
                let hits = index.search(&query.join(" "), &options);
                let found: BTreeSet<u32> = hits.iter().map(|hit| hit.ordinal).collect();
                prop_assert_eq!(&found, &expected);
                prop_assert_eq!(hits.len(), expected.len());
                prop_assert!(hits.is_sorted_by_key(|hit| Reverse((hit.score, hit.ordinal))));
                for hit in &hits {
                    prop_assert_eq!(hit.target, target(hit.ordinal, object_of(hit.ordinal)));
                }
                let few = index.search(&query.join(" "), &SearchOptions { limit: 3, ..options });
                prop_assert_eq!(&few[..], &hits[..hits.len().min(3)]);
            }
        }
        while index.merge(17) {}
        prop_assert_eq!(index.differences(), Vec::<String>::new());
        let rows = index.rows();
        prop_assert!(rows.iter().all(|(key, _)| key[0] != 2), "the tail is folded");
        prop_assert!(!index.merge(1000));
        prop_assert_eq!(index.rows(), rows);
    }

    #[test]
    fn damaged_rows_are_reported_and_never_panic(
        row in any::<prop::sample::Index>(),
        value in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let mut index = contacts(&["anna berg", "anna maria", "bernd berg"]);
        index.merge(1000);
        index.save(3, CONTACT, |document| document.add_text("anna", 1));
        let rows = index.rows();
        let (key, old) = row.get(&rows);
        prop_assume!(*old != value);
        index.write(|txn| txn.put(Space::Text, key.as_slice(), value).unwrap());
        for query in ["anna", "berg anna", "a", "annna"] {
            let outcome = search(&*index.snapshot(), query, &SearchOptions::default());
            if let Err(error) = outcome {
                prop_assert_eq!(error.code(), Code::Corrupt);
            }
        }
        match index.check() {
            Ok(differences) => prop_assert!(!differences.is_empty()),
            Err(error) => prop_assert_eq!(error.code(), Code::Corrupt),
        }
    }

    #[test]
    fn any_text_is_taken_and_found_by_itself(words in "\\PC{0,60}", query in "\\PC{0,40}") {
        let mut index = Index::default();
        index.save(1, CONTACT, |document| {
            document.add_text(&words, 1);
            document.add_phone(&words, 3);
        });
        prop_assert_eq!(index.differences(), Vec::<String>::new());
        let snapshot = index.snapshot();
        if let Err(error) = search(&*snapshot, &query, &SearchOptions::default()) {
            prop_assert_eq!(error.code(), Code::Limit);
        }
        // A mark counts as a letter in Unicode, but alone it is no word.
        let category = CodePointMapData::<GeneralCategory>::new();
        let is_mark = |c| GeneralCategoryGroup::Mark.contains(category.get(c));
        let is_letter = |c: char| c.is_alphanumeric() && !is_mark(c);
        match search(&*snapshot, &words, &SearchOptions::default()) {
            Ok(hits) => prop_assert_eq!(hits.is_empty(), !fold(&words).contains(is_letter)),
            Err(error) => prop_assert_eq!(error.code(), Code::Limit),
        }
    }
}
