//! Standard objects of earlier versions. A file that was made when one was a standard object keeps it, with all that
//! is in it; a new file does not have it. Their numbers are never given again.

use crate::schema::{FieldDef, FieldType as T, ObjectDef};

pub(super) fn former() -> Vec<ObjectDef> {
    vec![competitor()]
}

/// It showed that a further object is a declaration and a word; organisations that want it add it as their own.
fn competitor() -> ObjectDef {
    let field = |id, name, ty, doc: &str| FieldDef::new(id, name, ty).doc(doc);
    let name = field(1, "name", T::Text, "The name by which people know it.");
    let website = field(2, "website", T::Url, "Its website.");
    let domain = field(3, "domain", T::Domain, "Its host name.");
    let deals = field(7, "deals", T::Reference, "The deals in which we met it.");
    let owner = field(8, "owner", T::Reference, "Who watches it.");
    let tags = field(9, "tags", T::Reference, "Words that mark it.");
    ObjectDef::new(29, "competitor", "competitors")
        .doc("A company that sells what we sell.")
        .with(
            name.required()
                .unique()
                .search(8)
                .aliases(&["competitor", "company"]),
        )
        .with(website.aliases(&["url"]))
        .with(domain.indexed().search(4))
        .with(field(4, "strengths", T::LongText, "What it does better.").search(1))
        .with(field(5, "weaknesses", T::LongText, "What we do better.").search(1))
        .with(field(6, "price", T::Money, "Its usual price.").indexed())
        .with(deals.many().targets(&["deal"]).indexed())
        .with(owner.targets(&["user"]).indexed())
        .with(tags.many().targets(&["tag"]).indexed())
        .title(&[1])
}
