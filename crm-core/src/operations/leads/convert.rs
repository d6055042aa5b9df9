//! Making a contact, a company and a deal of a lead.

use crate::access::Lens;
use crate::engine::{Right, Work};
use crate::error::{Error, Result};
use crate::objects::{Company, Contact, Deal, Lead, LeadStatus, Pipeline};
use crate::operation::operation;
use crate::operations::Leads;
use crate::record::{Fields, Record};
use crate::schema::kind::Choices;
use crate::schema::{Field, Object};
use crate::shape::{choices_of, structure};
use crate::value::{Id, Ref, Value};

structure! {
    /// What became of a lead.
    Conversion = 6 {
        /// The contact.
        1 contact: Id<Contact>;
        /// The company, where the lead names one or one was given.
        2 company: Option<Id<Company>>;
        /// The deal, where one was asked for.
        3 deal: Option<Id<Deal>>;
        /// Those of them that were made; others were there before.
        4 made: Vec<Ref>;
    }
}

choices_of! {
    /// What is done where a company has the name that a lead says.
    SameName = 1 {
        /// The lead's contact belongs to it.
        Take = "take",
        /// Another company of that name is made.
        Make = "make",
        /// The lead is not converted.
        Refuse = "refuse",
    }
}

operation! {
    /// Makes a contact of a lead, a company where the lead names one, and a deal where one is asked for, in one
    /// transaction. The lead stays, as converted, with references to what it became.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` if the lead is converted already, or if a company has the name that it says and is not to
    /// be taken, or if several have it; `Validation` if a rule of the organisation refuses what would be made.
    convert = 4 on Leads<'_> {
        effect: Changes,
        undo: ByName,
        autonomy: Confirmed,
        duty: Records(&[
            Write(Of::Argument("lead")),
            Write(Of::Object("contact")),
            Write(Of::Object("company")),
            Write(Of::Object("deal")),
        ]),
    } (
        /// The lead.
        1 lead: Id<Lead>;
    ) ConvertLead {
        /// The contact, where it is there already; a new one without it.
        2 contact: Option<Id<Contact>>;
        /// The company. Without it, the one that has the name which the lead says, or a new one.
        3 company: Option<Id<Company>>;
        /// What is done where a company has that name already.
        4 same_name: SameName = SameName::Take;
        /// Makes a deal in this pipeline, too.
        5 pipeline: Option<Id<Pipeline>>;
        /// The name of the deal; that of the company or of the person without it.
        6 deal_name: Option<String>;
    } -> Conversion
}

/// What a contact takes from a lead, as the numbers of the fields in both.
const OF_CONTACT: &[(u16, u16)] = &[
    (Lead::NAME.number(), Contact::NAME.number()),
    (Lead::EMAIL.number(), Contact::EMAIL.number()),
    (Lead::PHONE.number(), Contact::PHONE.number()),
    (Lead::JOB_TITLE.number(), Contact::JOB_TITLE.number()),
    (Lead::ADDRESS.number(), Contact::ADDRESS.number()),
    (Lead::SOURCE.number(), Contact::SOURCE.number()),
    (Lead::OWNER.number(), Contact::OWNER.number()),
    (Lead::TAGS.number(), Contact::TAGS.number()),
    (Lead::DESCRIPTION.number(), Contact::DESCRIPTION.number()),
];

/// What a company takes from a lead.
const OF_COMPANY: &[(u16, u16)] = &[
    (Lead::COMPANY_NAME.number(), Company::NAME.number()),
    (Lead::WEBSITE.number(), Company::WEBSITE.number()),
    (Lead::OWNER.number(), Company::OWNER.number()),
];

/// What a deal takes from a lead.
const OF_DEAL: &[(u16, u16)] = &[
    (Lead::VALUE.number(), Deal::AMOUNT.number()),
    (Lead::SOURCE.number(), Deal::SOURCE.number()),
    (Lead::OWNER.number(), Deal::OWNER.number()),
];

fn convert(work: &mut Work<'_, '_>, lead: Id<Lead>, options: &ConvertLead) -> Result<Conversion> {
    let record = Lens::within(work).live_record(lead.reference())?;
    if !record.get(Lead::CONVERTED_AT.number()).is_null() {
        return Err(Error::invalid(lead, "the lead is converted already"));
    }
    let mut made = Vec::new();
    let company = company(work, &record, options, &mut made)?;
    let contact = match options.contact {
        Some(contact) => there(work, contact)?,
        None => {
            let mut fields = copied(&record, OF_CONTACT);
            set(&mut fields, Contact::COMPANY, company.map(Id::reference));
            create::<Contact>(work, &fields, &mut made)?
        }
    };
    let deal = match options.pipeline {
        Some(pipeline) => {
            let mut fields = copied(&record, OF_DEAL);
            set(&mut fields, Deal::NAME, deal_name(&record, options));
            set(&mut fields, Deal::PIPELINE, pipeline.reference());
            set(&mut fields, Deal::COMPANY, company.map(Id::reference));
            set(&mut fields, Deal::CONTACT, contact.reference());
            Some(create::<Deal>(work, &fields, &mut made)?)
        }
        None => None,
    };
    let mut fields = Fields::new();
    set(&mut fields, Lead::STATUS, LeadStatus::Converted.key());
    set(&mut fields, Lead::CONVERTED_AT, work.now());
    set(&mut fields, Lead::CONVERTED_CONTACT, contact.reference());
    set(
        &mut fields,
        Lead::CONVERTED_COMPANY,
        company.map(Id::reference),
    );
    set(&mut fields, Lead::CONVERTED_DEAL, deal.map(Id::reference));
    work.with_right(Right::Operation, |work| {
        work.update(lead.reference(), &fields, None)
    })?;
    Ok(Conversion {
        contact,
        company,
        deal,
        made,
    })
}

fn company(
    work: &mut Work<'_, '_>,
    lead: &Record,
    options: &ConvertLead,
    made: &mut Vec<Ref>,
) -> Result<Option<Id<Company>>> {
    if let Some(company) = options.company {
        return there(work, company).map(Some);
    }
    let name = lead.get(Lead::COMPANY_NAME.number()).to_value();
    if name.is_null() {
        return Ok(None);
    }
    let catalog = work.catalog();
    let object = catalog.object(Company::TYPE)?;
    let field = object.field_named(Company::NAME.name())?;
    let known = Lens::matching(work, object, field, name.clone())?;
    let refused = |reason| Err(Error::invalid(&name, reason).at_field("", "company"));
    match (known.as_slice(), options.same_name) {
        ([], _) | (_, SameName::Make) => {
            create::<Company>(work, &copied(lead, OF_COMPANY), made).map(Some)
        }
        ([known], SameName::Take) => Ok(Some(known.id.of())),
        (_, SameName::Take) => {
            refused("several companies have this name; give the one that is meant")
        }
        (_, SameName::Refuse) => refused("a company has this name; give it if it is meant"),
    }
}

/// A record that is given, if it may be seen.
fn there<O: Object>(work: &Work<'_, '_>, id: Id<O>) -> Result<Id<O>> {
    Lens::within(work).live_record(id.reference())?;
    Ok(id)
}

/// The name that was given, or else that of the company or of the person.
fn deal_name(lead: &Record, options: &ConvertLead) -> Value {
    if let Some(name) = &options.deal_name {
        return name.as_str().into();
    }
    match lead.get(Lead::COMPANY_NAME.number()) {
        company if !company.is_null() => company.to_value(),
        _ => lead.get(Lead::NAME.number()).to_string().into(),
    }
}

fn copied(lead: &Record, numbers: &[(u16, u16)]) -> Fields {
    let mut fields = Fields::new();
    for (from, to) in numbers {
        let value = lead.get(*from);
        if !value.is_null() {
            fields.set_number(*to, value.to_value());
        }
    }
    fields
}

fn create<O: Object>(
    work: &mut Work<'_, '_>,
    fields: &Fields,
    made: &mut Vec<Ref>,
) -> Result<Id<O>> {
    let record = work.create(O::TYPE, None, fields)?.record;
    made.push(record);
    Ok(record.id.of())
}

fn set<O, K>(fields: &mut Fields, field: Field<O, K>, value: impl Into<Value>) {
    fields.set_number(field.number(), value.into());
}
