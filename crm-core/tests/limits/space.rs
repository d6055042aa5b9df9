//! The space that a file takes, and what holds it.

use crm_core::*;

fn file() -> (tempfile::TempDir, Crm) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sales.crm");
    let crm = Crm::options().journal_bytes(0).open(path).unwrap();
    (folder, crm)
}

/// The file is as long as redb makes it; what was not written is a hole in it.
#[cfg(target_os = "linux")]
#[test]
fn a_new_database_takes_little_space() {
    use std::os::unix::fs::MetadataExt;

    let (folder, crm) = file();
    crm.close().unwrap();
    let file = std::fs::metadata(folder.path().join("sales.crm")).unwrap();
    assert!(file.len() <= 1_100_000, "{} bytes long", file.len());
    let taken = file.blocks() * 512;
    assert!(taken <= 256 << 10, "{taken} bytes on the disk");
}

#[test]
fn stats_say_what_a_reader_holds() {
    let (_folder, crm) = file();
    let company = crm.create(Company::draft().name("Acme")).unwrap();
    let save = |n: usize| {
        let text = format!("{n} ").repeat(20_000);
        crm.update(company, Company::draft().description(text))
            .unwrap();
    };
    (0..10).for_each(save);
    let before = crm.stats().unwrap().storage;
    assert_eq!(before.older_states, 0);
    let mut reader = crm.find_all(&Query::of("company"));
    reader.next().unwrap().unwrap();
    (0..60).for_each(save);
    let during = crm.stats().unwrap().storage;
    assert_eq!(during.older_states, 1);
    let grown = during.held_bytes.saturating_sub(before.held_bytes);
    assert!(grown > 2 << 20, "{before:?}, {during:?}");
    drop(reader);
    // What it has held is free after the next commits.
    (0..3).for_each(save);
    let after = crm.stats().unwrap().storage;
    assert_eq!(after.older_states, 0);
    assert!(
        after.held_bytes < during.held_bytes / 2,
        "{during:?}, {after:?}"
    );
}
