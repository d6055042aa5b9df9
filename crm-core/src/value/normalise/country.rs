//! Countries by their names.

use crate::value::fold;

/// Names of countries in the form of [`key`], each with its code, in the order of their bytes. They are the codes
/// of ISO 3166-1 (alpha-2 and alpha-3), the names in English, in the languages that are written most in business and
/// in those of the country itself (CLDR), and other names in use.
const NAMES: &str = include_str!("countries.txt");

/// The ISO 3166-1 alpha-2 code of a country that is called by its code or name, in English, in a language of its own
/// or in one of those that are most in use; `None` if there is no such country.
///
/// ```
/// use crm_core::value::normalise::country;
/// for text in ["GB", "gbr", "United Kingdom", "Vereinigtes Königreich", "U.K."] {
///     assert_eq!(country(text), Some("GB"), "{text}");
/// }
/// assert_eq!(country("Nowhereland"), None);
/// ```
pub fn country(text: &str) -> Option<&'static str> {
    let whole = key(text);
    find(&whole)
        .or_else(|| {
            // `Federal Republic of Germany`
            let forms = ["republicof", "kingdomof", "stateof"];
            let rest = forms.iter().find_map(|form| whole.split_once(form))?.1;
            find(rest.strip_prefix("the").unwrap_or(rest))
        })
        .or_else(|| {
            // `Holy See (Vatican City State)`
            let (name, rest) = text.split_once('(')?;
            find(&key(name)).or_else(|| find(&key(rest)))
        })
}

/// A name without case, accents, blanks and punctuation.
fn key(name: &str) -> String {
    let is_letter = |c: char| match c {
        '’' | '‘' | '´' | '·' | '،' | '–' => false,
        c => c.is_ascii_alphanumeric() || (!c.is_ascii() && !c.is_whitespace()),
    };
    let stored = super::text(name);
    fold(&stored).chars().filter(|c| is_letter(*c)).collect()
}

fn find(key: &str) -> Option<&'static str> {
    let mut rest = NAMES;
    while !rest.is_empty() {
        // The line in the middle.
        let before = rest.as_bytes().get(..rest.len() / 2)?;
        let end = before.iter().rposition(|byte| *byte == b'\n');
        let start = end.map_or(0, |end| end + 1);
        let (before, tail) = rest.split_at_checked(start)?;
        let (line, after) = tail.split_once('\n')?;
        let (name, code) = line.split_once('\t')?;
        rest = match key.cmp(name) {
            std::cmp::Ordering::Equal => return Some(code),
            std::cmp::Ordering::Less => before,
            std::cmp::Ordering::Greater => after,
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_the_table_is_found() {
        let lines: Vec<_> = NAMES
            .lines()
            .filter_map(|line| line.split_once('\t'))
            .collect();
        assert_eq!(lines.len(), NAMES.lines().count());
        assert!(lines.is_sorted_by(|(a, _), (b, _)| a < b));
        for (name, code) in lines {
            assert_eq!(key(name), name);
            assert_eq!(find(name), Some(code), "{name}");
            assert_eq!(country(code), Some(code));
        }
    }

    #[test]
    fn what_people_write_is_found() {
        for (text, code) in [
            ("Deutschland", "DE"),
            ("Österreich", "AT"),
            ("USA", "US"),
            ("U.S.", "US"),
            ("United States of America", "US"),
            ("ESPAÑA", "ES"),
            ("Nederland", "NL"),
            ("The Netherlands", "NL"),
            ("Côte d’Ivoire", "CI"),
            ("Cote d'Ivoire", "CI"),
            ("日本", "JP"),
            ("中国", "CN"),
            ("대한민국", "KR"),
            ("Россия", "RU"),
            ("Việt Nam", "VN"),
            ("Türkiye", "TR"),
            ("Turkey", "TR"),
            ("Holy See (Vatican City State)", "VA"),
            ("Antarctica (the territory South of 60 deg S)", "AQ"),
            ("England", "GB"),
            ("Korea, Republic of", "KR"),
            ("مصر", "EG"),
            ("Ελλάδα", "GR"),
            ("ישראל", "IL"),
            ("भारत", "IN"),
            ("Hong Kong", "HK"),
            ("Trinidad & Tobago", "TT"),
            ("Trinidad and Tobago", "TT"),
            ("St. Lucia", "LC"),
            ("Federal Republic of Germany", "DE"),
            ("Kingdom of the Netherlands", "NL"),
            ("Saint Lucia", "LC"),
        ] {
            assert_eq!(country(text), Some(code), "{text}");
        }
        for text in ["", "Nowhereland", "XX", "Berlin", "(", "\n", "de\tDE"] {
            assert_eq!(country(text), None, "{text}");
        }
    }
}
