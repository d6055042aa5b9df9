//! `${…}` in arguments and expectations, and parts of results.

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// The results that have names.
pub type Bound = BTreeMap<String, Json>;

/// A value with its placeholders replaced.
pub fn fill(value: &Json, bound: &Bound) -> Result<Json, String> {
    Ok(match value {
        Json::String(text) => fill_text(text, bound)?,
        Json::Array(all) => all
            .iter()
            .map(|value| fill(value, bound))
            .collect::<Result<_, _>>()?,
        Json::Object(members) => members
            .iter()
            .map(|(name, value)| Ok((plain(&fill_text(name, bound)?), fill(value, bound)?)))
            .collect::<Result<_, String>>()?,
        other => other.clone(),
    })
}

fn fill_text(text: &str, bound: &Bound) -> Result<Json, String> {
    let whole = text
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'));
    if let Some(path) = whole.filter(|path| !path.contains('}')) {
        return look_up(path, bound);
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (path, after) = after
            .split_once('}')
            .ok_or_else(|| format!("a placeholder has no end: {text}"))?;
        out += before;
        out += &plain(&look_up(path, bound)?);
        rest = after;
    }
    Ok((out + rest).into())
}

fn look_up(path: &str, bound: &Bound) -> Result<Json, String> {
    let (name, part) = path.split_once('.').unwrap_or((path, ""));
    let named = bound
        .get(name)
        .ok_or_else(|| format!("nothing is named `{name}`"))?;
    Ok(pick(named, part))
}

/// What a value is within a longer text.
fn plain(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A part of a value: null if it is not there.
pub fn pick(value: &Json, path: &str) -> Json {
    let mut segments = path.split('.').filter(|segment| !segment.is_empty());
    let part = segments.try_fold(value, |value, segment| match value {
        Json::Object(members) => members.get(segment),
        Json::Array(all) => match segment.split_once('=') {
            Some((member, text)) => all
                .iter()
                .find(|element| element.get(member).and_then(Json::as_str) == Some(text)),
            None => all.get(segment.parse::<usize>().ok()?),
        },
        _ => None,
    });
    part.cloned().unwrap_or_default()
}
