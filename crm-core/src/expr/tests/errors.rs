//! What is refused, where, and in which words.

use proptest::prelude::*;

use super::*;

#[test]
fn faults_have_a_position_and_a_reason() {
    let cases = [
        (
            "nmae == \"x\"",
            "1:1 `deal` has no field `nmae`; did you mean `name`?",
        ),
        (
            "true &&\n  stage.nam == \"x\"",
            "2:9 `stage` has no field `nam`; did you mean `name`?",
        ),
        (
            "\"é\" == naem",
            "1:8 `deal` has no field `naem`; did you mean `name`?",
        ),
        (
            "old.stat == \"won\"",
            "1:5 `deal` has no field `stat`; did you mean `status`?",
        ),
        (
            "amount > \"x\"",
            "1:8 `amount` is money and cannot be compared with text",
        ),
        (
            "n == \"5\"",
            "1:3 `n` is a whole number and cannot be compared with text",
        ),
        (
            "n < null",
            "1:3 `n` is a whole number and cannot be ordered against null",
        ),
        (
            "owner < me",
            "1:7 `owner` is a reference and cannot be ordered against a reference",
        ),
        (
            "status == \"wonn\"",
            "1:11 `status` has no choice `wonn`; did you mean `won`?",
        ),
        (
            "status in [\"open\", \"x\"]",
            "1:20 `status` has no choice `x`; it has `open`, `won`, `lost`",
        ),
        (
            "\"x\" in kinds",
            "1:1 `kinds` has no choice `x`; it has `open`, `won`, `lost`",
        ),
        (
            "close_date < \"01/02/2024\"",
            "1:14 `01/02/2024` is not a date, such as `2024-01-31`",
        ),
        (
            "at < \"yesterday\"",
            "1:6 `yesterday` is not a date-time, such as `2024-01-31T12:00:00Z`",
        ),
        (
            "born == \"May\"",
            "1:9 `May` is not a partial date, such as `1980-05-17` or `--05-17`",
        ),
        (
            "length > \"soon\"",
            "1:10 `soon` is not a duration, such as `36h` or `P7D`",
        ),
        (
            "owner == \"Ann\"",
            "1:10 `Ann` is not an id, such as `01890a5d-ac96-774b-bcce-b302099a8057`",
        ),
        ("name", "1:1 a filter must be true or false; this is text"),
        (
            "name && active",
            "1:1 `name` is text, and must be true or false; compare it, as in `… != null`",
        ),
        (
            "name + 1 == \"\"",
            "1:6 `1` is a whole number and cannot be added to text",
        ),
        (
            "close_date * 2 == n",
            "1:12 `2` is a whole number and cannot be a factor of a date",
        ),
        ("-name == \"\"", "1:1 `name` is text and has no sign"),
        (
            "name in \"abc\"",
            "1:9 `abc` is text, and `in` needs a list; for text use `contains`",
        ),
        (
            "n in labels",
            "1:3 `n` is a whole number and cannot be in a list of text",
        ),
        (
            "tags.name == \"vip\"",
            "1:6 `tags` is a list of references: use `exists`, `all`, `filter` or `map` on its elements",
        ),
        (
            "name.first == \"x\"",
            "1:6 `name` is text, which has no `first`",
        ),
        (
            "person.familly == \"x\"",
            "1:8 `person` has no part `familly`; did you mean `family`?",
        ),
        (
            "amount.code == \"EUR\"",
            "1:8 money has `amount` and `currency`",
        ),
        (
            "anything.name == \"x\"",
            "1:10 `anything` is a reference to a record of any object, of which only `id`, `created_at` and the other system fields are known",
        ),
        (
            "either.email == \"x\"",
            "1:8 `email` has different types in the objects referred to",
        ),
        (
            "either.zip == \"x\"",
            "1:8 none of `user`, `company` has a field `zip`",
        ),
        (
            "me.manager.manager.manager.manager.name == \"\"",
            "1:36 more than 4 references in a row",
        ),
        (
            "name.contain(\"x\")",
            "1:6 there is no function `contain`; did you mean `contains`?",
        ),
        ("Exists(n)", "1:1 there is no function `Exists`"),
        ("has(n, d)", "1:1 `has` takes other arguments"),
        (
            "startsWith() && active",
            "1:1 `startsWith` takes other arguments",
        ),
        (
            "lower(n) == \"\"",
            "1:1 `lower` does not take a whole number",
        ),
        (
            "name.matches(\"(\")",
            "1:14 the pattern is refused: error: unclosed group",
        ),
        (
            "name.matches(name)",
            "1:14 the pattern must be a text that is written out",
        ),
        ("date(\"x\") == today()", "1:1 this text is not a date"),
        (
            "money(1, \"EURO\") > 1",
            "1:10 `EURO` is not the ISO 4217 code of a currency, such as `EUR`",
        ),
        (
            "getHours(at, \"Berlin\") > 1",
            "1:14 `Berlin` is not a time zone, such as `Europe/Berlin`",
        ),
        (
            "(active ? 1 : \"a\") == 1",
            "1:15 `a` is text and the value before it is a whole number",
        ),
        ("{\"a\": 1} == null", "1:1 there are no maps, only lists"),
        ("b\"a\" == null", "1:1 there are no byte strings"),
        (
            "0.12345678901234567890123456789012 > d",
            "1:1 a number has up to 28 digits, those after the point included",
        ),
        (
            "9223372036854775807 + 1 > n",
            "`9223372036854775807 + 1 > n` is refused: a result is too large for its type",
        ),
        ("n == 5 &", "1:8 unexpected single '&', expected '&&'"),
        ("n == é", "1:6 `é` is no part of an expression"),
        ("(n == 5", "1:8 expected ')'"),
        ("", "1:1 the expression ends where a value is missing"),
        (
            "n == 5 7",
            "1:8 `7` does not belong here; conditions are joined by `&&` or `||`",
        ),
        (
            "tags.exists(1, true)",
            "1:13 the variable must be a plain name",
        ),
        ("changed(n + 1)", "1:11 this must be a field of the record"),
        (
            "old == null",
            "1:1 `old` is the record before the change: write `old.` and a field",
        ),
    ];
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(text, expected)| {
            let found = fault(text);
            (found != *expected).then(|| format!("{text}\n  says {found}\n  not  {expected}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_other_languages_write_gets_its_right_form() {
    let cases = [
        ("n = 5", "1:3 `=` is no comparison; write `==`"),
        (
            "name = 'x' and n = 5",
            "1:6 `=` is no comparison; write `==`",
        ),
        ("n === 5", "1:5 two equal signs are enough: `==`, `!=`"),
        ("n <> 5", "1:3 `<>` is written `!=`"),
        ("n == 5 and name == 'x'", "1:8 `and` is written `&&`"),
        ("n == 5 AND name == 'x'", "1:8 `AND` is written `&&`"),
        ("n == 5 or n == 7", "1:8 `or` is written `||`"),
        ("not has(name)", "1:1 `not` is written `!`"),
        ("NOT n == 5", "1:1 `NOT` is written `!`"),
        ("n IS NULL", "1:3 `IS` is written `== null`"),
        ("n is not null", "1:3 `is` is written `!= null`"),
        ("n == NULL", "1:6 `NULL` is written `null`"),
        ("active == True", "1:11 `True` is written `true`"),
        (
            "n between 1 and 9",
            "1:3 `between` is written `a >= 1 && a <= 9`",
        ),
        ("n IN [5]", "1:3 `IN` is written `in [\"a\", \"b\"]`"),
        (
            "n in (5, 7)",
            "1:6 a list stands in square brackets: `in [\"a\", \"b\"]`",
        ),
        (
            "name contains 'x'",
            "1:6 `contains` is written as a call, `email.contains(\"x\")`",
        ),
        (
            "name LIKE '%x%'",
            "1:6 `LIKE` is written `.contains(\"x\")`, `.startsWith(\"x\")`, `.endsWith(\"x\")` or `.matches(\"pattern\")`",
        ),
        (
            "name == 'it''s'",
            "1:13 a quote in a text has a backslash before it, `'it\\'s'`, or the text stands in the other quotes, `\"it's\"`",
        ),
        (
            "SELECT * FROM deal",
            "1:10 `FROM` is SQL; a filter is the condition alone, such as `email != null`",
        ),
        ("n == 5;", "1:7 `;` is no part of an expression"),
    ];
    for (text, expected) in cases {
        assert_eq!(fault(text), expected, "{text}");
    }
    // The same words as names, and what only looks alike.
    assert_eq!(
        fault("n in (5)"),
        "1:7 `5` is a whole number, and `in` needs a list; for text use `contains`"
    );
}

#[test]
fn what_is_too_long_or_too_deep_is_refused() {
    let repeated = |text: &str, times| text.repeat(times);
    for text in [
        repeated("(", 5_000),
        format!("{}n{}", repeated("(", 2_000), repeated(")", 2_000)),
        format!("{}n", repeated("-!", 4_000)),
        format!("{}0", repeated("n + ", 2_000)),
        format!("{}n", repeated("active ? 1 : ", 700)),
        format!("n{}", repeated(".a", 4_000)),
        format!("name{}", repeated(".trim()", 1_000)),
        format!("{}n{}", repeated("[", 3_000), repeated("]", 3_000)),
        repeated("n", 10_001),
    ] {
        let error = compile(&text).unwrap_err();
        assert!(matches!(error.detail(), Detail::Limit { .. }), "{error}");
    }
    // Breadth is not depth, and what is not too deep has room on the stack of a small thread.
    let deep = format!("{}n{} == 7", repeated("abs(", 60), repeated(")", 60));
    let thread = std::thread::Builder::new().stack_size(512 << 10);
    let run = thread.spawn(move || compile(&deep).unwrap().matches(&full()).unwrap());
    assert!(run.unwrap().join().unwrap());
    let wide = format!("{}false", repeated("n == 5 || ", 900));
    assert!(compile(&wide).is_ok());
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,60}") {
        let _ = compile(&text);
    }

    #[test]
    fn no_mixture_of_tokens_panics(tokens in prop::collection::vec(token(), 0..24)) {
        let text = tokens.join(" ");
        for world in [empty(), full()] {
            if let Ok(expr) = compile(&text) {
                let _ = expr.eval(&world);
                let _ = expr.matches(&world);
                let _ = expr.constraints(&world.ambient);
            }
        }
    }
}

fn token() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "name",
        "n",
        "d",
        "amount",
        "close_date",
        "at",
        "born",
        "length",
        "owner",
        "tags",
        "labels",
        "active",
        "person",
        "old",
        "old.n",
        ".name",
        "me",
        "now",
        "today()",
        "null",
        "true",
        "1",
        "0",
        "2.5",
        "\"a\"",
        "\"2024-01-31\"",
        "==",
        "!=",
        "<",
        ">=",
        "in",
        "&&",
        "||",
        "!",
        "-",
        "+",
        "*",
        "/",
        "%",
        "?",
        ":",
        "(",
        ")",
        "[",
        "]",
        ",",
        "{",
        "}",
        "has(",
        "size(",
        "min(",
        "round(",
        "coalesce(",
        ".exists(x,",
        ".map(x,",
        "x",
        ".contains(",
        ".matches(",
        "days(",
        "date(",
        "\n",
    ])
}
