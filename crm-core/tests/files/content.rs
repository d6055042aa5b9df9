//! The content of documents: kept once, bounded, checked, and gone with the last document that had it.

use std::sync::Arc;

use crate::schema_support::*;
use crm_core::store::MemoryStorage;
use crm_core::*;

#[test]
fn the_content_of_documents_is_kept_once_and_goes_with_the_last() {
    let storage = Arc::new(MemoryStorage::new());
    let crm = options()
        .document_bytes_max(200_000)
        .with_storage(storage.clone())
        .unwrap();
    let pieces = || {
        contents_of(&*storage)
            .into_iter()
            .filter(|(space, ..)| *space == store::Space::Blob)
    };
    let bytes = || pieces().map(|(_, _, value)| value.len()).sum::<usize>();
    let document = |name: &str| crm.create(Document::draft().name(name)).unwrap();
    let (first, second, third) = (document("A"), document("B"), document("C"));
    let content: Vec<u8> = (0..150_000_u32).map(|n| (n % 251) as u8).collect();
    assert_eq!(crm.content(first).unwrap(), None);
    crm.put_content(first, &content).unwrap();
    crm.put_content(second, &content).unwrap();
    crm.put_content(third, b"").unwrap();
    assert_eq!(bytes(), 150_000);
    assert_eq!(crm.content(second).unwrap().unwrap(), content);
    assert_eq!(crm.content(third).unwrap().unwrap(), b"");
    assert_eq!(crm.get(first).unwrap().bytes(), Some(150_000));
    let error = crm.put_content(first, &vec![0; 200_001]).unwrap_err();
    assert!(
        matches!(
            error.detail(),
            Detail::Limit {
                max: 200_000,
                actual: 200_001,
                ..
            }
        ),
        "{error}"
    );
    crm.delete(first).unwrap();
    crm.purge(first).unwrap();
    assert_eq!(
        crm.content(second).unwrap().unwrap(),
        content,
        "another has it"
    );
    assert_sound(&crm);
    // What it had before goes too, unless somebody undoes the replacement first.
    crm.operation("replace")
        .put_content(second, b"new")
        .unwrap();
    crm.undo("replace").unwrap();
    assert_eq!(crm.content(second).unwrap().unwrap(), content);
    crm.put_content(second, b"newer").unwrap();
    assert_sound(&crm);
    crm.purge(second).unwrap();
    assert_eq!(bytes(), 0);
    crm.purge(third).unwrap();
    assert_eq!(pieces().count(), 0);
    assert_eq!(code(crm.put_content(third, b"x")), Code::NotFound);
    assert_sound(&crm);
}

#[test]
fn damaged_content_is_a_typed_error_and_a_finding() {
    for missing in [false, true] {
        let storage = Arc::new(MemoryStorage::new());
        let crm = options().with_storage(storage.clone()).unwrap();
        let paper = crm.create(Document::draft().name("A")).unwrap();
        crm.put_content(paper, &[1; 70_000]).unwrap();
        drop(crm);
        let rows = contents_of(&*storage);
        let (_, key, value) = rows
            .iter()
            .find(|(space, ..)| *space == store::Space::Blob)
            .unwrap();
        let mut changes = store::Overlay::new();
        if missing {
            changes.delete(store::Space::Blob, key.as_slice());
        } else {
            let mut damaged = value.clone();
            damaged[17] ^= 1;
            changes.put(store::Space::Blob, key.as_slice(), damaged);
        }
        store::Storage::commit(&*storage, &changes).unwrap();
        let crm = options().with_storage(storage).unwrap();
        let error = crm.content(paper).unwrap_err();
        assert_eq!(error.code(), Code::Corrupt);
        assert!(error.to_string().contains(&paper.to_string()), "{error}");
        assert_eq!(crm.check().unwrap().findings.len(), 1);
    }
}

/// Neither in what the tables hold nor in pages that are free, nor in frames of the journal.
#[cfg(feature = "redb")]
#[test]
fn nothing_of_what_was_purged_stays_in_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let files_with = |text: &str| -> Vec<String> {
        let files = std::fs::read_dir(folder.path()).unwrap();
        let mut found = Vec::new();
        for file in files {
            let file = file.unwrap();
            let bytes = std::fs::read(file.path()).unwrap();
            let mut windows = bytes.windows(text.len());
            if windows.any(|window| window.eq_ignore_ascii_case(text.as_bytes())) {
                found.push(file.file_name().to_string_lossy().into_owned());
            }
        }
        found
    };
    let path = folder.path().join("test.crm");
    let crm = options().open(&path).unwrap();
    let purged = |name: &str| {
        let ann = crm.create(Contact::draft().name(name)).unwrap();
        crm.purge(ann.reference()).unwrap();
    };
    let go_on = &mut |_| std::ops::ControlFlow::Continue(());
    purged("Quetzal Zyzzyva");
    assert_eq!(files_with("zyzzyva"), ["test.crm-journal"]);
    while crm.maintain().unwrap() {}
    assert!(!files_with("zyzzyva").contains(&"test.crm-journal".to_owned()));
    crm.compact(go_on).unwrap();
    assert_eq!(files_with("zyzzyva"), [""; 0]);
    purged("Xylograph Quetzal");
    crm.compact(go_on).unwrap();
    assert_eq!(files_with("xylograph"), [""; 0]);
    // A journal that a crash has left holds it when it is opened, too.
    purged("Syzygy Quetzal");
    let crashed = folder.path().join("crashed.crm");
    for end in ["", "-journal"] {
        let with = |path: &std::path::Path| format!("{}{end}", path.display());
        std::fs::copy(with(&path), with(&crashed)).unwrap();
    }
    crm.compact(go_on).unwrap();
    crm.close().unwrap();
    assert!(files_with("syzygy").contains(&"crashed.crm-journal".to_owned()));
    let crm = options().open(&crashed).unwrap();
    crm.compact(go_on).unwrap();
    assert_eq!(files_with("syzygy"), [""; 0]);
    assert!(crm.check().unwrap().is_sound());
}
