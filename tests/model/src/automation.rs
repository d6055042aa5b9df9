//! The rules and the validation rule of the sequences: what the engine is told, and what the model does.

use crm_core::Value;

use crate::model::Fields;
use crate::op::{Edit, Kind, Rec, Val, Vals};

/// A rule.
pub struct Automation {
    /// Its name.
    pub name: &'static str,
    /// The object that it is about.
    pub object: Kind,
    /// What sets it off.
    pub trigger: &'static str,
    /// The fields that it watches.
    pub fields: &'static [&'static str],
    condition: &'static str,
    /// The condition, by hand.
    pub holds: fn(&Fields) -> bool,
    actions: &'static str,
    /// The actions, by hand.
    pub acts: &'static [Act],
    /// From the date to the rule, in minutes.
    pub offset: i64,
    /// From one run of a schedule to the next, in minutes.
    pub every: i64,
}

/// An action.
#[derive(Debug, Clone, Copy)]
pub enum Act {
    /// Sets a field to a text.
    Set(&'static str, &'static str),
    /// Sets a field to another one's value.
    Copy(&'static str, &'static str),
    /// Adds a tag.
    Tag(&'static str),
    /// Makes a task about the record.
    Task(&'static str),
    /// Reminds of the record a day later.
    Remind(&'static str),
}

const PLAIN: Automation = Automation {
    name: "",
    object: Kind::Company,
    trigger: "updated",
    fields: &[],
    condition: "",
    holds: |_| true,
    actions: "[]",
    acts: &[],
    offset: 0,
    every: 0,
};

/// Every rule.
pub const RULES: [Automation; 10] = [
    Automation {
        name: "large",
        fields: &["employees"],
        condition: "employees > 100",
        holds: |company| int(company, "employees").is_some_and(|employees| employees > 100),
        actions: r#"[{"do": "add_tag", "tag": "large"}]"#,
        acts: &[Act::Tag("large")],
        ..PLAIN
    },
    Automation {
        name: "marked",
        fields: &["tags"],
        actions: r#"[{"do": "set", "fields": {"industry": "marked"}}]"#,
        acts: &[Act::Set("industry", "marked")],
        ..PLAIN
    },
    Automation {
        name: "greet",
        object: Kind::Contact,
        trigger: "created",
        actions: r#"[{"do": "remind", "text": "lotus", "after": "P1D"}]"#,
        acts: &[Act::Remind("lotus")],
        ..PLAIN
    },
    Automation {
        name: "bill",
        object: Kind::Deal,
        fields: &["stage"],
        condition: "status == 'won'",
        holds: |deal| deal.get("status") == Some(&"won".into()),
        actions: r#"[{"do": "create", "object": "task", "fields": {"subject": "kelp", "about": {"record": true}}}]"#,
        acts: &[Act::Task("kelp")],
        ..PLAIN
    },
    Automation {
        name: "urge",
        object: Kind::Task,
        trigger: "date_reached",
        fields: &["due"],
        condition: "status == 'open'",
        holds: |task| task.get("status") == Some(&"open".into()),
        actions: r#"[{"do": "set", "fields": {"priority": "urgent"}}]"#,
        acts: &[Act::Set("priority", "urgent")],
        ..PLAIN
    },
    Automation {
        name: "closing",
        object: Kind::Deal,
        trigger: "date_reached",
        fields: &["close_date"],
        actions: r#"[{"do": "set", "fields": {"source": "closing"}}]"#,
        acts: &[Act::Set("source", "closing")],
        offset: -24 * 60,
        ..PLAIN
    },
    Automation {
        name: "nightly",
        trigger: "schedule",
        condition: "employees > 1000",
        holds: |company| int(company, "employees").is_some_and(|employees| employees > 1_000),
        actions: r#"[{"do": "set", "fields": {"description": "heron"}}]"#,
        acts: &[Act::Set("description", "heron")],
        every: 24 * 60,
        ..PLAIN
    },
    // These two set each other off.
    Automation {
        name: "echo",
        fields: &["industry"],
        actions: r#"[{"do": "set", "fields": {"description": {"cel": "industry"}}}]"#,
        acts: &[Act::Copy("description", "industry")],
        ..PLAIN
    },
    Automation {
        name: "reply",
        fields: &["description"],
        actions: r#"[{"do": "set", "fields": {"industry": "sedge"}}]"#,
        acts: &[Act::Set("industry", "sedge")],
        ..PLAIN
    },
    // What is no address fails alone; the task is made.
    Automation {
        name: "careless",
        object: Kind::Contact,
        fields: &["job_title"],
        actions: r#"[{"do": "create", "object": "task", "fields": {"subject": "fjord", "about": {"record": true}}}, {"do": "set", "fields": {"email": {"cel": "job_title"}}}]"#,
        acts: &[Act::Task("fjord"), Act::Copy("email", "job_title")],
        ..PLAIN
    },
];

/// The number of employees that the validation rule refuses.
pub const UNLUCKY: i64 = 13;

/// The name of the validation rule.
pub const VALIDATION: &str = "unlucky";

/// The change that makes a rule.
pub fn rule(n: u8) -> Edit {
    let at = usize::from(n) % RULES.len();
    let rule = &RULES[at];
    let mut fields: Vals = vec![
        ("name", Val::Raw(rule.name)),
        ("object", Val::Raw(rule.object.name())),
        ("trigger", Val::Raw(rule.trigger)),
        ("actions", Val::Raw(rule.actions)),
    ];
    if !rule.fields.is_empty() {
        fields.push(("fields", Val::Texts(rule.fields.to_vec())));
    }
    if !rule.condition.is_empty() {
        fields.push(("condition", Val::Raw(rule.condition)));
    }
    if rule.offset != 0 {
        fields.push(("offset", Val::Minutes(rule.offset)));
    }
    if rule.every != 0 {
        fields.push(("every", Val::Minutes(rule.every)));
    }
    Edit::Create {
        record: Rec::Of(Kind::Rule, at as u16),
        fields,
    }
}

/// The change that makes the validation rule.
pub fn validation() -> Edit {
    Edit::Create {
        record: Rec::Of(Kind::ValidationRule, 0),
        fields: vec![
            ("name", Val::Raw(VALIDATION)),
            ("object", Val::Raw("company")),
            ("condition", Val::Raw("employees != 13")),
            ("message", Val::Raw("thirteen")),
        ],
    }
}

fn int(fields: &Fields, name: &str) -> Option<i64> {
    match fields.get(name) {
        Some(Value::Int(number)) => Some(*number),
        _ => None,
    }
}
