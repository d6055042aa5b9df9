//! `operations.json`, all that is declared of every operation, and `operations.txt`, their numbers, which only grows.

use std::collections::BTreeSet;
use std::fs;

use crm_core::operation::{page, table};

use crate::model::{File, repository};
use crate::operations::Operations;

/// Begins a line of something that is no more, whose number is never given again.
const RETIRED: &str = "retired ";

pub fn files() -> Result<Vec<File>, String> {
    Operations::declared()?;
    let known = fs::read_to_string(repository().join("bindings/operations.txt"));
    let numbers = grown(&known.unwrap_or_default(), &table())?;
    Ok(vec![
        File {
            path: "operations.txt".to_owned(),
            text: numbers,
        },
        json()?,
    ])
}

/// The page, which each package carries.
pub fn json() -> Result<File, String> {
    let text = serde_json::to_string_pretty(&page()).map_err(|error| error.to_string())?;
    Ok(File {
        path: "operations.json".to_owned(),
        text: text + "\n",
    })
}

/// The table with what was retired before. Fails if a line is no more, or says something else: who was made from the
/// table before would call something else by the same number.
fn grown(known: &str, table: &str) -> Result<String, String> {
    let lines: BTreeSet<&str> = table.lines().collect();
    let numbers: BTreeSet<_> = lines.iter().map(|line| number(line)).collect();
    let mut retired = String::new();
    for line in known.lines() {
        if let Some(gone) = line.strip_prefix(RETIRED) {
            if numbers.contains(&number(gone)) {
                return Err(format!(
                    "`{gone}` is retired, and its number is given again"
                ));
            }
            retired += &format!("{line}\n");
        } else if !lines.contains(line) {
            return Err(format!(
                "operations.txt has `{line}`, which is not declared so any more. A number means the same in every \
                 version: declare it as it was, or put `{RETIRED}` before the line and give what is new another number"
            ));
        }
    }
    Ok(table.to_owned() + &retired)
}

/// `operation 4.1`: what a line is about.
fn number(line: &str) -> (&str, &str) {
    let mut words = line.split(' ');
    (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_are_those_of_the_declarations() {
        for file in files().unwrap_or_default() {
            let there = fs::read_to_string(repository().join("bindings").join(&file.path));
            assert!(
                there.ok().as_ref() == Some(&file.text),
                "{} is stale; run `cargo run -p crm-generate -- operations`",
                file.path
            );
        }
        assert!(files().is_ok(), "{:?}", files().err());
    }

    #[test]
    fn the_table_only_grows() {
        let known = "operation 1 board reads -> Board\noperation 1.1 object: object\n";
        let more = format!("{known}operation 2 cards reads -> list(Card)\n");
        assert_eq!(grown(known, &more).as_deref(), Ok(more.as_str()));
        assert!(grown(&more, known).is_err(), "one is gone");
        let other = known.replace("object: object", "object: text");
        assert!(grown(known, &other).is_err(), "one is of another shape");
        let retired = format!("{known}retired operation 2 cards reads -> list(Card)\n");
        assert_eq!(grown(&retired, known).as_deref(), Ok(retired.as_str()));
        assert!(grown(&retired, &more).is_err(), "the number is given again");
    }
}
