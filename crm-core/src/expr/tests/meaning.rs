//! What expressions mean, as pairs of expression and value.

use super::*;

#[test]
fn names() {
    check(
        &full(),
        &[
            ("name", "José's 100 Straßen"),
            ("person.family", "García"),
            ("address.city + \", \" + address.postal_code", "York, YO1"),
            ("address.region", "null"),
            ("has(address.region)", "false"),
            ("stage.name", "Offer"),
            ("company.owner.manager.name", "Ann"),
            ("company.owner.name + \" \" + created_by.name", "Bob Bob"),
            ("me.name", "Ann"),
            ("actor == owner", "true"),
            ("either.name", "Acme"),
            ("anything.id", "null"),
            ("old.status", "open"),
            ("old.stage.name", "Lead"),
            ("old.person.given", "José"),
            ("changed(status)", "true"),
            ("changed(name)", "false"),
            ("is_new", "false"),
            ("now == now()", "true"),
            ("now", "2024-03-10T23:30:00Z"),
            // In Berlin it is past midnight.
            ("today()", "2024-03-11"),
            ("amount.amount", "1500"),
            ("amount.currency == \"EUR\"", "true"),
        ],
    );
}

#[test]
fn missing_values() {
    check(
        &empty(),
        &[
            ("n == null", "true"),
            ("null != n", "false"),
            ("has(n)", "false"),
            ("!has(n)", "true"),
            ("n == 5", "false"),
            ("n != 5", "true"),
            ("n < 5", "false"),
            ("n >= 5", "false"),
            ("n in [5, null]", "false"),
            ("name.contains(\"\")", "false"),
            ("!name.contains(\"a\")", "true"),
            ("like(name, \"\")", "false"),
            ("name.matches(\"\")", "false"),
            ("!active", "true"),
            ("active && true", "false"),
            ("active || true", "true"),
            ("active ? 1 : 2", "2"),
            ("n + 1", "null"),
            ("1 / n", "null"),
            ("-n", "null"),
            ("amount + money(1, \"EUR\")", "null"),
            ("amount * 2", "null"),
            ("close_date + days(1)", "null"),
            ("name + \"a\"", "null"),
            ("lower(name)", "null"),
            ("string(n)", "null"),
            ("size(name) + size(labels)", "0"),
            ("labels.all(l, l == \"a\")", "true"),
            ("labels.exists(l, l == \"a\")", "false"),
            ("\"a\" in labels", "false"),
            ("labels.map(l, l)", ""),
            ("labels[0]", "null"),
            ("min(n, 3, 5) + max(n, 3)", "6"),
            ("max(n, n)", "null"),
            ("coalesce(n, 4)", "4"),
            ("coalesce(name, status)", "null"),
            ("stage.name == null && owner.manager.name == null", "true"),
            ("person.family == null", "true"),
            ("amount.currency == \"EUR\"", "false"),
            ("year(close_date)", "null"),
            ("owner == me", "false"),
            ("is_new && !changed(name)", "true"),
            ("null == null", "true"),
            ("null in [1]", "false"),
            ("null && true", "false"),
        ],
    );
}

#[test]
fn numbers() {
    check(
        &full(),
        &[
            ("7 / 2", "3"),
            ("-7 / 2", "-3"),
            ("7 / 2.0", "3.5"),
            ("n % 4 + n * 2 - 1", "16"),
            ("n == 7.0 && d > 2 && d < n", "true"),
            ("0.1 + 0.2 == 0.3", "true"),
            (
                "1234567890.123456789012345678",
                "1234567890.123456789012345678",
            ),
            ("- 1.50", "-1.5"),
            ("1e3 + .5 + 1.5e-3", "1000.5015"),
            ("0x10 + 5u", "21"),
            ("n / 0", "null"),
            ("n % 0", "null"),
            ("d / 0.0", "null"),
            ("probability / 100 * n", "2.8"),
            ("round(2.5) + round(2.345, 2)", "5.35"),
            ("abs(-3) + abs(-2.5)", "5.5"),
            ("min(3, 1, 2)", "1"),
            ("max([1, 2.5])", "2.5"),
            ("int(2.9) + int(\"40\")", "42"),
            ("decimal(\"2.50\") == double(2.5)", "true"),
            ("int(name)", "null"),
            ("string(d) + string(7)", "2.57"),
            ("active ? 1 : 2.5", "1"),
            (
                "n * 9223372036854775807",
                "`n * 9223372036854775807` is refused: a result is too large for its type",
            ),
            ("true && !false || false", "true"),
            ("--n", "7"),
            ("1 < 2 == true", "true"),
        ],
    );
}

#[test]
fn amounts() {
    check(
        &full(),
        &[
            ("amount > 1000 && 1500.0 == amount", "true"),
            ("amount == money(1500, \"EUR\")", "true"),
            ("amount == money(1500, \"USD\")", "false"),
            ("amount != money(1500, \"USD\")", "true"),
            ("amount < money(9999, \"USD\")", "false"),
            ("amount >= money(1, \"EUR\")", "true"),
            ("amount * probability / 100", "600.00 EUR"),
            ("amount / 7", "214.29 EUR"),
            ("0.5 * amount", "750.00 EUR"),
            ("amount / 0", "null"),
            ("amount / money(300, \"EUR\")", "5"),
            ("amount / money(300, \"USD\")", "null"),
            ("amount + money(0.5, \"EUR\")", "1500.50 EUR"),
            ("amount - money(1, \"USD\")", "null"),
            ("-amount", "-1500.00 EUR"),
            ("abs(-amount)", "1500.00 EUR"),
            ("round(amount / 7)", "214.00 EUR"),
            ("money(1.005, \"jpy\")", "1 JPY"),
            ("max(amount, money(1, \"EUR\"))", "1500.00 EUR"),
        ],
    );
}

#[test]
fn text() {
    check(
        &full(),
        &[
            (
                "name.contains(\"100\") && !contains(name, \"jose\")",
                "true",
            ),
            ("name.startsWith(\"José\") && name.endsWith(\"n\")", "true"),
            ("like(name, \"JOSE\") && name.like(\"strasse\")", "true"),
            ("like(person, \"garcia\")", "true"),
            ("like(name, person.given)", "true"),
            ("name.matches(\"[0-9]{3}\")", "true"),
            ("lower(\"ÀB\") + upper(\"ß\") + trim(\" x \")", "àbSSx"),
            ("\"a-b-a\".replace(\"a\", \"xy\")", "xy-b-xy"),
            ("size(\"a,b,,c\".split(\",\"))", "4"),
            ("size(\"né\")", "2"),
            ("\"apple\" < \"Banana\" && \"é\" < \"f\"", "true"),
            ("'''it's''' + r\"\\d\"", "it's\\d"),
            ("status == \"won\" && source == \"fair\"", "false"),
            ("status in [\"won\", \"lost\"]", "true"),
        ],
    );
}

#[test]
fn dates() {
    check(
        &full(),
        &[
            (
                "close_date == \"2024-03-12\" && \"2024-03-13\" > close_date",
                "true",
            ),
            ("close_date < date(\"2024-04-01\")", "true"),
            ("close_date - today()", "PT24H"),
            ("close_date - today() == days(1)", "true"),
            ("close_date + days(20)", "2024-04-01"),
            ("close_date - duration(\"P2W\")", "2024-02-27"),
            (
                "year(close_date) * 10000 + close_date.month() * 100 + day(close_date)",
                "20240312",
            ),
            ("weekday(close_date)", "2"),
            ("close_date > now", "true"),
            ("today() < now", "true"),
            ("timestamp(close_date)", "2024-03-11T23:00:00Z"),
            ("date(at)", "2024-03-10"),
            ("date(at) == \"2024-03-10\"", "true"),
            ("day(at)", "10"),
            (
                "born == \"--02-29\" && month(born) == 2 && year(born) == null",
                "true",
            ),
            ("born < \"2024-01-01\" || born >= \"2024-01-01\"", "false"),
            ("born != close_date && date(born) == null", "true"),
            ("at < \"2024-03-10T00:30:16+01:00\"", "true"),
            (
                "at > \"2024-03-10T00:30:15\" && at >= \"2024-03-10\"",
                "true",
            ),
            ("at - timestamp(\"2024-03-09T23:30:00Z\")", "PT15.25S"),
            ("at + hours(1) == at + minutes(60)", "true"),
            ("now - at < duration(\"1h30m\")", "false"),
            ("at.getFullYear() + at.getMonth()", "2026"),
            ("at.getDate() * 100 + at.getDayOfMonth()", "908"),
            ("at.getDayOfWeek() * 1000 + at.getDayOfYear()", "6068"),
            ("at.getHours() * 100 + at.getMinutes()", "2330"),
            ("getHours(at, \"Europe/Berlin\")", "0"),
            ("at.getSeconds() * 1000 + at.getMilliseconds()", "15250"),
            ("length == \"P1DT12H\" && length > \"35h\"", "true"),
            ("length.getHours() + length.getMinutes()", "2196"),
            ("length * 2 / 3 - hours(1)", "PT23H"),
            ("duration(\"1.5s\") == duration(\"1500ms\")", "true"),
            ("duration(name)", "null"),
            (
                "date(at + days(2914000))",
                "`date(at + days(2914000))` is refused: a result is too large for its type",
            ),
            ("date(timestamp(\"9999-12-31T23:59:59Z\"))", "+10000-01-01"),
            ("-length", "-PT36H"),
            (
                "close_date + days(999999999)",
                "`close_date + days(999999999)` is refused: a result is too large for its type",
            ),
        ],
    );
}

#[test]
fn references_and_lists() {
    let owner = format!("owner == \"{}\"", id(11));
    let upper = format!("id == \"{}\"", id(51).to_string().to_uppercase());
    let tag = format!("\"{}\" in tags", id(42));
    check(
        &full(),
        &[
            (owner.as_str(), "true"),
            (upper.as_str(), "true"),
            (tag.as_str(), "true"),
            ("owner == me && owner != company.owner", "true"),
            ("owner in [me, created_by]", "true"),
            ("anything in tags", "true"),
            ("\"open\" in kinds && !(\"won\" in kinds)", "true"),
            ("tags.exists(t, t.name == \"vip\")", "true"),
            ("tags.all(t, t.name == \"vip\")", "false"),
            ("tags.exists_one(t, t.name == \"vip\")", "true"),
            ("tags.existsOne(t, has(t.name))", "false"),
            ("tags.map(t, t.name)", "vip; new"),
            ("tags.map(t, t.name != \"vip\", t.name)", "new"),
            ("labels.filter(l, l > \"a\")", "b"),
            ("size(tags) + tags.size() + size([1, 2])", "6"),
            ("labels[1] + labels[0]", "ab"),
            ("labels[2]", "null"),
            ("labels[-1]", "null"),
            ("tags[0].name", "vip"),
            ("labels == [\"b\", \"a\"]", "true"),
            ("labels + [\"c\"]", "b; a; c"),
            ("min(labels)", "a"),
            (
                "labels.exists(a, kinds.exists(b, size(a) < size(b) && a == labels[0]))",
                "true",
            ),
            ("[1, 2.5].map(x, x * 2)", "2; 5"),
            ("1 in [] || size([]) == 1", "false"),
            ("(active ? owner : created_by) == me", "true"),
            ("coalesce(owner, owner).name", "Ann"),
        ],
    );
}

#[test]
fn what_is_read_is_known() {
    let expr = compile("changed(status) && stage.order > n && tags.exists(t, t.name == old.name)")
        .unwrap();
    assert_eq!(expr.reads(), [f::NAME, f::STAGE, f::N, f::STATUS, f::TAGS]);
    let follows: Vec<_> = expr.follows().iter().map(|f| (f.object, f.field)).collect();
    assert_eq!(follows, [(STAGE, 2), (TAG, 1)]);
}

#[test]
fn results_fit_fields() {
    let fits = |text: &str, ty, many: bool| {
        let mut field = FieldDef::new(9, "result", ty);
        field.many = many;
        compile(text).unwrap().result_type().fits(&field).is_ok()
    };
    assert!(fits("n + 1", T::Percent, false));
    assert!(fits("null", T::Date, false));
    assert!(fits("labels", T::Text, true));
    assert!(fits("person.given", T::LongText, false));
    assert!(!fits("d", T::Integer, false));
    assert!(!fits("labels", T::Text, false));
    assert!(!fits("close_date", T::DateTime, false));
}

#[test]
fn loops_are_bounded() {
    let mut world = empty();
    world
        .record
        .insert(f::LABELS, vec![Value::from("a"); 1000].into());
    let text = "labels.all(a, labels.all(b, labels.all(c, a == b && b == c)))";
    let error = compile(text).unwrap().matches(&world).unwrap_err();
    assert!(matches!(error.detail(), Detail::Limit { .. }), "{error}");
    let long = Value::from("a".repeat(100_000));
    world.record.insert(f::NAME, long);
    let error = compile("name.replace(\"a\", name)")
        .unwrap()
        .eval(&world)
        .unwrap_err();
    assert!(matches!(error.detail(), Detail::Limit { .. }), "{error}");
}
