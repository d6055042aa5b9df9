//! Every golden file opens and holds what the version that wrote it saw in it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that fails should panic"
)]

use crm_golden::{all, copy, dump, kept_dump, options};

#[test]
fn every_golden_file_holds_what_it_held() {
    let golden = all().unwrap();
    assert!(golden.len() >= 3, "{golden:?}");
    for golden in golden {
        let folder = tempfile::tempdir().unwrap();
        let path = copy(&golden, folder.path()).unwrap();
        let expected = kept_dump(&golden).unwrap();
        for round in ["first", "second"] {
            let crm = options()
                .open(&path)
                .unwrap_or_else(|error| panic!("{}: {error}", golden.display()));
            let found = dump(&crm).unwrap();
            for (part, expected) in expected.as_object().unwrap() {
                assert_eq!(
                    &found[part],
                    expected,
                    "{}, {round} time: {part}",
                    golden.display()
                );
            }
            crm.close().unwrap();
        }
        assert_eq!(
            expected["findings"],
            serde_json::json!([]),
            "{}",
            golden.display()
        );
    }
    println!(
        "trust golden: {} files hold what they held",
        all().unwrap().len()
    );
}

#[test]
fn golden_files_are_small() {
    for golden in all().unwrap() {
        for file in std::fs::read_dir(&golden).unwrap() {
            let file = file.unwrap();
            let len = file.metadata().unwrap().len();
            assert!(len < 300_000, "{}: {len} bytes", file.path().display());
        }
    }
}
