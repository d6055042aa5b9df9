//! Letters that are no ASCII letters with a mark, as ASCII spells them. All of it is about folded text; see
//! [`fold`](super::fold).

use super::fold;

/// The spelling of a Latin letter that has no decomposition: `ø` is `o`, `æ` is `ae`, `ł` is `l`.
pub(crate) fn latin(c: char) -> Option<&'static str> {
    Some(match c {
        'æ' => "ae",
        'ƀ' | 'ƃ' => "b",
        'ƈ' | 'ȼ' => "c",
        'ð' | 'đ' | 'ƌ' | 'ƍ' | 'ȡ' | 'ẟ' => "d",
        'ȸ' => "db",
        'ǝ' | 'ɇ' => "e",
        'ƒ' => "f",
        'ǥ' => "g",
        'ħ' => "h",
        'ƕ' => "hv",
        'ı' => "i",
        'ȷ' | 'ɉ' => "j",
        'ĸ' | 'ƙ' => "k",
        'ł' | 'ƚ' | 'ƛ' | 'ȴ' => "l",
        'ỻ' => "ll",
        'ƞ' | 'ȵ' => "n",
        'ŋ' => "ng",
        'ø' => "o",
        'œ' => "oe",
        'ƣ' => "oi",
        'ȣ' => "ou",
        'ƥ' => "p",
        'ɋ' => "q",
        'ȹ' => "qp",
        'ɍ' => "r",
        'ȿ' | 'ẜ' | 'ẝ' => "s",
        'ƪ' => "sh",
        'ŧ' | 'ƫ' | 'ƭ' | 'ȶ' => "t",
        'þ' => "th",
        'ƾ' => "ts",
        'ỽ' => "v",
        'ƿ' => "w",
        'ƴ' | 'ȝ' | 'ɏ' | 'ỿ' => "y",
        'ƶ' | 'ȥ' | 'ɀ' => "z",
        'ƹ' | 'ƺ' => "zh",
        _ => return None,
    })
}

/// The spelling of the letters of languages that are written in Greek or Cyrillic today. The hard and the soft sign
/// have none.
fn greek_or_cyrillic(c: char) -> Option<&'static str> {
    Some(match c {
        'α' | 'а' => "a",
        'β' | 'б' => "b",
        'χ' | 'х' => "kh",
        'ч' => "ch",
        'δ' | 'д' => "d",
        'ђ' => "dj",
        'ѕ' => "dz",
        'џ' => "dzh",
        'ε' | 'η' | 'е' | 'э' => "e",
        'φ' => "ph",
        'ф' => "f",
        'γ' | 'г' | 'ґ' => "g",
        'ι' | 'и' | 'і' => "i",
        'я' => "ia",
        'є' => "ie",
        'ю' => "iu",
        'ј' => "j",
        'κ' | 'к' | 'қ' => "k",
        'λ' | 'л' => "l",
        'љ' => "lj",
        'μ' | 'м' => "m",
        'ν' | 'н' => "n",
        'ң' => "ng",
        'њ' => "nj",
        'ο' | 'ω' | 'о' | 'ө' => "o",
        'π' | 'п' => "p",
        'ψ' => "ps",
        'ρ' | 'р' => "r",
        'σ' | 'с' => "s",
        'ш' => "sh",
        'щ' => "shch",
        'τ' | 'т' => "t",
        'θ' => "th",
        'ц' => "ts",
        'ћ' => "tsh",
        'υ' | 'у' | 'ү' | 'ұ' => "u",
        'в' => "v",
        'ξ' => "x",
        'ы' => "y",
        'ζ' | 'з' => "z",
        'ж' => "zh",
        'һ' => "h",
        'ъ' | 'ь' => "",
        _ => return None,
    })
}

/// Folded text in ASCII, as far as it is written in an alphabet that one can spell so; other characters stay.
///
/// The spelling is that of no standard and no language: it is what makes a name that can be typed.
pub(crate) fn ascii(text: &str) -> String {
    let mut spelled = String::with_capacity(text.len());
    for c in fold(text).chars() {
        match latin(c).or_else(|| greek_or_cyrillic(c)) {
            Some(spelling) => spelled.push_str(spelling),
            None => spelled.push(c),
        }
    }
    spelled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alphabets_are_spelled_in_ascii() {
        for (text, spelling) in [
            ("Größe", "grosse"),
            ("Ærøskøbing", "aeroskobing"),
            ("Łódź", "lodz"),
            ("Тёмный объём", "temnyi obem"),
            ("Є-Їжак", "ie-izhak"),
            ("Ύψος", "upsos"),
            ("Δείκτης", "deiktes"),
        ] {
            assert_eq!(ascii(text), spelling, "{text}");
        }
        assert_eq!(ascii("姓名"), "姓名");
    }

    #[test]
    fn only_letters_that_folding_leaves_are_listed() {
        let listed =
            ('\u{80}'..='\u{1EFF}').filter(|c| latin(*c).or(greek_or_cyrillic(*c)).is_some());
        for c in listed {
            let text = c.to_string();
            assert_eq!(fold(&text), text);
        }
    }
}
