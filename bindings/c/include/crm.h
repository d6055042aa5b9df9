/* The C interface of crm-core, an embeddable CRM engine.
 *
 * Made by `cargo run -p crm-generate -- c` from crm-ffi/src/c; do not edit.
 *
 * Errors: a function answers a crm_status. Its last argument, if it is a `crm_error **`, gets an error object when the
 * call fails, and NULL when it does not; it may itself be NULL. Nothing is changed by a call that fails.
 *
 * Ownership: what a function gives through `crm_x **out` is the host's, who frees it with crm_x_free() (a crm_db with
 * crm_free()); every such function takes NULL. What it returns as a `const` pointer or a crm_str is lent. An `out`
 * that could not be filled is left as it was, or zero in the getters.
 *
 * Checked and not: a crm_db, a crm_sub and a crm_cancel are numbers that are looked up at each call, so that one that was
 * freed, or is another object, is CRM_MISUSE. Every other object (records, rows, batches, errors, texts, clocks) is a
 * plain pointer and is not checked: to free it twice, to use it after that, to pass it as another type (a crm_db as a
 * crm_record, of which the compiler warns), or to read text when its owner is freed or has stepped, is undefined, as it is
 * with any pointer.
 * Looking one up would cost 14 ns in a getter that takes 80, and a mark in the object could only be read from memory that
 * is freed already. AddressSanitizer (-fsanitize=address) finds all of these in your tests.
 *
 * Processes: a child that was forked must not use, nor free, what its parent has opened; it opens databases of its own.
 *
 * Threads: a crm_db, a crm_sub and a crm_cancel may be used by all threads at the same time. Every other object is used by
 * one thread at a time, and not necessarily by the one that made it. Callbacks run on the thread that called the library,
 * but crm_wake_fn and crm_free_fn, which may run on any.
 *
 * Numbers (statuses, object types, fields, kinds) never change their meaning, and structs grow only at their end.
 */

#ifndef CRM_H
#define CRM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crm_objects.h"

// As the length of a crm_str that the library takes: the text ends with a NUL.
#define CRM_NTS SIZE_MAX

#ifdef __cplusplus
extern "C" {
#endif

// Changes that are made together. It is used by one thread at a time.
typedef struct crm_batch crm_batch;

// Ends the calls of the sessions that watch it, from any thread, or when a time has come. All threads may use it at
// the same time.
typedef struct crm_cancel crm_cancel;

// A clock that stands still until it is set, for tests and simulations.
typedef struct crm_clock crm_clock;

// An open database, or a session of somebody who acts on it. All threads may use it at the same time.
typedef struct crm_db crm_db;

// What went wrong. The library makes one where the last argument of a call takes it and the call fails; the
// host frees it with crm_error_free.
typedef struct crm_error crm_error;

// A record: a draft that the host fills, or one that was read. Values that were set and not yet written stand
// over those that were read. It is used by one thread at a time.
typedef struct crm_record crm_record;

// Rows, and a cursor that stands before the first one. It is used by one thread at a time.
typedef struct crm_rows crm_rows;

// A subscription: what a host watches. Any thread may use it; calls of several threads take turns.
typedef struct crm_sub crm_sub;

// Text or bytes that the library made for the host; free with crm_text_free.
typedef struct crm_text crm_text;

// ----------------------------------------------------------------
// What a call answers.

// What a call answers: `CRM_OK`, `CRM_ROW`, `CRM_DONE` or `CRM_ABSENT`; else the code of an error, which is
// one of the engine's (1 to 99, see crm_objects.h) or of this boundary (from 901).
typedef int32_t crm_status;

// It is done.
#define CRM_OK 0

// There is a row.
#define CRM_ROW 100

// There are no more rows.
#define CRM_DONE 101

// The value that was asked for is not known; `*out` is zero.
#define CRM_ABSENT 102

// The call itself is wrong: NULL where something is needed, a handle that is not or no longer one, a constant
// that does not exist.
#define CRM_MISUSE 901

// A defect of the library. What was under way is undone; the handle can still be used.
#define CRM_PANIC 902

// ----------------------------------------------------------------
// Text that crosses the boundary.

// Text in UTF-8, borrowed.
//
// Where the library returns one, it is also NUL-terminated and lives as long as its owner: a record until it is
// freed or its row is stepped, an error or a crm_text until it is freed. `data` is NULL where there is no text.
//
// Where the library takes one, `data` needs no NUL if `len` is its length in bytes, and `len` is CRM_NTS for a
// NUL-terminated text; crm_s() makes one of a C string. It is read during the call only.
typedef struct {
  // The first byte, or NULL.
  const char *data;
  // The number of bytes, without the NUL.
  size_t len;
} crm_str;

// The text, valid until it is freed.
crm_str crm_text_str(const crm_text *text);

// Frees a text; NULL is allowed.
void crm_text_free(crm_text *text);

// ----------------------------------------------------------------
// The values that cross the boundary.

// The number of an object type: CRM_TYPE_DEAL, or that of a custom object by crm_type_named(). 0 is none.
typedef uint32_t crm_type;

// The number of a field, `type << 16 | number`: CRM_DEAL_AMOUNT, or that of a custom field by crm_field_named().
// CRM_CREATED_AT and the like, which are of no type, are fields of every record, CRM_ROW_AT and the like the
// columns of rows.
typedef uint32_t crm_field;

// Names a record: its object type and its id, which is the 36 characters of a UUID and a NUL. A crm_ref without
// a record has type 0 and an empty id.
typedef struct {
  // The object type.
  crm_type object;
  // The id as text.
  char id[40];
} crm_ref;

// Names a record by the text of its id; it is checked when it is used.
crm_status crm_ref_make(crm_type object, crm_str id, crm_ref *out);

// A day: year 1 to 9999, month 1 to 12, day 1 to 31. In a partial date the year, or month and day, that are not
// known are 0.
typedef struct {
  // The year.
  int32_t year;
  // The month.
  uint32_t month;
  // The day of the month.
  uint32_t day;
} crm_date;

// An exact decimal number: `unscaled` divided by ten to the power of `scale`, which is 0 to 28.
typedef struct {
  // The number without its point.
  int64_t unscaled;
  // How many of its digits stand behind the point.
  uint32_t scale;
} crm_decimal;

// An exact amount in the smallest unit of its currency: cents of EUR, yen of JPY, fils of KWD.
typedef struct {
  // The amount in the currency's minor unit, of which crm_currency_decimals() says how many decimals it is.
  int64_t minor;
  // The ISO 4217 code with a NUL.
  char currency[4];
} crm_money;

// How many decimals a currency has: 2 for EUR, 0 for JPY, 3 for KWD.
crm_status crm_currency_decimals(crm_str code, uint32_t *out);

// ----------------------------------------------------------------
// How many objects the host has not freed yet.

// How many objects the library has made and the host has not freed: 0 at the end of a program without leaks.
int64_t crm_live_objects(void);

// ----------------------------------------------------------------
// What went wrong, as an object.

// The code: what the call has returned.
crm_status crm_error_code(const crm_error *error);

// The name of the code, such as `not_found`.
crm_str crm_error_name(const crm_error *error);

// What went wrong and what to do, as a sentence for developers.
crm_str crm_error_message(const crm_error *error);

// The name of the object type at fault; NULL where none is.
crm_str crm_error_object(const crm_error *error);

// The name of the field at fault; NULL where none is.
crm_str crm_error_field(const crm_error *error);

// The start of the value at fault; NULL where none is.
crm_str crm_error_input(const crm_error *error);

// How many other things are wrong with the record that was to be saved: a form shows all of them at once. The message
// says them, too.
size_t crm_error_others_len(const crm_error *error);

// One of the others, from 0, with its own code, message, field and so on. It is lent until the error is freed; NULL
// beyond the last.
const crm_error *crm_error_other(const crm_error *error,
                                 size_t at);

// All that is known of it, as a JSON object: `code`, `type` (the name of the code), `detail` (the message), and the
// members of this code, such as `holder` of a duplicate, `line` and `column` of an expression, `fields` of a stale
// record; `others`, such objects, if there are others.
crm_str crm_error_json(const crm_error *error);

// Frees an error; NULL is allowed.
void crm_error_free(crm_error *error);

// The name of a status: `not_found`, and `ok`, `row`, `done`, `absent` of those that are no errors. NULL for a number
// that is no status. It is never freed.
const char *crm_status_name(crm_status status);

// ----------------------------------------------------------------
// Opening a database, and sessions on it.

// The version of the library: compare with CRM_VERSION_NUMBER, that of the header.
uint32_t crm_version_number(void);

// The version of this header: major × 1,000,000 + minor × 1,000 + patch.
#define CRM_VERSION_NUMBER 1000

// The format of the file that the library writes; files of earlier formats are brought to it when they are opened.
uint32_t crm_file_format(void);

// How far a long job is.
typedef struct {
  // sizeof(crm_progress) of the library.
  uint32_t size;
  // Rows of an import, or entries or steps of another job, that are done.
  uint64_t done;
  // Bytes of the imported file that were read; 0 in other jobs.
  uint64_t bytes;
  // Rows of an import that were refused; 0 in other jobs.
  uint64_t refused;
} crm_progress;

// Told by a long job how far it is, on the thread that called it; anything but 0 stops the job. It may read from the
// database; a change that it asks for is refused while the job writes.
typedef int (*crm_progress_fn)(void *user, const crm_progress *progress);

// How a database is opened. Begin with `crm_options options = {sizeof(crm_options)};`: what is 0 is as usual.
typedef struct {
  // sizeof(crm_options).
  uint32_t size;
  // True for ids by counting instead of by chance, for tests.
  bool sequential_ids;
  // The memory that the store's cache may take, in bytes; 64 MiB for 0.
  uint64_t cache_bytes;
  // The largest content that is kept of a document, in bytes; 8 MiB for 0.
  uint64_t document_bytes_max;
  // The clock, for tests; NULL for that of the system.
  const crm_clock *clock;
  // Told of each step when an older file is brought to this version; its answer is not asked for. May be NULL.
  crm_progress_fn progress;
  // What `progress` gets.
  void *progress_user;
  // The bytes of the journal beside the file, in which small commits are made durable first; 4 MiB for 0. For -1
  // there is none: the file is at every moment all there is, and a save takes several times as long.
  int64_t journal_bytes;
  // True to open a file whose journal belongs to another database, is damaged or is missing, without the commits in
  // it, though they were acknowledged. The journal is renamed, to the name of the file with
  // `-journal-discarded-` and an id.
  bool discard_journal;
} crm_options;

// Opens a file, making it if it does not exist. `options` may be NULL. Free the handle with crm_free().
//
// Errors: CRM_LOCKED, CRM_NEWER_FORMAT, CRM_CORRUPT, CRM_IO, CRM_FULL; CRM_INVALID if the file has several names (hard
// links), or if its journal is another's or missing. The file is as before then.
crm_status crm_open(crm_str path,
                    const crm_options *options,
                    crm_db **out,
                    crm_error **err);

// Makes a database in memory, gone when the last handle of it is freed. `options` may be NULL.
crm_status crm_open_in_memory(const crm_options *options, crm_db **out, crm_error **err);

// Releases the file now, whatever handles there are. Later calls on any of them answer CRM_CLOSED, and those that
// wait for changes return. The handles are still to be freed.
crm_status crm_close(const crm_db *db,
                     crm_error **err);

// Opens the file again, after crm_close() or an error CRM_NEEDS_REOPEN: what was acknowledged is there.
crm_status crm_reopen(const crm_db *db,
                      crm_error **err);

// Frees a handle; NULL is allowed, and a handle that was freed before is CRM_MISUSE. Calls of other threads that
// are under way with it end as they would. With the last handle, rows and subscriptions the file is released.
crm_status crm_free(const crm_db *db);

// A session of a user: its changes are logged as theirs.
//
// Errors: CRM_NOT_FOUND.
crm_status crm_as_user(const crm_db *db, crm_ref user, crm_db **out, crm_error **err);

// A session whose changes form a named operation, which crm_undo() can take back.
crm_status crm_operation(const crm_db *db, crm_str name, crm_db **out, crm_error **err);

// A session whose changes are logged with a cause other than `user`: `import`, `sync`, …
crm_status crm_caused_by(const crm_db *db, crm_str cause, crm_db **out, crm_error **err);

// A session whose changes set no rules off, for data that come from elsewhere.
crm_status crm_without_rules(const crm_db *db, crm_db **out, crm_error **err);

// The acting user; CRM_ABSENT for the system.
crm_status crm_actor(const crm_db *db, crm_ref *out, crm_error **err);

// The time by the database's clock, in microseconds since 1970-01-01T00:00:00Z.
crm_status crm_now(const crm_db *db, int64_t *out, crm_error **err);

// The organisation's settings as a JSON object: `base_currency`, `region`, `time_zone`, `fiscal_year_start`.
crm_status crm_settings(const crm_db *db,
                        crm_text **out,
                        crm_error **err);

// Makes a clock that shows an instant, in microseconds since 1970-01-01T00:00:00Z. A database that was opened with
// it may outlive it.
crm_status crm_clock_new(int64_t micros,
                         crm_clock **out,
                         crm_error **err);

// Sets a clock.
crm_status crm_clock_set(const crm_clock *clock, int64_t micros);

// Frees a clock; NULL is allowed.
void crm_clock_free(crm_clock *clock);

// ----------------------------------------------------------------
// Ending calls that take too long.

// Makes one that ends calls when it is told to. Free it with crm_cancel_free(); sessions that watch it may outlive it.
crm_status crm_cancel_new(crm_cancel **out,
                          crm_error **err);

// Makes one that also ends them at an instant, in microseconds since 1970-01-01T00:00:00Z, by the clock of the
// database: crm_now() and a bit.
crm_status crm_cancel_at(int64_t micros,
                         crm_cancel **out,
                         crm_error **err);

// A session whose calls a crm_cancel ends, as do those that end the calls of this one. A call that is ended answers
// CRM_CANCELLED and has changed nothing: one that reads ends at once, one that changes up to its commit, an import between
// rows, with a report. crm_backup(), crm_backup_since() and crm_compact() end as their `progress` ends them; what waits
// for changes ends by its timeout or by crm_sub_stop().
crm_status crm_cancelled_by(const crm_db *db,
                            const crm_cancel *cancel,
                            crm_db **out,
                            crm_error **err);

// Ends the calls of the sessions that watch it, and those that are begun later.
crm_status crm_cancel_fire(const crm_cancel *cancel);

// True after crm_cancel_fire(), and after a call was ended because the time had come; false for what is no crm_cancel.
bool crm_cancel_is_fired(const crm_cancel *cancel);

// Frees it; NULL is allowed, and one that was freed before is CRM_MISUSE. It ends nothing any more, but at its time.
crm_status crm_cancel_free(const crm_cancel *cancel);

// ----------------------------------------------------------------
// The schema: names and numbers, definitions, and changing them at run time.

// The number of an object type by its name, custom ones too.
//
// Errors: CRM_UNKNOWN_OBJECT.
crm_status crm_type_named(const crm_db *db, crm_str name, crm_type *out, crm_error **err);

// The number of a field by its name, custom ones too.
//
// Errors: CRM_UNKNOWN_OBJECT, CRM_UNKNOWN_FIELD.
crm_status crm_field_named(const crm_db *db,
                           crm_type object,
                           crm_str name,
                           crm_field *out,
                           crm_error **err);

// The name of an object type.
//
// Errors: CRM_UNKNOWN_OBJECT.
crm_status crm_type_name(const crm_db *db, crm_type object, crm_text **out, crm_error **err);

// The name of a field.
//
// Errors: CRM_UNKNOWN_OBJECT, CRM_UNKNOWN_FIELD.
crm_status crm_field_name(const crm_db *db, crm_field field, crm_text **out, crm_error **err);

// The schema as a JSON object: its `version`, and its `objects`, definitions with their fields.
crm_status crm_catalog(const crm_db *db, crm_text **out, crm_error **err);

// Adds a custom object from its definition, a JSON object: `{"name": "machine", "plural": "machines", "fields":
// [{"name": "serial", "ty": "text", "required": true}], "title": ["serial"]}`. `out`, its number, may be NULL.
//
// Errors: CRM_SCHEMA, CRM_UNKNOWN_OBJECT, CRM_UNKNOWN_FIELD for a member that a definition does not have, CRM_LIMIT.
crm_status crm_add_object(const crm_db *db,
                          crm_str definition,
                          crm_type *out,
                          crm_error **err);

// Adds a custom field from its definition: `{"name": "floors", "ty": "integer", "indexed": true}`. `out`, its
// number, may be NULL.
//
// Errors: as crm_add_object(), CRM_EXPRESSION, CRM_DUPLICATE.
crm_status crm_add_field(const crm_db *db,
                         crm_type object,
                         crm_str definition,
                         crm_field *out,
                         crm_error **err);

// Adds several custom fields at once, from a JSON array of definitions.
//
// Errors: as crm_add_field().
crm_status crm_add_fields(const crm_db *db, crm_type object, crm_str definitions, crm_error **err);

// Renames a custom field. Its number and its values stay.
//
// Errors: CRM_SCHEMA; CRM_EXPRESSION, CRM_UNKNOWN_FIELD if a formula, a roll-up or a rule still uses the old name.
crm_status crm_rename_field(const crm_db *db,
                            crm_field field,
                            crm_str name,
                            crm_error **err);

// Retires a custom field: its values stay readable, and are no longer written, searched, indexed or unique.
//
// Errors: CRM_SCHEMA.
crm_status crm_retire_field(const crm_db *db,
                            crm_field field,
                            crm_error **err);

// Brings a retired field back, with the values that it had. It is a plain field then: an index, a place in the search
// or a formula that it had are gone.
//
// Errors: CRM_SCHEMA if the field is not retired.
crm_status crm_restore_field(const crm_db *db,
                             crm_field field,
                             crm_error **err);

// Gives a custom field another type, such as `integer`, and converts its values. Values that cannot be converted
// refuse the change or, with `clear_failures`, are cleared and reported. The report is a JSON object: `converted` and
// `failed`. `out` may be NULL.
//
// Errors: CRM_INVALID, CRM_DUPLICATE, CRM_NOT_FOUND for a value, CRM_SCHEMA, CRM_EXPRESSION.
crm_status crm_retype_field(const crm_db *db,
                            crm_field field,
                            crm_str ty,
                            bool clear_failures,
                            crm_text **out,
                            crm_error **err);

// Gives a field an index; queries use it when it is done, at the end of this call.
//
// Errors: CRM_SCHEMA.
crm_status crm_index_field(const crm_db *db, crm_field field, crm_error **err);

// ----------------------------------------------------------------
// Records: drafts to be written, and what was read.

// Makes a draft of an object type, without values. With an id it is the draft of that record: crm_create() gives
// the new record this id, crm_update() changes the record of this id whatever its version; without one (a `data`
// of NULL) crm_create() makes the id. Arguments and structures of operations are made so, too, without an id.
crm_status crm_record_new(const crm_db *db,
                          crm_type object,
                          crm_str id,
                          crm_record **out,
                          crm_error **err);

// A copy with everything that is set.
crm_status crm_record_clone(const crm_record *record, crm_record **out, crm_error **err);

// Frees a record; NULL is allowed. A record that is lent, as that of a row, is not freed.
void crm_record_free(crm_record *record);

// The object type of a record; 0 for NULL, and for a row that is of no object.
crm_type crm_record_type(const crm_record *record);

// Its type and id; without a record, those of none.
crm_ref crm_record_ref(const crm_record *record);

// The commit that changed it last; 0 for a draft.
uint64_t crm_record_version(const crm_record *record);

// Says which version of a record the host has read, perhaps in another process: crm_update() of a draft by its id is
// then refused with CRM_STALE if somebody else has changed one of the same fields since.
crm_status crm_record_expect(crm_record *record,
                             uint64_t version);

// True if it was read from the trash.
bool crm_record_is_deleted(const crm_record *record);

// Forgets everything that was set, also a setter that was refused.
crm_status crm_record_reset(crm_record *record);

// The record as it was read, as a JSON object: `object`, `id`, its fields by name. Of a draft, only what
// was read, so nothing.
crm_status crm_record_to_json(const crm_record *record,
                              crm_text **out,
                              crm_error **err);

// Sets the fields that a JSON object has, by name, in the form of crm_record_to_json() and in easier ones:
// any text is read as the field's type, null clears a field. `object`, `id` and the fields that the engine
// writes are passed over.
crm_status crm_record_set_json(crm_record *record,
                               crm_str json,
                               crm_error **err);

// ----------------------------------------------------------------
// Reading the values of a record.
//
// Each getter answers CRM_OK and writes the value, or CRM_ABSENT, or an error: CRM_INVALID for a field of another
// object or another type, CRM_UNKNOWN_FIELD for a number that the object does not have. `*out` is zero then.

// The text of a field: text, long text, e-mail address, phone number, URL, domain, the key of a choice.
crm_status crm_get_text(const crm_record *record,
                        crm_field field,
                        crm_str *out);

// The truth value of a field.
crm_status crm_get_bool(const crm_record *record, crm_field field, bool *out);

// The whole number of a field.
crm_status crm_get_int(const crm_record *record, crm_field field, int64_t *out);

// The number of a decimal or percent field; CRM_LIMIT if it has more digits than 64 bits hold:
// crm_get_canonical() reads those.
crm_status crm_get_decimal(const crm_record *record, crm_field field, crm_decimal *out);

// The amount of a money field; CRM_LIMIT as for crm_get_decimal().
crm_status crm_get_money(const crm_record *record, crm_field field, crm_money *out);

// The day of a date field.
crm_status crm_get_date(const crm_record *record, crm_field field, crm_date *out);

// The day of a partial date field, with 0 for what is not known of it.
crm_status crm_get_partial_date(const crm_record *record, crm_field field, crm_date *out);

// The instant of a date-time field, in microseconds since 1970-01-01T00:00:00Z.
crm_status crm_get_time(const crm_record *record, crm_field field, int64_t *out);

// The length of time of a duration field, in milliseconds.
crm_status crm_get_duration(const crm_record *record, crm_field field, int64_t *out);

// The record that a reference field names.
crm_status crm_get_ref(const crm_record *record, crm_field field, crm_ref *out);

// A part of a name (`given`, `family`, `middle`, `prefix`, `suffix`) or an address (`street`, `city`,
// `region`, `postal_code`, `country`).
crm_status crm_get_part(const crm_record *record,
                        crm_field field,
                        crm_str part,
                        crm_str *out);

// The canonical text of a field of any type, as exports write it: `12.50 EUR`, `2026-03-01T09:00:00Z`.
crm_status crm_get_canonical(const crm_record *record,
                             crm_field field,
                             crm_str *out);

// The value of a field of any type in its JSON form, as crm_record_to_json() has it; `null` if it is not known. A
// reference has the name of its object, a name or an address the names of its parts.
crm_status crm_get_json(const crm_record *record,
                        crm_field field,
                        crm_str *out);

// Nothing is known.
#define CRM_KIND_NULL 0

// Read with crm_get_bool().
#define CRM_KIND_BOOL 1

// Read with crm_get_int().
#define CRM_KIND_INT 2

// Read with crm_get_decimal().
#define CRM_KIND_DECIMAL 3

// Read with crm_get_money().
#define CRM_KIND_MONEY 4

// Read with crm_get_text().
#define CRM_KIND_TEXT 5

// Read with crm_get_date().
#define CRM_KIND_DATE 6

// Read with crm_get_partial_date().
#define CRM_KIND_PARTIAL_DATE 7

// Read with crm_get_time().
#define CRM_KIND_TIME 8

// Read with crm_get_duration().
#define CRM_KIND_DURATION 9

// Read with crm_get_ref().
#define CRM_KIND_REF 10

// Read with crm_get_part().
#define CRM_KIND_PARTS 11

// Read with crm_length() and crm_item_text() and the like.
#define CRM_KIND_LIST 12

// What a field holds, CRM_KIND_TEXT and so on: of a list with elements, CRM_KIND_LIST.
crm_status crm_get_kind(const crm_record *record, crm_field field, int32_t *out);

// What an element of a list is.
crm_status crm_item_kind(const crm_record *record, crm_field field, size_t at, int32_t *out);

// How many elements a field has: those of a list; 1 of another value, 0 of none.
crm_status crm_length(const crm_record *record, crm_field field, size_t *out);

// ----------------------------------------------------------------
// Reading the elements of lists. A value that is no list has one element, itself.

// The text at a position of a list, as crm_get_text() reads it; CRM_ABSENT behind the end.
crm_status crm_item_text(const crm_record *record, crm_field field, size_t at, crm_str *out);

// The whole number at a position of a list, as crm_get_int() reads it; CRM_ABSENT behind the end.
crm_status crm_item_int(const crm_record *record, crm_field field, size_t at, int64_t *out);

// The number at a position of a list, as crm_get_decimal() reads it; CRM_ABSENT behind the end.
crm_status crm_item_decimal(const crm_record *record, crm_field field, size_t at, crm_decimal *out);

// The amount at a position of a list, as crm_get_money() reads it; CRM_ABSENT behind the end.
crm_status crm_item_money(const crm_record *record, crm_field field, size_t at, crm_money *out);

// The day at a position of a list, as crm_get_date() reads it; CRM_ABSENT behind the end.
crm_status crm_item_date(const crm_record *record, crm_field field, size_t at, crm_date *out);

// The partial date at a position of a list, as crm_get_partial_date() reads it; CRM_ABSENT behind the end.
crm_status crm_item_partial_date(const crm_record *record,
                                 crm_field field,
                                 size_t at,
                                 crm_date *out);

// The instant at a position of a list, as crm_get_time() reads it; CRM_ABSENT behind the end.
crm_status crm_item_time(const crm_record *record, crm_field field, size_t at, int64_t *out);

// The length of time at a position of a list, as crm_get_duration() reads it; CRM_ABSENT behind the end.
crm_status crm_item_duration(const crm_record *record,
                             crm_field field,
                             size_t at,
                             int64_t *out);

// The reference at a position of a list, as crm_get_ref() reads it; CRM_ABSENT behind the end.
crm_status crm_item_ref(const crm_record *record, crm_field field, size_t at, crm_ref *out);

// ----------------------------------------------------------------
// Setting the values of a record. Nothing is written until crm_create(), crm_update(), crm_upsert() or a batch
// does so, and only there the engine judges whether the values fit.
//
// A setter that is refused (a field of another object, a day that does not exist, text that is not UTF-8) answers
// with the error's code, and the record remembers the first one: writing it fails with that error. A program may
// therefore set many fields and look at the result once.

// Clears a field.
crm_status crm_set_null(crm_record *record, crm_field field);

// Sets a field to true or false.
crm_status crm_set_bool(crm_record *record, crm_field field, bool value);

// Sets a part of a name or an address; the other parts stay. Without text the part is cleared.
crm_status crm_set_part(crm_record *record, crm_field field, crm_str part, crm_str text);

// Sets a field to a text. Any field takes a text, which is read as the field's type: `12.50 EUR`, `2026-03-01`, the key of a
// choice; whether it can be, crm_create() or crm_update() says.
crm_status crm_set_text(crm_record *record,
                        crm_field field,
                        crm_str text);

// Sets a field to a whole number.
crm_status crm_set_int(crm_record *record, crm_field field, int64_t value);

// Sets a field to a decimal number.
crm_status crm_set_decimal(crm_record *record, crm_field field, crm_decimal value);

// Sets a field to an amount.
crm_status crm_set_money(crm_record *record, crm_field field, crm_money value);

// Sets a field to a day.
crm_status crm_set_date(crm_record *record, crm_field field, crm_date value);

// Sets a field to a date of which not all is known.
crm_status crm_set_partial_date(crm_record *record, crm_field field, crm_date value);

// Sets a field to an instant, in microseconds since 1970-01-01T00:00:00Z.
crm_status crm_set_time(crm_record *record, crm_field field, int64_t micros);

// Sets a field to a length of time, in milliseconds.
crm_status crm_set_duration(crm_record *record, crm_field field, int64_t millis);

// Sets a field to a reference to a record.
crm_status crm_set_ref(crm_record *record, crm_field field, crm_ref value);

// Adds a text to a list field. The list is the one that the record has; crm_set_null() before it
// begins a new one.
crm_status crm_add_text(crm_record *record, crm_field field, crm_str text);

// Adds a whole number to a list field.
crm_status crm_add_int(crm_record *record, crm_field field, int64_t value);

// Adds a decimal number to a list field.
crm_status crm_add_decimal(crm_record *record, crm_field field, crm_decimal value);

// Adds an amount to a list field.
crm_status crm_add_money(crm_record *record, crm_field field, crm_money value);

// Adds a day to a list field.
crm_status crm_add_date(crm_record *record, crm_field field, crm_date value);

// Adds a date of which not all is known to a list field.
crm_status crm_add_partial_date(crm_record *record, crm_field field, crm_date value);

// Adds an instant, in microseconds since 1970-01-01T00:00:00Z, to a list field.
crm_status crm_add_time(crm_record *record, crm_field field, int64_t micros);

// Adds a length of time, in milliseconds, to a list field.
crm_status crm_add_duration(crm_record *record, crm_field field, int64_t millis);

// Adds a reference to a record to a list field.
crm_status crm_add_ref(crm_record *record, crm_field field, crm_ref value);

// ----------------------------------------------------------------
// Results of the engine as rows: a record, further columns, and rows below it.

// Column: the record that the row is about, for rows that do not hold it (reference).
#define CRM_ROW_RECORD 0xffff0001u

// Column: when: of a timeline entry, of a commit (date-time).
#define CRM_ROW_AT 0xffff0002u

// Column: the record on whose own timeline an activity stands (reference).
#define CRM_ROW_ON 0xffff0003u

// Column: how many records a group has (int).
#define CRM_ROW_COUNT 0xffff0004u

// Column: the title of a record that was found (text).
#define CRM_ROW_TITLE 0xffff0006u

// Column: how well a record that was found matches, greater is better (int).
#define CRM_ROW_SCORE 0xffff0007u

// Column: the number of a commit: where to go on with the change feed (int).
#define CRM_ROW_SEQUENCE 0xffff0008u

// Column: the user who made a commit; absent for the system (reference).
#define CRM_ROW_ACTOR 0xffff0009u

// Column: why: the cause of a commit, or the rule that made a change in it (text).
#define CRM_ROW_CAUSE 0xffff000au

// Column: the named operation that a commit is part of (text).
#define CRM_ROW_OPERATION 0xffff000bu

// Column: what happened: `created`, `updated`, `unchanged`, `deleted`, `restored` or `purged` to a record; `reset`,
// `added`, `changed` or `removed` in a subscription (text).
#define CRM_ROW_KIND 0xffff000cu

// Column: the commit that changed the record last (int).
#define CRM_ROW_VERSION 0xffff000du

// Column: the field that changed, a crm_field (int).
#define CRM_ROW_FIELD 0xffff000eu

// Column: the name of the field that changed (text).
#define CRM_ROW_FIELD_NAME 0xffff000fu

// Column: what the field was (of the field's type).
#define CRM_ROW_OLD 0xffff0010u

// Column: what the field became (of the field's type).
#define CRM_ROW_NEW 0xffff0011u

// Column: the rule that made a change, where the commit itself has another cause (text).
#define CRM_ROW_RULE 0xffff0012u

// Column: the place of a record's change in its commit, from 1 (int).
#define CRM_ROW_N 0xffff0013u

// Columns: CRM_ROW_KEY + i is the i-th value that makes a group (of the field's type; a text for a part of a
// date).
#define CRM_ROW_KEY 0xffff0100u

// Columns: CRM_ROW_MEASURE + i is the i-th measure of a group.
#define CRM_ROW_MEASURE 0xffff0200u

// ----------------------------------------------------------------
// Rows: what queries and other questions answer, read one after the other.

// Goes to the next row: CRM_ROW if there is one, CRM_DONE if not, or an error. What the row before has lent is
// no longer valid.
crm_status crm_rows_next(crm_rows *rows,
                         crm_error **err);

// The row at the cursor, lent until the next step or until the rows are freed; NULL where there is none.
const crm_record *crm_rows_record(const crm_rows *rows);

// The rows below the one at the cursor: the records of a commit and the fields that changed in them, the records of a
// reset. Once for each row: they are moved out. To be freed like all rows.
crm_status crm_rows_below(crm_rows *rows,
                          crm_rows **out,
                          crm_error **err);

// Where the next page begins, to be passed as `after`; NULL if this is the last one. Valid until the rows are
// freed.
crm_str crm_rows_next_page(crm_rows *rows);

// False for a timeline with more linked records than are looked at: the activities of the oldest are left out.
bool crm_rows_is_complete(const crm_rows *rows);

// Frees rows; NULL is allowed.
void crm_rows_free(crm_rows *rows);

// ----------------------------------------------------------------
// Declared operations. `crm_operations.h`, which is made from the declarations, has a typed function for each of them
// over these: a program calls those.
//
// Arguments and structures are records, too, of types of their own: their members are fields, which crm_set_text() and
// the others set and crm_get_text() and the others read. A structure that begins with a record is this record, and its
// other members are further columns of it.

// The types of arguments: 0xD000 and the number of the operation.
#define CRM_TYPE_ARGUMENTS 53248

// The types of structures: 0xE000 and the number of the structure.
#define CRM_TYPE_STRUCTURES 57344

// What an operation returned that returns no structure: the only member of the record that crm_call() gives, and of the
// rows of a list of values of any type.
#define CRM_RESULT 0xe0000001u

// How an operation is done. Begin with `crm_manner manner = {sizeof(crm_manner)};`.
typedef struct {
  // sizeof(crm_manner).
  uint32_t size;
  // True for a rehearsal of an operation that changes records: all is done, the result is returned, and nothing of
  // it remains.
  bool rehearse;
} crm_manner;

// Identifies the operations of the library, for those whose functions were made from them to compare: it is
// CRM_OPERATIONS_DIGEST of the header that belongs to the library.
uint32_t crm_operations_digest(void);

// Calls a declared operation. `arguments` is a record of its type, CRM_TYPE_ARGUMENTS and the operation's number, with
// the arguments that are set; `manner` and `progress` may be NULL. `out` gets what the operation returns: a structure
// as a record with its members as fields, anything else as the field CRM_RESULT of one; to be freed. It may be NULL.
//
// Errors: those of the operation; CRM_INVALID for an argument that does not fit.
crm_status crm_call(const crm_db *db,
                    const crm_record *arguments,
                    const crm_manner *manner,
                    crm_progress_fn progress,
                    void *user,
                    crm_record **out,
                    crm_error **err);

// Sets a member of arguments or of a structure that is a structure itself, or values for the fields of a record: a
// draft. It is copied.
crm_status crm_set_record(crm_record *record,
                          crm_field field,
                          const crm_record *value);

// Adds a structure or a draft to a member that is a list of them.
crm_status crm_add_record(crm_record *record, crm_field field, const crm_record *value);

// The structures or records of a member that is a list of them, or the values of one whose elements are of any type, in
// the field CRM_RESULT of each row; to be freed like all rows.
crm_status crm_get_rows(const crm_record *record,
                        crm_field field,
                        crm_rows **out,
                        crm_error **err);

// The structure or record of a member that is one, to be freed; CRM_ABSENT where there is none.
crm_status crm_get_row(const crm_record *record,
                       crm_field field,
                       crm_record **out,
                       crm_error **err);

// ----------------------------------------------------------------
// Changing records.

// A record was created.
#define CRM_CREATED 1

// A record was changed.
#define CRM_UPDATED 2

// A change changed nothing.
#define CRM_UNCHANGED 3

// A record went to the trash.
#define CRM_DELETED 4

// A record came back from the trash.
#define CRM_RESTORED 5

// A record was removed for good.
#define CRM_PURGED 6

// What a change has done. Begin with `crm_outcome outcome = {sizeof(crm_outcome)};`.
typedef struct {
  // sizeof(crm_outcome), set by the host.
  uint32_t size;
  // What happened: CRM_CREATED and so on.
  int32_t kind;
  // The commit that changed the record last.
  uint64_t version;
  // The record.
  crm_ref record;
} crm_outcome;

// Creates a record from a draft, which then is the record as stored. `outcome` may be NULL.
//
// Errors: CRM_INVALID, CRM_DUPLICATE, CRM_MISSING_REFERENCE, CRM_CYCLE, CRM_VALIDATION; nothing is changed then.
crm_status crm_create(const crm_db *db,
                      crm_record *record,
                      crm_outcome *outcome,
                      crm_error **err);

// Writes what was set of a record, which then is the record as stored. A record that was read is refused with
// CRM_STALE if somebody else has changed one of the same fields since; the draft of a record by its id overwrites.
//
// Errors: as crm_create(), CRM_NOT_FOUND, CRM_STALE.
crm_status crm_update(const crm_db *db,
                      crm_record *record,
                      crm_outcome *outcome,
                      crm_error **err);

// Changes the record that has the draft's value in the field `by`, which is unique or indexed, or creates one.
//
// Errors: as crm_update(); CRM_INVALID if several records have the value.
crm_status crm_upsert(const crm_db *db,
                      crm_record *record,
                      crm_field by,
                      crm_outcome *outcome,
                      crm_error **err);

// Puts a record into the trash, with the links and parts that go with it.
//
// Errors: CRM_NOT_FOUND; CRM_REFERENCED if another record needs it.
crm_status crm_delete(const crm_db *db, crm_ref record, crm_outcome *outcome, crm_error **err);

// Takes a record out of the trash, with what went there with it.
//
// Errors: CRM_NOT_FOUND; CRM_DUPLICATE if another record has taken its unique value.
crm_status crm_restore(const crm_db *db, crm_ref record, crm_outcome *outcome, crm_error **err);

// Removes a record for good, with the values that the log holds of it.
//
// Errors: as crm_delete().
crm_status crm_purge(const crm_db *db, crm_ref record, crm_outcome *outcome, crm_error **err);

// Moves a card to a column of its board (for deals, a stage), behind another card or, with a crm_ref of zeros, to
// the top. With a commit, such as crm_sequence() from before the board was read, the move is refused as CRM_STALE if
// somebody else has moved the card since; 0 moves it all the same.
//
// Errors: as crm_update(); CRM_INVALID for an object without a board.
crm_status crm_move_card(const crm_db *db,
                         crm_ref card,
                         crm_ref column,
                         crm_ref behind,
                         uint64_t expected,
                         crm_outcome *outcome,
                         crm_error **err);

// Takes back the changes of a named operation and writes a report as JSON: `undone`, and what was `skipped`
// because somebody has changed it since. `out` may be NULL.
//
// Errors: CRM_NOT_FOUND if nothing was done under this name.
crm_status crm_undo(const crm_db *db,
                    crm_str operation,
                    crm_text **out,
                    crm_error **err);

// Keeps the content of a document in the store.
//
// Errors: CRM_LIMIT beyond what the options allow; CRM_NOT_FOUND.
crm_status crm_put_content(const crm_db *db,
                           crm_ref document,
                           const void *data,
                           size_t len,
                           crm_error **err);

// ----------------------------------------------------------------
// Several changes in one transaction.

// Makes an empty batch.
crm_status crm_batch_new(crm_batch **out, crm_error **err);

// Frees a batch; NULL is allowed.
void crm_batch_free(crm_batch *batch);

// Adds the creation of a record from a draft, which is copied. A change that cannot be added is remembered, and
// crm_batch_run() fails with its error.
crm_status crm_batch_create(crm_batch *batch,
                            const crm_record *record);

// Adds the change of a record, as crm_update() makes it.
crm_status crm_batch_update(crm_batch *batch, const crm_record *record);

// Adds the change or creation of a record, as crm_upsert() makes it.
crm_status crm_batch_upsert(crm_batch *batch, const crm_record *record, crm_field by);

// Adds the move of a card, as crm_move_card() makes it.
crm_status crm_batch_move(crm_batch *batch,
                          crm_ref card,
                          crm_ref column,
                          crm_ref behind,
                          uint64_t expected);

// Adds the deletion of a record.
crm_status crm_batch_delete(crm_batch *batch, crm_ref record);

// Adds the restoring of a record.
crm_status crm_batch_restore(crm_batch *batch, crm_ref record);

// Adds the removal of a record for good.
crm_status crm_batch_purge(crm_batch *batch, crm_ref record);

// Makes all changes in one transaction or, if one is refused, none. With a key, a repetition changes nothing and
// answers with the first outcomes. `out`, which may be NULL, gets a row for each change: CRM_ROW_RECORD,
// CRM_ROW_KIND, CRM_ROW_VERSION.
//
// Errors: that of the first change that is refused; CRM_INVALID for a key with which other changes were made, or the
// same by another user; CRM_LIMIT for too many.
crm_status crm_batch_run(const crm_db *db,
                         const crm_batch *batch,
                         crm_str key,
                         crm_rows **out,
                         crm_error **err);

// What crm_batch_run() would do, rules included; nothing of it remains.
crm_status crm_batch_rehearse(const crm_db *db,
                              const crm_batch *batch,
                              crm_rows **out,
                              crm_error **err);

// ----------------------------------------------------------------
// Reading records.

// A question for records of one object type. Begin with
// `crm_query query = {sizeof(crm_query), CRM_TYPE_DEAL};`: what is 0 is not asked for.
typedef struct {
  // sizeof(crm_query).
  uint32_t size;
  // The object type.
  crm_type object;
  // The number of records in a page, or of those that are read at a time; 0 for 50, or 1,000.
  uint32_t limit;
  // True for the records in the trash instead of the live ones.
  bool trash;
  // A CEL filter, such as `amount > 1000 && company.name == 'Acme'`; absent for all records.
  crm_str filter;
  // The order: names of fields with commas between them, `-` before one for the greatest first. Absent for that of
  // creation.
  crm_str sort;
  // Where to go on: crm_rows_next_page() of the page before.
  crm_str after;
  // The fields to read; NULL for all. Others are absent in the result.
  const crm_field *fields;
  // How many fields that are.
  size_t fields_len;
} crm_query;

// A live record.
//
// Errors: CRM_NOT_FOUND.
crm_status crm_get(const crm_db *db, crm_ref record, crm_record **out, crm_error **err);

// A record, also from the trash; CRM_ABSENT, and NULL, if there is none.
crm_status crm_find_record(const crm_db *db, crm_ref record, crm_record **out, crm_error **err);

// The organisation's settings, as the record that changes them.
crm_status crm_organisation(const crm_db *db, crm_record **out, crm_error **err);

// A page of the records that a query asks for; crm_rows_next_page() says where the next one begins.
//
// Errors: CRM_UNKNOWN_OBJECT, CRM_UNKNOWN_FIELD, CRM_EXPRESSION, CRM_INVALID for a cursor of another query,
// CRM_LIMIT.
crm_status crm_find(const crm_db *db,
                    const crm_query *query,
                    crm_rows **out,
                    crm_error **err);

// All records that a query asks for, however many, read as the rows are stepped and all from the commit that is
// the last one now. The database's file is released only after these rows are freed.
crm_status crm_find_all(const crm_db *db,
                        const crm_query *query,
                        crm_rows **out,
                        crm_error **err);

// How a query would be answered, as a JSON object: `type` (`by_id`, `index`, `scan`) and what belongs to it.
//
// Errors: as crm_find().
crm_status crm_explain(const crm_db *db,
                       const crm_query *query,
                       crm_text **out,
                       crm_error **err);

// How many live records a filter selects; without a filter, how many there are.
//
// Errors: as crm_find().
crm_status crm_count(const crm_db *db,
                     crm_type object,
                     crm_str filter,
                     uint64_t *out,
                     crm_error **err);

// A record's title, as its object's declaration makes it. Of a draft, the title of what was read, so none.
crm_status crm_title(const crm_db *db,
                     const crm_record *record,
                     crm_text **out,
                     crm_error **err);

// The content of a document; CRM_ABSENT, and NULL, if it is kept elsewhere.
//
// Errors: CRM_NOT_FOUND; CRM_CORRUPT if the content does not have its hash.
crm_status crm_content(const crm_db *db, crm_ref document, crm_text **out, crm_error **err);

// ----------------------------------------------------------------
// Counts, sums and the like in groups.

// The value itself.
#define CRM_PART_NONE 0

// `2026-03-14`.
#define CRM_PART_DAY 1

// The week's Monday.
#define CRM_PART_WEEK 2

// `2026-03`.
#define CRM_PART_MONTH 3

// `2026-Q1`.
#define CRM_PART_QUARTER 4

// `2026`.
#define CRM_PART_YEAR 5

// The fiscal year, by the calendar year in which it begins.
#define CRM_PART_FISCAL_YEAR 6

// The sum of the values.
#define CRM_SUM 1

// Their mean, of those that are there.
#define CRM_AVERAGE 2

// The smallest.
#define CRM_MIN 3

// The greatest.
#define CRM_MAX 4

// How many are there.
#define CRM_COUNT_VALUES 5

// How many different ones are there.
#define CRM_COUNT_DISTINCT 6

// What makes groups.
typedef struct {
  // The field.
  crm_field field;
  // For dates and date-times, the part that makes the group: CRM_PART_MONTH and so on.
  int32_t part;
} crm_group_by;

// What is measured.
typedef struct {
  // The field.
  crm_field field;
  // How: CRM_SUM and so on.
  int32_t op;
} crm_measure;

// A question for figures. Begin with `crm_figures figures = {sizeof(crm_figures), CRM_TYPE_DEAL};`.
typedef struct {
  // sizeof(crm_figures).
  uint32_t size;
  // The object type.
  crm_type object;
  // A CEL filter; absent for all records.
  crm_str filter;
  // What makes the groups; NULL for one group of all.
  const crm_group_by *group_by;
  // How many fields make the groups.
  size_t group_by_len;
  // What is measured; the count always is.
  const crm_measure *measures;
  // How many measures there are.
  size_t measures_len;
  // The currency to which each amount is converted, by its ISO code; absent to keep currencies apart.
  crm_str convert_to;
} crm_figures;

// Figures over the live records that a filter selects, a row for each group: CRM_ROW_KEY + i, CRM_ROW_COUNT,
// CRM_ROW_MEASURE + i. Measures of money, other than counts, are lists with one amount for each currency, or one
// amount where they are converted.
//
// Errors: CRM_UNKNOWN_OBJECT, CRM_UNKNOWN_FIELD, CRM_EXPRESSION; CRM_INVALID for a measure that a field does not
// have and for a missing exchange rate; CRM_LIMIT.
crm_status crm_aggregate(const crm_db *db,
                         const crm_figures *figures,
                         crm_rows **out,
                         crm_error **err);

// ----------------------------------------------------------------
// What applications show: timelines, search. Boards are declared operations.

// A question for the timeline of a record. Begin with `crm_timeline_query query = {sizeof(crm_timeline_query)};`.
typedef struct {
  // sizeof(crm_timeline_query).
  uint32_t size;
  // The number of entries in a page; 0 for 50.
  uint32_t limit;
  // True for the record's own activities without those of linked records.
  bool own_only;
  // The record.
  crm_ref record;
  // The activity objects to show, such as CRM_TYPE_CALL; NULL for all.
  const crm_type *kinds;
  // How many kinds that are.
  size_t kinds_len;
  // Where to go on: crm_rows_next_page() of the page before.
  crm_str after;
} crm_timeline_query;

// A page of a record's timeline, newest first: rows of activities with the fields that their declaration keeps
// there, and CRM_ROW_AT, CRM_ROW_RECORD, CRM_ROW_ON. crm_rows_next_page() says where the next page begins,
// crm_rows_is_complete() whether all linked records were looked at.
//
// Errors: CRM_NOT_FOUND; CRM_INVALID for an object whose records stand on no timeline.
crm_status crm_timeline(const crm_db *db,
                        const crm_timeline_query *query,
                        crm_rows **out,
                        crm_error **err);

// No word stands for a longer one.
#define CRM_PREFIX_NEVER 1

// The last word, which may still be in the typing, stands for longer ones too.
#define CRM_PREFIX_LAST 0

// Every word stands for longer ones too.
#define CRM_PREFIX_EVERY 2

// How to search. Begin with `crm_search_options options = {sizeof(crm_search_options)};`.
typedef struct {
  // sizeof(crm_search_options).
  uint32_t size;
  // The most records to find; 0 for 50.
  uint32_t limit;
  // Which words may be beginnings of longer ones: CRM_PREFIX_LAST and so on.
  int32_t prefix;
  // The object types to search; NULL for all.
  const crm_type *objects;
  // How many types that are.
  size_t objects_len;
} crm_search_options;

// Finds records by words, beginnings of words and parts of phone numbers and addresses, best first: rows of
// records with CRM_ROW_TITLE and CRM_ROW_SCORE. `options` may be NULL.
//
// Errors: CRM_LIMIT for too many words.
crm_status crm_search(const crm_db *db,
                      crm_str text,
                      const crm_search_options *options,
                      crm_rows **out,
                      crm_error **err);

// ----------------------------------------------------------------
// What records were.

// A record's changes, newest first, also of a purged one, without values then. A row has CRM_ROW_SEQUENCE,
// CRM_ROW_AT, CRM_ROW_ACTOR, CRM_ROW_CAUSE, CRM_ROW_OPERATION, CRM_ROW_KIND, CRM_ROW_RULE; below it, by
// crm_rows_below(), is a row for each field with CRM_ROW_FIELD, CRM_ROW_FIELD_NAME, CRM_ROW_OLD, CRM_ROW_NEW.
crm_status crm_history(const crm_db *db,
                       crm_ref record,
                       crm_rows **out,
                       crm_error **err);

// The changes of one field of a record, newest first; rows as of crm_history().
//
// Errors: CRM_UNKNOWN_FIELD.
crm_status crm_field_history(const crm_db *db,
                             crm_ref record,
                             crm_field field,
                             crm_rows **out,
                             crm_error **err);

// A record as it was at a time, in microseconds since 1970-01-01T00:00:00Z; CRM_ABSENT, and NULL, if it did not exist
// then or has been purged since.
crm_status crm_record_at(const crm_db *db,
                         crm_ref record,
                         int64_t micros,
                         crm_record **out,
                         crm_error **err);

// A record as it was after a commit; CRM_ABSENT as for crm_record_at().
crm_status crm_record_as_of(const crm_db *db,
                            crm_ref record,
                            uint64_t sequence,
                            crm_record **out,
                            crm_error **err);

// ----------------------------------------------------------------
// What changes: the change feed, and subscriptions. The host pulls; a subscription can also signal that there is
// something to pull.

// The number of the last commit.
crm_status crm_sequence(const crm_db *db, uint64_t *out, crm_error **err);

// What was committed after a commit, oldest first, in whole commits: a row for each with CRM_ROW_SEQUENCE, CRM_ROW_AT,
// CRM_ROW_ACTOR, CRM_ROW_CAUSE, CRM_ROW_OPERATION; below it the records with CRM_ROW_RECORD, CRM_ROW_KIND, CRM_ROW_RULE;
// below each the fields, as in crm_history(). Go on after the last CRM_ROW_SEQUENCE, also after a restart; 0 begins
// with the first commit.
crm_status crm_changes(const crm_db *db,
                       uint64_t after,
                       uint32_t entries_max,
                       crm_rows **out,
                       crm_error **err);

// As crm_changes(), waiting up to a time for the first commit if there is none yet.
crm_status crm_wait_for_changes(const crm_db *db,
                                uint64_t after,
                                uint32_t entries_max,
                                uint32_t timeout_millis,
                                crm_rows **out,
                                crm_error **err);

// Watches all records, from now on.
crm_status crm_watch_everything(const crm_db *db, crm_sub **out, crm_error **err);

// Watches a record.
crm_status crm_watch_record(const crm_db *db, crm_ref record, crm_sub **out, crm_error **err);

// Watches the records that a query selects; its order and its page do not matter.
//
// Errors: as crm_find().
crm_status crm_watch_query(const crm_db *db,
                           const crm_query *query,
                           crm_sub **out,
                           crm_error **err);

// What has changed since the call before: a row for each record with CRM_ROW_KIND and CRM_ROW_RECORD, and the record
// itself if it is `added` or `changed`. At once if something has changed, else as soon as it does, else, after the
// timeout, no rows. The first call answers at once with one row `reset`, whose records are below it.
crm_status crm_sub_next(const crm_sub *sub,
                        uint32_t timeout_millis,
                        crm_rows **out,
                        crm_error **err);

// Says that there is something to pull. It may run on any thread, and may only signal: set an event, write to a
// pipe.
typedef void (*crm_wake_fn)(void *user);

// Called once, when the library no longer needs `user`; on any thread. May be NULL.
typedef void (*crm_free_fn)(void *user);

// Calls `wake` after each commit of any thread, and when the database is closed, on that thread, until the subscription is freed or another function,
// or NULL, takes its place. `free_user` is called when `user` is no longer needed, also if this call fails; a wake
// that is under way on another thread ends before.
crm_status crm_sub_on_wake(const crm_sub *sub,
                           crm_wake_fn wake,
                           void *user,
                           crm_free_fn free_user,
                           crm_error **err);

// Ends the call of another thread that waits in the subscription, and all later ones, with CRM_CANCELLED.
crm_status crm_sub_stop(const crm_sub *sub);

// Frees a subscription; NULL is allowed, and one that was freed before is CRM_MISUSE. A call of another thread that
// waits in it ends with CRM_CANCELLED.
crm_status crm_sub_free(const crm_sub *sub);

// ----------------------------------------------------------------
// What is to come and what goes out: the due queue, reminders, the outbox, and what is known of addresses.

// When something is due next, in microseconds since 1970-01-01T00:00:00Z; CRM_ABSENT, and 0, if nothing is. Set a
// timer to it and call crm_run_due().
crm_status crm_next_due(const crm_db *db,
                        int64_t *out,
                        crm_error **err);

// Does what is due up to a time: reminders become due, rules that wait for dates and schedules run. One call does a
// bounded number. The report is a JSON object: `reminders`, `rule_runs`, and `more` if more is due. `out` may be NULL.
crm_status crm_run_due(const crm_db *db,
                       int64_t until_micros,
                       crm_text **out,
                       crm_error **err);

// The reminders whose time has come and that nobody has acknowledged, the oldest first. A limit of 0 is 50.
crm_status crm_due_reminders(const crm_db *db,
                             uint32_t limit,
                             crm_rows **out,
                             crm_error **err);

// The messages that wait for the host, the oldest first. They stay in the outbox until the host says that they are
// sent: each is delivered at least once, and its id tells a repetition. A limit of 0 is 50.
crm_status crm_outbox(const crm_db *db,
                      uint32_t limit,
                      crm_rows **out,
                      crm_error **err);

// Says that a reminder has been seen.
//
// Errors: CRM_NOT_FOUND.
crm_status crm_acknowledge(const crm_db *db,
                           crm_ref reminder,
                           crm_outcome *outcome,
                           crm_error **err);

// Puts a reminder off to a time.
//
// Errors: CRM_NOT_FOUND.
crm_status crm_snooze(const crm_db *db,
                      crm_ref reminder,
                      int64_t until_micros,
                      crm_outcome *outcome,
                      crm_error **err);

// Says that a message of the outbox has been sent.
//
// Errors: CRM_NOT_FOUND.
crm_status crm_outbox_sent(const crm_db *db,
                           crm_ref message,
                           crm_outcome *outcome,
                           crm_error **err);

// Says that a message could not be sent, and when to try again; with NULL it is given up.
//
// Errors: CRM_NOT_FOUND.
crm_status crm_outbox_failed(const crm_db *db,
                             crm_ref message,
                             crm_str error,
                             const int64_t *retry_micros,
                             crm_outcome *outcome,
                             crm_error **err);

// What is known of an e-mail address or phone number, as a JSON object: `address` in its normal form, `opted_out`,
// `invalid`, and the `holders`, the records that have it.
//
// Errors: CRM_INVALID if it is neither.
crm_status crm_contact_point(const crm_db *db,
                             crm_str address,
                             crm_text **out,
                             crm_error **err);

// Says that the owner of an address does, or does not, want to be contacted there. It holds for every record that has
// the address, now or later.
//
// Errors: CRM_INVALID if it is neither an e-mail address nor a phone number.
crm_status crm_set_opted_out(const crm_db *db,
                             crm_str address,
                             bool opted_out,
                             crm_outcome *outcome,
                             crm_error **err);

// Says that messages to an address do not arrive, and why; or without a reason that they do.
//
// Errors: as crm_set_opted_out().
crm_status crm_set_invalid(const crm_db *db,
                           crm_str address,
                           crm_str reason,
                           crm_outcome *outcome,
                           crm_error **err);

// ----------------------------------------------------------------
// Data in and out.

// Imports a CSV file that is in memory. `options` is the mapping as a JSON object, such as `{"object": "deal",
// "mode": {"upsert": "external_id"}}`. `progress`, which may be NULL, is told as rows are read; when it stops the
// import, what was imported stays and the report says so.
//
// The report is a JSON object: `run`, `operation` (by which crm_undo() takes the import back), `rows`, `created`,
// `updated`, `unchanged`, `refused`, `created_links` (records that were made because a row named them), `existing` (rows
// that look like a record that was there), `problems`, … A cell that cannot be read is a problem without which the row
// comes in, unless the options say `strict`.
//
// Errors: CRM_INVALID, CRM_UNKNOWN_OBJECT and CRM_UNKNOWN_FIELD for a mapping that does not fit, before anything is
// written, and CRM_INVALID for a file that is no CSV; CRM_LIMIT. Rows that are refused are no error but problems of the
// report.
crm_status crm_import_csv(const crm_db *db,
                          const void *data,
                          size_t len,
                          crm_str options,
                          crm_progress_fn progress,
                          void *user,
                          crm_text **out,
                          crm_error **err);

// As crm_import_csv(), from a file.
//
// Errors: CRM_IO if it cannot be read.
crm_status crm_import_csv_file(const crm_db *db,
                               crm_str path,
                               crm_str options,
                               crm_progress_fn progress,
                               void *user,
                               crm_text **out,
                               crm_error **err);

// Reads a mapping and writes it as a JSON object with all of its members, the mode as `{"type": "upsert", "by": …}`.
//
// Errors: CRM_INVALID with the place of the fault.
crm_status crm_import_options(crm_str options,
                              crm_text **out,
                              crm_error **err);

// Runs an import plan: makes the objects and fields that the file `plan` lists, then its imports, with the files of
// `folder`. The reports are a JSON array, as of crm_import_csv().
//
// Errors: as crm_add_object(), crm_add_fields() and crm_import_csv(); CRM_IO for a file that cannot be read. What was
// done before stays.
crm_status crm_run_import_plan(const crm_db *db,
                               crm_str plan,
                               crm_str folder,
                               crm_progress_fn progress,
                               void *user,
                               crm_text **out,
                               crm_error **err);

// Takes a piece of what the library writes; anything but 0 stops it with CRM_IO. The bytes are lent during the call.
typedef int (*crm_write_fn)(void *user, const void *data, size_t len);

// Writes the records that a query asks for as CSV. `columns` has names of fields with commas between them, parts as
// `name.given`; without it they are the id and every field. A query without a limit asks for all. `count`, how many
// records were written, may be NULL.
//
// Errors: as crm_find(), CRM_IO.
crm_status crm_export_csv(const crm_db *db,
                          const crm_query *query,
                          crm_str columns,
                          crm_write_fn write,
                          void *user,
                          uint64_t *count,
                          crm_error **err);

// As crm_export_csv(), to a file, which is made or written over.
//
// Errors: CRM_IO and CRM_FULL if it cannot be written; what was written of it stays.
crm_status crm_export_csv_file(const crm_db *db,
                               const crm_query *query,
                               crm_str columns,
                               crm_str path,
                               uint64_t *count,
                               crm_error **err);

// ----------------------------------------------------------------
// Backups: whole ones, incremental ones, and going back to a point in time.

// The state after a commit, by its number.
#define CRM_AT_COMMIT 1

// The state after the last commit up to a time, in microseconds since 1970-01-01T00:00:00Z.
#define CRM_AT_TIME 2

// A state of a database that was.
typedef struct {
  // What `at` is: CRM_AT_COMMIT or CRM_AT_TIME.
  int32_t kind;
  // The number of the commit, or the time.
  int64_t at;
} crm_point;

// Writes the state of the last commit to a new file, while others go on writing. `progress` may be NULL.
//
// Errors: CRM_IO, also if the file exists; CRM_CANCELLED if `progress` says so. No file is left then.
crm_status crm_backup(const crm_db *db,
                      crm_str path,
                      crm_progress_fn progress,
                      void *user,
                      crm_error **err);

// Makes a database at `to` of a backup and the increments that follow it, in their order, as it was at a point in time;
// at the end of them for a `point` of NULL. What is derived is made anew, and all of it is checked. The backups are not
// changed. `progress` may be NULL.
//
// The report is a JSON object: `sequence`, the last commit; `purged`, records that were there at that commit and have
// been purged later, and stay away; `findings` of a check, which is empty unless something other than these backups
// was wrong.
//
// Errors: CRM_INVALID if an increment is another database's or does not go on where the one before it ends, or if the
// backups do not reach the point in time; CRM_CORRUPT if one of them is damaged; CRM_IO, also if there is something at
// `to`; CRM_CANCELLED if `progress` says so. No file is left then.
crm_status crm_restore_backup(crm_str base,
                              const crm_str *increments,
                              size_t increments_len,
                              crm_str to,
                              const crm_point *point,
                              crm_progress_fn progress,
                              void *user,
                              crm_text **out,
                              crm_error **err);

// ----------------------------------------------------------------
// Looking after a database.

// Reads everything and compares what is derived with the records. The report is a JSON object: `records`, `rows`,
// and `findings`, which is empty for a sound database.
//
// Errors: CRM_IO; damage is a finding as far as it can be read around.
crm_status crm_check(const crm_db *db,
                     crm_text **out,
                     crm_error **err);

// Brings what is derived into agreement with the records, in one transaction: whole or not at all. Records stay as they
// are, but for formulas and roll-ups that are wrong. The report is a JSON object: `found`, what a check found before;
// `rows`, how many derived rows were written or removed; `records`, how many records had a formula or a roll-up that
// was wrong; `left`, what a check finds now.
//
// Errors: CRM_CORRUPT if the file itself is damaged, which is a case for crm_salvage(); CRM_IO, CRM_FULL. Nothing is
// changed then.
crm_status crm_repair(const crm_db *db,
                      crm_text **out,
                      crm_error **err);

// Writes what can be read of the damaged database at `damaged`, and of the journal beside it, to a new database at
// `to`. The damaged files are left as they are. Where the tables of the file do not lead any more, all of its pages
// are searched for records; what is derived is made anew. `progress` may be NULL.
//
// The report is a JSON object: `records`, how many the new database has; `unreadable`, what could not be read;
// `from_pages`, records that no table leads to any more, each in the newest version that was found, which may be an
// older one, or one that was purged; `doubtful`, records in which a value may be wrong, since they or their history
// were taken from pages that do not match their checksums; `findings`, what a check of the new database finds.
//
// Errors: CRM_IO, also if there is something at `to`; CRM_CANCELLED if `progress` says so. No file is left then.
crm_status crm_salvage(crm_str damaged,
                       crm_str to,
                       crm_progress_fn progress,
                       void *user,
                       crm_text **out,
                       crm_error **err);

// What the database holds, as a JSON object: `records`, a count by object, `sequence`, `spaces`, `file_bytes`, and what
// holds space of the file: `older_states` that somebody still reads, `held_bytes`.
crm_status crm_stats(const crm_db *db,
                     crm_text **out,
                     crm_error **err);

// One bounded step of the work that can wait, such as index builds; `more` is true if more may be to be done.
crm_status crm_maintain(const crm_db *db,
                        bool *more,
                        crm_error **err);

// Rewrites the file densely. Writers wait meanwhile; readers go on. `progress` may be NULL.
//
// Errors: CRM_CANCELLED if `progress` says so; the file is as before then.
crm_status crm_compact(const crm_db *db, crm_progress_fn progress, void *user, crm_error **err);

// A C string as a crm_str; NULL is no text.
static inline crm_str crm_s(const char *text)
{
    crm_str made;
    made.data = text;
    made.len = text ? CRM_NTS : 0;
    return made;
}

// No text.
static inline crm_str crm_none(void)
{
    return crm_s(NULL);
}

#include "crm_operations.h"

#ifdef __cplusplus
}
#endif

#endif
