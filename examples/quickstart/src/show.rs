//! What the program prints: headings, sentences and tables.

use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{Cell, CellAlignment, LineStyle, Table};
use crm_core::{Money, Value};

/// Begins a chapter.
pub fn chapter(title: &str) {
    println!(
        "\n── {title} {}\n",
        "─".repeat(76_usize.saturating_sub(title.chars().count()))
    );
}

/// Says something.
pub fn say(text: impl AsRef<str>) {
    println!("{}", text.as_ref());
}

/// Shows a table. A title that begins with `#` stands over numbers, which stand on the right.
pub fn table(titles: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
    let style = UTF8_HORIZONTAL_ONLY
        .top_border(LineStyle::none())
        .header_separator(LineStyle::none().fill('─').junction('─'))
        .row_separator(LineStyle::none())
        .bottom_border(LineStyle::none());
    let cell = |text: &str, title: &str| {
        let alignment = if title.starts_with('#') {
            CellAlignment::Right
        } else {
            CellAlignment::Left
        };
        Cell::new(short(text)).set_alignment(alignment)
    };
    let mut table = Table::new();
    table.load_style(style);
    table.set_header(
        titles
            .iter()
            .map(|title| cell(title.trim_start_matches('#'), title)),
    );
    for row in rows {
        table.add_row(
            row.iter()
                .zip(titles)
                .map(|(text, title)| cell(text, title)),
        );
    }
    table
        .lines()
        .for_each(|line| println!(" {}", line.trim_end()));
}

/// One line of at most 40 characters.
fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

/// The amount of one currency in a kept sum, which has one for each.
pub fn amount_in(sum: Option<&Value>, currency: &str) -> String {
    let amounts = match sum {
        Some(Value::List(amounts)) => amounts.as_slice(),
        Some(amount) => std::slice::from_ref(amount),
        None => &[],
    };
    let amount = amounts.iter().find_map(|amount| match amount {
        Value::Money(money) if money.currency().code() == currency => Some(*money),
        _ => None,
    });
    amount.map_or_else(String::new, |money: Money| {
        thousands(&money.amount().round().to_string())
    })
}

/// `4238` → `4,238`.
pub fn thousands(digits: &str) -> String {
    let (sign, digits) = digits
        .strip_prefix('-')
        .map_or(("", digits), |rest| ("-", rest));
    let mut grouped = String::from(sign);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
