//! The search index through its public interface.
#![allow(clippy::unwrap_used, reason = "a failed test should stop at the line")]

mod model;
mod support;

use crm_core::Code;
use crm_core::search::{Document, Prefix, SearchOptions, search};

use support::{COMPANY, CONTACT, Index, contacts, target, text};

#[test]
fn a_batch_folds_into_several_blocks_and_updates_split_them() {
    let mut index = Index::default();
    let document = |ordinal: u32| text("common", 1 + (ordinal % 9) as u8);
    // Every third ordinal first, so that the others go into the middle of the blocks.
    for rest in 0..3 {
        let ordinals = (0..30_000).filter(|ordinal| ordinal % 3 == rest);
        index.save_all(ordinals.map(|o| (o, target(o, CONTACT), document(o))));
        assert_eq!(index.differences(), Vec::<String>::new());
    }
    let rows = index.rows();
    let blocks = rows
        .iter()
        .filter(|(key, _)| key.starts_with(b"\x01common\0"));
    let sizes: Vec<usize> = blocks.map(|(_, block)| block.len()).collect();
    assert!(sizes.iter().all(|size| *size <= 4096), "{sizes:?}");
    assert!((11..40).contains(&sizes.len()), "{sizes:?}");

    index.save(29_999, CONTACT, |document| {
        document.add_text("common rare", 1)
    });
    index.save(3, CONTACT, |document| document.add_text("common rare", 1));
    assert_eq!(index.ordinals("common rare"), [29_999, 3]);

    let removed = (0..30_000).filter(|ordinal| ordinal % 1000 != 0);
    index.save_all(removed.map(|o| (o, target(o, CONTACT), Document::new())));
    assert_eq!(index.differences(), Vec::<String>::new());
    assert_eq!(index.ordinals("common").len(), 30);
}

#[test]
fn a_save_writes_only_the_tokens_that_change() {
    let mut index = contacts(&["anna berg hamburg"]);
    let before = index.rows();
    index.save(0, CONTACT, |document| {
        document.add_text("anna stein hamburg", 5)
    });
    let after = index.rows();
    let written = after.iter().filter(|row| !before.contains(row)).count();
    assert_eq!(written, 2, "berg goes, stein comes");
    index.save(0, CONTACT, |document| {
        document.add_text("Hamburg, Anna Stein", 5)
    });
    assert_eq!(index.rows(), after);
}

#[test]
fn check_names_what_differs() {
    let mut index = contacts(&["anna", "berta"]);
    index
        .documents
        .insert(1, (target(1, CONTACT), text("berta carla", 5)));
    index.documents.remove(&0);
    let differences = index.differences().join("\n");
    for name in ["\"anna\"", "\"carla\"", "ordinal 0"] {
        assert!(differences.contains(name), "{name} in {differences}");
    }
    assert!(!differences.contains("\"berta\""), "{differences}");
}

#[test]
fn accents_case_and_special_letters_do_not_matter() {
    let index = contacts(&[
        "José Müller-Lüdenscheid, Straße des 17. Juni",
        "Søren Ærø Łódź Đorđe",
        "Σίσυφος ΟΔΟΣ",
        "Sinéad O’Brien",
        "हिन्दी नाम",
    ]);
    for (query, expected) in [
        ("jose", 0),
        ("MULLER", 0),
        ("lüdenscheid müller", 0),
        ("strasse", 0),
        ("STRASSE 17 juni", 0),
        ("soren", 1),
        ("aero", 1),
        ("lodz dorde", 1),
        ("σισυφος", 2),
        ("οδος", 2),
        ("o'brien", 3),
        ("obrien sinead", 3),
        ("brien", 3),
        ("o brien", 3),
        ("हिन्दी", 4),
    ] {
        assert_eq!(index.ordinals(query), [expected], "{query}");
    }
}

#[test]
fn scripts_without_spaces_are_found_by_any_part() {
    let index = contacts(&[
        "田中太郎",
        "山田花子 田",
        "ガス会社",
        "สมชาย ใจดี",
        "김민수 대한민국",
    ]);
    for (query, expected) in [
        ("田中", &[0][..]),
        ("太郎", &[0]),
        ("田中太郎", &[0]),
        ("田太", &[]),
        ("田", &[1, 0]),
        ("花子", &[1]),
        ("ガス", &[2]),
        ("カス", &[]),
        ("会社", &[2]),
        ("ชาย", &[3]),
        ("대한", &[4]),
        ("대하", &[4]),
    ] {
        assert_eq!(index.ordinals(query), expected, "{query}");
    }
}

#[test]
fn phones_are_found_by_any_part_however_written() {
    let mut index = Index::default();
    index.save(0, CONTACT, |document| {
        document.add_phone("+4930123456789", 5)
    });
    index.save(1, CONTACT, |document| {
        document.add_phone("+12025550143;ext=77", 5)
    });
    index.save(2, CONTACT, |document| {
        document.add_phone("+390612345678", 5)
    });
    index.save(3, CONTACT, |document| {
        document.add_text("Invoice 2024 1143", 5)
    });
    index.save(4, CONTACT, |document| document.add_phone("110", 5));
    for (query, expected) in [
        ("+49 30 123456789", &[0][..]),
        ("+49 (0)30 1234-56789", &[0]),
        ("0049 30/123456789", &[0]),
        ("030 123 456 789", &[0]),
        ("030 - 123456", &[0]),
        ("(030) 12 34 56 789", &[0]),
        ("6789", &[0]),
        ("56789", &[0]),
        ("456789", &[0]),
        ("3456789", &[0]),
        ("(202) 555-0143", &[1]),
        ("202.555.0143", &[1]),
        ("555-0143", &[1]),
        ("0143", &[1]),
        ("50143", &[1]),
        ("1 202 555 0143", &[1]),
        ("77", &[1]),
        ("06 1234 5678", &[2]),
        ("1234", &[0, 2]),
        ("2024 1143", &[3]),
        ("2024", &[3]),
        ("invoice 2024", &[3]),
        ("110", &[4]),
        ("9876", &[]),
        ("555 0144", &[]),
    ] {
        let mut found = index.ordinals(query);
        found.sort_unstable();
        assert_eq!(found, expected, "{query}");
    }
}

#[test]
fn emails_and_urls_are_found_by_every_part() {
    let mut index = Index::default();
    index.save(0, CONTACT, |document| {
        document.add_text("anna.mueller@shop.example.co.uk", 5);
    });
    index.save(1, COMPANY, |document| {
        document.add_text("https://www.Example.com/About-us?x=1", 5);
    });
    index.save(2, CONTACT, |document| {
        document.add_text("write to <info@other.org>, please", 5);
    });
    for (query, expected) in [
        ("anna.mueller@shop.example.co.uk", &[0][..]),
        ("Anna.Mueller@SHOP.example.co.uk", &[0]),
        ("anna.mueller@sh", &[0]),
        ("anna.mueller", &[0]),
        ("anna", &[0]),
        ("mueller", &[0]),
        ("shop.example.co.uk", &[0]),
        ("@shop.example.co.uk", &[0]),
        ("example.co.uk", &[0]),
        ("example", &[1, 0]),
        ("example.com", &[1]),
        ("www.example.com", &[1]),
        ("https://example.com/about-us", &[1]),
        ("about", &[1]),
        ("info@other.org", &[2]),
        ("other.org", &[2]),
        ("mailto:info@other.org", &[2]),
        ("info@other.com", &[]),
    ] {
        assert_eq!(index.ordinals(query), expected, "{query}");
    }
}

#[test]
fn better_matches_come_first() {
    let mut index = Index::default();
    let documents = [
        text("anna", 1),
        text("annabel", 9),
        text("anna", 9),
        text("anna", 9),
        text("common anna", 5),
    ];
    index.save_all(
        (0..)
            .zip(documents)
            .map(|(o, document)| (o, target(o, CONTACT), document)),
    );
    let order = index.ordinals("anna");
    assert_eq!(
        order,
        [3, 2, 4, 0, 1],
        "weight, then newer first, then the prefix"
    );

    // One word is whole in each of the last two, the other a beginning: the whole rare one is worth more.
    let index = contacts(&[
        "alpha one",
        "alpha two",
        "alpha three",
        "alpha stonework",
        "alphabet stone",
    ]);
    let every = SearchOptions {
        prefix: Prefix::Every,
        ..SearchOptions::default()
    };
    let hits = index.search("alpha stone", &every);
    let order: Vec<u32> = hits.iter().map(|hit| hit.ordinal).collect();
    assert_eq!(order, [4, 3]);
}

#[test]
fn a_slip_of_the_finger_is_forgiven_where_nothing_matches() {
    let index = contacts(&["Schneider", "Schröder", "Sommer", "Schneidereit"]);
    for is_merged in [false, true] {
        for typo in ["Schnieder", "Schneder", "Schneiider", "Schneiter"] {
            assert_eq!(index.ordinals(typo), [0], "{typo}, merged: {is_merged}");
        }
        index.merge(1_000);
    }
    assert_eq!(
        index.ordinals("Schneider"),
        [0, 3],
        "no guessing where there is a match"
    );
    assert_eq!(index.ordinals("Schxxider"), [0u32; 0]);
    assert_eq!(
        index.ordinals("Zchneider"),
        [0u32; 0],
        "the first letter is taken as right"
    );
    assert_eq!(index.ordinals("Somer"), [2]);
    assert_eq!(index.ordinals("Sumr"), [0u32; 0], "too short to guess");
}

#[test]
fn a_beginning_of_too_many_words_hides_no_record() {
    let mut index = Index::default();
    let document = |n: u32| text(&format!("smith z{n:04}"), 5);
    index.save_all((0..2_500).map(|n| (n, target(n, CONTACT), document(n))));
    let all = SearchOptions {
        limit: 10_000,
        ..SearchOptions::default()
    };
    assert_eq!(index.search("smith z", &all).len(), 2_500);
    assert_eq!(index.search("smith z24", &all).len(), 100);
    assert_eq!(index.search("z", &all).len(), 2_000);

    // Removed one by one: what the many new rows say still hides what the blocks say.
    for n in 0..2_400 {
        index.save(n, CONTACT, |_| ());
    }
    assert_eq!(index.search("smith z", &all).len(), 100);
    assert_eq!(
        index.search("z", &all).len(),
        0,
        "none has one of the first words"
    );
    while index.merge(1_000) {}
    assert_eq!(index.search("z", &all).len(), 100);
}

#[test]
fn nothing_to_look_for_finds_nothing_and_too_much_is_refused() {
    let index = contacts(&["anna"]);
    for query in ["", "  ", "-- !", "()", "\u{301}"] {
        assert_eq!(index.ordinals(query), [0u32; 0], "{query:?}");
    }
    let snapshot = index.snapshot();
    let outcome = |query: &str, limit| {
        let options = SearchOptions {
            limit,
            ..SearchOptions::default()
        };
        let hits = search(&*snapshot, query, &options);
        hits.map(|hits| hits.len()).map_err(|error| error.code())
    };
    assert_eq!(outcome(&"anna ".repeat(17), 5), Err(Code::Limit));
    assert_eq!(outcome(&"a-".repeat(17), 5), Err(Code::Limit));
    assert_eq!(outcome("anna", 10_001), Err(Code::Limit));
    assert_eq!(outcome(&"anna ".repeat(16), 5), Ok(1));
    assert_eq!(outcome("anna", 0), Ok(0));
}
