//! The patterns of numbering plans: that part of regular expressions which their metadata uses, over ASCII digits.
//!
//! | pattern | matches |
//! |---|---|
//! | `7`, `\d`, `[2-58]` | a digit: this one, any, one of these |
//! | `ab`, `a\|b`, `a$` | one after the other; the first of them that lets the rest match; `a` at the end |
//! | `a?`, `a{3}`, `a{2,5}` | so many times, rather more than fewer |
//! | `(a)`, `(?:a)` | a group, whose digits are kept or not |
//!
//! A pattern is read as it stands while it is matched. Numbers are short and the next one is of another country, so
//! that nothing is gained by compiling.

use std::ops::Range;

/// The groups of a pattern; none has more.
const GROUPS_MAX: usize = 8;

/// What a pattern has matched at the beginning of a number.
pub(super) struct Found<'n> {
    digits: &'n str,
    end: usize,
    groups: [Option<Range<usize>>; GROUPS_MAX],
}

impl<'n> Found<'n> {
    /// The digits that follow.
    pub(super) fn rest(&self) -> &'n str {
        self.digits.get(self.end..).unwrap_or_default()
    }

    /// The digits of a group, counted from 1.
    fn group(&self, number: usize) -> Option<&'n str> {
        let range = self.groups.get(number.checked_sub(1)?)?.clone()?;
        self.digits.get(range)
    }

    /// A template in which `$1` stands for the digits of the first group; nothing if it names a group that has matched
    /// nothing.
    pub(super) fn fill(&self, template: &str) -> Option<String> {
        let mut parts = template.split('$');
        let mut filled = parts.next()?.to_owned();
        for part in parts {
            let (number, text) = part.split_at_checked(1)?;
            filled.push_str(self.group(number.parse().ok()?)?);
            filled.push_str(text);
        }
        Some(filled)
    }
}

/// Matches the beginning of a number.
pub(super) fn at_start<'n>(pattern: &str, digits: &'n str) -> Option<Found<'n>> {
    find(pattern, digits, false)
}

/// Matches the whole of a number.
pub(super) fn whole<'n>(pattern: &str, digits: &'n str) -> Option<Found<'n>> {
    find(pattern, digits, true)
}

fn find<'n>(pattern: &str, digits: &'n str, whole: bool) -> Option<Found<'n>> {
    let mut matcher = Matcher {
        digits: digits.as_bytes(),
        whole,
        groups: Default::default(),
    };
    let end = matcher.alternatives(pattern.as_bytes(), 0, 0, None)?;
    Some(Found {
        digits,
        end,
        groups: matcher.groups,
    })
}

struct Matcher<'n> {
    digits: &'n [u8],
    /// Whether the match must end where the number does.
    whole: bool,
    groups: [Option<Range<usize>>; GROUPS_MAX],
}

/// A group in a sequence.
struct Group<'p> {
    body: &'p [u8],
    /// Its place among the groups whose digits are kept.
    kept: Option<usize>,
    /// What follows it in the sequence.
    rest: &'p [u8],
    /// The places of the first groups in the body and in the rest.
    first: (usize, usize),
}

/// What is to be matched once the body of a group has been.
struct Then<'p> {
    group: &'p Group<'p>,
    /// Where the body began.
    start: usize,
    /// How many times more it must and may come.
    times: (usize, usize),
    then: Option<&'p Then<'p>>,
}

/// Each method returns where the match ends, with everything behind it matched as well. `first` is the place of the
/// first group in the pattern that it is given.
impl Matcher<'_> {
    fn alternatives(
        &mut self,
        mut pattern: &[u8],
        mut first: usize,
        at: usize,
        then: Option<&Then<'_>>,
    ) -> Option<usize> {
        loop {
            let (sequence, others) = split_alternative(pattern);
            if let Some(end) = self.sequence(sequence, first, at, then) {
                return Some(end);
            }
            first += kept_groups(sequence);
            pattern = others?;
        }
    }

    fn sequence(
        &mut self,
        pattern: &[u8],
        first: usize,
        at: usize,
        then: Option<&Then<'_>>,
    ) -> Option<usize> {
        match pattern {
            [] => self.close(at, then),
            [b'$', rest @ ..] if at == self.digits.len() => self.sequence(rest, first, at, then),
            [b'$', ..] => None,
            [b'(', inner @ ..] => {
                let (group, times) = group(inner, first);
                self.repeat(&group, times, at, then)
            }
            _ => {
                let (set, rest) = digit_set(pattern);
                let ((least, most), rest) = times(rest);
                let digits = self.digits.iter().skip(at).take(most);
                let count = digits.take_while(|digit| holds(set, **digit)).count();
                (least..=count)
                    .rev()
                    .find_map(|count| self.sequence(rest, first, at + count, then))
            }
        }
    }

    fn repeat(
        &mut self,
        group: &Group<'_>,
        (least, most): (usize, usize),
        at: usize,
        then: Option<&Then<'_>>,
    ) -> Option<usize> {
        if most > 0 {
            let times = (least.saturating_sub(1), most - 1);
            let again = Then {
                group,
                start: at,
                times,
                then,
            };
            let end = self.alternatives(group.body, group.first.0, at, Some(&again));
            if end.is_some() {
                return end;
            }
        }
        if least > 0 {
            return None;
        }
        self.sequence(group.rest, group.first.1, at, then)
    }

    /// At the end of the body of a group, or of the pattern.
    fn close(&mut self, at: usize, then: Option<&Then<'_>>) -> Option<usize> {
        let Some(then) = then else {
            return (!self.whole || at == self.digits.len()).then_some(at);
        };
        let slot = then.group.kept;
        let kept = slot
            .and_then(|kept| self.groups.get_mut(kept))
            .map(|kept| kept.replace(then.start..at));
        let end = self.repeat(then.group, then.times, at, then.then);
        if let (None, Some(before), Some(kept)) =
            (end, kept, slot.and_then(|kept| self.groups.get_mut(kept)))
        {
            *kept = before;
        }
        end
    }
}

/// The first alternative, and the others.
fn split_alternative(pattern: &[u8]) -> (&[u8], Option<&[u8]>) {
    let mut depth = 0_usize;
    for (at, byte) in pattern.iter().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b'|' if depth == 0 => return (&pattern[..at], pattern.get(at + 1..)),
            _ => {}
        }
    }
    (pattern, None)
}

fn kept_groups(pattern: &[u8]) -> usize {
    let opened = pattern.iter().filter(|byte| **byte == b'(').count();
    opened - pattern.windows(2).filter(|two| two == b"(?").count()
}

/// A group behind its opening bracket, and how often it comes.
fn group(inner: &[u8], first: usize) -> (Group<'_>, (usize, usize)) {
    let mut depth = 0_usize;
    let close = inner.iter().position(|byte| {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 0 => return true,
            b')' => depth -= 1,
            _ => {}
        }
        false
    });
    let (body, rest) = inner.split_at(close.unwrap_or(inner.len()));
    let (times, rest) = times(rest.get(1..).unwrap_or_default());
    let (body, kept) = match body.strip_prefix(b"?:") {
        Some(body) => (body, None),
        None => (body, Some(first)),
    };
    let inside = first + usize::from(kept.is_some());
    let group = Group {
        body,
        kept,
        rest,
        first: (inside, inside + kept_groups(body)),
    };
    (group, times)
}

/// The digits that a pattern begins with, a bit each, and the rest of it.
fn digit_set(pattern: &[u8]) -> (u16, &[u8]) {
    match pattern {
        [b'\\', b'd', rest @ ..] => ((1 << 10) - 1, rest),
        [b'[', rest @ ..] => {
            let close = rest.iter().position(|byte| *byte == b']');
            let (mut inside, rest) = rest.split_at(close.unwrap_or(rest.len()));
            let mut set = 0;
            while let [from, more @ ..] = inside {
                let (to, more) = match more {
                    [b'-', to, more @ ..] => (to, more),
                    more => (from, more),
                };
                set |= (*from..=*to).map(bit).fold(0, |set, bit| set | bit);
                inside = more;
            }
            (set, rest.get(1..).unwrap_or_default())
        }
        [digit, rest @ ..] => (bit(*digit), rest),
        [] => (0, pattern),
    }
}

fn bit(digit: u8) -> u16 {
    1_u16
        .checked_shl(u32::from(digit.wrapping_sub(b'0')))
        .unwrap_or(0)
}

fn holds(set: u16, digit: u8) -> bool {
    set & bit(digit) != 0
}

/// How often what comes before must and may come, and the rest of the pattern.
fn times(pattern: &[u8]) -> ((usize, usize), &[u8]) {
    match pattern {
        [b'?', rest @ ..] => ((0, 1), rest),
        [b'{', rest @ ..] => {
            let (mut least, mut most) = (None, 0);
            for (at, byte) in rest.iter().enumerate() {
                match byte {
                    b',' => least = Some(std::mem::take(&mut most)),
                    b'}' => return ((least.unwrap_or(most), most), &rest[at + 1..]),
                    digit => most = most * 10 + usize::from(digit.wrapping_sub(b'0')),
                }
            }
            ((0, 0), &[])
        }
        _ => ((1, 1), pattern),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that fails should panic")]
mod tests {
    use super::*;

    #[test]
    fn numbers_match_as_a_regular_expression_says() {
        for (pattern, yes, no) in [
            ("7", "7", "8"),
            (r"\d{3}", "123", "12"),
            ("[2-47]{2}", "27", "25"),
            ("1|23|2", "2", "3"),
            ("(?:1|2){2}3?", "21", "213 3"),
            (r"0?(?:1[245]|2)\d{2,3}", "02123", "0312"),
        ] {
            assert!(whole(pattern, yes).is_some(), "{pattern} {yes}");
            assert!(whole(pattern, no).is_none(), "{pattern} {no}");
        }
    }

    #[test]
    fn the_first_alternative_and_the_longest_repetition_are_taken() {
        let rest = |pattern: &str, digits| at_start(pattern, digits).map(|found| found.rest());
        assert_eq!(rest("00|001", "0012"), Some("12"));
        assert_eq!(rest("00(?:1)?", "0012"), Some("2"));
        assert_eq!(rest("1{1,2}", "1112"), Some("12"));
        assert_eq!(rest("0", "10"), None);
        assert_eq!(rest(r"(\d{6})$|1", "1234567"), Some("234567"));
        assert_eq!(rest(r"(\d{6})$|1", "234567"), Some(""));
    }

    #[test]
    fn groups_are_filled_into_templates() {
        let found = whole(r"(\d)(?:1|(2))(\d{2,3})(\d{2,3})", "9212345").unwrap();
        assert_eq!(found.fill("$1-$2 $3/$4.").unwrap(), "9-2 123/45.");
        let found = whole(r"(\d)(?:1|(2))(\d{2,3})", "91123").unwrap();
        assert_eq!(
            (found.fill("$1$2"), found.fill("$3")),
            (None, Some("123".to_owned()))
        );
        // A group that was given up again holds nothing.
        let found = at_start("(?:(1)2)?1", "13").unwrap();
        assert_eq!((found.fill("$1"), found.rest()), (None, "3"));
    }
}
