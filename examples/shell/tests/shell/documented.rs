//! The JSON of every command has the form that the README shows.

use serde_json::Value as Json;

use super::common::Database;

/// The commands of the README's table and what it says that they print.
fn documented() -> Vec<(&'static str, Json)> {
    let readme = include_str!("../../README.md");
    let rows = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| `crm FILE "));
    rows.map(|row| {
        let (command, example) = row.split_once("` | `").expect(row);
        let example = example.strip_suffix("` |").expect(row);
        (command, serde_json::from_str(example).expect(row))
    })
    .collect()
}

/// Panics unless `found` has the form of `example`: the same members, the same types, and where the example
/// shows an element of a list, a first element of that form.
fn assert_form(example: &Json, found: &Json, place: &str) {
    match (example, found) {
        (Json::Object(example), Json::Object(found)) => {
            let names =
                |map: &serde_json::Map<String, Json>| map.keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(example), names(found), "{place}");
            for (name, example) in example {
                assert_form(example, &found[name], &format!("{place}.{name}"));
            }
        }
        (Json::Array(example), Json::Array(found)) => {
            assert_eq!(example.is_empty(), found.is_empty(), "{place}");
            if let (Some(example), Some(found)) = (example.first(), found.first()) {
                assert_form(example, found, &format!("{place}[0]"));
            }
        }
        (example, found) => {
            let kinds = [example, found].map(std::mem::discriminant);
            assert_eq!(kinds[0], kinds[1], "{place}: {example} and {found}");
        }
    }
}

#[test]
fn every_command_prints_the_json_that_the_readme_shows() {
    let db = Database::seeded();
    db.write("firms.csv", "Company,Headcount\nBolt,12\nCrux,many\n");
    let mut operation = String::new();
    let mut commands = Vec::new();
    for (command, example) in documented() {
        let line = command.replace("OPERATION", &operation);
        let mut args: Vec<&str> = line.split(' ').collect();
        if let Some(undo) = line.strip_prefix("undo ") {
            // The name of an operation has blanks.
            args = vec!["undo", undo];
        }
        commands.push(args[0].to_owned());
        if command == "list deel" {
            assert_form(&example["error"], &db.bad_json(&args), command);
            continue;
        }
        let found = db.json(&args);
        assert_form(&example, &found, command);
        if let Some(name) = found["operation"].as_str() {
            operation = name.to_owned();
        }
    }
    let help = db.run(&["--help"]).out;
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next());
    for command in listed.filter(|command| *command != "help") {
        assert!(
            commands.iter().any(|documented| documented == command),
            "{command} is not documented"
        );
    }
    db.assert_sound();
}
