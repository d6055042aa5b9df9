//! What hosts are generated from: the catalog of an empty database, and words for it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crm_core::schema::{FieldDef, ObjectDef, system};
use crm_core::{Code, Crm};

/// A file to be written, its path relative to the host's folder.
pub struct File {
    pub path: String,
    pub text: String,
}

/// The standard objects and the codes of errors.
pub struct Model {
    /// The objects by number; each [`ObjectDef`] has its fields, those with their choices and documentation.
    pub objects: Vec<ObjectDef>,
    /// The codes by number.
    pub codes: &'static [Code],
}

impl Model {
    /// Of an empty database: the objects that every database has.
    pub fn standard() -> Result<Self, String> {
        let crm = Crm::in_memory().map_err(|error| error.to_string())?;
        let mut objects = crm.catalog().objects().to_vec();
        objects.sort_by_key(|object| object.id);
        Ok(Model {
            objects,
            codes: Code::ALL,
        })
    }

    /// The fields that every record has.
    pub fn system_fields(&self) -> impl Iterator<Item = &FieldDef> {
        let object = self.objects.first();
        object
            .into_iter()
            .flat_map(|object| &object.fields)
            .filter(|field| is_system(field))
    }
}

/// The fields that an object declares, without those that every record has.
pub fn own_fields(object: &ObjectDef) -> impl Iterator<Item = &FieldDef> {
    object.fields.iter().filter(|field| !is_system(field))
}

fn is_system(field: &FieldDef) -> bool {
    field.id >= system::FIRST
}

/// The folder of the whole repository.
pub fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// Documentation as plain text: one paragraph, without the links of Rust. Of a link to another object or
/// method its name stays.
pub fn plain(doc: &str) -> String {
    let mut text = String::new();
    let mut rest = doc;
    while let Some((before, after)) = rest.split_once("[`") {
        text.push_str(before);
        let Some((name, after)) = after.split_once("`]") else {
            break;
        };
        text.push_str(name);
        rest = match after
            .strip_prefix('(')
            .and_then(|target| target.split_once(')'))
        {
            Some((_, after)) => after,
            None => after,
        };
    }
    text.push_str(rest);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `deal_contact` → `DEAL_CONTACT`.
pub fn upper(name: &str) -> String {
    name.to_uppercase()
}

/// `deal_contact` → `DealContact`.
pub fn camel(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        first.to_uppercase() + rest
    });
    words.collect()
}

/// `The lead.` → `the lead.`, for the middle of a sentence.
pub fn lower_first(text: &str) -> String {
    let (first, rest) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
    first.to_lowercase() + rest
}

/// Lines of at most `width` characters.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else { break };
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

/// Fails if a name is given twice: constants of one namespace must differ.
pub fn check_unique<'n>(names: impl IntoIterator<Item = &'n str>) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    match names.into_iter().find(|name| !seen.insert(*name)) {
        Some(name) => Err(format!("`{name}` would be defined twice")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documentation_loses_the_links_of_rust() {
        let doc = "Rows; see [`ImportProblem`](super::ImportProblem) and\n [`Action`] [here].";
        assert_eq!(plain(doc), "Rows; see ImportProblem and Action [here].");
        assert_eq!(plain("A `key`."), "A `key`.");
    }

    #[test]
    fn names_take_the_form_of_the_host() {
        assert_eq!(camel("deal_contact"), "DealContact");
        assert_eq!(upper("deal_contact"), "DEAL_CONTACT");
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert!(check_unique(["a", "b", "a"]).is_err());
        assert!(check_unique(["a", "b"]).is_ok());
    }
}
