//! What the compiler refuses of a declaration, with a sentence that says what to do.

use super::{MemberDef, StructureDef};

/// The bytes of a sentence about a declaration, at most.
const SENTENCE_BYTES: usize = 300;

/// Ends the compilation with a sentence.
#[allow(
    clippy::panic,
    reason = "it runs when a declaration is compiled, and in no program"
)]
pub(crate) const fn refuse(parts: &[&str]) -> ! {
    let mut sentence = [0; SENTENCE_BYTES];
    let mut len = 0;
    let mut part = 0;
    while part < parts.len() {
        let bytes = parts[part].as_bytes();
        let mut at = 0;
        while at < bytes.len() && len < SENTENCE_BYTES {
            sentence[len] = bytes[at];
            len += 1;
            at += 1;
        }
        part += 1;
    }
    match std::str::from_utf8(sentence.split_at(len).0) {
        Ok(sentence) => panic!("{}", sentence),
        Err(_) => panic!("a declaration is wrong"),
    }
}

/// Refuses a structure that is not documented or numbered.
pub(crate) const fn structure(of: &StructureDef) {
    if is_blank(of.doc) {
        refuse(&[
            "structure `",
            of.name,
            "` is not documented: put `///` before its name",
        ]);
    }
    members(of.name, of.members);
}

/// Refuses members that are not numbered 1, 2, 3, … in their order, documented, or of different names.
pub(crate) const fn members(of: &str, members: &[MemberDef]) {
    let mut at = 0;
    while at < members.len() {
        let member = &members[at];
        if member.number as usize != at + 1 {
            refuse(&[
                "`",
                of,
                ".",
                member.name,
                "` has another number than its place: members are numbered 1, 2, 3, … in their order, and a new one comes last",
            ]);
        }
        if is_blank(member.doc) {
            refuse(&[
                "`",
                of,
                ".",
                member.name,
                "` is not documented: put `///` before its number",
            ]);
        }
        let mut other = 0;
        while other < at {
            if is_same(members[other].name, member.name) {
                refuse(&["`", of, "` has two members of the name `", member.name, "`"]);
            }
            other += 1;
        }
        at += 1;
    }
}

pub(crate) const fn is_same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

pub(crate) const fn is_blank(text: &str) -> bool {
    text.trim_ascii().is_empty()
}
