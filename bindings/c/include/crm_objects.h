/* The standard objects of the engine as numbers. Made by crm-generate from their declarations; a number is
 * never given twice. Included by crm.h. */
#ifndef CRM_OBJECTS_H
#define CRM_OBJECTS_H

/* -- Errors of the engine, as crm_status -- */

/* No object type has this name or number. */
#define CRM_UNKNOWN_OBJECT 1
/* The object has no such field. */
#define CRM_UNKNOWN_FIELD 2
/* A value does not fit: wrong type, too long, malformed, missing where required. */
#define CRM_INVALID 3
/* An expression does not parse or does not fit the schema. */
#define CRM_EXPRESSION 4
/* Another record holds this unique value. */
#define CRM_DUPLICATE 5
/* The record changed in the same fields since the version that the writer read. */
#define CRM_STALE 6
/* There is no such record, or it is in the trash. */
#define CRM_NOT_FOUND 7
/* A reference points to a record that does not exist. */
#define CRM_MISSING_REFERENCE 8
/* The record cannot go while others need it. */
#define CRM_REFERENCED 9
/* A hierarchy would contain itself. */
#define CRM_CYCLE 10
/* A validation rule of the organisation refuses the record. */
#define CRM_VALIDATION 11
/* A schema change is not possible. */
#define CRM_SCHEMA 12
/* A bound of the engine is exceeded. */
#define CRM_LIMIT 13
/* Rules set each other off beyond their bound. */
#define CRM_RULE_DEPTH 14
/* The caller stopped the job. */
#define CRM_CANCELLED 15
/* The storage saw a conflicting transaction; make the call again. */
#define CRM_CONFLICT 16
/* Another process or handle has the file open. */
#define CRM_LOCKED 17
/* The disk, or the space that the host allows, is full. */
#define CRM_FULL 18
/* The operating system refused to read or write. */
#define CRM_IO 19
/* The file's contents are damaged. */
#define CRM_CORRUPT 20
/* The file was written by a later version of the engine. */
#define CRM_NEWER_FORMAT 21
/* An earlier failure left the outcome of a commit unknown: open the file again. */
#define CRM_NEEDS_REOPEN 22
/* The database is closed. */
#define CRM_CLOSED 23

/* -- Objects, as crm_type -- */

/* The organisation that the database belongs to: one record of settings, made with the database. */
#define CRM_TYPE_ORGANISATION 1
/* Somebody who works with the CRM: owns records, acts, is reminded. */
#define CRM_TYPE_USER 2
/* A group of users: an office, a department, a territory. */
#define CRM_TYPE_TEAM 3
/* A company or other organisation that we deal with. */
#define CRM_TYPE_COMPANY 4
/* A person whom we know. */
#define CRM_TYPE_CONTACT 5
/* Somebody who may become a customer and is not yet known well enough to be a contact. */
#define CRM_TYPE_LEAD 6
/* A way that deals take, stage by stage. */
#define CRM_TYPE_PIPELINE 7
/* A step of a pipeline. */
#define CRM_TYPE_STAGE 8
/* A sale: what we may sell, to whom, for how much, and how far it is. */
#define CRM_TYPE_DEAL 9
/* A phone call, planned or made. */
#define CRM_TYPE_CALL 10
/* A meeting; see Attendee for those who take part. */
#define CRM_TYPE_MEETING 11
/* An e-mail that was sent or received. */
#define CRM_TYPE_EMAIL 12
/* Something that somebody wrote down. */
#define CRM_TYPE_NOTE 13
/* Something to be done. */
#define CRM_TYPE_TASK 14
/* A file: what is known of it, and its content up to the host's limit; beyond that where it is. */
#define CRM_TYPE_DOCUMENT 15
/* A word that marks records. */
#define CRM_TYPE_TAG 16
/* An e-mail address or phone number, shared by all records that have it, so that an opt-out
 * given to one holds for all. Made when there is something to say about the address. */
#define CRM_TYPE_CONTACT_POINT 17
/* What one unit of a currency was worth in the organisation's base currency from a day on. The
 * host supplies the rates. */
#define CRM_TYPE_EXCHANGE_RATE 18
/* That a person works, or worked, for a company. What the person did while the employment lasted
 * stands on the company's timeline. When Contact::COMPANY changes from one company to another,
 * the employment at the one ends and that at the other begins at that moment, and they are made
 * where there were none; undoing the change takes them back. */
#define CRM_TYPE_EMPLOYMENT 19
/* That a person takes part in a deal, in a buying role. What the person does from then until the
 * deal is closed stands on the timeline of the deal and of its company. */
#define CRM_TYPE_DEAL_CONTACT 20
/* That a person is invited to a meeting. The meeting stands on the person's timeline. */
#define CRM_TYPE_ATTENDEE 21
/* A rule: when something happens to a record of an object and a condition holds, actions follow
 * in the same transaction. */
#define CRM_TYPE_RULE 22
/* That a rule fired, for which record, and what came of it. */
#define CRM_TYPE_RULE_RUN 23
/* That somebody wants to be told something about a record at a time. */
#define CRM_TYPE_REMINDER 24
/* Something that the host is to do outside: send a mail, call a webhook. The host takes it, does
 * it and says so. */
#define CRM_TYPE_OUTBOX_MESSAGE 25
/* A condition that every saved record of an object must meet. */
#define CRM_TYPE_VALIDATION_RULE 26
/* That a file was imported, and what came of it. */
#define CRM_TYPE_IMPORT_RUN 27
/* Something wrong with a row of an imported file, kept so that it can be listed, mended and
 * imported again. */
#define CRM_TYPE_IMPORT_PROBLEM 28

/* -- Fields of every record, as crm_field -- */

/* The record's id, a UUID. (text, read only) */
#define CRM_ID 60000
/* When it was created. (date_time, read only) */
#define CRM_CREATED_AT 60001
/* Who created it; null for the system. (reference, read only) */
#define CRM_CREATED_BY 60002
/* When it was last changed. (date_time, read only) */
#define CRM_UPDATED_AT 60003
/* Who changed it last; null for the system. (reference, read only) */
#define CRM_UPDATED_BY 60004
/* The commit that changed it last. (integer, read only) */
#define CRM_VERSION 60005
/* When it was put into the trash. (date_time, read only) */
#define CRM_DELETED_AT 60006

/* -- Fields of organisation -- */

/* The organisation's name. (text, required) */
#define CRM_ORGANISATION_NAME 0x00010001u
/* The ISO 4217 code of the currency in which totals are reported. (text) */
#define CRM_ORGANISATION_BASE_CURRENCY 0x00010002u
/* The ISO 3166-1 code of the country in which local phone numbers are read. (text) */
#define CRM_ORGANISATION_DEFAULT_REGION 0x00010003u
/* The IANA name of the time zone in which days begin and end. (text) */
#define CRM_ORGANISATION_TIME_ZONE 0x00010004u
/* The month (1 to 12) in which the fiscal year begins. (integer) */
#define CRM_ORGANISATION_FISCAL_YEAR_START 0x00010005u
/* The days on which people work. (list of choice) */
#define CRM_ORGANISATION_WORKING_DAYS 0x00010006u
/* Monday */
#define CRM_ORGANISATION_WORKING_DAYS_MONDAY "monday"
/* Tuesday */
#define CRM_ORGANISATION_WORKING_DAYS_TUESDAY "tuesday"
/* Wednesday */
#define CRM_ORGANISATION_WORKING_DAYS_WEDNESDAY "wednesday"
/* Thursday */
#define CRM_ORGANISATION_WORKING_DAYS_THURSDAY "thursday"
/* Friday */
#define CRM_ORGANISATION_WORKING_DAYS_FRIDAY "friday"
/* Saturday */
#define CRM_ORGANISATION_WORKING_DAYS_SATURDAY "saturday"
/* Sunday */
#define CRM_ORGANISATION_WORKING_DAYS_SUNDAY "sunday"
/* When work begins, local time, `HH:MM`. (text) */
#define CRM_ORGANISATION_WORK_STARTS 0x00010007u
/* When work ends, local time, `HH:MM`. (text) */
#define CRM_ORGANISATION_WORK_ENDS 0x00010008u
/* Days on which nobody works. (list of date) */
#define CRM_ORGANISATION_HOLIDAYS 0x00010009u
/* For how many days the idempotency keys of batches are kept at least; 30 where it is not set.
 * (integer) */
#define CRM_ORGANISATION_BATCH_KEYS_DAYS 0x0001000au

/* -- Fields of user -- */

/* The full name. (text, required) */
#define CRM_USER_NAME 0x00020001u
/* The e-mail address by which the user signs in to the host. (email, unique) */
#define CRM_USER_EMAIL 0x00020002u
/* The user to whom this one reports. (reference to user) */
#define CRM_USER_MANAGER 0x00020003u
/* The team in which the user works. (reference to team) */
#define CRM_USER_TEAM 0x00020004u
/* False for somebody who has left: they act no more, and what they own and did stays theirs.
 * Records may still be given to them, as imports of what they did are. (boolean) */
#define CRM_USER_ACTIVE 0x00020005u
/* The IANA time zone, where it is not the organisation's. (text) */
#define CRM_USER_TIME_ZONE 0x00020006u

/* -- Fields of team -- */

/* The team's name. (text, required, unique) */
#define CRM_TEAM_NAME 0x00030001u
/* The team that this one is part of. (reference to team) */
#define CRM_TEAM_PARENT 0x00030002u
/* What the team does. (long_text) */
#define CRM_TEAM_DESCRIPTION 0x00030003u

/* -- Fields of company -- */

/* The name by which people know it. (text, required) */
#define CRM_COMPANY_NAME 0x00040001u
/* The host name of its website, taken from the website where it is not given. (domain) */
#define CRM_COMPANY_DOMAIN 0x00040002u
/* Its website. (url) */
#define CRM_COMPANY_WEBSITE 0x00040003u
/* Its main phone number. (phone) */
#define CRM_COMPANY_PHONE 0x00040004u
/* Its general e-mail address. (email) */
#define CRM_COMPANY_EMAIL 0x00040005u
/* The company that this one belongs to. (reference to company) */
#define CRM_COMPANY_PARENT 0x00040006u
/* Its line of business. (choice) */
#define CRM_COMPANY_INDUSTRY 0x00040007u
/* How many people work there. (integer) */
#define CRM_COMPANY_EMPLOYEES 0x00040008u
/* Its revenue in a year. (money) */
#define CRM_COMPANY_ANNUAL_REVENUE 0x00040009u
/* The year in which it was founded. (integer) */
#define CRM_COMPANY_FOUNDED 0x0004000au
/* Where it is. (address) */
#define CRM_COMPANY_ADDRESS 0x0004000bu
/* Where it stands on the way to being a customer. (choice) */
#define CRM_COMPANY_LIFECYCLE 0x0004000cu
/* Subscriber */
#define CRM_COMPANY_LIFECYCLE_SUBSCRIBER "subscriber"
/* Lead */
#define CRM_COMPANY_LIFECYCLE_LEAD "lead"
/* Qualified */
#define CRM_COMPANY_LIFECYCLE_QUALIFIED "qualified"
/* Opportunity */
#define CRM_COMPANY_LIFECYCLE_OPPORTUNITY "opportunity"
/* Customer */
#define CRM_COMPANY_LIFECYCLE_CUSTOMER "customer"
/* Evangelist */
#define CRM_COMPANY_LIFECYCLE_EVANGELIST "evangelist"
/* Other */
#define CRM_COMPANY_LIFECYCLE_OTHER "other"
/* Who looks after it. (reference to user) */
#define CRM_COMPANY_OWNER 0x0004000du
/* Words that mark it. (list of reference to tag) */
#define CRM_COMPANY_TAGS 0x0004000eu
/* What else is to be known. (long_text) */
#define CRM_COMPANY_DESCRIPTION 0x0004000fu
/* Its key in the system from which it came. (text, unique) */
#define CRM_COMPANY_EXTERNAL_ID 0x00040010u

/* -- Fields of contact -- */

/* The person's name. Where it is not known, the person is called by an address, a number or the
 * company. (person_name, required) */
#define CRM_CONTACT_NAME 0x00050001u
/* The main e-mail address. (email) */
#define CRM_CONTACT_EMAIL 0x00050002u
/* Further e-mail addresses. (list of email) */
#define CRM_CONTACT_OTHER_EMAILS 0x00050003u
/* The main phone number. (phone) */
#define CRM_CONTACT_PHONE 0x00050004u
/* The mobile phone number. (phone) */
#define CRM_CONTACT_MOBILE 0x00050005u
/* Further phone numbers. (list of phone) */
#define CRM_CONTACT_OTHER_PHONES 0x00050006u
/* The company for which the person mainly works; see Employment for all of them. (reference to
 * company) */
#define CRM_CONTACT_COMPANY 0x00050007u
/* The position there. (text) */
#define CRM_CONTACT_JOB_TITLE 0x00050008u
/* The part of the company. (text) */
#define CRM_CONTACT_DEPARTMENT 0x00050009u
/* Where the person can be reached by post. (address) */
#define CRM_CONTACT_ADDRESS 0x0005000au
/* The birthday; the year may be unknown. (partial_date) */
#define CRM_CONTACT_BIRTHDAY 0x0005000bu
/* The language in which to write to the person, BCP 47. (text) */
#define CRM_CONTACT_LANGUAGE 0x0005000cu
/* A profile on a network. (url) */
#define CRM_CONTACT_PROFILE 0x0005000du
/* Where the person came from. (choice) */
#define CRM_CONTACT_SOURCE 0x0005000eu
/* Where the person stands on the way to being a customer. (choice) */
#define CRM_CONTACT_LIFECYCLE 0x0005000fu
/* Subscriber */
#define CRM_CONTACT_LIFECYCLE_SUBSCRIBER "subscriber"
/* Lead */
#define CRM_CONTACT_LIFECYCLE_LEAD "lead"
/* Qualified */
#define CRM_CONTACT_LIFECYCLE_QUALIFIED "qualified"
/* Opportunity */
#define CRM_CONTACT_LIFECYCLE_OPPORTUNITY "opportunity"
/* Customer */
#define CRM_CONTACT_LIFECYCLE_CUSTOMER "customer"
/* Evangelist */
#define CRM_CONTACT_LIFECYCLE_EVANGELIST "evangelist"
/* Other */
#define CRM_CONTACT_LIFECYCLE_OTHER "other"
/* The person through whom we know this one. (reference to contact) */
#define CRM_CONTACT_REFERRED_BY 0x00050010u
/* Who looks after the person. (reference to user) */
#define CRM_CONTACT_OWNER 0x00050011u
/* Words that mark the person. (list of reference to tag) */
#define CRM_CONTACT_TAGS 0x00050012u
/* What else is to be known. (long_text) */
#define CRM_CONTACT_DESCRIPTION 0x00050013u
/* The key in the system from which the person came. (text, unique) */
#define CRM_CONTACT_EXTERNAL_ID 0x00050014u
/* How to refer to the person: `she/her`. (text) */
#define CRM_CONTACT_PRONOUNS 0x00050015u

/* -- Fields of lead -- */

/* The person's name. Where it is not known, the lead is called by an address, a number or the
 * company. (person_name, required) */
#define CRM_LEAD_NAME 0x00060001u
/* The name of the person's company. (text) */
#define CRM_LEAD_COMPANY_NAME 0x00060002u
/* The position there. (text) */
#define CRM_LEAD_JOB_TITLE 0x00060003u
/* The e-mail address. (email) */
#define CRM_LEAD_EMAIL 0x00060004u
/* The phone number. (phone) */
#define CRM_LEAD_PHONE 0x00060005u
/* The company's website. (url) */
#define CRM_LEAD_WEBSITE 0x00060006u
/* Where the person can be reached by post. (address) */
#define CRM_LEAD_ADDRESS 0x00060007u
/* How far the lead is. (choice) */
#define CRM_LEAD_STATUS 0x00060008u
/* New */
#define CRM_LEAD_STATUS_NEW "new"
/* Working */
#define CRM_LEAD_STATUS_WORKING "working"
/* Qualified */
#define CRM_LEAD_STATUS_QUALIFIED "qualified"
/* Converted */
#define CRM_LEAD_STATUS_CONVERTED "converted"
/* Unqualified */
#define CRM_LEAD_STATUS_UNQUALIFIED "unqualified"
/* Where the lead came from. (choice) */
#define CRM_LEAD_SOURCE 0x00060009u
/* What the lead may be worth. (money) */
#define CRM_LEAD_VALUE 0x0006000au
/* Why the lead is not worth further work. (text) */
#define CRM_LEAD_UNQUALIFIED_REASON 0x0006000bu
/* Who works on it. (reference to user) */
#define CRM_LEAD_OWNER 0x0006000cu
/* Words that mark it. (list of reference to tag) */
#define CRM_LEAD_TAGS 0x0006000du
/* What else is to be known. (long_text) */
#define CRM_LEAD_DESCRIPTION 0x0006000eu
/* When it was converted. (date_time, read only) */
#define CRM_LEAD_CONVERTED_AT 0x0006000fu
/* The contact that it became. (reference to contact) */
#define CRM_LEAD_CONVERTED_CONTACT 0x00060010u
/* The company that it became. (reference to company) */
#define CRM_LEAD_CONVERTED_COMPANY 0x00060011u
/* The deal that it became. (reference to deal) */
#define CRM_LEAD_CONVERTED_DEAL 0x00060012u
/* The key in the system from which it came. (text, unique) */
#define CRM_LEAD_EXTERNAL_ID 0x00060013u

/* -- Fields of pipeline -- */

/* The pipeline's name. (text, required, unique) */
#define CRM_PIPELINE_NAME 0x00070001u
/* Its place among the pipelines. (integer) */
#define CRM_PIPELINE_ORDER 0x00070002u
/* What it is for. (long_text) */
#define CRM_PIPELINE_DESCRIPTION 0x00070003u
/* False for one that takes no new deals. (boolean) */
#define CRM_PIPELINE_ACTIVE 0x00070004u

/* -- Fields of stage -- */

/* The stage's name. (text, required) */
#define CRM_STAGE_NAME 0x00080001u
/* The pipeline. (reference to pipeline, required) */
#define CRM_STAGE_PIPELINE 0x00080002u
/* Its place in the pipeline, ascending. (integer, required) */
#define CRM_STAGE_ORDER 0x00080003u
/* What it means for a deal to be here. Deals that are here follow a change of it, as they do one
 * of the pipeline and of the probability. (choice, required) */
#define CRM_STAGE_KIND 0x00080004u
/* Open */
#define CRM_STAGE_KIND_OPEN "open"
/* Won */
#define CRM_STAGE_KIND_WON "won"
/* Lost */
#define CRM_STAGE_KIND_LOST "lost"
/* The chance, in percent, that a deal in this stage is won. (percent, required) */
#define CRM_STAGE_PROBABILITY 0x00080005u
/* After how many days without a movement a deal counts as stalled. (integer) */
#define CRM_STAGE_STALLS_AFTER_DAYS 0x00080006u

/* -- Fields of deal -- */

/* What is sold to whom, in a few words. (text, required) */
#define CRM_DEAL_NAME 0x00090001u
/* The way that the deal takes; that of its stage. (reference to pipeline) */
#define CRM_DEAL_PIPELINE 0x00090002u
/* How far it is. A new deal begins in the first stage of its pipeline. (reference to stage,
 * required) */
#define CRM_DEAL_STAGE 0x00090003u
/* Open, won or lost; that of its stage. (choice, read only) */
#define CRM_DEAL_STATUS 0x00090004u
/* Open */
#define CRM_DEAL_STATUS_OPEN "open"
/* Won */
#define CRM_DEAL_STATUS_WON "won"
/* Lost */
#define CRM_DEAL_STATUS_LOST "lost"
/* What it is worth. (money) */
#define CRM_DEAL_AMOUNT 0x00090005u
/* The chance, in percent, that it is won: that of its stage, unless somebody knows better. What
 * somebody says stays when the deal moves on, until it is cleared or the deal is closed.
 * (percent) */
#define CRM_DEAL_PROBABILITY 0x00090006u
/* Amount times probability, rounded half to even to the currency's decimals. (money, read only) */
#define CRM_DEAL_WEIGHTED_AMOUNT 0x00090007u
/* The day on which it is, or is expected to be, decided. (date) */
#define CRM_DEAL_CLOSE_DATE 0x00090008u
/* The company that buys. (reference to company) */
#define CRM_DEAL_COMPANY 0x00090009u
/* The person with whom we mainly speak; see DealContact for all of them. (reference to contact) */
#define CRM_DEAL_CONTACT 0x0009000au
/* Who works on it. (reference to user) */
#define CRM_DEAL_OWNER 0x0009000bu
/* Where it came from. (choice) */
#define CRM_DEAL_SOURCE 0x0009000cu
/* Why it was lost. (choice) */
#define CRM_DEAL_LOST_REASON 0x0009000du
/* When it last changed its stage. (date_time, read only) */
#define CRM_DEAL_STAGE_SINCE 0x0009000eu
/* When it was won or lost. A deal that is created in a closed stage with a close date in the
 * past, as imports of older deals have it, was closed when that day began. (date_time, read
 * only) */
#define CRM_DEAL_CLOSED_AT 0x0009000fu
/* The open stage in which it was last before it was won or lost: where it was lost. Of a deal
 * that was never in one, the first open stage of its pipeline. Null while it is open. (reference
 * to stage, read only) */
#define CRM_DEAL_LAST_STAGE 0x00090010u
/* Its place in the column of a board; see Session::move_card. (decimal, read only) */
#define CRM_DEAL_POSITION 0x00090011u
/* The day on which work on it began. (date) */
#define CRM_DEAL_OPENED 0x00090012u
/* Words that mark it. (list of reference to tag) */
#define CRM_DEAL_TAGS 0x00090013u
/* What else is to be known. (long_text) */
#define CRM_DEAL_DESCRIPTION 0x00090014u
/* The key in the system from which it came. (text, unique) */
#define CRM_DEAL_EXTERNAL_ID 0x00090015u
/* True while the probability is what somebody said, and not that of the stage. (boolean, read
 * only) */
#define CRM_DEAL_PROBABILITY_OVERRIDDEN 0x00090016u

/* -- Fields of call -- */

/* What it is about. (text, required) */
#define CRM_CALL_SUBJECT 0x000a0001u
/* The records that it concerns. (list of reference) */
#define CRM_CALL_ABOUT 0x000a0002u
/* When it takes, or took, place. (date_time, required) */
#define CRM_CALL_AT 0x000a0003u
/* How long it took. (duration) */
#define CRM_CALL_DURATION 0x000a0004u
/* Who called whom. (choice) */
#define CRM_CALL_DIRECTION 0x000a0005u
/* Inbound */
#define CRM_CALL_DIRECTION_INBOUND "inbound"
/* Outbound */
#define CRM_CALL_DIRECTION_OUTBOUND "outbound"
/* What came of it. (choice) */
#define CRM_CALL_OUTCOME 0x000a0006u
/* Connected */
#define CRM_CALL_OUTCOME_CONNECTED "connected"
/* No answer */
#define CRM_CALL_OUTCOME_NO_ANSWER "no_answer"
/* Busy */
#define CRM_CALL_OUTCOME_BUSY "busy"
/* Left a message */
#define CRM_CALL_OUTCOME_LEFT_MESSAGE "left_message"
/* Wrong number */
#define CRM_CALL_OUTCOME_WRONG_NUMBER "wrong_number"
/* The number on the other side. (phone) */
#define CRM_CALL_NUMBER 0x000a0007u
/* What was said. (long_text) */
#define CRM_CALL_NOTES 0x000a0008u
/* Where a recording is. (url) */
#define CRM_CALL_RECORDING 0x000a0009u
/* Who called or was called on our side. (reference to user) */
#define CRM_CALL_OWNER 0x000a000au

/* -- Fields of meeting -- */

/* What it is about. (text, required) */
#define CRM_MEETING_SUBJECT 0x000b0001u
/* The records that it concerns. (list of reference) */
#define CRM_MEETING_ABOUT 0x000b0002u
/* When it begins. (date_time, required) */
#define CRM_MEETING_STARTS 0x000b0003u
/* When it ends. (date_time) */
#define CRM_MEETING_ENDS 0x000b0004u
/* Where it takes place. (text) */
#define CRM_MEETING_LOCATION 0x000b0005u
/* Where it can be joined. (url) */
#define CRM_MEETING_LINK 0x000b0006u
/* Whether it took place. (choice) */
#define CRM_MEETING_STATUS 0x000b0007u
/* Planned */
#define CRM_MEETING_STATUS_PLANNED "planned"
/* Held */
#define CRM_MEETING_STATUS_HELD "held"
/* Not held */
#define CRM_MEETING_STATUS_NOT_HELD "not_held"
/* What was said. (long_text) */
#define CRM_MEETING_NOTES 0x000b0008u
/* Who called it. (reference to user) */
#define CRM_MEETING_OWNER 0x000b0009u
/* The `UID` of the iCalendar event (RFC 5545). (text, unique) */
#define CRM_MEETING_UID 0x000b000au

/* -- Fields of email -- */

/* The subject. (text) */
#define CRM_EMAIL_SUBJECT 0x000c0001u
/* The records that it concerns. (list of reference) */
#define CRM_EMAIL_ABOUT 0x000c0002u
/* When it was sent. (date_time, required) */
#define CRM_EMAIL_AT 0x000c0003u
/* Whether it came or went. (choice) */
#define CRM_EMAIL_DIRECTION 0x000c0004u
/* Inbound */
#define CRM_EMAIL_DIRECTION_INBOUND "inbound"
/* Outbound */
#define CRM_EMAIL_DIRECTION_OUTBOUND "outbound"
/* Who sent it. (email) */
#define CRM_EMAIL_FROM 0x000c0005u
/* To whom it was sent. (list of email) */
#define CRM_EMAIL_TO 0x000c0006u
/* Who received a copy. (list of email) */
#define CRM_EMAIL_CC 0x000c0007u
/* The text. (long_text) */
#define CRM_EMAIL_BODY 0x000c0008u
/* The `Message-ID` (RFC 5322). (text, unique) */
#define CRM_EMAIL_MESSAGE_ID 0x000c0009u
/* The `Message-ID` of the first e-mail of the conversation. (text) */
#define CRM_EMAIL_THREAD 0x000c000au
/* Who of us wrote or received it. (reference to user) */
#define CRM_EMAIL_OWNER 0x000c000bu

/* -- Fields of note -- */

/* A heading. (text) */
#define CRM_NOTE_SUBJECT 0x000d0001u
/* The records that it concerns. (list of reference) */
#define CRM_NOTE_ABOUT 0x000d0002u
/* When it was written. (date_time, required) */
#define CRM_NOTE_AT 0x000d0003u
/* The text. (long_text) */
#define CRM_NOTE_BODY 0x000d0004u
/* True if it stands above the others. (boolean) */
#define CRM_NOTE_PINNED 0x000d0005u
/* Who wrote it. (reference to user) */
#define CRM_NOTE_OWNER 0x000d0006u

/* -- Fields of task -- */

/* What is to be done. (text, required) */
#define CRM_TASK_SUBJECT 0x000e0001u
/* The records that it concerns. (list of reference) */
#define CRM_TASK_ABOUT 0x000e0002u
/* When it is to be done. A day without a time of it goes to due_on, and this is the end of that
 * day: the task is late when the day is over. (date_time) */
#define CRM_TASK_DUE 0x000e0003u
/* How far it is. (choice) */
#define CRM_TASK_STATUS 0x000e0004u
/* Open */
#define CRM_TASK_STATUS_OPEN "open"
/* Started */
#define CRM_TASK_STATUS_STARTED "started"
/* Deferred */
#define CRM_TASK_STATUS_DEFERRED "deferred"
/* Done */
#define CRM_TASK_STATUS_DONE "done"
/* Cancelled */
#define CRM_TASK_STATUS_CANCELLED "cancelled"
/* How urgent it is. (choice) */
#define CRM_TASK_PRIORITY 0x000e0005u
/* Low */
#define CRM_TASK_PRIORITY_LOW "low"
/* Normal */
#define CRM_TASK_PRIORITY_NORMAL "normal"
/* High */
#define CRM_TASK_PRIORITY_HIGH "high"
/* Urgent */
#define CRM_TASK_PRIORITY_URGENT "urgent"
/* What else is to be known. (long_text) */
#define CRM_TASK_DESCRIPTION 0x000e0006u
/* When it was done or given up. (date_time, read only) */
#define CRM_TASK_COMPLETED_AT 0x000e0007u
/* Who is to do it. (reference to user) */
#define CRM_TASK_OWNER 0x000e0008u
/* Where it stands on timelines: when it was done, else when it is due, else when it was made.
 * (date_time, read only) */
#define CRM_TASK_AT 0x000e0009u
/* The day on which it is to be done, where no time of it is said. It ends in the zone of the
 * owner, or else of the organisation. (date) */
#define CRM_TASK_DUE_ON 0x000e000au

/* -- Fields of document -- */

/* The file's name. (text, required) */
#define CRM_DOCUMENT_NAME 0x000f0001u
/* The records that it concerns. (list of reference) */
#define CRM_DOCUMENT_ABOUT 0x000f0002u
/* When it was added. (date_time, required) */
#define CRM_DOCUMENT_AT 0x000f0003u
/* The media type (RFC 6838). (text) */
#define CRM_DOCUMENT_MEDIA_TYPE 0x000f0004u
/* The length of the content in bytes. (integer, read only) */
#define CRM_DOCUMENT_BYTES 0x000f0005u
/* The SHA-256 of the content in hexadecimal digits. (text, read only) */
#define CRM_DOCUMENT_SHA256 0x000f0006u
/* Where the content is, if it is not in the store. (url) */
#define CRM_DOCUMENT_LOCATION 0x000f0007u
/* What it is. (long_text) */
#define CRM_DOCUMENT_DESCRIPTION 0x000f0008u
/* Who added it. (reference to user) */
#define CRM_DOCUMENT_OWNER 0x000f0009u

/* -- Fields of tag -- */

/* The word. (text, required, unique) */
#define CRM_TAG_NAME 0x00100001u
/* A colour, `#rrggbb`. (text) */
#define CRM_TAG_COLOR 0x00100002u

/* -- Fields of contact_point -- */

/* The address in its normal form. (text, required, unique) */
#define CRM_CONTACT_POINT_ADDRESS 0x00110001u
/* What kind of address it is. (choice, required) */
#define CRM_CONTACT_POINT_KIND 0x00110002u
/* E-mail address */
#define CRM_CONTACT_POINT_KIND_EMAIL "email"
/* Phone number */
#define CRM_CONTACT_POINT_KIND_PHONE "phone"
/* True if its owner does not want to be contacted here. (boolean) */
#define CRM_CONTACT_POINT_OPTED_OUT 0x00110003u
/* When that was said. (date_time) */
#define CRM_CONTACT_POINT_OPTED_OUT_AT 0x00110004u
/* True if messages do not arrive. (boolean) */
#define CRM_CONTACT_POINT_INVALID 0x00110005u
/* What showed that. (text) */
#define CRM_CONTACT_POINT_INVALID_REASON 0x00110006u

/* -- Fields of exchange_rate -- */

/* The ISO 4217 code of the currency. (text, required) */
#define CRM_EXCHANGE_RATE_CURRENCY 0x00120001u
/* The first day on which the rate holds. (date, required) */
#define CRM_EXCHANGE_RATE_DATE 0x00120002u
/* Units of the base currency for one unit of the currency. (decimal, required) */
#define CRM_EXCHANGE_RATE_RATE 0x00120003u

/* -- Fields of employment -- */

/* The person. (reference to contact, required) */
#define CRM_EMPLOYMENT_CONTACT 0x00130001u
/* The company. (reference to company, required) */
#define CRM_EMPLOYMENT_COMPANY 0x00130002u
/* What the person does there. (text) */
#define CRM_EMPLOYMENT_ROLE 0x00130003u
/* The day on which it began, as people say it; it counts before began. (date) */
#define CRM_EMPLOYMENT_SINCE 0x00130004u
/* The last day of it, as people say it; it counts before ended. (date) */
#define CRM_EMPLOYMENT_UNTIL 0x00130005u
/* True if it is over. It ends when this is said, unless `until` says another day; one that came
 * here as a former one without that day puts nothing on the company's timeline. (boolean) */
#define CRM_EMPLOYMENT_FORMER 0x00130006u
/* True for the one company for which the person mainly works. (boolean) */
#define CRM_EMPLOYMENT_PRIMARY 0x00130007u
/* The moment at which the person came from another company. (date_time, read only) */
#define CRM_EMPLOYMENT_BEGAN 0x00130008u
/* The moment at which the person went, or it was said that it is over. (date_time, read only) */
#define CRM_EMPLOYMENT_ENDED 0x00130009u
/* The moments at which the person went and came back, in turn, before the last time. (list of
 * date_time, read only) */
#define CRM_EMPLOYMENT_AWAY 0x0013000au

/* -- Fields of deal_contact -- */

/* The deal. (reference to deal, required) */
#define CRM_DEAL_CONTACT_DEAL 0x00140001u
/* The person. (reference to contact, required) */
#define CRM_DEAL_CONTACT_CONTACT 0x00140002u
/* The part that the person plays in the decision. (choice) */
#define CRM_DEAL_CONTACT_ROLE 0x00140003u
/* Decision maker */
#define CRM_DEAL_CONTACT_ROLE_DECISION_MAKER "decision_maker"
/* Champion */
#define CRM_DEAL_CONTACT_ROLE_CHAMPION "champion"
/* Influencer */
#define CRM_DEAL_CONTACT_ROLE_INFLUENCER "influencer"
/* Budget holder */
#define CRM_DEAL_CONTACT_ROLE_BUDGET_HOLDER "budget_holder"
/* User */
#define CRM_DEAL_CONTACT_ROLE_USER "user"
/* Blocker */
#define CRM_DEAL_CONTACT_ROLE_BLOCKER "blocker"
/* True for the one person with whom we mainly speak. (boolean) */
#define CRM_DEAL_CONTACT_PRIMARY 0x00140004u

/* -- Fields of attendee -- */

/* The meeting. (reference to meeting, required) */
#define CRM_ATTENDEE_MEETING 0x00150001u
/* Who is invited. (reference to contact or lead or user, required) */
#define CRM_ATTENDEE_PERSON 0x00150002u
/* What they answered. (choice) */
#define CRM_ATTENDEE_ANSWER 0x00150003u
/* No answer */
#define CRM_ATTENDEE_ANSWER_NEEDS_ACTION "needs_action"
/* Accepted */
#define CRM_ATTENDEE_ANSWER_ACCEPTED "accepted"
/* Tentative */
#define CRM_ATTENDEE_ANSWER_TENTATIVE "tentative"
/* Declined */
#define CRM_ATTENDEE_ANSWER_DECLINED "declined"
/* True if the meeting can do without them. (boolean) */
#define CRM_ATTENDEE_OPTIONAL 0x00150004u

/* -- Fields of rule -- */

/* The rule's name. (text, required, unique) */
#define CRM_RULE_NAME 0x00160001u
/* The name of the object whose records it watches. (text, required) */
#define CRM_RULE_OBJECT 0x00160002u
/* What sets it off. (choice, required) */
#define CRM_RULE_TRIGGER 0x00160003u
/* Record created */
#define CRM_RULE_TRIGGER_CREATED "created"
/* Record updated */
#define CRM_RULE_TRIGGER_UPDATED "updated"
/* Value entered */
#define CRM_RULE_TRIGGER_ENTERED "entered"
/* Date reached */
#define CRM_RULE_TRIGGER_DATE_REACHED "date_reached"
/* Schedule */
#define CRM_RULE_TRIGGER_SCHEDULE "schedule"
/* The fields that it watches: for `updated` any of them, for `entered` and `date_reached` the
 * one. (list of text) */
#define CRM_RULE_FIELDS 0x00160004u
/* The condition, in CEL; empty for none. (long_text) */
#define CRM_RULE_CONDITION 0x00160005u
/* What follows: a JSON array of actions; see Action. (long_text, required) */
#define CRM_RULE_ACTIONS 0x00160006u
/* For `date_reached`: how long after the date it fires; negative for before. Whole days are
 * those of the calendar, the rest is counted exactly. (duration) */
#define CRM_RULE_OFFSET 0x00160007u
/* For `schedule`: the interval. Whole days are those of the calendar, so that what runs at nine
 * in the morning does so in summer and in winter. (duration) */
#define CRM_RULE_EVERY 0x00160008u
/* For `schedule`: when it first fires; without it, an interval after the rule was made.
 * (date_time) */
#define CRM_RULE_STARTS 0x00160009u
/* The order among rules set off by the same change, ascending. (integer) */
#define CRM_RULE_ORDER 0x0016000au
/* False for a rule that is switched off. (boolean) */
#define CRM_RULE_ACTIVE 0x0016000bu
/* How it may set itself off again, by the names of the rules: `ping → pong → ping`. It runs once
 * for a record and a change all the same. Found when the rule is saved. (long_text, read only) */
#define CRM_RULE_CYCLE 0x0016000cu
/* How many of its runs have failed in a row; see RULE_FAILURES_MAX. (integer, read only) */
#define CRM_RULE_FAILURES 0x0016000du
/* Why it was switched off, if it was because its runs failed. (long_text, read only) */
#define CRM_RULE_SWITCHED_OFF_REASON 0x0016000eu

/* -- Fields of rule_run -- */

/* The rule; null if it has been purged. (reference to rule) */
#define CRM_RULE_RUN_RULE 0x00170001u
/* The record for which it fired. (reference) */
#define CRM_RULE_RUN_RECORD 0x00170002u
/* When. (date_time, required) */
#define CRM_RULE_RUN_AT 0x00170003u
/* How many actions were done. (integer) */
#define CRM_RULE_RUN_ACTIONS 0x00170004u
/* True if an action failed. Nothing of that action is kept; the others stand. (boolean) */
#define CRM_RULE_RUN_FAILED 0x00170005u
/* The errors of the actions that failed, or that of the run. (long_text) */
#define CRM_RULE_RUN_ERROR 0x00170006u
/* The rules that led to this one, from the first, by name. (long_text) */
#define CRM_RULE_RUN_CAUSE 0x00170007u

/* -- Fields of reminder -- */

/* What to be told. (text, required) */
#define CRM_REMINDER_TEXT 0x00180001u
/* The record that it is about. (reference) */
#define CRM_REMINDER_ABOUT 0x00180002u
/* When. (date_time, required) */
#define CRM_REMINDER_AT 0x00180003u
/* How far it is. (choice) */
#define CRM_REMINDER_STATUS 0x00180004u
/* Waiting */
#define CRM_REMINDER_STATUS_WAITING "waiting"
/* Due */
#define CRM_REMINDER_STATUS_DUE "due"
/* Acknowledged */
#define CRM_REMINDER_STATUS_ACKNOWLEDGED "acknowledged"
/* Who is to be told. (reference to user) */
#define CRM_REMINDER_OWNER 0x00180005u

/* -- Fields of outbox_message -- */

/* By which means. (choice, required) */
#define CRM_OUTBOX_MESSAGE_CHANNEL 0x00190001u
/* E-mail */
#define CRM_OUTBOX_MESSAGE_CHANNEL_EMAIL "email"
/* Text message */
#define CRM_OUTBOX_MESSAGE_CHANNEL_SMS "sms"
/* Push notification */
#define CRM_OUTBOX_MESSAGE_CHANNEL_PUSH "push"
/* Webhook */
#define CRM_OUTBOX_MESSAGE_CHANNEL_WEBHOOK "webhook"
/* To whom. (text) */
#define CRM_OUTBOX_MESSAGE_TO 0x00190002u
/* The subject. (text) */
#define CRM_OUTBOX_MESSAGE_SUBJECT 0x00190003u
/* The content. (long_text) */
#define CRM_OUTBOX_MESSAGE_BODY 0x00190004u
/* The record that gave rise to it. (reference) */
#define CRM_OUTBOX_MESSAGE_ABOUT 0x00190005u
/* How far it is. (choice) */
#define CRM_OUTBOX_MESSAGE_STATUS 0x00190006u
/* Waiting */
#define CRM_OUTBOX_MESSAGE_STATUS_WAITING "waiting"
/* Sent */
#define CRM_OUTBOX_MESSAGE_STATUS_SENT "sent"
/* Given up */
#define CRM_OUTBOX_MESSAGE_STATUS_DEAD "dead"
/* How often the host has tried. (integer) */
#define CRM_OUTBOX_MESSAGE_ATTEMPTS 0x00190007u
/* What went wrong the last time. (long_text) */
#define CRM_OUTBOX_MESSAGE_ERROR 0x00190008u
/* When the host may try again. (date_time) */
#define CRM_OUTBOX_MESSAGE_NOT_BEFORE 0x00190009u

/* -- Fields of validation_rule -- */

/* The rule's name. (text, required, unique) */
#define CRM_VALIDATION_RULE_NAME 0x001a0001u
/* The name of the object. (text, required) */
#define CRM_VALIDATION_RULE_OBJECT 0x001a0002u
/* The condition, in CEL; a record for which it is false is refused. (long_text, required) */
#define CRM_VALIDATION_RULE_CONDITION 0x001a0003u
/* What to tell the user. (text, required) */
#define CRM_VALIDATION_RULE_MESSAGE 0x001a0004u
/* False for a rule that is switched off. (boolean) */
#define CRM_VALIDATION_RULE_ACTIVE 0x001a0005u

/* -- Fields of import_run -- */

/* The name of the file or of the import. (text, required) */
#define CRM_IMPORT_RUN_NAME 0x001b0001u
/* The name of the object. (text, required) */
#define CRM_IMPORT_RUN_OBJECT 0x001b0002u
/* When. (date_time, required) */
#define CRM_IMPORT_RUN_AT 0x001b0003u
/* Rows read. (integer) */
#define CRM_IMPORT_RUN_ROWS 0x001b0004u
/* Records created. (integer) */
#define CRM_IMPORT_RUN_CREATED 0x001b0005u
/* Records changed. (integer) */
#define CRM_IMPORT_RUN_UPDATED 0x001b0006u
/* Rows that changed nothing. (integer) */
#define CRM_IMPORT_RUN_UNCHANGED 0x001b0007u
/* Rows that were refused; see ImportProblem. (integer) */
#define CRM_IMPORT_RUN_REFUSED 0x001b0008u
/* The name under which the import can be undone. (text) */
#define CRM_IMPORT_RUN_OPERATION 0x001b0009u

/* -- Fields of import_problem -- */

/* The import. (reference to import_run, required) */
#define CRM_IMPORT_PROBLEM_RUN 0x001c0001u
/* The row, as a spreadsheet counts them: the header is row 1. (integer, required) */
#define CRM_IMPORT_PROBLEM_ROW 0x001c0002u
/* The column's header; empty if the whole row is at fault. (text) */
#define CRM_IMPORT_PROBLEM_COLUMN 0x001c0003u
/* What stood there. (text) */
#define CRM_IMPORT_PROBLEM_INPUT 0x001c0004u
/* What is wrong with it. (long_text, required) */
#define CRM_IMPORT_PROBLEM_REASON 0x001c0005u
/* True if the row was refused, false if it was imported without this cell. (boolean) */
#define CRM_IMPORT_PROBLEM_REFUSED 0x001c0006u

#endif
