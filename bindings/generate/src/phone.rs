//! `plans.txt` of `crm-core`: what it knows of telephone numbers, from the metadata of Google's libphonenumber as the
//! crate `phonenumber` carries it. What its lines say is told in `value/normalise/phone/plan.rs`, which reads them.

use phonenumber::Metadata;
use phonenumber::metadata::{DATABASE, Descriptor, Format};

use crate::model::{File, Model};

const HEAD: &str = "\
# Numbering plans: made by `cargo run -p crm-generate -- phone`; do not edit.
# From the metadata of libphonenumber, copyright Google, under the Apache License 2.0.
";

pub fn files(_: &Model) -> Result<Vec<File>, String> {
    let mut text = HEAD.to_owned();
    // The countries of one code in the order in which a number's country is looked for; the main one is the first.
    for code in 1..=999 {
        for country in DATABASE.by_code(&code).unwrap_or_default() {
            text.push('\n');
            text.push_str(&plan(country).join("\n"));
            text.push('\n');
        }
    }
    Ok(vec![File {
        path: "plans.txt".to_owned(),
        text,
    }])
}

/// The lines of a country.
fn plan(country: &Metadata) -> Vec<String> {
    let mut lines = vec![format!("{} {}", country.id(), country.country_code())];
    let mut line = |mark: char, value: Option<&str>| {
        lines.extend(value.map(|value| format!("{mark} {}", compact(value))));
    };
    line(
        'i',
        country.international_prefix().map(|prefix| prefix.as_str()),
    );
    line('n', country.national_prefix());
    line(
        'p',
        country
            .national_prefix_for_parsing()
            .map(|prefix| prefix.as_str()),
    );
    if let Some(rule) = country.national_prefix_transform_rule() {
        line('t', Some(rule));
        let general = country.descriptors().general();
        line('g', Some(general.national_number().as_str()));
    }
    line('l', country.leading_digits().map(|digits| digits.as_str()));
    let kinds = country.descriptors();
    let kinds = [
        kinds.fixed_line(),
        kinds.mobile(),
        kinds.toll_free(),
        kinds.premium_rate(),
        kinds.shared_cost(),
        kinds.personal_number(),
        kinds.voip(),
        kinds.uan(),
    ];
    for kind in kinds.into_iter().flatten().map(kind) {
        // In some countries nobody can tell mobile numbers from others.
        if !lines.contains(&kind) {
            lines.push(kind);
        }
    }
    let formats = match country.international_formats() {
        [] => country.formats(),
        international => international,
    };
    lines.extend(formats.iter().map(format_line));
    lines
}

fn kind(kind: &Descriptor) -> String {
    let lengths = kind.possible_length().iter().map(u16::to_string);
    let lengths: Vec<String> = lengths.collect();
    let digits = compact(kind.national_number().as_str());
    format!("k {} {digits}", lengths.join(","))
}

fn format_line(format: &Format) -> String {
    // The last of its patterns of leading digits is the most precise one.
    let leading = format.leading_digits().last();
    let leading = leading.map_or(String::new(), |digits| compact(digits.as_str()));
    let digits = compact(format.pattern().as_str());
    format!("f {leading} {digits} {}", format.format())
}

/// A pattern without the white space that it is laid out with.
fn compact(pattern: &str) -> String {
    pattern.split_whitespace().collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that fails should panic")]
mod tests {
    use crm_core::value::normalise::{phone, phone_display};
    use phonenumber::Mode;

    use super::*;

    #[test]
    fn the_plans_are_those_of_the_metadata() {
        let model = Model::standard().unwrap();
        let path = crate::model::repository().join("crm-core/src/value/normalise/phone/plans.txt");
        let there = std::fs::read_to_string(path).unwrap();
        assert!(
            there == files(&model).unwrap()[0].text,
            "run `cargo run -p crm-generate -- phone`"
        );
    }

    /// The metadata has an example of each kind of number of each region.
    #[test]
    fn examples_of_all_regions_are_read_and_shown_as_the_crate_does() {
        let mut read = 0;
        for country in DATABASE.iter() {
            let kinds = country.descriptors();
            for kind in [kinds.fixed_line(), kinds.mobile(), kinds.toll_free()] {
                let Some(example) = kind.and_then(|kind| kind.example()) else {
                    continue;
                };
                let text = format!("+{}{example}", country.country_code());
                assert_eq!(phone(&text, "US").as_ref(), Ok(&text));
                let by_crate = phonenumber::parse(None, &text).unwrap();
                let shown = by_crate.format().mode(Mode::International).to_string();
                // Of some it takes the first digits for a trunk prefix.
                if by_crate.national().to_string() == example {
                    assert_eq!(phone_display(&text).as_ref(), Ok(&shown));
                }
                read += 1;
            }
        }
        assert!(read > 500, "{read}");
    }
}
