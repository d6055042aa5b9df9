//! All operations as one JSON document: what services over HTTP, tools for assistants and documentation are made from.

use serde_json::{Map, Value as Json, json};

use super::{
    Access, ChoiceDef, Duty, MemberDef, Of, Operation, Shape, StructureDef, Terms, digest, types,
};

/// The operations with their documentation, arguments, results and terms, and the structures and choices that they
/// name. Documentation is that of the declarations, without what is Rust's alone.
pub fn page() -> Json {
    let (structures, choices) = types();
    json!({
        "digest": digest(),
        "operations": Operation::all().iter().map(|of| of.to_json()).collect::<Json>(),
        "structures": structures.into_iter().map(structure).collect::<Json>(),
        "choices": choices.into_iter().map(choice).collect::<Json>(),
    })
}

impl Operation {
    /// Its documentation in one paragraph, without how it fails and without examples.
    pub fn about(&self) -> String {
        let said = self.doc.split("# Errors").next().unwrap_or_default();
        paragraph(&without_examples(said))
    }

    /// How it fails, in a sentence that goes on behind `Fails with`. Errors have their names of Rust, between backticks.
    pub fn failures(&self) -> String {
        let said = self.doc.split("# Errors").nth(1).unwrap_or_default();
        paragraph(&without_examples(said))
    }

    /// All that is declared of it.
    pub fn to_json(&self) -> Json {
        let errors = self.errors().into_iter().map(|code| code.name());
        json!({
            "number": self.number,
            "name": self.full_name(),
            "subject": self.subject.map(|subject| subject.name),
            "doc": self.about(),
            "failures": self.failures(),
            "errors": errors.collect::<Json>(),
            "terms": terms(&self.terms),
            "follows": self.follows,
            "arguments": members(self.arguments),
            "result": shape(self.result),
        })
    }
}

/// What stands between fences is Rust.
fn without_examples(doc: &str) -> String {
    doc.split("```").step_by(2).collect()
}

fn paragraph(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn terms(terms: &Terms) -> Json {
    json!({
        "effect": terms.effect.name(),
        "undo": terms.undo.name(),
        "autonomy": terms.autonomy.name(),
        "duty": match terms.duty {
            Duty::Records(accesses) => json!({"records": accesses.iter().map(access).collect::<Json>()}),
            Duty::Administer(what) => json!({"administer": what.name()}),
        },
    })
}

fn access(access: &Access) -> Json {
    let (how, of) = match access {
        Access::Read(of) => ("read", of),
        Access::Write(of) => ("write", of),
    };
    match of {
        Of::Object(object) => json!({"access": how, "object": object}),
        Of::Argument(argument) => json!({"access": how, "argument": argument}),
    }
}

fn members(members: &[MemberDef]) -> Json {
    let member = |member: &MemberDef| {
        json!({
            "number": member.number,
            "name": member.name,
            "doc": paragraph(member.doc),
            "shape": shape(member.shape),
            "default": member.default.map(|text| default(member.shape, text)),
            "by_name": member.by_name,
        })
    };
    members.iter().map(member).collect()
}

/// A default as JSON has it: the name of a choice, or what Rust and JSON write alike.
fn default(shape: &Shape, text: &str) -> Json {
    match shape.required() {
        Shape::Choice(of) => {
            let choice = of()
                .choices
                .iter()
                .find(|choice| text.ends_with(choice.variant));
            choice.map_or(Json::Null, |choice| choice.name.into())
        }
        _ => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
    }
}

fn structure(of: &StructureDef) -> Json {
    json!({
        "number": of.number,
        "name": of.name,
        "doc": paragraph(of.doc),
        "members": members(of.members),
    })
}

fn choice(of: &ChoiceDef) -> Json {
    let choices = of
        .choices
        .iter()
        .map(|choice| json!({"name": choice.name, "doc": paragraph(choice.doc)}));
    json!({
        "number": of.number,
        "name": of.name,
        "doc": paragraph(of.doc),
        "choices": choices.collect::<Json>(),
    })
}

fn shape(of: &Shape) -> Json {
    let mut json = Map::new();
    let (kind, more) = match of {
        Shape::Ref(objects) => ("ref", Some(("objects", json!(objects)))),
        Shape::Draft(object) => ("draft", Some(("object", json!(object)))),
        Shape::Optional(of) => ("optional", Some(("of", shape(of)))),
        Shape::List(of) => ("list", Some(("of", shape(of)))),
        Shape::Structure(of) => ("structure", Some(("name", json!(of().name)))),
        Shape::Choice(of) => ("choice", Some(("name", json!(of().name)))),
        plain => return json!({"type": plain.to_string()}),
    };
    json.insert("type".to_owned(), kind.into());
    json.extend(more.map(|(name, value)| (name.to_owned(), value)));
    Json::Object(json)
}
