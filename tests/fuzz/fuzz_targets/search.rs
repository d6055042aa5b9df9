//! Search: whatever is typed is answered, and a record is found by the words of its title.
#![no_main]

use std::sync::LazyLock;

use crm_core::search::Prefix;
use crm_core::{Code, Note, SearchOptions};
use crm_fuzz::{Input, World, assert_sound, expected};
use libfuzzer_sys::fuzz_target;

static WORLD: LazyLock<World> = LazyLock::new(|| World::new(20));

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let prefix = [Prefix::Never, Prefix::Last, Prefix::Every][usize::from(input.u8() % 3)];
    let (stored, asked) = (input.text(), input.text());
    let crm = WORLD.fork().expect("a database");
    let options = SearchOptions {
        prefix,
        ..SearchOptions::default()
    };
    let note = crm.create(Note::draft().body(stored.as_str()));
    if let Err(error) = &note {
        expected(error);
    }
    match crm.search(&asked, &options) {
        Ok(hits) => {
            assert!(hits.len() <= options.limit);
            assert!(
                hits.is_sorted_by(|a, b| a.score >= b.score),
                "not the best first"
            );
        }
        Err(error) => assert_eq!(error.code(), Code::Limit, "{error}"),
    }
    // The first words of a text: a search takes no more of them than it looks at.
    let words: Vec<&str> = stored.split_whitespace().take(4).collect();
    let words = words.join(" ");
    if let (Ok(note), Ok(hits)) = (note, crm.search(&words, &options))
        && words.chars().any(char::is_alphanumeric)
    {
        let is_found = hits
            .iter()
            .any(|hit| hit.record.reference() == note.reference());
        assert!(is_found, "{words:?} does not find {stored:?}");
    }
    assert_sound(&crm);
});
