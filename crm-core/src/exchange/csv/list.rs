//! Several values in one cell.

use crate::schema::FieldType;

/// The cell of several values: joined by `; `, those in quotation marks that would not come back otherwise.
pub(super) fn join(values: &[String]) -> String {
    let quoted = |value: &String| {
        let is_plain =
            !value.contains([';', '\n', '\r', '"']) && value.trim() == value && !value.is_empty();
        if is_plain {
            value.clone()
        } else {
            format!("\"{}\"", value.replace('"', "\"\""))
        }
    };
    values.iter().map(quoted).collect::<Vec<_>>().join("; ")
}

/// The values of a cell, which semicolons or line feeds separate. One that begins with a quotation mark goes to the
/// next single one.
pub(super) fn split(cell: &str) -> Vec<String> {
    let mut values = Vec::new();
    let mut rest = cell.trim();
    while !rest.is_empty() {
        let (value, after) = match quoted(rest) {
            Some(quoted) => quoted,
            None => {
                let (value, after) = rest.split_once([';', '\n']).unwrap_or((rest, ""));
                (value.trim().to_owned(), after)
            }
        };
        if !value.is_empty() {
            values.push(value);
        }
        rest = after.trim();
    }
    values
}

/// A value in quotation marks that a separator or the end follows, and what comes after.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut rest = text.strip_prefix('"')?;
    loop {
        let (before, after) = rest.split_once('"')?;
        value.push_str(before);
        match after.strip_prefix('"') {
            Some(more) => {
                value.push('"');
                rest = more;
            }
            None => {
                let after = after.trim_start_matches([' ', '\t', '\r']);
                return match after.strip_prefix([';', '\n']) {
                    Some(after) => Some((value, after)),
                    None => after.is_empty().then_some((value, "")),
                };
            }
        }
    }
}

/// The parts of a cell in which people have written several addresses or numbers; none if there is but one.
pub(super) fn addresses(ty: FieldType, text: &str) -> Vec<&str> {
    if !matches!(ty, FieldType::Email | FieldType::Phone) {
        return Vec::new();
    }
    let words = [
        " or ", " and ", " und ", " oder ", " et ", " ou ", " y ", " o ", " & ",
    ];
    let mut parts = vec![text];
    for word in words {
        parts = parts
            .into_iter()
            .flat_map(|part| part.split(word))
            .collect();
    }
    let marks = [';', ',', '/', '|', '\n', '\r', '\t'];
    let parts = parts.into_iter().flat_map(|part| part.split(marks));
    let mut parts: Vec<&str> = parts
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    // Addresses have no blanks, so that blanks may separate them.
    if ty == FieldType::Email && parts.len() == 1 {
        parts = text
            .split_whitespace()
            .filter(|part| part.contains('@'))
            .collect();
    }
    if parts.len() > 1 { parts } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_joined_is_split_again() {
        let lists: &[&[&str]] = &[
            &["hot", "vip"],
            &["A;B", "C"],
            &["two\nlines"],
            &["\"quoted\"", "5\" pipe", "a"],
            &["\";\"", "\""],
            &[" blank ", "x"],
        ];
        for list in lists {
            let list: Vec<String> = list.iter().map(|value| (*value).to_owned()).collect();
            assert_eq!(split(&join(&list)), list, "{}", join(&list));
        }
        assert_eq!(
            split("hot;vip; ;\"a b\" c\nx"),
            ["hot", "vip", "\"a b\" c", "x"]
        );
        assert_eq!(join(&["hot".to_owned(), "vip".to_owned()]), "hot; vip");
    }
}
