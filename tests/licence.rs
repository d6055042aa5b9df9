//! Licence expressions, as SPDX has them and as older crates write them (`MIT/Apache-2.0`).

/// Whether the expression can be met by acceptable licences alone. An exception (`WITH`) makes a licence
/// another one, that is not among them.
pub fn is_met_by(acceptable: &[&str], expression: &str) -> Result<bool, String> {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let mut words: Words<'_> = spaced.split_whitespace().peekable();
    let result = either(&mut words, acceptable)
        .filter(|_| words.peek().is_none())
        .ok_or_else(|| format!("`{expression}` is not a licence expression"))?;
    Ok(result)
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn either(words: &mut Words<'_>, acceptable: &[&str]) -> Option<bool> {
    let mut result = both(words, acceptable)?;
    while words.next_if_eq(&"OR").is_some() {
        result |= both(words, acceptable)?;
    }
    Some(result)
}

fn both(words: &mut Words<'_>, acceptable: &[&str]) -> Option<bool> {
    let mut result = one(words, acceptable)?;
    while words.next_if_eq(&"AND").is_some() {
        result &= one(words, acceptable)?;
    }
    Some(result)
}

fn one(words: &mut Words<'_>, acceptable: &[&str]) -> Option<bool> {
    match words.next()? {
        "(" => {
            let inner = either(words, acceptable)?;
            (words.next()? == ")").then_some(inner)
        }
        ")" | "AND" | "OR" | "WITH" => None,
        licence => {
            let mut is_met = acceptable.contains(&licence);
            if words.next_if_eq(&"WITH").is_some() {
                words.next()?;
                is_met = false;
            }
            Some(is_met)
        }
    }
}

#[test]
fn expressions_are_read() {
    let is_acceptable = |text| is_met_by(&["Apache-2.0", "ISC", "MIT", "Unicode-3.0"], text);
    for expression in [
        "MIT",
        "MIT/Apache-2.0",
        "Apache-2.0 / MIT",
        "MIT OR LGPL-2.1-or-later",
        "(MIT OR GPL-3.0) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT",
        "GPL-3.0 AND MPL-2.0 OR ISC",
    ] {
        assert_eq!(is_acceptable(expression), Ok(true), "{expression}");
    }
    for expression in [
        "MPL-2.0",
        "GPL-3.0 OR MPL-2.0",
        "MIT AND GPL-3.0",
        "MIT AND (GPL-3.0 OR MPL-2.0)",
        "Apache-2.0 WITH LLVM-exception",
    ] {
        assert_eq!(is_acceptable(expression), Ok(false), "{expression}");
    }
    for expression in [
        "", "MIT OR", "(MIT", "MIT)", "MIT MIT", "AND MIT", "MIT WITH",
    ] {
        assert!(is_acceptable(expression).is_err(), "{expression}");
    }
}
