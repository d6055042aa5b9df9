// The standard objects as classes. Made by `cargo run -p crm-generate -- cpp` from their declarations; do not
// edit. Part of crm.hpp.
#ifndef CRM_OBJECTS_HPP
#define CRM_OBJECTS_HPP

#include "crm.hpp"

namespace crm {

// The organisation that the database belongs to: one record of settings, made with the database.
class organisation_view : public record_view {
public:
    organisation_view(const record_view &of) : record_view(of) {}
    // The organisation's name. (text, required)
    std::optional<std::string_view> name() const { return record_view::get_text(CRM_ORGANISATION_NAME); }
    // The ISO 4217 code of the currency in which totals are reported. (text)
    std::optional<std::string_view> base_currency() const { return record_view::get_text(CRM_ORGANISATION_BASE_CURRENCY); }
    // The ISO 3166-1 code of the country in which local phone numbers are read. (text)
    std::optional<std::string_view> default_region() const { return record_view::get_text(CRM_ORGANISATION_DEFAULT_REGION); }
    // The IANA name of the time zone in which days begin and end. (text)
    std::optional<std::string_view> time_zone() const { return record_view::get_text(CRM_ORGANISATION_TIME_ZONE); }
    // The month (1 to 12) in which the fiscal year begins. (integer)
    std::optional<int64_t> fiscal_year_start() const { return record_view::get_int(CRM_ORGANISATION_FISCAL_YEAR_START); }
    // The days on which people work. (list of choice)
    std::vector<std::string_view> working_days() const { return record_view::get_texts(CRM_ORGANISATION_WORKING_DAYS); }
    // When work begins, local time, `HH:MM`. (text)
    std::optional<std::string_view> work_starts() const { return record_view::get_text(CRM_ORGANISATION_WORK_STARTS); }
    // When work ends, local time, `HH:MM`. (text)
    std::optional<std::string_view> work_ends() const { return record_view::get_text(CRM_ORGANISATION_WORK_ENDS); }
    // Days on which nobody works. (list of date)
    std::vector<crm_date> holidays() const { return record_view::get_dates(CRM_ORGANISATION_HOLIDAYS); }
    // For how many days the idempotency keys of batches are kept at least; 30 where it is not set. (integer)
    std::optional<int64_t> batch_keys_days() const { return record_view::get_int(CRM_ORGANISATION_BATCH_KEYS_DAYS); }
};

// A record of this object, or the draft of one.
class organisation : public record {
public:
    explicit organisation(const database &db, std::optional<std::string_view> id = std::nullopt) : record(db, CRM_TYPE_ORGANISATION, id) {}
    explicit organisation(record &&of) : record(std::move(of)) {}
    // Its fields to read.
    organisation_view view() const { return organisation_view(*this); }
    organisation &set_name(std::string_view value) { return record::set_text(CRM_ORGANISATION_NAME, value), *this; }
    organisation &set_base_currency(std::string_view value) { return record::set_text(CRM_ORGANISATION_BASE_CURRENCY, value), *this; }
    organisation &set_default_region(std::string_view value) { return record::set_text(CRM_ORGANISATION_DEFAULT_REGION, value), *this; }
    organisation &set_time_zone(std::string_view value) { return record::set_text(CRM_ORGANISATION_TIME_ZONE, value), *this; }
    organisation &set_fiscal_year_start(int64_t value) { return record::set_int(CRM_ORGANISATION_FISCAL_YEAR_START, value), *this; }
    organisation &add_working_days(std::string_view value) { return record::add_text(CRM_ORGANISATION_WORKING_DAYS, value), *this; }
    organisation &set_work_starts(std::string_view value) { return record::set_text(CRM_ORGANISATION_WORK_STARTS, value), *this; }
    organisation &set_work_ends(std::string_view value) { return record::set_text(CRM_ORGANISATION_WORK_ENDS, value), *this; }
    organisation &add_holidays(crm_date value) { return record::add_date(CRM_ORGANISATION_HOLIDAYS, value), *this; }
    organisation &set_batch_keys_days(int64_t value) { return record::set_int(CRM_ORGANISATION_BATCH_KEYS_DAYS, value), *this; }
};

// Somebody who works with the CRM: owns records, acts, is reminded.
class user_view : public record_view {
public:
    user_view(const record_view &of) : record_view(of) {}
    // The full name. (text, required)
    std::optional<std::string_view> name() const { return record_view::get_text(CRM_USER_NAME); }
    // The e-mail address by which the user signs in to the host. (email, unique)
    std::optional<std::string_view> email() const { return record_view::get_text(CRM_USER_EMAIL); }
    // The user to whom this one reports. (reference to user)
    std::optional<ref> manager() const { return record_view::get_ref(CRM_USER_MANAGER); }
    // The team in which the user works. (reference to team)
    std::optional<ref> team() const { return record_view::get_ref(CRM_USER_TEAM); }
    // False for somebody who has left: they act no more, and what they own and did stays theirs. Records may still be
    // given to them, as imports of what they did are. (boolean)
    std::optional<bool> active() const { return record_view::get_bool(CRM_USER_ACTIVE); }
    // The IANA time zone, where it is not the organisation's. (text)
    std::optional<std::string_view> time_zone() const { return record_view::get_text(CRM_USER_TIME_ZONE); }
};

// A record of this object, or the draft of one.
class user : public record {
public:
    explicit user(const database &db, std::optional<std::string_view> id = std::nullopt) : record(db, CRM_TYPE_USER, id) {}
    explicit user(record &&of) : record(std::move(of)) {}
    // Its fields to read.
    user_view view() const { return user_view(*this); }
    user &set_name(std::string_view value) { return record::set_text(CRM_USER_NAME, value), *this; }
    user &set_email(std::string_view value) { return record::set_text(CRM_USER_EMAIL, value), *this; }
    user &set_manager(ref value) { return record::set_ref(CRM_USER_MANAGER, value), *this; }
    user &set_team(ref value) { return record::set_ref(CRM_USER_TEAM, value), *this; }
    user &set_active(bool value) { return record::set_bool(CRM_USER_ACTIVE, value), *this; }
    user &set_time_zone(std::string_view value) { return record::set_text(CRM_USER_TIME_ZONE, value), *this; }
};

// A group of users: an office, a department, a territory.
class team_view : public record_view {
public:
    team_view(const record_view &of) : record_view(of) {}
    // The team's name. (text, required, unique)
    std::optional<std::string_view> name() const { return record_view::get_text(CRM_TEAM_NAME); }
    // The team that this one is part of. (reference to team)
    std::optional<ref> parent() const { return record_view::get_ref(CRM_TEAM_PARENT); }
    // What the team does. (long_text)
    std::optional<std::string_view> description() const { return record_view::get_text(CRM_TEAM_DESCRIPTION); }
};

// A record of this object, or the draft of one.
class team : public record {
public:
    explicit team(const database &db, std::optional<std::string_view> id = std::nullopt) : record(db, CRM_TYPE_TEAM, id) {}
    explicit team(record &&of) : record(std::move(of)) {}
    // Its fields to read.
    team_view view() const { return team_view(*this); }
    team &set_name(std::string_view value) { return record::set_text(CRM_TEAM_NAME, value), *this; }
    team &set_parent(ref value) { return record::set_ref(CRM_TEAM_PARENT, value), *this; }
    team &set_description(std::string_view value) { return record::set_text(CRM_TEAM_DESCRIPTION, value), *this; }
};

// A company or other organisation that we deal with.
class company_view : public record_view {
public:
    company_view(const record_view &of) : record_view(of) {}
    // The name by which people know it. (text, required)
    std::optional<std::string_view> name() const { return record_view::get_text(CRM_COMPANY_NAME); }
    // The host name of its website, taken from the website where it is not given. (domain)
    std::optional<std::string_view> domain() const { return record_view::get_text(CRM_COMPANY_DOMAIN); }
    // Its website. (url)
    std::optional<std::string_view> website() const { return record_view::get_text(CRM_COMPANY_WEBSITE); }
    // Its main phone number. (phone)
    std::optional<std::string_view> phone() const { return record_view::get_text(CRM_COMPANY_PHONE); }
    // Its general e-mail address. (email)
    std::optional<std::string_view> email() const { return record_view::get_text(CRM_COMPANY_EMAIL); }
    // The company that this one belongs to. (reference to company)
    std::optional<ref> parent() const { return record_view::get_ref(CRM_COMPANY_PARENT); }
    // Its line of business. (choice)
    std::optional<std::string_view> industry() const { return record_view::get_text(CRM_COMPANY_INDUSTRY); }
    // How many people work there. (integer)
    std::optional<int64_t> employees() const { return record_view::get_int(CRM_COMPANY_EMPLOYEES); }
    // Its revenue in a year. (money)
    std::optional<money> annual_revenue() const { return record_view::get_money(CRM_COMPANY_ANNUAL_REVENUE); }
    // The year in which it was founded. (integer)
    std::optional<int64_t> founded() const { return record_view::get_int(CRM_COMPANY_FOUNDED); }
    // Where it is. (address)
    std::optional<std::string_view> address(std::string_view part) const { return record_view::get_part(CRM_COMPANY_ADDRESS, part); }
    // Where it stands on the way to being a customer. (choice)
    std::optional<std::string_view> lifecycle() const { return record_view::get_text(CRM_COMPANY_LIFECYCLE); }
    // Who looks after it. (reference to user)
    std::optional<ref> owner() const { return record_view::get_ref(CRM_COMPANY_OWNER); }
    // Words that mark it. (list of reference to tag)
    std::vector<ref> tags() const { return record_view::get_refs(CRM_COMPANY_TAGS); }
    // What else is to be known. (long_text)
    std::optional<std::string_view> description() const { return record_view::get_text(CRM_COMPANY_DESCRIPTION); }
    // Its key in the system from which it came. (text, unique)
    std::optional<std::string_view> external_id() const { return record_view::get_text(CRM_COMPANY_EXTERNAL_ID); }
};

// A record of this object, or the draft of one.
class company : public record {
public:
    explicit company(const database &db, std::optional<std::string_view> id = std::nullopt) : record(db, CRM_TYPE_COMPANY, id) {}
    explicit company(record &&of) : record(std::move(of)) {}
    // Its fields to read.
    company_view view() const { return company_view(*this); }
    company &set_name(std::string_view value) { return record::set_text(CRM_COMPANY_NAME, value), *this; }
    company &set_domain(std::string_view value) { return record::set_text(CRM_COMPANY_DOMAIN, value), *this; }
    company &set_website(std::string_view value) { return record::set_text(CRM_COMPANY_WEBSITE, value), *this; }
    company &set_phone(std::string_view value) { return record::set_text(CRM_COMPANY_PHONE, value), *this; }
    company &set_email(std::string_view value) { return record::set_text(CRM_COMPANY_EMAIL, value), *this; }
    company &set_parent(ref value) { return record::set_ref(CRM_COMPANY_PARENT, value), *this; }
    company &set_industry(std::string_view value) { return record::set_text(CRM_COMPANY_INDUSTRY, value), *this; }
    company &set_employees(int64_t value) { return record::set_int(CRM_COMPANY_EMPLOYEES, value), *this; }
    company &set_annual_revenue(money value) { return record::set_money(CRM_COMPANY_ANNUAL_REVENUE, value), *this; }
    company &set_founded(int64_t value) { return record::set_int(CRM_COMPANY_FOUNDED, value), *this; }
    company &set_address(std::string_view part, std::string_view text) { return record::set_part(CRM_COMPANY_ADDRESS, part, text), *this; }
    company &set_lifecycle(std::string_view value) { return record::set_text(CRM_COMPANY_LIFECYCLE, value), *this; }
    company &set_owner(ref value) { return record::set_ref(CRM_COMPANY_OWNER, value), *this; }
    company &add_tags(ref value) { return record::add_ref(CRM_COMPANY_TAGS, value), *this; }
    company &set_description(std::string_view value) { return record::set_text(CRM_COMPANY_DESCRIPTION, value), *this; }
    company &set_external_id(std::string_view value) { return record::set_text(CRM_COMPANY_EXTERNAL_ID, value), *this; }
};

// A person whom we know.
class contact_view : public record_view {
public:
    contact_view(const record_view &of) : record_view(of) {}
    // The person's name. Where it is not known, the person is called by an address, a number or the company.
    // (person_name, required)
    std::optional<std::string_view> name(std::string_view part) const { return record_view::get_part(CRM_CONTACT_NAME, part); }
    // The main e-mail address. (email)
    std::optional<std::string_view> email() const { return record_view::get_text(CRM_CONTACT_EMAIL); }
    // Further e-mail addresses. (list of email)
    std::vector<std::string_view> other_emails() const { return record_view::get_texts(CRM_CONTACT_OTHER_EMAILS); }
    // The main phone number. (phone)
    std::optional<std::string_view> phone() const { return record_view::get_text(CRM_CONTACT_PHONE); }
    // The mobile phone number. (phone)
    std::optional<std::string_view> mobile() const { return record_view::get_text(CRM_CONTACT_MOBILE); }
    // Further phone numbers. (list of phone)
    std::vector<std::string_view> other_phones() const { return record_view::get_texts(CRM_CONTACT_OTHER_PHONES); }
    // The company for which the person mainly works; see Employment for all of them. (reference to company)
    std::optional<ref> company() const { return record_view::get_ref(CRM_CONTACT_COMPANY); }
    // The position there. (text)
    std::optional<std::string_view> job_title() const { return record_view::get_text(CRM_CONTACT_JOB_TITLE); }
    // The part of the company. (text)
    std::optional<std::string_view> department() const { return record_view::get_text(CRM_CONTACT_DEPARTMENT); }
    // Where the person can be reached by post. (address)
    std::optional<std::string_view> address(std::string_view part) const { return record_view::get_part(CRM_CONTACT_ADDRESS, part); }
    // The birthday; the year may be unknown. (partial_date)
    std::optional<crm_date> birthday() const { return record_view::get_partial_date(CRM_CONTACT_BIRTHDAY); }
    // The language in which to write to the person, BCP 47. (text)
    std::optional<std::string_view> language() const { return record_view::get_text(CRM_CONTACT_LANGUAGE); }
    // A profile on a network. (url)
    std::optional<std::string_view> profile() const { return record_view::get_text(CRM_CONTACT_PROFILE); }
    // Where the person came from. (choice)
    std::optional<std::string_view> source() const { return record_view::get_text(CRM_CONTACT_SOURCE); }
    // Where the person stands on the way to being a customer. (choice)
    std::optional<std::string_view> lifecycle() const { return record_view::get_text(CRM_CONTACT_LIFECYCLE); }
    // The person through whom we know this one. (reference to contact)
    std::optional<ref> referred_by() const { return record_view::get_ref(CRM_CONTACT_REFERRED_BY); }
    // Who looks after the person. (reference to user)
    std::optional<ref> owner() const { return record_view::get_ref(CRM_CONTACT_OWNER); }
    // Words that mark the person. (list of reference to tag)
    std::vector<ref> tags() const { return record_view::get_refs(CRM_CONTACT_TAGS); }
    // What else is to be known. (long_text)
    std::optional<std::string_view> description() const { return record_view::get_text(CRM_CONTACT_DESCRIPTION); }
    // The key in the system from which the person came. (text, unique)
    std::optional<std::string_view> external_id() const { return record_view::get_text(CRM_CONTACT_EXTERNAL_ID); }
    // How to refer to the person: `she/her`. (text)
    std::optional<std::string_view> pronouns() const { return record_view::get_text(CRM_CONTACT_PRONOUNS); }
};

// A record of this object, or the draft of one.
class contact : public record {
public:
    explicit contact(const database &db, std::optional<std::string_view> id = std::nullopt) : record(db, CRM_TYPE_CONTACT, id) {}
    explicit contact(record &&of) : record(std::move(of)) {}
    // Its fields to read.
    contact_view view() const { return contact_view(*this); }
    contact &set_name(std::string_view part, std::string_view text) { return record::set_part(CRM_CONTACT_NAME, part, text), *this; }
    contact &set_email(std::string_view value) { return record::set_text(CRM_CONTACT_EMAIL, value), *this; }
    contact &add_other_emails(std::string_view value) { return record::add_text(CRM_CONTACT_OTHER_EMAILS, value), *this; }
    contact &set_phone(std::string_view value) { return record::set_text(CRM_CONTACT_PHONE, value), *this; }
    contact &set_mobile(std::string_view value) { return record::set_text(CRM_CONTACT_MOBILE, value), *this; }
    contact &add_other_phones(std::string_view value) { return record::add_text(CRM_CONTACT_OTHER_PHONES, value), *this; }
    contact &set_company(ref value) { return record::set_ref(CRM_CONTACT_COMPANY, value), *this; }
    contact &set_job_title(std::string_view value) { return record::set_text(CRM_CONTACT_JOB_TITLE, value), *this; }
    contact &set_department(std::string_view value) { return record::set_text(CRM_CONTACT_DEPARTMENT, value), *this; }
    contact &set_address(std::string_view part, std::string_view text) { return record::set_part(CRM_CONTACT_ADDRESS, part, text), *this; }
    contact &set_birthday(crm_date value) { return record::set_partial_date(CRM_CONTACT_BIRTHDAY, value), *this; }
    contact &set_language(std::string_view value) { return record::set_text(CRM_CONTACT_LANGUAGE, value), *this; }
    contact &set_profile(std::string_view value) { return record::set_text(CRM_CONTACT_PROFILE, value), *this; }
    contact &set_source(std::string_view value) { return record::set_text(CRM_CONTACT_SOURCE, value), *this; }
    contact &set_lifecycle(std::string_view value) { return record::set_text(CRM_CONTACT_LIFECYCLE, value), *this; }
    contact &set_referred_by(ref value) { return record::set_ref(CRM_CONTACT_REFERRED_BY, value), *this; }
    contact &set_owner(ref value) { return record::set_ref(CRM_CONTACT_OWNER, value), *this; }
    contact &add_tags(ref value) { return record::add_ref(CRM_CONTACT_TAGS, value), *this; }
    contact &set_description(std::string_view value) { return record::set_text(CRM_CONTACT_DESCRIPTION, value), *this; }
    contact &set_external_id(std::string_view value) { return record::set_text(CRM_CONTACT_EXTERNAL_ID, value), *this; }
    contact &set_pronouns(std::string_view value) { return record::set_text(CRM_CONTACT_PRONOUNS, value), *this; }
};

// Somebody who may become a customer and is not yet known well enough to be a contact.
class lead_view : public record_view {
public:
    lead_view(const record_view &of) : record_view(of) {}
    // The person's name. Where it is not known, the lead is called by an address, a number or the company.
    // (person_name, required)
    std::optional<std::string_view> name(std::string_view part) const { return record_view::get_part(CRM_LEAD_NAME, part); }
    // The name of the person's company. (text)
    std::optional<std::string_view> company_name() const { return record_view::get_text(CRM_LEAD_COMPANY_NAME); }
    // The position there. (text)
    std::optional<std::string_view> job_title() const { return record_view::get_text(CRM_LEAD_JOB_TITLE); }
    // The e-mail address. (email)
    std::optional<std::string_view> email() const { return record_view::get_text(CRM_LEAD_EMAIL); }
    // The phone number. (phone)
    std::optional<std::string_view> phone() const { return record_view::get_text(CRM_LEAD_PHONE); }
    // The company's website. (url)
    std::optional<std::string_view> website() const { return record_view::get_text(CRM_LEAD_WEBSITE); }
    // Where the person can be reached by post. (address)
    std::optional<std::string_view> address(std::string_view part) const { return record_view::get_part(CRM_LEAD_ADDRESS, part); }
    // How far the lead is. (choice)
    std::optional<std::string_view> status() const { return record_view::get_text(CRM_LEAD_STATUS); }
    // Where the lead came from. (choice)
    std::optional<std::string_view> source() const { return record_view::get_text(CRM_LEAD_SOURCE); }
    // What the lead may be worth. (money)
    std::optional<money> value() const { return record_view::get_money(CRM_LEAD_VALUE); }
    // Why the lead is not worth further work. (text)
    std::optional<std::string_view> unqualified_reason() const { return record_view::get_text(CRM_LEAD_UNQUALIFIED_REASON); }
    // Who works on it. (reference to user)
    std::optional<ref> owner() const { return record_view::get_ref(CRM_LEAD_OWNER); }
    // Words that mark it. (list of reference to tag)
    std::vector<ref> tags() const { return record_view::get_refs(CRM_LEAD_TAGS); }
    // What else is to be known. (long_text)
    std::optional<std::string_view> description() const { return record_view::get_text(CRM_LEAD_DESCRIPTION); }
    // When it was converted. (date_time, read only)
    std::optional<instant> converted_at() const { return record_view::get_time(CRM_LEAD_CONVERTED_AT); }
    // The contact that it became. (reference to contact)
    std::optional<ref> converted_contact() const { return record_view::get_ref(CRM_LEAD_CONVERTED_CONTACT); }
    // The company that it became. (reference to company)
    std::optional<ref> converted_company() const { return record_view::get_ref(CRM_LEAD_CONVERTED_COMPANY); }
    // The deal that it became. (reference to deal)
    std::optional<ref> converted_deal() const { return record_view::get_ref(CRM_LEAD_CONVERTED_DEAL); }
    // The key in the system from which it came. (text, unique)
    std::optional<std::string_view> external_id() const { return record_view::get_text(CRM_LEAD_EXTERNAL_ID); }
};

// A record of this object, or the draft of one.
class lead : public record {
public:
    explicit lead(const database &db, std::optional<std::string_view> id = std::nullopt) : record(db, CRM_TYPE_LEAD, id) {}
    explicit lead(record &&of) : record(std::move(of)) {}
    // Its fields to read.
    lead_view view() const { return lead_view(*this); }
    lead &set_name(std::string_view part, std::string_view text) { return record::set_part(CRM_LEAD_NAME, part, text), *this; }
    lead &set_company_name(std::string_view value) { return record::set_text(CRM_LEAD_COMPANY_NAME, value), *this; }
    lead &set_job_title(std::string_view value) { return record::set_text(CRM_LEAD_JOB_TITLE, value), *this; }
    lead &set_email(std::string_view value) { return record::set_text(CRM_LEAD_EMAIL, value), *this; }
    lead &set_phone(std::string_view value) { return record::set_text(CRM_LEAD_PHONE, value), *this; }
    lead &set_website(std::string_view value) { return record::set_text(CRM_LEAD_WEBSITE, value), *this; }
    lead &set_address(std::string_view part, std::string_view text) { return record::set_part(CRM_LEAD_ADDRESS, part, text), *this; }
    lead &set_status(std::string_view value) { return record::set_text(CRM_LEAD_STATUS, value), *this; }
    lead &set_source(std::string_view value) { return record::set_text(CRM_LEAD_SOURCE, value), *this; }
    lead &set_value(money value) { return record::set_money(CRM_LEAD_VALUE, value), *this; }
    lead &set_unqualified_reason(std::string_view value) { return record::set_text(CRM_LEAD_UNQUALIFIED_REASON, value), *this; }
    lead &set_owner(ref value) { return record::set_ref(CRM_LEAD_OWNER, value), *this; }
    lead &add_tags(ref value) { return record::add_ref(CRM_LEAD_TAGS, value), *this; }
    lead &set_description(std::string_view value) { return record::set_text(CRM_LEAD_DESCRIPTION, value), *this; }
    lead &set_converted_contact(ref value) { return record::set_ref(CRM_LEAD_CONVERTED_CONTACT, value), *this; }
    lead &set_converted_company(ref value) { return record::set_ref(CRM_LEAD_CONVERTED_COMPANY, value), *this; }
    lead &set_converted_deal(ref value) { return record::set_ref(CRM_LEAD_CONVERTED_DEAL, value), *this; }
    lead &set_external_id(std::string_view value) { return record::set_text(CRM_LEAD_EXTERNAL_ID, value), *this; }
};

// A way that deals take, stage by stage.
class pipeline_view : public record_view {
public:
    pipeline_view(const record_view &of) : record_view(of) {}
    // The pipeline's name. (text, required, unique)
    std::optional<std::string_view> name() const { return record_view::get_text(CRM_PIPELINE_NAME); }
    // Its place among the pipelines. (integer)
    std::optional<int64_t> order() const { return record_view::get_int(CRM_PIPELINE_ORDER); }
    // What it is for. (long_text)
    std::optional<std::string_view> description() const { return record_view::get_text(CRM_PIPELINE_DESCRIPTION); }
    // False for one that takes no new deals. (boolean)
    std::optional<bool> active() const { return record_view::get_bool(CRM_PIPELINE_ACTIVE); }
};

// A record of this object, or the draft of one.
class pipeline : public record {
public:
    explicit pipeline(const database &db, std::optional<std::string_view> id = std::nullopt) : record(db, CRM_TYPE_PIPELINE, id) {}
    explicit pipeline(record &&of) : record(std::move(of)) {}
    // Its fields to read.
    pipeline_view view() const { return pipeline_view(*this); }
    pipeline &set_name(std::string_view value) { return record::set_text(CRM_PIPELINE_NAME, value), *this; }
    pipeline &set_order(int64_t value) { return record::set_int(CRM_PIPELINE_ORDER, value), *this; }
    pipeline &set_description(std::string_view value) { return record::set_text(CRM_PIPELINE_DESCRIPTION, value), *this; }
    pipeline &set_active(bool value) { return record::set_bool(CRM_PIPELINE_ACTIVE, value), *this; }
};

// A step of a pipeline.
class stage_view : public record_view {
public:
    stage_view(const record_view &of) : record_view(of) {}
    // The stage's name. (text, required)
    std::optional<std::string_view> name() const { return record_view::get_text(CRM_STAGE_NAME); }
    // The pipeline. (reference to pipeline, required)
    std::optional<ref> pipeline() const { return record_view::get_ref(CRM_STAGE_PIPELINE); }
    // Its place in the pipeline, ascending. (integer, required)
    std::optional<int64_t> order() const { return record_view::get_int(CRM_STAGE_ORDER); }
    // What it means for a deal to be here. Deals that are here follow a change of it, as they do one of the pipeline
    // and of the probability. (choice, required)
    std::optional<std::string_view> kind() const { return record_view::get_text(CRM_STAGE_KIND); }
    // The chance, in percent, that a deal in this stage is won. (percent, required)
    std::optional<crm_decimal> probability() const { return record_view::get_decimal(CRM_STAGE_PROBABILITY); }
    // After how many days without a movement a deal counts as stalled. (integer)
    std::optional<int64_t> stalls_after_days() const { return record_view::get_int(CRM_STAGE_STALLS_AFTER_DAYS); }
};

// A record of this object, or the draft of one.
class stage : public record {
public:
    explicit stage(const database &db, std::optional<std::string_view> id = std::nullopt) : record(db, CRM_TYPE_STAGE, id) {}
    explicit stage(record &&of) : record(std::move(of)) {}
    // Its fields to read.
    stage_view view() const { return stage_view(*this); }
    stage &set_name(std::string_view value) { return record::set_text(CRM_STAGE_NAME, value), *this; }
    stage &set_pipeline(ref value) { return record::set_ref(CRM_STAGE_PIPELINE, value), *this; }
    stage &set_order(int64_t value) { return record::set_int(CRM_STAGE_ORDER, value), *this; }
    stage &set_kind(std::string_view value) { return record::set_text(CRM_STAGE_KIND, value), *this; }
    stage &set_probability(crm_decimal value) { return record::set_decimal(CRM_STAGE_PROBABILITY, value), *this; }
    stage &set_stalls_after_days(int64_t value) { return record::set_int(CRM_STAGE_STALLS_AFTER_DAYS, value), *this; }
};

// A sale: what we may sell, to whom, for how much, and how far it is.
class deal_view : public record_view {
public:
    deal_view(const record_view &of) : record_view(of) {}
    // What is sold to whom, in a few words. (text, required)
    std::optional<std::string_view> name() const { return record_view::get_text(CRM_DEAL_NAME); }
    // The way that the deal takes; that of its stage. (reference to pipeline)
    std::optional<ref> pipeline() const { return record_view::get_ref(CRM_DEAL_PIPELINE); }
    // How far it is. A new deal begins in the first stage of its pipeline. (reference to stage, required)
    std::optional<ref> stage() const { return record_view::get_ref(CRM_DEAL_STAGE); }
    // Open, won or lost; that of its stage. (choice, read only)
    std::optional<std::string_view> status() const { return record_view::get_text(CRM_DEAL_STATUS); }
    // What it is worth. (money)
    std::optional<money> amount() const { return record_view::get_money(CRM_DEAL_AMOUNT); }
    // The chance, in percent, that it is won: that of its stage, unless somebody knows better. What somebody says stays
    // when the deal moves on, until it is cleared or the deal is closed. (percent)
    std::optional<crm_decimal> probability() const { return record_view::get_decimal(CRM_DEAL_PROBABILITY); }
    // Amount times probability, rounded half to even to the currency's decimals. (money, read only)
    std::optional<money> weighted_amount() const { return record_view::get_money(CRM_DEAL_WEIGHTED_AMOUNT); }
    // The day on which it is, or is expected to be, decided. (date)
    std::optional<crm_date> close_date() const { return record_view::get_date(CRM_DEAL_CLOSE_DATE); }
    // The company that buys. (reference to company)
    std::optional<ref> company() const { return record_view::get_ref(CRM_DEAL_COMPANY); }
    // The person with whom we mainly speak; see DealContact for all of them. (reference to contact)
    std::optional<ref> contact() const { return record_view::get_ref(CRM_DEAL_CONTACT); }
    // Who works on it. (reference to user)
    std::optional<ref> owner() const { return record_view::get_ref(CRM_DEAL_OWNER); }
    // Where it came from. (choice)
    std::optional<std::string_view> source() const { return record_view::get_text(CRM_DEAL_SOURCE); }
    // Why it was lost. (choice)
    std::optional<std::string_view> lost_reason() const { return record_view::get_text(CRM_DEAL_LOST_REASON); }
    // When it last changed its stage. (date_time, read only)
    std::optional<instant> stage_since() const { return record_view::get_time(CRM_DEAL_STAGE_SINCE); }
    // When it was won or lost. A deal that is created in a closed stage with a close date in the past, as imports of
    // older deals have it, was closed when that day began. (date_time, read only)
    std::optional<instant> closed_at() const { return record_view::get_time(CRM_DEAL_CLOSED_AT); }
    // The open stage in which it was last before it was won or lost: where it was lost. Of a deal that was never in
    // one, the first open stage of its pipeline. Null while it is open. (reference to stage, read only)
    std::optional<ref> last_stage() const { return record_view::get_ref(CRM_DEAL_LAST_STAGE); }
    // Its place in the column of a board; see Session::move_card. (decimal, read only)
    std::optional<crm_decimal> position() const { return record_view::get_decimal(CRM_DEAL_POSITION); }
    // The day on which work on it began. (date)
    std::optional<crm_date> opened() const { return record_view::get_date(CRM_DEAL_OPENED); }
    // Words that mark it. (list of reference to tag)
    std::vector<ref> tags() const { return record_view::get_refs(CRM_DEAL_TAGS); }
    // What else is to be known. (long_text)
    std::optional<std::string_view> description() const { return record_view::get_text(CRM_DEAL_DESCRIPTION); }
    // The key in the system from which it came. (text, unique)
    std::optional<std::string_view> external_id() const { return record_view::get_text(CRM_DEAL_EXTERNAL_ID); }
    // True while the probability is what somebody said, and not that of the stage. (boolean, read only)
    std::optional<bool> probability_overridden() const { return record_view::get_bool(CRM_DEAL_PROBABILITY_OVERRIDDEN); }
};

// A record of this object, or the draft of one.
class deal : public record {
public:
    explicit deal(const database &db, std::optional<std::string_view> id = std::nullopt) : record(db, CRM_TYPE_DEAL, id) {}
    explicit deal(record &&of) : record(std::move(of)) {}
    // Its fields to read.
    deal_view view() const { return deal_view(*this); }
    deal &set_name(std::string_view value) { return record::set_text(CRM_DEAL_NAME, value), *this; }
    deal &set_pipeline(ref value) { return record::set_ref(CRM_DEAL_PIPELINE, value), *this; }
    deal &set_stage(ref value) { return record::set_ref(CRM_DEAL_STAGE, value), *this; }
    deal &set_amount(money value) { return record::set_money(CRM_DEAL_AMOUNT, value), *this; }
    deal &set_probability(crm_decimal value) { return record::set_decimal(CRM_DEAL_PROBABILITY, value), *this; }
    deal &set_close_date(crm_date value) { return record::set_date(CRM_DEAL_CLOSE_DATE, value), *this; }
    deal &set_company(ref value) { return record::set_ref(CRM_DEAL_COMPANY, value), *this; }
    deal &set_contact(ref value) { return record::set_ref(CRM_DEAL_CONTACT, value), *this; }
    deal &set_owner(ref value) { return record::set_ref(CRM_DEAL_OWNER, value), *this; }
    deal &set_source(std::string_view value) { return record::set_text(CRM_DEAL_SOURCE, value), *this; }
    deal &set_lost_reason(std::string_view value) { return record::set_text(CRM_DEAL_LOST_REASON, value), *this; }
    deal &set_opened(crm_date value) { return record::set_date(CRM_DEAL_OPENED, value), *this; }
    deal &add_tags(ref value) { return record::add_ref(CRM_DEAL_TAGS, value), *this; }
    deal &set_description(std::string_view value) { return record::set_text(CRM_DEAL_DESCRIPTION, value), *this; }
    deal &set_external_id(std::string_view value) { return record::set_text(CRM_DEAL_EXTERNAL_ID, value), *this; }
};

// A phone call, planned or made.
class call_view : public record_view {
public:
    call_view(const record_view &of) : record_view(of) {}
    // What it is about. (text, required)
    std::optional<std::string_view> subject() const { return record_view::get_text(CRM_CALL_SUBJECT); }
    // The records that it concerns. (list of reference)
    std::vector<ref> about() const { return record_view::get_refs(CRM_CALL_ABOUT); }
    // When it takes, or took, place. (date_time, required)
    std::optional<instant> at() const { return record_view::get_time(CRM_CALL_AT); }
    // How long it took. (duration)
    std::optional<duration> duration_() const { return record_view::get_duration(CRM_CALL_DURATION); }
    // Who called whom. (choice)
    std::optional<std::string_view> direction() const { return record_view::get_text(CRM_CALL_DIRECTION); }
    // What came of it. (choice)
    std::optional<std::string_view> outcome() const { return record_view::get_text(CRM_CALL_OUTCOME); }
    // The number on the other side. (phone)
    std::optional<std::string_view> number() const { return record_view::get_text(CRM_CALL_NUMBER); }
    // What was said. (long_text)
    std::optional<std::string_view> notes() const { return record_view::get_text(CRM_CALL_NOTES); }
    // Where a recording is. (url)
    std::optional<std::string_view> recording() const { return record_view::get_text(CRM_CALL_RECORDING); }
    // Who called or was called on our side. (reference to user)
    std::optional<ref> owner() const { return record_view::get_ref(CRM_CALL_OWNER); }
};

// A record of this object, or the draft of one.
class call : public record {
public:
    explicit call(const database &db, std::optional<std::string_view> id = std::nullopt) : record(db, CRM_TYPE_CALL, id) {}
    explicit call(record &&of) : record(std::move(of)) {}
    // Its fields to read.
    call_view view() const { return call_view(*this); }
    call &set_subject(std::string_view value) { return record::set_text(CRM_CALL_SUBJECT, value), *this; }
    call &add_about(ref value) { return record::add_ref(CRM_CALL_ABOUT, value), *this; }
    call &set_at(instant value) { return record::set_time(CRM_CALL_AT, value), *this; }
    call &set_duration(duration value) { return record::set_duration(CRM_CALL_DURATION, value), *this; }
    call &set_direction(std::string_view value) { return record::set_text(CRM_CALL_DIRECTION, value), *this; }
    call &set_outcome(std::string_view value) { return record::set_text(CRM_CALL_OUTCOME, value), *this; }
    call &set_number(std::string_view value) { return record::set_text(CRM_CALL_NUMBER, value), *this; }
    call &set_notes(std::string_view value) { return record::set_text(CRM_CALL_NOTES, value), *this; }
    call &set_recording(std::string_view value) { return record::set_text(CRM_CALL_RECORDING, value), *this; }
    call &set_owner(ref value) { return record::set_ref(CRM_CALL_OWNER, value), *this; }
};

// A meeting; see Attendee for those who take part.
class meeting_view : public record_view {
public:
    meeting_view(const record_view &of) : record_view(of) {}
    // What it is about. (text, required)
    std::optional<std::string_view> subject() const { return record_view::get_text(CRM_MEETING_SUBJECT); }
    // The records that it concerns. (list of reference)
    std::vector<ref> about() const { return record_view::get_refs(CRM_MEETING_ABOUT); }
    // When it begins. (date_time, required)
    std::optional<instant> starts() const { return record_view::get_time(CRM_MEETING_STARTS); }
    // When it ends. (date_time)
    std::optional<instant> ends() const { return record_view::get_time(CRM_MEETING_ENDS); }
    // Where it takes place. (text)
    std::optional<std::string_view> location() const { return record_view::get_text(CRM_MEETING_LOCATION); }
    // Where it can be joined. (url)
    std::optional<std::string_view> link() const { return record_view::get_text(CRM_MEETING_LINK); }
    // Whether it took place. (choice)
    std::optional<std::string_view> status() const { return record_view::get_text(CRM_MEETING_STATUS); }
    // What was said. (long_text)
    std::optional<std::string_view> notes() const { return record_view::get_text(CRM_MEETING_NOTES); }
    // Who called it. (reference to user)
    std::optional<ref> owner() const { return record_view::get_ref(CRM_MEETING_OWNER); }
    // The `UID` of the iCalendar event (RFC 5545). (text, unique)
    std::optional<std::string_view> uid() const { return record_view::get_text(CRM_MEETING_UID); }
};

// A record of this object, or the draft of one.
class meeting : public record {
public:
    explicit meeting(const database &db, std::optional<std::string_view> id = std::nullopt) : record(db, CRM_TYPE_MEETING, id) {}
    explicit meeting(record &&of) : record(std::move(of)) {}
    // Its fields to read.
    meeting_view view() const { return meeting_view(*this); }
    meeting &set_subject(std::string_view value) { return record::set_text(CRM_MEETING_SUBJECT, value), *this; }
    meeting &add_about(ref value) { return record::add_ref(CRM_MEETING_ABOUT, value), *this; }
    meeting &set_starts(instant value) { return record::set_time(CRM_MEETING_STARTS, value), *this; }
    meeting &set_ends(instant value) { return record::set_time(CRM_MEETING_ENDS, value), *this; }
    meeting &set_location(std::string_view value) { return record::set_text(CRM_MEETING_LOCATION, value), *this; }
    meeting &set_link(std::string_view value) { return record::set_text(CRM_MEETING_LINK, value), *this; }
    meeting &set_status(std::string_view value) { return record::set_text(CRM_MEETING_STATUS, value), *this; }
    meeting &set_notes(std::string_view value) { return record::set_text(CRM_MEETING_NOTES, value), *this; }
    meeting &set_owner(ref value) { return record::set_ref(CRM_MEETING_OWNER, value), *this; }
    meeting &set_uid(std::string_view value) { return record::set_text(CRM_MEETING_UID, value), *this; }
};

// An e-mail that was sent or received.
class email_view : public record_view {
public:
    email_view(const record_view &of) : record_view(of) {}
    // The subject. (text)
    std::optional<std::string_view> subject() const { return record_view::get_text(CRM_EMAIL_SUBJECT); }
    // The records that it concerns. (list of reference)
    std::vector<ref> about() const { return record_view::get_refs(CRM_EMAIL_ABOUT); }
    // When it was sent. (date_time, required)
    std::optional<instant> at() const { return record_view::get_time(CRM_EMAIL_AT); }
    // Whether it came or went. (choice)
    std::optional<std::string_view> direction() const { return record_view::get_text(CRM_EMAIL_DIRECTION); }
    // Who sent it. (email)
    std::optional<std::string_view> from() const { return record_view::get_text(CRM_EMAIL_FROM); }
    // To whom it was sent. (list of email)
    std::vector<std::string_view> to() const { return record_view::get_texts(CRM_EMAIL_TO); }
    // Who received a copy. (list of email)
    std::vector<std::string_view> cc() const { return record_view::get_texts(CRM_EMAIL_CC); }
    // The text. (long_text)
    std::optional<std::string_view> body() const { return record_view::get_text(CRM_EMAIL_BODY); }
    // The `Message-ID` (RFC 5322). (text, unique)
    std::optional<std::string_view> message_id() const { return record_view::get_text(CRM_EMAIL_MESSAGE_ID); }
    // The `Message-ID` of the first e-mail of the conversation. (text)
    std::optional<std::string_view> thread() const { return record_view::get_text(CRM_EMAIL_THREAD); }
    // Who of us wrote or received it. (reference to user)
    std::optional<ref> owner() const { return record_view::get_ref(CRM_EMAIL_OWNER); }
};

// A record of this object, or the draft of one.
class email : public record {
public:
    explicit email(const database &db, std::optional<std::string_view> id = std::nullopt) : record(db, CRM_TYPE_EMAIL, id) {}
    explicit email(record &&of) : record(std::move(of)) {}
    // Its fields to read.
    email_view view() const { return email_view(*this); }
    email &set_subject(std::string_view value) { return record::set_text(CRM_EMAIL_SUBJECT, value), *this; }
    email &add_about(ref value) { return record::add_ref(CRM_EMAIL_ABOUT, value), *this; }
    email &set_at(instant value) { return record::set_time(CRM_EMAIL_AT, value), *this; }
    email &set_direction(std::string_view value) { return record::set_text(CRM_EMAIL_DIRECTION, value), *this; }
    email &set_from(std::string_view value) { return record::set_text(CRM_EMAIL_FROM, value), *this; }
    email &add_to(std::string_view value) { return record::add_text(CRM_EMAIL_TO, value), *this; }
    email &add_cc(std::string_view value) { return record::add_text(CRM_EMAIL_CC, value), *this; }
    email &set_body(std::string_view value) { return record::set_text(CRM_EMAIL_BODY, value), *this; }
    email &set_message_id(std::string_view value) { return record::set_text(CRM_EMAIL_MESSAGE_ID, value), *this; }
    email &set_thread(std::string_view value) { return record::set_text(CRM_EMAIL_THREAD, value), *this; }
    email &set_owner(ref value) { return record::set_ref(CRM_EMAIL_OWNER, value), *this; }
};

// Something that somebody wrote down.
class note_view : public record_view {
public:
    note_view(const record_view &of) : record_view(of) {}
    // A heading. (text)
    std::optional<std::string_view> subject() const { return record_view::get_text(CRM_NOTE_SUBJECT); }
    // The records that it concerns. (list of reference)
    std::vector<ref> about() const { return record_view::get_refs(CRM_NOTE_ABOUT); }
    // When it was written. (date_time, required)
    std::optional<instant> at() const { return record_view::get_time(CRM_NOTE_AT); }
    // The text. (long_text)
    std::optional<std::string_view> body() const { return record_view::get_text(CRM_NOTE_BODY); }
    // True if it stands above the others. (boolean)
    std::optional<bool> pinned() const { return record_view::get_bool(CRM_NOTE_PINNED); }
    // Who wrote it. (reference to user)
    std::optional<ref> owner() const { return record_view::get_ref(CRM_NOTE_OWNER); }
};

// A record of this object, or the draft of one.
class note : public record {
public:
    explicit note(const database &db, std::optional<std::string_view> id = std::nullopt) : record(db, CRM_TYPE_NOTE, id) {}
    explicit note(record &&of) : record(std::move(of)) {}
    // Its fields to read.
    note_view view() const { return note_view(*this); }
    note &set_subject(std::string_view value) { return record::set_text(CRM_NOTE_SUBJECT, value), *this; }
    note &add_about(ref value) { return record::add_ref(CRM_NOTE_ABOUT, value), *this; }
    note &set_at(instant value) { return record::set_time(CRM_NOTE_AT, value), *this; }
    note &set_body(std::string_view value) { return record::set_text(CRM_NOTE_BODY, value), *this; }
    note &set_pinned(bool value) { return record::set_bool(CRM_NOTE_PINNED, value), *this; }
    note &set_owner(ref value) { return record::set_ref(CRM_NOTE_OWNER, value), *this; }
};

// Something to be done.
class task_view : public record_view {
public:
    task_view(const record_view &of) : record_view(of) {}
    // What is to be done. (text, required)
    std::optional<std::string_view> subject() const { return record_view::get_text(CRM_TASK_SUBJECT); }
    // The records that it concerns. (list of reference)
    std::vector<ref> about() const { return record_view::get_refs(CRM_TASK_ABOUT); }
    // When it is to be done. A day without a time of it goes to due_on, and this is the end of that day: the task is
    // late when the day is over. (date_time)
    std::optional<instant> due() const { return record_view::get_time(CRM_TASK_DUE); }
    // How far it is. (choice)
    std::optional<std::string_view> status() const { return record_view::get_text(CRM_TASK_STATUS); }
    // How urgent it is. (choice)
    std::optional<std::string_view> priority() const { return record_view::get_text(CRM_TASK_PRIORITY); }
    // What else is to be known. (long_text)
    std::optional<std::string_view> description() const { return record_view::get_text(CRM_TASK_DESCRIPTION); }
    // When it was done or given up. (date_time, read only)
    std::optional<instant> completed_at() const { return record_view::get_time(CRM_TASK_COMPLETED_AT); }
    // Who is to do it. (reference to user)
    std::optional<ref> owner() const { return record_view::get_ref(CRM_TASK_OWNER); }
    // Where it stands on timelines: when it was done, else when it is due, else when it was made. (date_time, read
    // only)
    std::optional<instant> at() const { return record_view::get_time(CRM_TASK_AT); }
    // The day on which it is to be done, where no time of it is said. It ends in the zone of the owner, or else of the
    // organisation. (date)
    std::optional<crm_date> due_on() const { return record_view::get_date(CRM_TASK_DUE_ON); }
};

// A record of this object, or the draft of one.
class task : public record {
public:
    explicit task(const database &db, std::optional<std::string_view> id = std::nullopt) : record(db, CRM_TYPE_TASK, id) {}
    explicit task(record &&of) : record(std::move(of)) {}
    // Its fields to read.
    task_view view() const { return task_view(*this); }
    task &set_subject(std::string_view value) { return record::set_text(CRM_TASK_SUBJECT, value), *this; }
    task &add_about(ref value) { return record::add_ref(CRM_TASK_ABOUT, value), *this; }
    task &set_due(instant value) { return record::set_time(CRM_TASK_DUE, value), *this; }
    task &set_status(std::string_view value) { return record::set_text(CRM_TASK_STATUS, value), *this; }
    task &set_priority(std::string_view value) { return record::set_text(CRM_TASK_PRIORITY, value), *this; }
    task &set_description(std::string_view value) { return record::set_text(CRM_TASK_DESCRIPTION, value), *this; }
    task &set_owner(ref value) { return record::set_ref(CRM_TASK_OWNER, value), *this; }
    task &set_due_on(crm_date value) { return record::set_date(CRM_TASK_DUE_ON, value), *this; }
};

// A file: what is known of it, and its content up to the host's limit; beyond that where it is.
class document_view : public record_view {
public:
    document_view(const record_view &of) : record_view(of) {}
    // The file's name. (text, required)
    std::optional<std::string_view> name() const { return record_view::get_text(CRM_DOCUMENT_NAME); }
    // The records that it concerns. (list of reference)
    std::vector<ref> about() const { return record_view::get_refs(CRM_DOCUMENT_ABOUT); }
    // When it was added. (date_time, required)
    std::optional<instant> at() const { return record_view::get_time(CRM_DOCUMENT_AT); }
    // The media type (RFC 6838). (text)
    std::optional<std::string_view> media_type() const { return record_view::get_text(CRM_DOCUMENT_MEDIA_TYPE); }
    // The length of the content in bytes. (integer, read only)
    std::optional<int64_t> bytes() const { return record_view::get_int(CRM_DOCUMENT_BYTES); }
    // The SHA-256 of the content in hexadecimal digits. (text, read only)
    std::optional<std::string_view> sha256() const { return record_view::get_text(CRM_DOCUMENT_SHA256); }
    // Where the content is, if it is not in the store. (url)
    std::optional<std::string_view> location() const { return record_view::get_text(CRM_DOCUMENT_LOCATION); }
    // What it is. (long_text)
    std::optional<std::string_view> description() const { return record_view::get_text(CRM_DOCUMENT_DESCRIPTION); }
    // Who added it. (reference to user)
    std::optional<ref> owner() const { return record_view::get_ref(CRM_DOCUMENT_OWNER); }
};

// A record of this object, or the draft of one.
class document : public record {
public:
    explicit document(const database &db, std::optional<std::string_view> id = std::nullopt) : record(db, CRM_TYPE_DOCUMENT, id) {}
    explicit document(record &&of) : record(std::move(of)) {}
    // Its fields to read.
    document_view view() const { return document_view(*this); }
    document &set_name(std::string_view value) { return record::set_text(CRM_DOCUMENT_NAME, value), *this; }
    document &add_about(ref value) { return record::add_ref(CRM_DOCUMENT_ABOUT, value), *this; }
    document &set_at(instant value) { return record::set_time(CRM_DOCUMENT_AT, value), *this; }
    document &set_media_type(std::string_view value) { return record::set_text(CRM_DOCUMENT_MEDIA_TYPE, value), *this; }
    document &set_location(std::string_view value) { return record::set_text(CRM_DOCUMENT_LOCATION, value), *this; }
    document &set_description(std::string_view value) { return record::set_text(CRM_DOCUMENT_DESCRIPTION, value), *this; }
    document &set_owner(ref value) { return record::set_ref(CRM_DOCUMENT_OWNER, value), *this; }
};

// A word that marks records.
class tag_view : public record_view {
public:
    tag_view(const record_view &of) : record_view(of) {}
    // The word. (text, required, unique)
    std::optional<std::string_view> name() const { return record_view::get_text(CRM_TAG_NAME); }
    // A colour, `#rrggbb`. (text)
    std::optional<std::string_view> color() const { return record_view::get_text(CRM_TAG_COLOR); }
};

// A record of this object, or the draft of one.
class tag : public record {
public:
    explicit tag(const database &db, std::optional<std::string_view> id = std::nullopt) : record(db, CRM_TYPE_TAG, id) {}
    explicit tag(record &&of) : record(std::move(of)) {}
    // Its fields to read.
    tag_view view() const { return tag_view(*this); }
    tag &set_name(std::string_view value) { return record::set_text(CRM_TAG_NAME, value), *this; }
    tag &set_color(std::string_view value) { return record::set_text(CRM_TAG_COLOR, value), *this; }
};

// An e-mail address or phone number, shared by all records that have it, so that an opt-out given to one holds for all.
// Made when there is something to say about the address.
class contact_point_view : public record_view {
public:
    contact_point_view(const record_view &of) : record_view(of) {}
    // The address in its normal form. (text, required, unique)
    std::optional<std::string_view> address() const { return record_view::get_text(CRM_CONTACT_POINT_ADDRESS); }
    // What kind of address it is. (choice, required)
    std::optional<std::string_view> kind() const { return record_view::get_text(CRM_CONTACT_POINT_KIND); }
    // True if its owner does not want to be contacted here. (boolean)
    std::optional<bool> opted_out() const { return record_view::get_bool(CRM_CONTACT_POINT_OPTED_OUT); }
    // When that was said. (date_time)
    std::optional<instant> opted_out_at() const { return record_view::get_time(CRM_CONTACT_POINT_OPTED_OUT_AT); }
    // True if messages do not arrive. (boolean)
    std::optional<bool> invalid() const { return record_view::get_bool(CRM_CONTACT_POINT_INVALID); }
    // What showed that. (text)
    std::optional<std::string_view> invalid_reason() const { return record_view::get_text(CRM_CONTACT_POINT_INVALID_REASON); }
};

// A record of this object, or the draft of one.
class contact_point : public record {
public:
    explicit contact_point(const database &db, std::optional<std::string_view> id = std::nullopt) : record(db, CRM_TYPE_CONTACT_POINT, id) {}
    explicit contact_point(record &&of) : record(std::move(of)) {}
    // Its fields to read.
    contact_point_view view() const { return contact_point_view(*this); }
    contact_point &set_address(std::string_view value) { return record::set_text(CRM_CONTACT_POINT_ADDRESS, value), *this; }
    contact_point &set_kind(std::string_view value) { return record::set_text(CRM_CONTACT_POINT_KIND, value), *this; }
    contact_point &set_opted_out(bool value) { return record::set_bool(CRM_CONTACT_POINT_OPTED_OUT, value), *this; }
    contact_point &set_opted_out_at(instant value) { return record::set_time(CRM_CONTACT_POINT_OPTED_OUT_AT, value), *this; }
    contact_point &set_invalid(bool value) { return record::set_bool(CRM_CONTACT_POINT_INVALID, value), *this; }
    contact_point &set_invalid_reason(std::string_view value) { return record::set_text(CRM_CONTACT_POINT_INVALID_REASON, value), *this; }
};

// What one unit of a currency was worth in the organisation's base currency from a day on. The host supplies the rates.
class exchange_rate_view : public record_view {
public:
    exchange_rate_view(const record_view &of) : record_view(of) {}
    // The ISO 4217 code of the currency. (text, required)
    std::optional<std::string_view> currency() const { return record_view::get_text(CRM_EXCHANGE_RATE_CURRENCY); }
    // The first day on which the rate holds. (date, required)
    std::optional<crm_date> date() const { return record_view::get_date(CRM_EXCHANGE_RATE_DATE); }
    // Units of the base currency for one unit of the currency. (decimal, required)
    std::optional<crm_decimal> rate() const { return record_view::get_decimal(CRM_EXCHANGE_RATE_RATE); }
};

// A record of this object, or the draft of one.
class exchange_rate : public record {
public:
    explicit exchange_rate(const database &db, std::optional<std::string_view> id = std::nullopt) : record(db, CRM_TYPE_EXCHANGE_RATE, id) {}
    explicit exchange_rate(record &&of) : record(std::move(of)) {}
    // Its fields to read.
    exchange_rate_view view() const { return exchange_rate_view(*this); }
    exchange_rate &set_currency(std::string_view value) { return record::set_text(CRM_EXCHANGE_RATE_CURRENCY, value), *this; }
    exchange_rate &set_date(crm_date value) { return record::set_date(CRM_EXCHANGE_RATE_DATE, value), *this; }
    exchange_rate &set_rate(crm_decimal value) { return record::set_decimal(CRM_EXCHANGE_RATE_RATE, value), *this; }
};

// That a person works, or worked, for a company. What the person did while the employment lasted stands on the
// company's timeline. When Contact::COMPANY changes from one company to another, the employment at the one ends and
// that at the other begins at that moment, and they are made where there were none; undoing the change takes them back.
class employment_view : public record_view {
public:
    employment_view(const record_view &of) : record_view(of) {}
    // The person. (reference to contact, required)
    std::optional<ref> contact() const { return record_view::get_ref(CRM_EMPLOYMENT_CONTACT); }
    // The company. (reference to company, required)
    std::optional<ref> company() const { return record_view::get_ref(CRM_EMPLOYMENT_COMPANY); }
    // What the person does there. (text)
    std::optional<std::string_view> role() const { return record_view::get_text(CRM_EMPLOYMENT_ROLE); }
    // The day on which it began, as people say it; it counts before began. (date)
    std::optional<crm_date> since() const { return record_view::get_date(CRM_EMPLOYMENT_SINCE); }
    // The last day of it, as people say it; it counts before ended. (date)
    std::optional<crm_date> until() const { return record_view::get_date(CRM_EMPLOYMENT_UNTIL); }
    // True if it is over. It ends when this is said, unless `until` says another day; one that came here as a former
    // one without that day puts nothing on the company's timeline. (boolean)
    std::optional<bool> former() const { return record_view::get_bool(CRM_EMPLOYMENT_FORMER); }
    // True for the one company for which the person mainly works. (boolean)
    std::optional<bool> primary() const { return record_view::get_bool(CRM_EMPLOYMENT_PRIMARY); }
    // The moment at which the person came from another company. (date_time, read only)
    std::optional<instant> began() const { return record_view::get_time(CRM_EMPLOYMENT_BEGAN); }
    // The moment at which the person went, or it was said that it is over. (date_time, read only)
    std::optional<instant> ended() const { return record_view::get_time(CRM_EMPLOYMENT_ENDED); }
    // The moments at which the person went and came back, in turn, before the last time. (list of date_time, read only)
    std::vector<instant> away() const { return record_view::get_times(CRM_EMPLOYMENT_AWAY); }
};

// A record of this object, or the draft of one.
class employment : public record {
public:
    explicit employment(const database &db, std::optional<std::string_view> id = std::nullopt) : record(db, CRM_TYPE_EMPLOYMENT, id) {}
    explicit employment(record &&of) : record(std::move(of)) {}
    // Its fields to read.
    employment_view view() const { return employment_view(*this); }
    employment &set_contact(ref value) { return record::set_ref(CRM_EMPLOYMENT_CONTACT, value), *this; }
    employment &set_company(ref value) { return record::set_ref(CRM_EMPLOYMENT_COMPANY, value), *this; }
    employment &set_role(std::string_view value) { return record::set_text(CRM_EMPLOYMENT_ROLE, value), *this; }
    employment &set_since(crm_date value) { return record::set_date(CRM_EMPLOYMENT_SINCE, value), *this; }
    employment &set_until(crm_date value) { return record::set_date(CRM_EMPLOYMENT_UNTIL, value), *this; }
    employment &set_former(bool value) { return record::set_bool(CRM_EMPLOYMENT_FORMER, value), *this; }
    employment &set_primary(bool value) { return record::set_bool(CRM_EMPLOYMENT_PRIMARY, value), *this; }
};

// That a person takes part in a deal, in a buying role. What the person does from then until the deal is closed stands
// on the timeline of the deal and of its company.
class deal_contact_view : public record_view {
public:
    deal_contact_view(const record_view &of) : record_view(of) {}
    // The deal. (reference to deal, required)
    std::optional<ref> deal() const { return record_view::get_ref(CRM_DEAL_CONTACT_DEAL); }
    // The person. (reference to contact, required)
    std::optional<ref> contact() const { return record_view::get_ref(CRM_DEAL_CONTACT_CONTACT); }
    // The part that the person plays in the decision. (choice)
    std::optional<std::string_view> role() const { return record_view::get_text(CRM_DEAL_CONTACT_ROLE); }
    // True for the one person with whom we mainly speak. (boolean)
    std::optional<bool> primary() const { return record_view::get_bool(CRM_DEAL_CONTACT_PRIMARY); }
};

// A record of this object, or the draft of one.
class deal_contact : public record {
public:
    explicit deal_contact(const database &db, std::optional<std::string_view> id = std::nullopt) : record(db, CRM_TYPE_DEAL_CONTACT, id) {}
    explicit deal_contact(record &&of) : record(std::move(of)) {}
    // Its fields to read.
    deal_contact_view view() const { return deal_contact_view(*this); }
    deal_contact &set_deal(ref value) { return record::set_ref(CRM_DEAL_CONTACT_DEAL, value), *this; }
    deal_contact &set_contact(ref value) { return record::set_ref(CRM_DEAL_CONTACT_CONTACT, value), *this; }
    deal_contact &set_role(std::string_view value) { return record::set_text(CRM_DEAL_CONTACT_ROLE, value), *this; }
    deal_contact &set_primary(bool value) { return record::set_bool(CRM_DEAL_CONTACT_PRIMARY, value), *this; }
};

// That a person is invited to a meeting. The meeting stands on the person's timeline.
class attendee_view : public record_view {
public:
    attendee_view(const record_view &of) : record_view(of) {}
    // The meeting. (reference to meeting, required)
    std::optional<ref> meeting() const { return record_view::get_ref(CRM_ATTENDEE_MEETING); }
    // Who is invited. (reference to contact or lead or user, required)
    std::optional<ref> person() const { return record_view::get_ref(CRM_ATTENDEE_PERSON); }
    // What they answered. (choice)
    std::optional<std::string_view> answer() const { return record_view::get_text(CRM_ATTENDEE_ANSWER); }
    // True if the meeting can do without them. (boolean)
    std::optional<bool> optional() const { return record_view::get_bool(CRM_ATTENDEE_OPTIONAL); }
};

// A record of this object, or the draft of one.
class attendee : public record {
public:
    explicit attendee(const database &db, std::optional<std::string_view> id = std::nullopt) : record(db, CRM_TYPE_ATTENDEE, id) {}
    explicit attendee(record &&of) : record(std::move(of)) {}
    // Its fields to read.
    attendee_view view() const { return attendee_view(*this); }
    attendee &set_meeting(ref value) { return record::set_ref(CRM_ATTENDEE_MEETING, value), *this; }
    attendee &set_person(ref value) { return record::set_ref(CRM_ATTENDEE_PERSON, value), *this; }
    attendee &set_answer(std::string_view value) { return record::set_text(CRM_ATTENDEE_ANSWER, value), *this; }
    attendee &set_optional(bool value) { return record::set_bool(CRM_ATTENDEE_OPTIONAL, value), *this; }
};

// A rule: when something happens to a record of an object and a condition holds, actions follow in the same
// transaction.
class rule_view : public record_view {
public:
    rule_view(const record_view &of) : record_view(of) {}
    // The rule's name. (text, required, unique)
    std::optional<std::string_view> name() const { return record_view::get_text(CRM_RULE_NAME); }
    // The name of the object whose records it watches. (text, required)
    std::optional<std::string_view> object() const { return record_view::get_text(CRM_RULE_OBJECT); }
    // What sets it off. (choice, required)
    std::optional<std::string_view> trigger() const { return record_view::get_text(CRM_RULE_TRIGGER); }
    // The fields that it watches: for `updated` any of them, for `entered` and `date_reached` the one. (list of text)
    std::vector<std::string_view> fields() const { return record_view::get_texts(CRM_RULE_FIELDS); }
    // The condition, in CEL; empty for none. (long_text)
    std::optional<std::string_view> condition() const { return record_view::get_text(CRM_RULE_CONDITION); }
    // What follows: a JSON array of actions; see Action. (long_text, required)
    std::optional<std::string_view> actions() const { return record_view::get_text(CRM_RULE_ACTIONS); }
    // For `date_reached`: how long after the date it fires; negative for before. Whole days are those of the calendar,
    // the rest is counted exactly. (duration)
    std::optional<duration> offset() const { return record_view::get_duration(CRM_RULE_OFFSET); }
    // For `schedule`: the interval. Whole days are those of the calendar, so that what runs at nine in the morning does
    // so in summer and in winter. (duration)
    std::optional<duration> every() const { return record_view::get_duration(CRM_RULE_EVERY); }
    // For `schedule`: when it first fires; without it, an interval after the rule was made. (date_time)
    std::optional<instant> starts() const { return record_view::get_time(CRM_RULE_STARTS); }
    // The order among rules set off by the same change, ascending. (integer)
    std::optional<int64_t> order() const { return record_view::get_int(CRM_RULE_ORDER); }
    // False for a rule that is switched off. (boolean)
    std::optional<bool> active() const { return record_view::get_bool(CRM_RULE_ACTIVE); }
    // How it may set itself off again, by the names of the rules: `ping → pong → ping`. It runs once for a record and a
    // change all the same. Found when the rule is saved. (long_text, read only)
    std::optional<std::string_view> cycle() const { return record_view::get_text(CRM_RULE_CYCLE); }
    // How many of its runs have failed in a row; see RULE_FAILURES_MAX. (integer, read only)
    std::optional<int64_t> failures() const { return record_view::get_int(CRM_RULE_FAILURES); }
    // Why it was switched off, if it was because its runs failed. (long_text, read only)
    std::optional<std::string_view> switched_off_reason() const { return record_view::get_text(CRM_RULE_SWITCHED_OFF_REASON); }
};

// A record of this object, or the draft of one.
class rule : public record {
public:
    explicit rule(const database &db, std::optional<std::string_view> id = std::nullopt) : record(db, CRM_TYPE_RULE, id) {}
    explicit rule(record &&of) : record(std::move(of)) {}
    // Its fields to read.
    rule_view view() const { return rule_view(*this); }
    rule &set_name(std::string_view value) { return record::set_text(CRM_RULE_NAME, value), *this; }
    rule &set_object(std::string_view value) { return record::set_text(CRM_RULE_OBJECT, value), *this; }
    rule &set_trigger(std::string_view value) { return record::set_text(CRM_RULE_TRIGGER, value), *this; }
    rule &add_fields(std::string_view value) { return record::add_text(CRM_RULE_FIELDS, value), *this; }
    rule &set_condition(std::string_view value) { return record::set_text(CRM_RULE_CONDITION, value), *this; }
    rule &set_actions(std::string_view value) { return record::set_text(CRM_RULE_ACTIONS, value), *this; }
    rule &set_offset(duration value) { return record::set_duration(CRM_RULE_OFFSET, value), *this; }
    rule &set_every(duration value) { return record::set_duration(CRM_RULE_EVERY, value), *this; }
    rule &set_starts(instant value) { return record::set_time(CRM_RULE_STARTS, value), *this; }
    rule &set_order(int64_t value) { return record::set_int(CRM_RULE_ORDER, value), *this; }
    rule &set_active(bool value) { return record::set_bool(CRM_RULE_ACTIVE, value), *this; }
};

// That a rule fired, for which record, and what came of it.
class rule_run_view : public record_view {
public:
    rule_run_view(const record_view &of) : record_view(of) {}
    // The rule; null if it has been purged. (reference to rule)
    std::optional<ref> rule() const { return record_view::get_ref(CRM_RULE_RUN_RULE); }
    // The record for which it fired. (reference)
    std::optional<ref> record() const { return record_view::get_ref(CRM_RULE_RUN_RECORD); }
    // When. (date_time, required)
    std::optional<instant> at() const { return record_view::get_time(CRM_RULE_RUN_AT); }
    // How many actions were done. (integer)
    std::optional<int64_t> actions() const { return record_view::get_int(CRM_RULE_RUN_ACTIONS); }
    // True if an action failed. Nothing of that action is kept; the others stand. (boolean)
    std::optional<bool> failed() const { return record_view::get_bool(CRM_RULE_RUN_FAILED); }
    // The errors of the actions that failed, or that of the run. (long_text)
    std::optional<std::string_view> error() const { return record_view::get_text(CRM_RULE_RUN_ERROR); }
    // The rules that led to this one, from the first, by name. (long_text)
    std::optional<std::string_view> cause() const { return record_view::get_text(CRM_RULE_RUN_CAUSE); }
};

// A record of this object, or the draft of one.
class rule_run : public record {
public:
    explicit rule_run(const database &db, std::optional<std::string_view> id = std::nullopt) : record(db, CRM_TYPE_RULE_RUN, id) {}
    explicit rule_run(record &&of) : record(std::move(of)) {}
    // Its fields to read.
    rule_run_view view() const { return rule_run_view(*this); }
    rule_run &set_rule(ref value) { return record::set_ref(CRM_RULE_RUN_RULE, value), *this; }
    rule_run &set_record(ref value) { return record::set_ref(CRM_RULE_RUN_RECORD, value), *this; }
    rule_run &set_at(instant value) { return record::set_time(CRM_RULE_RUN_AT, value), *this; }
    rule_run &set_actions(int64_t value) { return record::set_int(CRM_RULE_RUN_ACTIONS, value), *this; }
    rule_run &set_failed(bool value) { return record::set_bool(CRM_RULE_RUN_FAILED, value), *this; }
    rule_run &set_error(std::string_view value) { return record::set_text(CRM_RULE_RUN_ERROR, value), *this; }
    rule_run &set_cause(std::string_view value) { return record::set_text(CRM_RULE_RUN_CAUSE, value), *this; }
};

// That somebody wants to be told something about a record at a time.
class reminder_view : public record_view {
public:
    reminder_view(const record_view &of) : record_view(of) {}
    // What to be told. (text, required)
    std::optional<std::string_view> text() const { return record_view::get_text(CRM_REMINDER_TEXT); }
    // The record that it is about. (reference)
    std::optional<ref> about() const { return record_view::get_ref(CRM_REMINDER_ABOUT); }
    // When. (date_time, required)
    std::optional<instant> at() const { return record_view::get_time(CRM_REMINDER_AT); }
    // How far it is. (choice)
    std::optional<std::string_view> status() const { return record_view::get_text(CRM_REMINDER_STATUS); }
    // Who is to be told. (reference to user)
    std::optional<ref> owner() const { return record_view::get_ref(CRM_REMINDER_OWNER); }
};

// A record of this object, or the draft of one.
class reminder : public record {
public:
    explicit reminder(const database &db, std::optional<std::string_view> id = std::nullopt) : record(db, CRM_TYPE_REMINDER, id) {}
    explicit reminder(record &&of) : record(std::move(of)) {}
    // Its fields to read.
    reminder_view view() const { return reminder_view(*this); }
    reminder &set_text(std::string_view value) { return record::set_text(CRM_REMINDER_TEXT, value), *this; }
    reminder &set_about(ref value) { return record::set_ref(CRM_REMINDER_ABOUT, value), *this; }
    reminder &set_at(instant value) { return record::set_time(CRM_REMINDER_AT, value), *this; }
    reminder &set_status(std::string_view value) { return record::set_text(CRM_REMINDER_STATUS, value), *this; }
    reminder &set_owner(ref value) { return record::set_ref(CRM_REMINDER_OWNER, value), *this; }
};

// Something that the host is to do outside: send a mail, call a webhook. The host takes it, does it and says so.
class outbox_message_view : public record_view {
public:
    outbox_message_view(const record_view &of) : record_view(of) {}
    // By which means. (choice, required)
    std::optional<std::string_view> channel() const { return record_view::get_text(CRM_OUTBOX_MESSAGE_CHANNEL); }
    // To whom. (text)
    std::optional<std::string_view> to() const { return record_view::get_text(CRM_OUTBOX_MESSAGE_TO); }
    // The subject. (text)
    std::optional<std::string_view> subject() const { return record_view::get_text(CRM_OUTBOX_MESSAGE_SUBJECT); }
    // The content. (long_text)
    std::optional<std::string_view> body() const { return record_view::get_text(CRM_OUTBOX_MESSAGE_BODY); }
    // The record that gave rise to it. (reference)
    std::optional<ref> about() const { return record_view::get_ref(CRM_OUTBOX_MESSAGE_ABOUT); }
    // How far it is. (choice)
    std::optional<std::string_view> status() const { return record_view::get_text(CRM_OUTBOX_MESSAGE_STATUS); }
    // How often the host has tried. (integer)
    std::optional<int64_t> attempts() const { return record_view::get_int(CRM_OUTBOX_MESSAGE_ATTEMPTS); }
    // What went wrong the last time. (long_text)
    std::optional<std::string_view> error() const { return record_view::get_text(CRM_OUTBOX_MESSAGE_ERROR); }
    // When the host may try again. (date_time)
    std::optional<instant> not_before() const { return record_view::get_time(CRM_OUTBOX_MESSAGE_NOT_BEFORE); }
};

// A record of this object, or the draft of one.
class outbox_message : public record {
public:
    explicit outbox_message(const database &db, std::optional<std::string_view> id = std::nullopt) : record(db, CRM_TYPE_OUTBOX_MESSAGE, id) {}
    explicit outbox_message(record &&of) : record(std::move(of)) {}
    // Its fields to read.
    outbox_message_view view() const { return outbox_message_view(*this); }
    outbox_message &set_channel(std::string_view value) { return record::set_text(CRM_OUTBOX_MESSAGE_CHANNEL, value), *this; }
    outbox_message &set_to(std::string_view value) { return record::set_text(CRM_OUTBOX_MESSAGE_TO, value), *this; }
    outbox_message &set_subject(std::string_view value) { return record::set_text(CRM_OUTBOX_MESSAGE_SUBJECT, value), *this; }
    outbox_message &set_body(std::string_view value) { return record::set_text(CRM_OUTBOX_MESSAGE_BODY, value), *this; }
    outbox_message &set_about(ref value) { return record::set_ref(CRM_OUTBOX_MESSAGE_ABOUT, value), *this; }
    outbox_message &set_status(std::string_view value) { return record::set_text(CRM_OUTBOX_MESSAGE_STATUS, value), *this; }
    outbox_message &set_attempts(int64_t value) { return record::set_int(CRM_OUTBOX_MESSAGE_ATTEMPTS, value), *this; }
    outbox_message &set_error(std::string_view value) { return record::set_text(CRM_OUTBOX_MESSAGE_ERROR, value), *this; }
    outbox_message &set_not_before(instant value) { return record::set_time(CRM_OUTBOX_MESSAGE_NOT_BEFORE, value), *this; }
};

// A condition that every saved record of an object must meet.
class validation_rule_view : public record_view {
public:
    validation_rule_view(const record_view &of) : record_view(of) {}
    // The rule's name. (text, required, unique)
    std::optional<std::string_view> name() const { return record_view::get_text(CRM_VALIDATION_RULE_NAME); }
    // The name of the object. (text, required)
    std::optional<std::string_view> object() const { return record_view::get_text(CRM_VALIDATION_RULE_OBJECT); }
    // The condition, in CEL; a record for which it is false is refused. (long_text, required)
    std::optional<std::string_view> condition() const { return record_view::get_text(CRM_VALIDATION_RULE_CONDITION); }
    // What to tell the user. (text, required)
    std::optional<std::string_view> message() const { return record_view::get_text(CRM_VALIDATION_RULE_MESSAGE); }
    // False for a rule that is switched off. (boolean)
    std::optional<bool> active() const { return record_view::get_bool(CRM_VALIDATION_RULE_ACTIVE); }
};

// A record of this object, or the draft of one.
class validation_rule : public record {
public:
    explicit validation_rule(const database &db, std::optional<std::string_view> id = std::nullopt) : record(db, CRM_TYPE_VALIDATION_RULE, id) {}
    explicit validation_rule(record &&of) : record(std::move(of)) {}
    // Its fields to read.
    validation_rule_view view() const { return validation_rule_view(*this); }
    validation_rule &set_name(std::string_view value) { return record::set_text(CRM_VALIDATION_RULE_NAME, value), *this; }
    validation_rule &set_object(std::string_view value) { return record::set_text(CRM_VALIDATION_RULE_OBJECT, value), *this; }
    validation_rule &set_condition(std::string_view value) { return record::set_text(CRM_VALIDATION_RULE_CONDITION, value), *this; }
    validation_rule &set_message(std::string_view value) { return record::set_text(CRM_VALIDATION_RULE_MESSAGE, value), *this; }
    validation_rule &set_active(bool value) { return record::set_bool(CRM_VALIDATION_RULE_ACTIVE, value), *this; }
};

// That a file was imported, and what came of it.
class import_run_view : public record_view {
public:
    import_run_view(const record_view &of) : record_view(of) {}
    // The name of the file or of the import. (text, required)
    std::optional<std::string_view> name() const { return record_view::get_text(CRM_IMPORT_RUN_NAME); }
    // The name of the object. (text, required)
    std::optional<std::string_view> object() const { return record_view::get_text(CRM_IMPORT_RUN_OBJECT); }
    // When. (date_time, required)
    std::optional<instant> at() const { return record_view::get_time(CRM_IMPORT_RUN_AT); }
    // Rows read. (integer)
    std::optional<int64_t> rows() const { return record_view::get_int(CRM_IMPORT_RUN_ROWS); }
    // Records created. (integer)
    std::optional<int64_t> created() const { return record_view::get_int(CRM_IMPORT_RUN_CREATED); }
    // Records changed. (integer)
    std::optional<int64_t> updated() const { return record_view::get_int(CRM_IMPORT_RUN_UPDATED); }
    // Rows that changed nothing. (integer)
    std::optional<int64_t> unchanged() const { return record_view::get_int(CRM_IMPORT_RUN_UNCHANGED); }
    // Rows that were refused; see ImportProblem. (integer)
    std::optional<int64_t> refused() const { return record_view::get_int(CRM_IMPORT_RUN_REFUSED); }
    // The name under which the import can be undone. (text)
    std::optional<std::string_view> operation() const { return record_view::get_text(CRM_IMPORT_RUN_OPERATION); }
};

// A record of this object, or the draft of one.
class import_run : public record {
public:
    explicit import_run(const database &db, std::optional<std::string_view> id = std::nullopt) : record(db, CRM_TYPE_IMPORT_RUN, id) {}
    explicit import_run(record &&of) : record(std::move(of)) {}
    // Its fields to read.
    import_run_view view() const { return import_run_view(*this); }
    import_run &set_name(std::string_view value) { return record::set_text(CRM_IMPORT_RUN_NAME, value), *this; }
    import_run &set_object(std::string_view value) { return record::set_text(CRM_IMPORT_RUN_OBJECT, value), *this; }
    import_run &set_at(instant value) { return record::set_time(CRM_IMPORT_RUN_AT, value), *this; }
    import_run &set_rows(int64_t value) { return record::set_int(CRM_IMPORT_RUN_ROWS, value), *this; }
    import_run &set_created(int64_t value) { return record::set_int(CRM_IMPORT_RUN_CREATED, value), *this; }
    import_run &set_updated(int64_t value) { return record::set_int(CRM_IMPORT_RUN_UPDATED, value), *this; }
    import_run &set_unchanged(int64_t value) { return record::set_int(CRM_IMPORT_RUN_UNCHANGED, value), *this; }
    import_run &set_refused(int64_t value) { return record::set_int(CRM_IMPORT_RUN_REFUSED, value), *this; }
    import_run &set_operation(std::string_view value) { return record::set_text(CRM_IMPORT_RUN_OPERATION, value), *this; }
};

// Something wrong with a row of an imported file, kept so that it can be listed, mended and imported again.
class import_problem_view : public record_view {
public:
    import_problem_view(const record_view &of) : record_view(of) {}
    // The import. (reference to import_run, required)
    std::optional<ref> run() const { return record_view::get_ref(CRM_IMPORT_PROBLEM_RUN); }
    // The row, as a spreadsheet counts them: the header is row 1. (integer, required)
    std::optional<int64_t> row() const { return record_view::get_int(CRM_IMPORT_PROBLEM_ROW); }
    // The column's header; empty if the whole row is at fault. (text)
    std::optional<std::string_view> column() const { return record_view::get_text(CRM_IMPORT_PROBLEM_COLUMN); }
    // What stood there. (text)
    std::optional<std::string_view> input() const { return record_view::get_text(CRM_IMPORT_PROBLEM_INPUT); }
    // What is wrong with it. (long_text, required)
    std::optional<std::string_view> reason() const { return record_view::get_text(CRM_IMPORT_PROBLEM_REASON); }
    // True if the row was refused, false if it was imported without this cell. (boolean)
    std::optional<bool> refused() const { return record_view::get_bool(CRM_IMPORT_PROBLEM_REFUSED); }
};

// A record of this object, or the draft of one.
class import_problem : public record {
public:
    explicit import_problem(const database &db, std::optional<std::string_view> id = std::nullopt) : record(db, CRM_TYPE_IMPORT_PROBLEM, id) {}
    explicit import_problem(record &&of) : record(std::move(of)) {}
    // Its fields to read.
    import_problem_view view() const { return import_problem_view(*this); }
    import_problem &set_run(ref value) { return record::set_ref(CRM_IMPORT_PROBLEM_RUN, value), *this; }
    import_problem &set_row(int64_t value) { return record::set_int(CRM_IMPORT_PROBLEM_ROW, value), *this; }
    import_problem &set_column(std::string_view value) { return record::set_text(CRM_IMPORT_PROBLEM_COLUMN, value), *this; }
    import_problem &set_input(std::string_view value) { return record::set_text(CRM_IMPORT_PROBLEM_INPUT, value), *this; }
    import_problem &set_reason(std::string_view value) { return record::set_text(CRM_IMPORT_PROBLEM_REASON, value), *this; }
    import_problem &set_refused(bool value) { return record::set_bool(CRM_IMPORT_PROBLEM_REFUSED, value), *this; }
};

} // namespace crm

#endif
