//! The right form of what is written in the way of another language: SQL most of all.

/// A token of an expression: its byte offset and its text.
pub(super) type Word<'t> = (usize, &'t str);

/// What was meant where the parser stopped, at the token number `at`: where it stands, and how it is written. The slip
/// is that token or the one before it.
pub(super) fn right_form(words: &[Word<'_>], at: usize) -> Option<(usize, String)> {
    if let Some(list) = list_in_brackets(words, at) {
        return Some(list);
    }
    [Some(at), at.checked_sub(1)]
        .into_iter()
        .flatten()
        .find_map(|at| {
            let (start, word) = *words.get(at)?;
            let before = at.checked_sub(1).and_then(|before| words.get(before));
            let after = words.get(at + 1).map(|(_, word)| *word);
            let form = operator(word, before.copied(), start, after)
                .or_else(|| keyword(word, words.get(at + 1..)?))?;
            Some((start, form))
        })
}

fn operator(
    word: &str,
    before: Option<Word<'_>>,
    start: usize,
    after: Option<&str>,
) -> Option<String> {
    // What stands right before it, without a space.
    let touching = before.filter(|(at, word)| at + word.len() == start);
    match word {
        "=" => Some(match touching.map(|(_, word)| word) {
            Some("==" | "!=") => "two equal signs are enough: `==`, `!=`".to_owned(),
            _ => "`=` is no comparison; write `==`".to_owned(),
        }),
        "<" if after == Some(">") => Some("`<>` is written `!=`".to_owned()),
        quoted if is_text(quoted) && touching.is_some_and(|(_, before)| is_text(before)) => Some(
            "a quote in a text has a backslash before it, `'it\\'s'`, or the text stands in the other quotes, `\"it's\"`"
                .to_owned(),
        ),
        _ => None,
    }
}

fn keyword(word: &str, after: &[Word<'_>]) -> Option<String> {
    let next = |at: usize| after.get(at).map(|(_, word)| word.to_lowercase());
    let form = match word.to_lowercase().as_str() {
        "and" => "`&&`".to_owned(),
        "or" => "`||`".to_owned(),
        "not" => "`!`".to_owned(),
        "is" if next(0).as_deref() == Some("not") => "`!= null`".to_owned(),
        "is" => "`== null`".to_owned(),
        "like" | "ilike" => {
            "`.contains(\"x\")`, `.startsWith(\"x\")`, `.endsWith(\"x\")` or `.matches(\"pattern\")`".to_owned()
        }
        "between" => "`a >= 1 && a <= 9`".to_owned(),
        "in" if word != "in" => "`in [\"a\", \"b\"]`".to_owned(),
        "contains" | "startswith" | "endswith" | "matches" => {
            format!("as a call, `email.{word}(\"x\")`")
        }
        "select" | "from" | "where" | "order" => {
            return Some(format!(
                "`{word}` is SQL; a filter is the condition alone, such as `email != null`"
            ));
        }
        _ => return None,
    };
    Some(format!("`{word}` is written {form}"))
}

/// `x in ("a", "b")`: the parser stops at the comma.
fn list_in_brackets(words: &[Word<'_>], at: usize) -> Option<(usize, String)> {
    let (_, ",") = words.get(at)? else {
        return None;
    };
    let open = words
        .get(..at)?
        .iter()
        .rposition(|(_, word)| *word == "(")?;
    let (start, _) = *words.get(open)?;
    let (_, before) = words.get(open.checked_sub(1)?)?;
    before.eq_ignore_ascii_case("in").then(|| {
        (
            start,
            "a list stands in square brackets: `in [\"a\", \"b\"]`".to_owned(),
        )
    })
}

fn is_text(word: &str) -> bool {
    word.ends_with(['\'', '"'])
}
