//! What bad input gets: a typed error that names what is at fault, and nothing changes. On memory and on a file.

use crate::common::{assert_sound, on_each_store, pipeline};
use crm_core::schema::{FieldDef, FieldType, ObjectDef};
use crm_core::*;

/// A database with something of everything in it.
struct World {
    crm: Crm,
    acme: Id<Company>,
    ada: Id<Contact>,
    sales: Id<Pipeline>,
}

fn on_each(test: impl Fn(&World)) {
    let (stores, _folder) = on_each_store();
    for (crm, _) in stores {
        let (sales, _) = pipeline(&crm);
        let acme = Company::draft().name("Acme").external_id("A-1");
        let acme = crm.create(acme).unwrap();
        let ada = Contact::draft().name("Ada Lovelace").company(acme);
        let ada = crm.create(ada).unwrap();
        let mut object = ObjectDef::custom("sample", "samples");
        for (at, ty) in FieldType::ALL.iter().enumerate() {
            let mut field = FieldDef::new(at as u16 + 1, &format!("a_{}", ty.name()), *ty);
            if *ty == FieldType::Choice {
                field = field.choices(&[("red", "Red"), ("green", "Green")]);
            }
            object = object.with(field);
        }
        let numbers = FieldDef::new(90, "numbers", FieldType::Integer).many();
        let twice = FieldDef::new(91, "twice", FieldType::Integer).formula("a_integer * 2");
        crm.add_object(object.with(numbers).with(twice)).unwrap();
        test(&World {
            crm,
            acme,
            ada,
            sales,
        });
    }
}

impl World {
    /// The change is refused with this code, these words are in the message, and nothing has changed.
    #[track_caller]
    fn refuses<R: std::fmt::Debug>(
        &self,
        code: Code,
        words: &[&str],
        change: impl FnOnce(&Crm) -> Result<R>,
    ) {
        let state = || {
            let records = [
                self.acme.reference(),
                self.ada.reference(),
                self.sales.reference(),
            ];
            let records = records.map(|record| self.crm.find_record(record).unwrap());
            (
                self.crm.sequence(),
                self.crm.stats().unwrap().records,
                records,
            )
        };
        let before = state();
        let error = change(&self.crm).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        let message = error.to_string();
        for word in words {
            assert!(message.contains(word), "`{word}` is not in: {message}");
        }
        assert!(state() == before, "something changed");
    }

    #[track_caller]
    fn refuses_value(&self, field: &str, value: impl Into<Value>, words: &[&str]) {
        let name = format!("`sample.{field}`");
        let mut all = vec![name.as_str()];
        all.extend(words);
        let fields = Fields::new().with(field, value);
        self.refuses(Code::Invalid, &all, |crm| {
            crm.create_record("sample", fields)
        });
    }
}

#[test]
fn unknown_names_are_refused_with_the_nearest_one() {
    on_each(|world| {
        let acme = world.acme.reference();
        let set = |name: &str| Fields::new().with(name, "x");
        world.refuses(
            Code::UnknownObject,
            &["unknown object `compny`", "did you mean `company`?"],
            |crm| crm.create_record("compny", set("name")),
        );
        world.refuses(Code::UnknownObject, &["unknown object `zzz`"], |crm| {
            crm.create_record("zzz", set("name"))
        });
        world.refuses(
            Code::UnknownField,
            &["`company` has no field `nmae`", "did you mean `name`?"],
            |crm| crm.update_record(acme, set("nmae")),
        );
        world.refuses(
            Code::UnknownField,
            &[
                "`company.address` has no field `cty`",
                "did you mean `city`?",
            ],
            |crm| crm.update_record(acme, set("address.cty")),
        );
        world.refuses(Code::UnknownField, &["#777"], |crm| {
            let mut fields = Fields::new();
            fields.set_number(777, "x".into());
            crm.update_record(acme, fields)
        });
        world.refuses(Code::UnknownObject, &["#999"], |crm| {
            crm.delete(Ref {
                object: 999,
                ..acme
            })
        });
    });
}

#[test]
fn a_value_of_the_wrong_type_is_refused_by_every_type() {
    on_each(|world| {
        let reference = world.acme.reference();
        for ty in FieldType::ALL {
            let field = format!("a_{}", ty.name());
            // A reference to a company is a value that only a reference field takes; that takes no number.
            let (wrong, what): (Value, _) = match ty {
                FieldType::Reference => (7.into(), "a whole number"),
                _ => (reference.into(), "a reference"),
            };
            world.refuses_value(
                &field,
                wrong,
                &[&format!("takes {}, not {what}", ty.name())],
            );
            let list = Value::List(vec!["1".into(), "2".into()]);
            world.refuses_value(&field, list, &["not a list"]);
        }
    });
}

#[test]
fn a_malformed_value_is_refused_with_its_reason() {
    let cases: &[(&str, &str, &str)] = &[
        ("a_email", "ada(at)example.com", "an e-mail address is like"),
        (
            "a_email",
            "a@b.example, c@d.example",
            "an e-mail address is like",
        ),
        ("a_phone", "12", "a phone number is like"),
        ("a_phone", "call me", "a phone number is like"),
        ("a_url", "ftp://example.com", "a web address is like"),
        ("a_url", "https://", "a web address is like"),
        ("a_domain", "no spaces here", ""),
        ("a_date", "2026-02-30", ""),
        ("a_date", "soon", ""),
        ("a_date_time", "2026-03-02T25:00:00Z", ""),
        ("a_partial_date", "--02-31", ""),
        ("a_duration", "a while", ""),
        ("a_integer", "1.5", ""),
        ("a_integer", "99999999999999999999", ""),
        ("a_decimal", "1,2,3", ""),
        ("a_percent", "half", ""),
        ("a_boolean", "perhaps", ""),
        ("a_money", "10.0015 EUR", "decimals"),
        ("a_money", "10.5 JPY", "decimals"),
        ("a_money", "10 XYZ", ""),
        ("a_choice", "gren", "did you mean `green`?"),
        ("a_reference", "0190", "object:id"),
        ("a_reference", "company:0190", ""),
    ];
    on_each(|world| {
        for (field, text, reason) in cases {
            // The part at fault is in the message: the amount without its currency, the id without its object.
            let shown = text.split(' ').next().unwrap().rsplit(':').next().unwrap();
            world.refuses_value(field, *text, &[shown, reason]);
        }
    });
}

#[test]
fn what_is_too_long_is_refused_and_not_cut() {
    on_each(|world| {
        let long = |chars: usize| "ä".repeat(chars);
        world.refuses_value("a_text", long(1_001), &["1001 characters", "at most 1000"]);
        world.refuses_value("a_text", "nul\0", &["NUL"]);
        world.refuses_value(
            "a_long_text",
            long(600_000),
            &["1200000 bytes", "at most 1048576"],
        );
        world.refuses_value(
            "a_person_name",
            Value::Parts(Parts::new(vec![long(1_001)])),
            &["1001"],
        );
        let parts = Parts::new(vec!["x".to_owned(); 9]);
        world.refuses_value("a_address", Value::Parts(parts), &["postal_code"]);
        world.refuses_value("a_email", format!("{}@example.com", "x".repeat(250)), &[]);
        // The message shows the start of the input, not a megabyte of it.
        let fields = Fields::new().with("a_text", long(100_000));
        let error = world.crm.create_record("sample", fields).unwrap_err();
        assert!(error.to_string().len() < 500);

        let numbers = Value::List((0..1_001).map(Value::from).collect());
        world.refuses(
            Code::Limit,
            &["elements of a list field", "1001", "1000"],
            |crm| crm.create_record("sample", Fields::new().with("numbers", numbers)),
        );
        let rename = Change::Update {
            record: world.acme.reference(),
            fields: Fields::new().with("name", "Other"),
            expected: None,
        };
        world.refuses(Code::Limit, &["changes in a batch", "100001"], |crm| {
            crm.batch(&vec![rename; 100_001], None)
        });
        world.refuses(Code::Limit, &["10001", "10000"], |crm| {
            crm.find(&Query::of("company").limit(10_001))
        });
    });
}

#[test]
fn a_broken_expression_is_refused_with_its_place() {
    let cases: &[(&str, u32, u32, &str)] = &[
        ("name ==", 1, 0, ""),
        ("name == 'A' &&\n emplyees > 3", 2, 2, "employees"),
        ("name > 3", 1, 0, ""),
        ("name", 1, 0, "true or false"),
        ("nonsense(name)", 1, 0, "nonsense"),
        ("owner.nme == 'x'", 1, 0, "name"),
    ];
    on_each(|world| {
        for (text, line, column, reason) in cases {
            let query = Query::of("company").filter(text);
            let error = world.crm.find(&query).unwrap_err();
            match error.detail() {
                Detail::Expression {
                    text: of,
                    line: l,
                    column: c,
                    reason: r,
                } => {
                    assert_eq!((of.as_str(), *l), (*text, *line));
                    assert!(*c >= 1 && (*column == 0 || c == column), "{error}");
                    assert!(r.contains(reason), "{error}");
                }
                other => panic!("{text}: {other}"),
            }
            let rule = ValidationRule::draft()
                .name("broken")
                .object("company")
                .condition(*text)
                .message("no");
            world.refuses(Code::Expression, &["line", "column"], |crm| {
                crm.create(rule)
            });
        }
        let too_long = format!("name == '{}'", "x".repeat(10_001));
        let too_deep = format!("{}true{}", "(".repeat(70), ")".repeat(70));
        let too_deep_not = format!("{}(name == 'x')", "!".repeat(70));
        for text in [too_long, too_deep_not] {
            world.refuses(Code::Limit, &["expression"], |crm| {
                crm.count("company", &text)
            });
        }
        // Brackets are no depth of evaluation; whichever way it goes, it must not overflow the stack.
        let _ = world.crm.count("company", &too_deep);
    });
}

#[test]
fn a_duplicate_names_its_holder() {
    on_each(|world| {
        let holder = world.acme.to_string();
        world.refuses(
            Code::Duplicate,
            &["`company.external_id`", "`A-1` is taken by record", &holder],
            |crm| crm.create(Company::draft().name("Bolt").external_id("A-1")),
        );
        let stage = Stage::draft()
            .name("won")
            .pipeline(world.sales)
            .order(9)
            .probability(1);
        world.refuses(
            Code::Duplicate,
            &["`stage.pipeline + name`", "won"],
            |crm| crm.create(stage),
        );
        world.refuses(Code::Duplicate, &["`company.id`", &holder], |crm| {
            crm.change(Change::Create {
                object: "company".to_owned(),
                id: Some(world.acme.any()),
                fields: Fields::new().with("name", "Twin"),
            })
        });
    });
}

#[test]
fn a_stale_version_names_the_fields_and_whose_change() {
    on_each(|world| {
        let read = world.crm.get(world.acme).unwrap();
        let eve = world.crm.create(User::draft().name("Eve")).unwrap();
        let as_eve = world.crm.as_user(eve).unwrap();
        as_eve
            .update(world.acme, Company::draft().name("Evil"))
            .unwrap();
        let words = [
            format!("since version {}", read.version()),
            format!("`name` by {eve} in version {}", world.crm.sequence()),
        ];
        world.refuses(Code::Stale, &[&words[0], &words[1]], |crm| {
            crm.update_from(&read, Company::draft().name("Acme Inc"))
        });
    });
}

#[test]
fn a_reference_must_lead_somewhere() {
    on_each(|world| {
        let crm = &world.crm;
        let gone: Id<Company> = "01900000-0000-7000-8000-000000000000".parse().unwrap();
        let id = gone.to_string();
        world.refuses(
            Code::MissingReference,
            &["`contact.company` refers to company", &id, "does not exist"],
            |crm| crm.update(world.ada, Contact::draft().company(gone)),
        );
        let trashed = crm.create(Company::draft().name("Old")).unwrap();
        crm.delete(trashed.reference()).unwrap();
        world.refuses(Code::MissingReference, &[&trashed.to_string()], |crm| {
            crm.update(world.ada, Contact::draft().company(trashed))
        });
        world.refuses(
            Code::Invalid,
            &["`contact.company`", "refers to company, not to contact"],
            |crm| {
                let fields = Fields::new().with("company", world.ada.reference());
                crm.update_record(world.ada.reference(), fields)
            },
        );
        world.refuses(Code::NotFound, &["there is no company", &id], |crm| {
            crm.update(gone, Company::draft().name("x"))
        });
        for purge in [false, true] {
            world.refuses(Code::NotFound, &[&id], |crm| {
                if purge {
                    crm.purge(gone.reference())
                } else {
                    crm.delete(gone.reference())
                }
            });
        }
        world.refuses(Code::NotFound, &[], |crm| crm.delete(trashed.reference()));
        world.refuses(Code::NotFound, &[], |crm| crm.restore(gone.reference()));
        assert_sound(crm);
    });
}

#[test]
fn a_hierarchy_does_not_contain_itself() {
    on_each(|world| {
        let crm = &world.crm;
        let mut chain = vec![world.acme];
        for level in 1..=100 {
            let parent = *chain.last().unwrap();
            let child = Company::draft()
                .name(format!("Level {level}"))
                .parent(parent);
            match crm.create(child) {
                Ok(child) => chain.push(child),
                Err(error) => assert_eq!(error.code(), Code::Limit, "{error}"),
            }
        }
        assert_eq!(chain.len(), 100, "100 levels fit");
        world.refuses(Code::Limit, &["levels of a hierarchy", "101"], |crm| {
            crm.create(Company::draft().name("Too deep").parent(chain[99]))
        });
        for below in [0, 1, 2, 50] {
            world.refuses(
                Code::Cycle,
                &["`company.parent`", "its own ancestor"],
                |crm| crm.update(chain[0], Company::draft().parent(chain[below])),
            );
        }
        assert_sound(crm);
    });
}

#[test]
fn what_is_not_the_callers_to_set_is_refused() {
    on_each(|world| {
        let sample = |field: &str| Fields::new().with(field, "1");
        world.refuses(Code::Invalid, &["`sample.twice`", "computed"], |crm| {
            crm.create_record("sample", sample("twice"))
        });
        for field in ["id", "created_at", "created_by", "version", "deleted_at"] {
            let name = format!("`sample.{field}`");
            world.refuses(Code::Invalid, &[&name, "read-only"], |crm| {
                crm.create_record("sample", sample(field))
            });
        }
        world.refuses(Code::Invalid, &["`deal.status`", "read-only"], |crm| {
            let draft = Deal::draft().name("x").pipeline(world.sales);
            crm.create(draft.status(DealStatus::Won))
        });
        world.refuses(Code::Invalid, &["`company.name`", "required"], |crm| {
            crm.create(Company::draft().employees(3))
        });
        world.refuses(Code::Invalid, &["`company.name`", "required"], |crm| {
            crm.update(world.acme, Company::draft().clear(Company::NAME))
        });
        world.refuses(Code::Invalid, &["`deal.stage`", "required"], |crm| {
            crm.create(Deal::draft().name("nowhere"))
        });
    });
}
