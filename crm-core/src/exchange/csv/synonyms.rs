//! What other programs and people call the choices of standard fields.

use crate::schema::FieldDef;
use crate::value::fold;

/// A key of a choice, and what else it is called, without case and punctuation. A word may stand at several keys: a
/// field has the first of them that is among its own.
const SYNONYMS: &[(&str, &[&str])] = &[
    (
        "new",
        &[
            "open",
            "open not contacted",
            "not contacted",
            "uncontacted",
            "untouched",
            "not started",
            "fresh",
            "raw",
            "neu",
            "offen",
            "nouveau",
            "nuevo",
            "nuova",
            "nuovo",
            "novo",
            "nieuw",
            "новый",
            "新規",
            "新建",
        ],
    ),
    (
        "working",
        &[
            "contacted",
            "working contacted",
            "open contacted",
            "attempted",
            "attempted to contact",
            "contacting",
            "connected",
            "in progress",
            "in process",
            "active",
            "assigned",
            "nurturing",
            "nurture",
            "follow up",
            "engaged",
            "responded",
            "open deal",
            "warm",
            "kontaktiert",
            "in bearbeitung",
            "en cours",
            "contacte",
            "contactado",
            "en proceso",
            "in corso",
            "в работе",
            "対応中",
            "跟进中",
        ],
    ),
    (
        "qualified",
        &[
            "sales qualified",
            "sql",
            "mql",
            "marketing qualified",
            "sales qualified lead",
            "marketing qualified lead",
            "hot",
            "qualifiziert",
            "qualifie",
            "calificado",
            "cualificado",
            "qualificato",
            "qualificado",
            "gekwalificeerd",
        ],
    ),
    (
        "converted",
        &[
            "closed converted",
            "converted to deal",
            "konvertiert",
            "converti",
            "convertido",
            "convertito",
        ],
    ),
    (
        "unqualified",
        &[
            "closed not converted",
            "not qualified",
            "disqualified",
            "junk",
            "junk lead",
            "spam",
            "dead",
            "lost",
            "lost lead",
            "not interested",
            "no interest",
            "bad fit",
            "rejected",
            "unqualifiziert",
            "disqualifiziert",
            "kein interesse",
            "non qualifie",
            "no calificado",
            "descartado",
        ],
    ),
    ("subscriber", &["newsletter", "abonnent"]),
    (
        "lead",
        &["prospect", "interessent", "marketing qualified lead"],
    ),
    ("opportunity", &["open opportunity", "sales opportunity"]),
    (
        "customer",
        &[
            "client",
            "kunde",
            "kundin",
            "client actif",
            "cliente",
            "klant",
            "current customer",
        ],
    ),
    ("other", &["partner", "supplier", "vendor", "sonstige"]),
    (
        "open",
        &[
            "not started",
            "to do",
            "todo",
            "new",
            "pending",
            "offen",
            "a faire",
            "pendiente",
        ],
    ),
    (
        "started",
        &[
            "in progress",
            "doing",
            "active",
            "working",
            "in bearbeitung",
            "en cours",
            "en proceso",
        ],
    ),
    (
        "deferred",
        &[
            "waiting",
            "waiting on someone else",
            "on hold",
            "postponed",
            "aufgeschoben",
        ],
    ),
    (
        "done",
        &[
            "completed",
            "complete",
            "closed",
            "finished",
            "resolved",
            "erledigt",
            "fertig",
            "termine",
            "hecho",
        ],
    ),
    (
        "cancelled",
        &["canceled", "abgebrochen", "abgesagt", "annule", "cancelado"],
    ),
    ("planned", &["scheduled", "open", "not started", "geplant"]),
    (
        "held",
        &["completed", "done", "closed", "took place", "attended"],
    ),
    ("not_held", &["no show", "cancelled", "canceled", "missed"]),
    ("low", &["lowest", "minor", "niedrig", "basse", "baja"]),
    (
        "normal",
        &["medium", "default", "mittel", "moyenne", "media", "p2"],
    ),
    ("medium", &["normal", "mittel", "moyenne", "media"]),
    (
        "high",
        &[
            "urgent", "highest", "critical", "hoch", "dringend", "haute", "alta", "p1",
        ],
    ),
    (
        "inbound",
        &[
            "incoming",
            "in",
            "received",
            "eingehend",
            "entrant",
            "entrante",
        ],
    ),
    (
        "outbound",
        &[
            "outgoing",
            "out",
            "made",
            "ausgehend",
            "sortant",
            "saliente",
        ],
    ),
];

/// The key of the choice of a field that a text means.
pub(super) fn choice<'f>(field: &'f FieldDef, text: &str) -> Option<&'f str> {
    let said = words(text);
    let called = |called: &str| {
        field
            .choices
            .iter()
            .find(|choice| words(&choice.label) == called || words(&choice.key) == called)
    };
    let found = called(&said).or_else(|| {
        let keys = SYNONYMS.iter().filter(|(_, names)| names.contains(&&*said));
        let mut known =
            keys.filter_map(|(key, _)| field.choices.iter().find(|choice| choice.key == *key));
        known.next()
    })?;
    Some(&found.key)
}

/// A text without case, accents and punctuation: `Open - Not Contacted` is `open not contacted`.
pub(super) fn words(text: &str) -> String {
    let folded = fold(text);
    let words = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}
