//! The numbering plans of all countries: `plans.txt`.
//!
//! A plan is a paragraph. Its first line has the region (ISO 3166-1 alpha-2; `001` for what belongs to none, like
//! +800) and the country's code; each other line begins with what it is:
//!
//! | line | says |
//! |---|---|
//! | `i PATTERN` | what is dialled before a number of another country |
//! | `n DIGITS` | the trunk prefix: what is dialled before a number of the same country |
//! | `p PATTERN` | where there is more to it: all that may be dialled there, with codes of carriers and areas left out |
//! | `t TEMPLATE` | what stands for `p`, if its last group is there |
//! | `g PATTERN` | every number, with `t` only: a number that fits is kept, if by `t` it would not |
//! | `l PATTERN` | the first digits by which a region is told from others with its code |
//! | `k LENGTHS PATTERN` | a kind of number: mobile, toll-free, … |
//! | `f FIRST PATTERN TEMPLATE` | how numbers with such first digits (any, if empty) are grouped |
//!
//! `cargo run -p crm-generate -- phone` makes the file; [`pattern`] says what a pattern is.

use std::sync::LazyLock;

use super::pattern;

/// How the numbers of a region are made up.
pub(super) struct Plan {
    region: &'static str,
    pub(super) code: u16,
    lines: &'static str,
}

static PLANS: LazyLock<Vec<Plan>> = LazyLock::new(|| {
    let paragraphs = include_str!("plans.txt").split("\n\n");
    paragraphs.filter_map(Plan::read).collect()
});

/// A kind of number.
pub(super) struct Kind {
    lengths: &'static str,
    digits: &'static str,
}

impl Plan {
    fn read(paragraph: &'static str) -> Option<Plan> {
        let (head, lines) = paragraph.split_once('\n')?;
        let (region, code) = head.split_once(' ')?;
        let code = code.parse().ok()?;
        Some(Plan {
            region,
            code,
            lines,
        })
    }

    /// The plan of a region.
    pub(super) fn of_region(region: &str) -> Option<&'static Plan> {
        let is_region = region != "001";
        PLANS.iter().find(|plan| is_region && plan.region == region)
    }

    /// The plans of the regions that share a code, that of the main one first.
    pub(super) fn of_code(code: u16) -> impl Iterator<Item = &'static Plan> {
        PLANS.iter().filter(move |plan| plan.code == code)
    }

    fn line(&self, mark: char) -> Option<&'static str> {
        let mut lines = self.lines.lines();
        lines.find_map(|line| line.strip_prefix(mark)?.strip_prefix(' '))
    }

    fn lines(&self, mark: char) -> impl Iterator<Item = &'static str> {
        let lines = self.lines.lines();
        lines.filter_map(move |line| line.strip_prefix(mark)?.strip_prefix(' '))
    }

    /// What follows the prefix for numbers of other countries.
    pub(super) fn strip_international<'n>(&self, digits: &'n str) -> Option<&'n str> {
        Some(pattern::at_start(self.line('i')?, digits)?.rest())
    }

    /// What follows the trunk prefix.
    pub(super) fn strip_trunk<'n>(&self, digits: &'n str) -> Option<&'n str> {
        digits.strip_prefix(self.line('n')?)
    }

    /// A number without whatever is dialled before it in its country, and with what is left out there.
    pub(super) fn national(&self, digits: &str) -> String {
        let found = self.line('p').and_then(|p| pattern::at_start(p, digits));
        let national = found.map_or(digits.to_owned(), |found| {
            let by_rule = self.line('t').and_then(|template| found.fill(template));
            by_rule.map_or(found.rest().to_owned(), |start| {
                let whole = start + found.rest();
                if self.is_general(digits) && !self.is_general(&whole) {
                    digits.to_owned()
                } else {
                    whole
                }
            })
        });
        let national = national.as_str();
        self.strip_trunk(national).unwrap_or(national).to_owned()
    }

    fn is_general(&self, national: &str) -> bool {
        let general = self.line('g');
        general.is_some_and(|general| pattern::at_start(general, national).is_some())
    }

    pub(super) fn kinds(&self) -> impl Iterator<Item = Kind> {
        self.lines('k').filter_map(|line| {
            let (lengths, digits) = line.split_once(' ')?;
            Some(Kind { lengths, digits })
        })
    }

    /// Whether a number has the first digits by which the region is told from others; nothing if it is not.
    fn has_leading(&self, national: &str) -> Option<bool> {
        Some(pattern::at_start(self.line('l')?, national).is_some())
    }

    /// Whether a number is one of this region rather than of another with its code.
    pub(super) fn claims(&self, national: &str) -> bool {
        let has_kind = || {
            let mut kinds = self.kinds();
            kinds.any(|kind| {
                kind.has_length(national) && pattern::at_start(kind.digits, national).is_some()
            })
        };
        self.has_leading(national).unwrap_or_else(has_kind)
    }

    /// Whether the region has assigned numbers that begin and are as long as this one.
    pub(super) fn has_assigned(&self, national: &str) -> bool {
        // Twenty-five countries share +1; only one of them has no leading digits of its own.
        self.has_leading(national) != Some(false)
            && self.kinds().any(|kind| {
                kind.has_length(national) && pattern::whole(kind.digits, national).is_some()
            })
    }

    /// A number grouped as its country does it for readers in others.
    pub(super) fn grouped(&self, national: &str) -> Option<String> {
        self.lines('f').find_map(|line| {
            let (first, format) = line.split_once(' ')?;
            let (digits, template) = format.split_once(' ')?;
            pattern::at_start(first, national)?;
            pattern::whole(digits, national)?.fill(template)
        })
    }
}

impl Kind {
    /// Whether numbers of this kind can be as long as this one.
    pub(super) fn has_length(&self, national: &str) -> bool {
        let mut lengths = self.lengths.split(',');
        lengths.any(|length| length.parse() == Ok(national.len()))
    }
}
