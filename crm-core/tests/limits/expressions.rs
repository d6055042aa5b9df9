//! Expressions: in filters, conditions of rules, validation and formulas.

use crm_core::schema::{FieldDef, FieldType, ObjectDef, View};
use crm_core::*;

use proptest::prelude::*;

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
fn what_an_evaluation_holds_is_bounded_by_bytes() {
    let crm = world();
    let long = "x".repeat(5_000);
    for filter in [
        format!("size(numbers.map(x, numbers.map(y, '{long}'))) > 0"),
        format!("numbers.map(x, numbers.map(y, '{long}' + string(y)).size()).size() == 0"),
        "numbers.map(x, story).size() > 0".to_owned(),
        "numbers.map(x, story + string(x)).size() == 0".to_owned(),
        "numbers.map(x, [story, story, story]).size() > 0".to_owned(),
        "numbers.map(x, words + words + words).size() > 0".to_owned(),
        "numbers.map(x, story.split('')).size() > 0".to_owned(),
        "numbers.map(x, numbers.filter(y, y != x)).size() == 0".to_owned(),
        "words.map(x, words.map(y, x + y)).size() > 0".to_owned(),
    ] {
        let what = limit(crm.count("sample", &filter));
        let known = ["bytes of values in an expression", "steps of an expression"];
        assert!(known.contains(&what), "{filter}: {what}");
    }
    // What is made and dropped again is not held.
    for filter in [
        "numbers.all(x, words.map(w, w + 'a').size() == 1000 || x > 200)",
        "numbers.filter(x, story.startsWith('tell') || (story + 'x').size() == 0).size() == 1000",
    ] {
        let counted = crm.count("sample", filter);
        if let Err(error) = counted {
            let what = limit::<()>(Err(error));
            assert_eq!(what, "steps of an expression", "{filter}");
        }
    }
}

#[test]
fn text_costs_by_its_bytes_whatever_is_done_with_it() {
    let crm = world();
    let pairs = |test: &str| format!("numbers.exists(x, numbers.exists(y, {test}))");
    for test in [
        "story != story",
        "story < story",
        "story <= 'zzz' && story > 'zzz'",
        "!has(story)",
        "changed(story) && x < 0",
        "old.story == story && x < 0",
        "story in ['a', 'b']",
        "story in [story + 'a']",
        "story.startsWith('x')",
        "story.endsWith(story + 'x')",
        "'x'.endsWith(story)",
        "'x'.contains(story)",
        "coalesce(story, 'x') == 'x'",
        "min(story, 'a') == 'b'",
        "max(words) == 'b'",
        "words == numbers.map(n, 'b')",
        "'b' in words",
        "words[999] == 'b'",
        "story.trim() == 'b'",
        "story.lower() == 'b'",
        "string(story) == 'b'",
        "int(story) == 1",
        "date(story) == today()",
        "story.size() == 1",
        "story.replace('x', 'y') == 'b'",
        "(x < 0 ? 'a' : story) == 'b'",
    ] {
        let filter = pairs(test);
        assert_eq!(
            limit(crm.count("sample", &filter)),
            "steps of an expression",
            "{filter}"
        );
    }
    // As many nodes as an expression has room for are not one step.
    let wide = pairs(&vec!["x + y < -1"; 600].join(" || "));
    assert_eq!(limit(crm.count("sample", &wide)), "steps of an expression");
}

/// Followed records are read again for each time.
#[test]
fn a_followed_record_costs_by_its_bytes() {
    let (crm, _) = crm();
    let object = ObjectDef::custom("sample", "samples")
        .with(FieldDef::new(1, "numbers", FieldType::Integer).many())
        .with(FieldDef::new(2, "company", FieldType::Reference).targets(&["company"]));
    crm.add_object(object).unwrap();
    let company = crm
        .create(
            Company::draft()
                .name("Acme")
                .description("tell ".repeat(200_000)),
        )
        .unwrap();
    let fields = Fields::new()
        .with(
            "numbers",
            Value::List((0..1_000).map(Value::from).collect()),
        )
        .with("company", company.reference());
    crm.create_record("sample", fields).unwrap();
    for test in [
        "company.description == 'x'",
        "company.name == 'x'",
        "has(company.owner)",
    ] {
        let filter = format!("numbers.exists(x, numbers.exists(y, {test}))");
        assert_eq!(
            limit(crm.count("sample", &filter)),
            "steps of an expression",
            "{filter}"
        );
    }
    let held = "numbers.map(x, company.description).size() > 0";
    assert_eq!(
        limit(crm.count("sample", held)),
        "bytes of values in an expression"
    );
}

/// Wherever an expression stands: a validation, and with it the writer that has to wait for it, a formula, a rule.
#[test]
fn a_budget_holds_wherever_an_expression_stands() {
    let endless = "numbers.exists(x, numbers.exists(y, story != story))";
    let many = "size(numbers.map(x, numbers.map(y, story))) > 0";
    for expression in [endless, many] {
        let crm = world();
        let sample = crm.find(&Query::of("sample")).unwrap().rows[0].reference();
        let change = |n: i64| crm.update_record(sample, Fields::new().with("n", n));
        let rule = Rule::draft()
            .name("endless")
            .object("sample")
            .trigger(Trigger::Updated)
            .condition(expression)
            .actions(r#"[{"do": "set", "fields": {"n": 12}}]"#);
        let rule = crm.create(rule).unwrap();
        // A rule that fails is recorded, and the change is made.
        change(8).unwrap();
        assert_eq!(crm.count("rule_run", "failed").unwrap(), 1, "{expression}");
        crm.delete(rule.reference()).unwrap();

        let field = FieldDef::new(5, "shown", FieldType::Boolean).formula(expression);
        limit(crm.add_field("sample", field).and_then(|_| change(9)));

        let validation = ValidationRule::draft()
            .name("endless")
            .object("sample")
            .condition(expression)
            .message("no");
        let crm = world();
        let sample = crm.find(&Query::of("sample")).unwrap().rows[0].reference();
        crm.create(validation).unwrap();
        limit(crm.update_record(sample, Fields::new().with("n", 10)));
        // Of an object that it is not about nothing is refused.
        crm.create(Company::draft().name("Acme")).unwrap();
    }
}

#[test]
fn constants_are_within_a_budget() {
    let crm = world();
    let thousands = format!(
        "'{}'.replace('a', '{}')",
        "a".repeat(200),
        "b".repeat(5_000)
    );
    let lists = format!("[{}].size() == 0", vec!["'a'.replace('a', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb').replace('b', 'cccccccccccccccccccccccccccccccc').replace('c', 'dddddddddddddddddddddddddddddddd').replace('d', 'eeeeeeeeeeeeeeeeeeeeeeeeeeeeee')"; 50].join(", "));
    for filter in [format!("story == {thousands}"), lists] {
        answered(crm.count("sample", &filter));
    }
}

/// An expression over a record of long lists and texts, of any shape.
fn any_expression() -> impl Strategy<Value = String> {
    let list = prop_oneof![Just("numbers".to_owned()), Just("words".to_owned())];
    let text = prop_oneof![
        Just("story".to_owned()),
        Just("'a text'".to_owned()),
        Just("words[999]".to_owned()),
        Just("string(n)".to_owned()),
    ];
    // (a condition, a list of anything, a text), made of smaller ones.
    let leaf = (Just("n > 0".to_owned()), list, text);
    leaf.prop_recursive(5, 40, 3, |inner| {
        let three = (inner.clone(), inner.clone(), inner);
        (three, 0..8_u8, 0..6_u8, 0..7_u8).prop_map(|((a, b, c), test, list, text)| {
            let test = match test {
                0 => format!("{}.exists(x, {})", b.1, a.0),
                1 => format!("{}.all(x, {} || {})", a.1, b.0, c.0),
                2 => format!("{} == {}", a.2, b.2),
                3 => format!("{} < {}", a.2, b.2),
                4 => format!("{}.size() > {}.size()", a.1, b.2),
                5 => format!("{}.contains({}) && !({})", a.2, b.2, c.0),
                6 => format!("like({}, 'tall') || {}", a.2, b.0),
                _ => format!(r"{}.matches('t[a-z]+ \\w+x')", a.2),
            };
            let list = match list {
                0 => format!("{}.map(x, {})", a.1, b.2),
                1 => format!("{}.map(x, {})", a.1, b.1),
                2 => format!("{}.filter(x, {})", b.1, c.0),
                3 => format!("{}.split(' ')", b.2),
                4 => format!("[{}, {}]", a.2, c.2),
                _ => b.1.clone(),
            };
            let text = match text {
                0 => format!("({} + {})", a.2, b.2),
                1 => format!("{}.upper()", c.2),
                2 => format!("{}.replace('t', {})", a.2, b.2),
                3 => format!("({} ? {} : {})", a.0, b.2, c.2),
                4 => format!("coalesce({}, {})", b.2, c.2),
                _ => c.2.clone(),
            };
            (test, list, text)
        })
    })
    .prop_map(|(test, list, text)| format!("({test}) || {list}.size() == 0 || {text} == 'x'"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Whatever it is made of, it ends, within memory that the allocator counts.
    #[test]
    fn no_expression_takes_more_than_its_budget(filters in prop::collection::vec(any_expression(), 5)) {
        let crm = world();
        for filter in filters {
            let before = super::memory::mark();
            answered(crm.count("sample", &filter));
            let most = super::memory::most_since(before);
            let max = 3 * limits::EXPRESSION_BYTES_MAX;
            prop_assert!(most <= max, "{} bytes for {}", most, filter);
        }
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

/// They are compiled when a record is tested, and so many that they fit.
#[test]
fn patterns_are_bounded_in_an_expression_and_in_a_database() {
    let crm = world();
    let many: Vec<String> = (0..300)
        .map(|n| format!(r"story.matches('\\w{{18}}N{n}')"))
        .collect();
    assert_eq!(
        limit(crm.count("sample", &many.join(" || "))),
        "bytes of the compiled patterns of an expression"
    );
    let rule = |n: usize, pattern: &str| {
        Rule::draft()
            .name(format!("rule {n}"))
            .object("company")
            .trigger(Trigger::Created)
            .condition(format!("name.matches('{pattern}')"))
            .actions(r#"[{"do": "add_tag", "tag": "x"}]"#)
    };
    let before = super::memory::mark();
    let refused = (0..100).find_map(|n| crm.create(rule(n, r"\\w{15}N")).err());
    assert_eq!(
        limit::<()>(Err(refused.unwrap())),
        "bytes of the compiled patterns of a database"
    );
    // None of them was needed yet.
    assert!(super::memory::most_since(before) < 32 << 20);
    let rules = crm.list::<Rule>(Query::default().limit(1_000)).unwrap();
    let record = |rule: &View<Rule>| rule.reference();
    let deletions = rules.rows.iter().map(record);
    let deletions: Vec<_> = deletions.map(|record| Change::Delete { record }).collect();
    crm.batch(&deletions, None).unwrap();
    for n in 200..500 {
        crm.create(rule(n, &format!("^[a-z]{{3}}N{n}$"))).unwrap();
    }
    crm.create(Company::draft().name("abcN300")).unwrap();
    assert_eq!(crm.count("tag", "name == 'x'").unwrap(), 1);
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
