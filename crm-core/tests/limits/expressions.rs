//! Expressions: in filters, conditions of rules, validation and formulas.

use crm_core::schema::{FieldDef, FieldType, ObjectDef};
use crm_core::*;

use super::common::crm;
use super::{answered, limit, refused};

/// A database with a record that has a thousand numbers and texts, and one of the longest.
fn world() -> Crm {
    let (crm, _) = crm();
    let object = ObjectDef::custom("sample", "samples")
        .with(FieldDef::new(1, "numbers", FieldType::Integer).many())
        .with(FieldDef::new(2, "words", FieldType::Text).many())
        .with(FieldDef::new(3, "story", FieldType::LongText))
        .with(FieldDef::new(4, "n", FieldType::Integer));
    crm.add_object(object).unwrap();
    let numbers = (0..1_000).map(Value::from).collect();
    let words = (0..1_000)
        .map(|n| Value::from(format!("word {n}")))
        .collect();
    let fields = Fields::new()
        .with("numbers", Value::List(numbers))
        .with("words", Value::List(words))
        .with("story", "tell ".repeat(200_000))
        .with("n", 7);
    crm.create_record("sample", fields).unwrap();
    crm
}

#[test]
fn what_is_long_or_deep_is_refused_before_it_is_evaluated() {
    let crm = world();
    let count = |filter: &str| crm.count("sample", filter);
    assert_eq!(
        limit(count(&format!("n == {}", "1".repeat(10_001)))),
        "characters of an expression"
    );
    let macros = |depth: usize| {
        let open: String = (0..depth)
            .map(|n| format!("numbers.exists(a{n}, "))
            .collect();
        format!("{open}true{}", ")".repeat(depth))
    };
    for deep in [
        format!("{}n{} == 7", "(".repeat(4_000), ")".repeat(4_000)),
        format!("{}true", "!".repeat(9_000)),
        format!("{}n == 7", "-".repeat(9_000)),
        format!("{}n{} == null", "[".repeat(4_000), "]".repeat(4_000)),
        format!("{}1 == 1", "n > 0 ? 1 : ".repeat(700)),
        format!("{}true{}", "n > 0 ? (".repeat(500), ") : false".repeat(500)),
        format!("n{} == 7", " + 1".repeat(2_400)),
        format!("n{} == 7", " * 1".repeat(2_400)),
        format!("story{} == 'x'", ".lower()".repeat(1_200)),
        format!("n{} == null", ".n".repeat(4_900)),
        format!("numbers{} == 1", "[0]".repeat(3_300)),
        format!("{}story{} == ''", "lower(".repeat(1_400), ")".repeat(1_400)),
        macros(400),
    ] {
        answered(count(&deep));
    }
    // Wide is not deep.
    for wide in [
        format!("n == 7{}", " && n == 7".repeat(900)),
        format!("n == 7{}", " || n == 8".repeat(900)),
        format!("n in [7{}]", ", 8".repeat(3_000)),
        format!("coalesce(n{}) == 7", ", 8".repeat(3_000)),
    ] {
        assert_eq!(count(&wide).unwrap(), 1);
    }
}

#[test]
fn evaluation_is_bounded_by_steps_and_not_by_patience() {
    let crm = world();
    let nested = |name: &str| {
        format!("numbers.{name}(a, numbers.{name}(b, numbers.{name}(c, a + b + c == -1)))")
    };
    for filter in [
        nested("exists"),
        nested("exists_one"),
        "numbers.exists(a, numbers.map(b, numbers.filter(c, a + b == c).size()).size() == 0)"
            .to_owned(),
        "numbers.filter(a, numbers.filter(b, numbers.filter(c, c > a).size() > 0).size() > 0).size() > 0"
            .to_owned(),
        "numbers.all(a, numbers.all(b, numbers.all(c, c >= 0)))".to_owned(),
        "numbers.exists(a, story.contains('never told'))".to_owned(),
        "numbers.exists(a, story.matches('(tell )*x$'))".to_owned(),
        "numbers.exists(a, like(story, 'never told'))".to_owned(),
        "numbers.exists(a, story.split(' ').size() == 0)".to_owned(),
        "numbers.map(a, story.upper()).size() == 0".to_owned(),
        "numbers.map(a, story + string(a)).size() == 0".to_owned(),
        "words.exists(a, words.map(b, a + b).size() == 0)".to_owned(),
    ] {
        assert_eq!(
            limit(crm.count("sample", &filter)),
            "steps of an expression",
            "{filter}"
        );
    }
}

#[test]
fn texts_do_not_grow_beyond_what_a_field_holds() {
    let crm = world();
    for filter in [
        "(story + story).size() > 0",
        "story.replace('t', 'a longer word than before').size() > 0",
        "story.replace('', story).size() > 0",
        "words.map(w, story.replace('tell', 'telling once more')).size() > 0",
    ] {
        let what = limit(crm.count("sample", filter));
        let known = ["bytes of a text in an expression", "steps of an expression"];
        assert!(known.contains(&what), "{filter}: {what}");
    }
}

#[test]
fn patterns_are_bounded_in_length_and_in_what_they_compile_to() {
    let crm = world();
    let count = |pattern: &str| crm.count("sample", &format!("story.matches('{pattern}')"));
    assert_eq!(
        limit(count(&"a".repeat(1_025))),
        "characters of a regular expression"
    );
    for pattern in [
        "(a{1000}){1000}",
        "((a{100}){100}){100}",
        r"(\\pL{500}){500}",
    ] {
        assert_eq!(
            refused(count(pattern)).code(),
            Code::Expression,
            "{pattern}"
        );
    }
    let nested = format!("{}a{}", "(".repeat(500), ")".repeat(500));
    answered(count(&nested));
    // What hangs an engine that goes back and tries again.
    assert_eq!(count("(t*)*(t*)*(t*)*x$").unwrap(), 0);
}

#[test]
fn references_are_followed_so_far() {
    let (crm, _) = crm();
    let path = |steps: usize| format!("{}name == 'x'", "parent.".repeat(steps));
    assert_eq!(crm.count("company", &path(4)).unwrap(), 0);
    let error = refused(crm.count("company", &path(5)));
    assert_eq!(error.code(), Code::Expression, "{error}");
    answered(crm.count("company", &path(1_000)));
}
