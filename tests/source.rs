//! Rust source files, read just far enough to tell code from comments and text.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// A source file, taken apart. Each part has the lines of the whole, so that their numbers stay.
pub struct Source {
    path: String,
    /// Without comments and texts.
    code: String,
    /// The code that is not only for tests.
    live: String,
    comments: String,
    /// What stands between quotation marks, each with its line.
    texts: Vec<(usize, String)>,
}

/// Every Rust file below a folder, in the order of their paths, which are relative to it.
pub fn read_all(folder: &Path) -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let is_ours = !name.starts_with('.') && name != "target";
            if path.is_dir() && is_ours {
                folders.push(path);
            } else if name.ends_with(".rs") {
                let relative = path.strip_prefix(folder).unwrap().to_string_lossy();
                let text = fs::read_to_string(&path).unwrap();
                found.push(Source::new(relative.replace('\\', "/"), &text));
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

impl Source {
    fn new(path: String, text: &str) -> Self {
        let (code, comments, texts) = split(text);
        let is_test = path.ends_with("/tests.rs") || path.contains("/tests/");
        let live = if is_test {
            String::new()
        } else {
            without_tests(&code)
        };
        Source {
            path,
            code,
            live,
            comments,
            texts,
        }
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn line_count(&self) -> usize {
        self.code.lines().count()
    }

    /// The module below the crate's root; that of the root, and of what only it uses, is `api`.
    pub fn module(&self) -> &str {
        let name = self.path.split('/').next().unwrap_or_default();
        match name.trim_end_matches(".rs") {
            "lib" => "api",
            name => name,
        }
    }

    /// How many modules the file is below the root.
    fn depth(&self) -> usize {
        let folders = self.path.matches('/').count();
        match self.path.as_str() {
            "lib.rs" => 0,
            path if path.ends_with("/mod.rs") => folders,
            _ => folders + 1,
        }
    }

    /// The modules of the crate that the code outside of tests uses, each with its line.
    pub fn uses(&self, re_exports: &BTreeMap<String, String>) -> Vec<(usize, String)> {
        let code = &self.live;
        let mut found = Vec::new();
        for root in ["crate::".to_owned(), "super::".repeat(self.depth())] {
            for (at, _) in code
                .match_indices(&root)
                .filter(|(_, root)| !root.is_empty())
            {
                let line = line_of(code, at);
                for name in heads(&code[at + root.len()..]) {
                    let module = re_exports.get(&name).cloned().unwrap_or(name);
                    found.push((line, module));
                }
            }
        }
        found.sort();
        found
    }

    /// The names of a module of the crate that the code outside of tests uses, each with its line.
    pub fn names_of(&self, module: &str) -> Vec<(usize, String)> {
        let path = format!("crate::{module}::");
        let mut found = Vec::new();
        for (at, _) in self.live.match_indices(&path) {
            let line = line_of(&self.live, at);
            let names = heads(&self.live[at + path.len()..]);
            found.extend(names.into_iter().map(|name| (line, name)));
        }
        found
    }

    /// The lines whose code, tests apart, has this member of something: a field, or a method.
    pub fn lines_with_member(&self, name: &str) -> Vec<usize> {
        let member = format!(".{name}");
        let found = self.live.match_indices(&member);
        found
            .filter(|(at, _)| !self.live[at + member.len()..].starts_with(is_word))
            .map(|(at, _)| line_of(&self.live, at))
            .collect()
    }

    /// What `pub use module::{Name, …}` makes known at the root, each with its module.
    pub fn re_exports(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        for (at, start) in self.code.match_indices("pub use ") {
            let rest = &self.code[at + start.len()..];
            let statement = &rest[..rest.find(';').unwrap_or(rest.len())];
            if let Some((module, names)) = statement.split_once("::") {
                for name in identifiers(names) {
                    found.insert(name.to_owned(), module.trim().to_owned());
                }
            }
        }
        found
    }

    /// The type that an `object!` in this file declares.
    pub fn declared_object(&self) -> Option<String> {
        let (_, declaration) = self.code.split_once("object! {")?;
        identifiers(declaration).next().map(str::to_owned)
    }

    /// The lines whose code, tests apart, has this identifier where it is not a variant (`Role::Tag`).
    pub fn lines_naming(&self, identifier: &str) -> Vec<usize> {
        let code = &self.live;
        let mut lines: Vec<usize> = code
            .match_indices(identifier)
            .filter(|(at, _)| {
                let (before, rest) = (&code[..*at], &code[at + identifier.len()..]);
                let is_whole = !before.ends_with(is_word) && !rest.starts_with(is_word);
                let owner = before.strip_suffix("::").map(|path| {
                    let start = path.rfind(|c| !is_word(c)).map_or(0, |at| at + 1);
                    &path[start..]
                });
                let is_variant =
                    owner.is_some_and(|owner| owner.starts_with(|c: char| c.is_ascii_uppercase()));
                is_whole && !is_variant
            })
            .map(|(at, _)| line_of(code, at))
            .collect();
        lines.dedup();
        lines
    }

    /// The lines whose code, tests apart, has this text whole: `User::ACTIVE`, `.personal`.
    pub fn live_lines_with(&self, text: &str) -> Vec<usize> {
        let lines = self.live.lines().zip(1..);
        let has = |line: &str| {
            line.match_indices(text).any(|(at, _)| {
                let begins = !text.starts_with(is_word) || !line[..at].ends_with(is_word);
                begins && !line[at + text.len()..].starts_with(is_word)
            })
        };
        lines
            .filter(|(line, _)| has(line))
            .map(|(_, at)| at)
            .collect()
    }

    /// The texts of the code, tests apart, each with its line.
    pub fn texts(&self) -> impl Iterator<Item = (usize, &str)> {
        let (code, live): (Vec<&str>, Vec<&str>) =
            (self.code.lines().collect(), self.live.lines().collect());
        let is_live = move |line: &usize| code.get(line - 1) == live.get(line - 1);
        let texts = self.texts.iter().filter(move |(line, _)| is_live(line));
        texts.map(|(line, text)| (*line, text.as_str()))
    }

    /// The public members of a structure that this file defines.
    pub fn members_of(&self, structure: &str) -> Vec<&str> {
        let head = format!("pub struct {structure} {{");
        let (_, body) = self.code.split_once(&head).unwrap();
        let (body, _) = body.split_once('}').unwrap();
        let members = body
            .lines()
            .filter_map(|line| line.trim().strip_prefix("pub "));
        members
            .filter_map(|member| Some(member.split_once(':')?.0))
            .collect()
    }

    /// The variants of an enumeration that this file defines.
    pub fn variants_of(&self, enumeration: &str) -> Vec<&str> {
        let head = format!("pub enum {enumeration} {{");
        let (_, body) = self.code.split_once(&head).unwrap();
        let (body, _) = body.split_once('}').unwrap();
        body.lines()
            .filter_map(|line| identifiers(line).next())
            .collect()
    }

    /// The lines whose code has this text, where no longer word begins before it.
    pub fn lines_with(&self, text: &str) -> Vec<usize> {
        lines_with(&self.code, text)
    }

    pub fn comment_lines_with(&self, text: &str) -> Vec<usize> {
        lines_with(&self.comments, text)
    }
}

fn lines_with(content: &str, text: &str) -> Vec<usize> {
    content
        .match_indices(text)
        .filter(|(at, _)| !content[..*at].ends_with(is_word))
        .map(|(at, _)| line_of(content, at))
        .collect()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

fn identifiers(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c| !is_word(c)).filter(|word| !word.is_empty())
}

/// The first names of a path that goes on with `text`: one, or those of `{a::b, c}`.
fn heads(text: &str) -> Vec<String> {
    let Some(group) = text.strip_prefix('{') else {
        return identifiers(text)
            .next()
            .map(str::to_owned)
            .into_iter()
            .collect();
    };
    let mut depth = 0;
    let mut is_start = true;
    let mut found = Vec::new();
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => is_start = true,
            c if is_word(c) && is_start => {
                found.extend(identifiers(&group[at..]).next().map(str::to_owned));
                is_start = false;
            }
            _ => {}
        }
    }
    found
}

/// The code without the items that only tests compile: `#[cfg(test)]` and what follows up to the end of its
/// braces or statement.
fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut kept = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(start) = rest.find(MARK) {
        kept.push_str(&rest[..start]);
        let mut depth = 0;
        let end = rest[start..].char_indices().find_map(|(at, c)| {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            (depth == 0 && matches!(c, '}' | ';')).then_some(start + at + 1)
        });
        let end = end.unwrap_or(rest.len());
        kept.extend(rest[start..end].chars().filter(|c| *c == '\n'));
        rest = &rest[end..];
    }
    kept + rest
}

/// Splits a file into its code and its comments, each with the lines of the whole, and the texts, which are in neither.
fn split(text: &str) -> (String, String, Vec<(usize, String)>) {
    let (mut code, mut comments) = (String::new(), String::new());
    let (mut texts, mut line) = (Vec::new(), 1);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (len, is_code, is_comment) = if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), false, true)
        } else if rest.starts_with("/*") {
            (block_comment(rest), false, true)
        } else if let Some(len) = literal(rest, code.ends_with(is_word)) {
            (len, false, false)
        } else {
            (first.len_utf8(), true, false)
        };
        let (piece, after) = rest.split_at(len);
        let content = piece
            .split_once('"')
            .and_then(|(_, text)| text.rsplit_once('"'));
        if let (false, false, Some((content, _))) = (is_code, is_comment, content) {
            texts.push((line, content.to_owned()));
        }
        line += piece.matches('\n').count();
        let lines = "\n".repeat(piece.matches('\n').count());
        code.push_str(if is_code { piece } else { &lines });
        comments.push_str(if is_comment { piece } else { &lines });
        rest = after;
    }
    (code, comments, texts)
}

/// The length of the text or character that stands here. `in_word` is true after a letter: the `r` of
/// `for "x"` begins no raw text.
fn literal(text: &str, in_word: bool) -> Option<usize> {
    let bare = if in_word {
        text
    } else {
        text.trim_start_matches(['b', 'c'])
    };
    let prefix = text.len() - bare.len();
    if prefix > 1 {
        return None;
    }
    let raw = bare.strip_prefix('r').filter(|_| !in_word);
    if let Some(raw) = raw {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if let Some(content) = raw[hashes..].strip_prefix('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            let len = content
                .find(&end)
                .map_or(content.len(), |at| at + end.len());
            return Some(prefix + 1 + hashes + 1 + len);
        }
    }
    if let Some(content) = bare.strip_prefix('"') {
        return Some(prefix + 1 + up_to(content, '"'));
    }
    // A lifetime has no second quote after one character.
    let content = bare.strip_prefix('\'')?;
    let mut chars = content.chars();
    let is_char = match chars.next()? {
        '\\' => true,
        _ => chars.next() == Some('\''),
    };
    is_char.then(|| prefix + 1 + up_to(content, '\''))
}

/// The length up to and with the closing quote, of which those after a backslash are none.
fn up_to(content: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in content.char_indices() {
        if !escaped && c == quote {
            return at + 1;
        }
        escaped = !escaped && c == '\\';
    }
    content.len()
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
        if depth == 0 {
            break;
        }
    }
    at
}

#[test]
fn code_is_told_from_comments_and_texts() {
    let text = concat!(
        "use crate::a; // crate::b\n",
        "/* crate::c /* nested */\n crate::d */ let s = \"crate::e \\\" // no\";\n",
        "let r = r#\"crate::f \" \"#; let c = '\"'; fn g<'a>(x: &'a str) {}\n",
        "#[cfg(test)]\nmod tests {\n use crate::h;\n}\n",
        "use crate::{i::{J, K}, l}; Role::Tag; Tag;\n",
        "use crate::m::{n, O::p}; q.txn.get(); r.txns;\n",
    );
    let source = Source::new("engine/file.rs".to_owned(), text);
    let uses = source.uses(&BTreeMap::new());
    let found: Vec<(usize, &str)> = uses.iter().map(|(line, name)| (*line, &**name)).collect();
    assert_eq!(found, [(1, "a"), (9, "i"), (9, "l"), (10, "m")]);
    let names = source.names_of("m");
    let names: Vec<&str> = names.iter().map(|(_, name)| &**name).collect();
    assert_eq!(names, ["n", "O"]);
    assert_eq!(source.lines_with_member("txn"), [10]);
    assert_eq!(source.lines_naming("Tag"), [9]);
    assert_eq!(source.comment_lines_with("nested"), [2]);
    let texts: Vec<(usize, &str)> = source.texts().collect();
    assert_eq!(texts, [(3, r#"crate::e \" // no"#), (4, r#"crate::f " "#)]);
    assert_eq!(source.live_lines_with("Role::Tag"), [9]);
    assert_eq!(source.line_count(), text.lines().count());
}
