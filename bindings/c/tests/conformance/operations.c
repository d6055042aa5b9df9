/* Operations that change something, and those that look after the database. */
#include "runner.h"

#include <stdlib.h>
#include <string.h>

#define IS(name) (strcmp(op, name) == 0)
#define ARG(name) json_object_get(args, name)

/* The draft that an operation needs; freed by what uses it. */
#define DRAFT(call)                                                                       \
    do {                                                                                  \
        crm_error *error = NULL;                                                          \
        crm_status status = (call);                                                       \
        if (status != CRM_OK) {                                                           \
            crm_record_free(record);                                                      \
            return failed(status, error);                                                 \
        }                                                                                 \
    } while (0)

/* The outcome of a call, or its error; a record is freed. */
#define OUTCOME(call)                                                                     \
    do {                                                                                  \
        crm_outcome outcome = {sizeof(crm_outcome), 0, 0, {0, {0}}};                      \
        crm_error *error = NULL;                                                          \
        crm_status status = (call);                                                       \
        crm_record_free(record);                                                          \
        return status == CRM_OK ? outcome_of(db, &outcome) : failed(status, error);       \
    } while (0)

static crm_status ref_if(crm_db *db, const json_t *value, crm_ref *out, crm_error **error)
{
    memset(out, 0, sizeof *out);
    return json_is_object(value) ? ref_of(db, value, out, error) : CRM_OK;
}

static uint64_t number_of(const json_t *value)
{
    return json_is_integer(value) ? (uint64_t)json_integer_value(value) : 0;
}

static crm_status add_change(crm_db *db, crm_batch *batch, json_t *args, crm_error **error)
{
    const char *op = json_string_value(ARG("type"));
    crm_record *record = NULL;
    crm_ref ref, column, behind;
    crm_field by = 0;
    crm_status status;
    if (IS("create")) {
        status = draft_of(db, ARG("object"), ARG("fields"), ARG("id"), &record, error);
        if (status == CRM_OK)
            crm_batch_create(batch, record);
    } else if (IS("update")) {
        status = draft_at(db, ARG("record"), ARG("fields"), ARG("expected"), &record, error);
        if (status == CRM_OK)
            crm_batch_update(batch, record);
    } else if (IS("upsert")) {
        status = draft_of(db, ARG("object"), ARG("fields"), NULL, &record, error);
        if (status == CRM_OK)
            status = crm_field_named(db, crm_record_type(record), str_of(ARG("by")), &by, error);
        if (status == CRM_OK)
            crm_batch_upsert(batch, record, by);
    } else if (IS("move") || IS("move_card")) {
        status = ref_of(db, ARG("card"), &ref, error);
        if (status == CRM_OK)
            status = ref_of(db, ARG("column"), &column, error);
        if (status == CRM_OK)
            status = ref_if(db, ARG("behind"), &behind, error);
        if (status == CRM_OK)
            crm_batch_move(batch, ref, column, behind, number_of(ARG("expected")));
    } else {
        status = ref_of(db, ARG("record"), &ref, error);
        if (status == CRM_OK && IS("delete"))
            crm_batch_delete(batch, ref);
        else if (status == CRM_OK && IS("restore"))
            crm_batch_restore(batch, ref);
        else if (status == CRM_OK && IS("purge"))
            crm_batch_purge(batch, ref);
        else if (status == CRM_OK)
            mistake("there is no change `%s`", op);
    }
    crm_record_free(record);
    return status;
}

/* A batch of changes: all of them, or the one of `change`. */
static json_t *run_batch(crm_db *db, const char *op, json_t *args, json_t *changes)
{
    crm_batch *batch = NULL;
    crm_rows *rows = NULL;
    crm_error *error = NULL;
    crm_status status = crm_batch_new(&batch, &error);
    size_t at;
    for (at = 0; at < json_array_size(changes) && status == CRM_OK; at++)
        status = add_change(db, batch, json_array_get(changes, at), &error);
    if (status == CRM_OK)
        status = IS("rehearse_batch") ? crm_batch_rehearse(db, batch, &rows, &error)
                                      : crm_batch_run(db, batch, str_of(ARG("key")), &rows, &error);
    crm_batch_free(batch);
    return status == CRM_OK ? outcomes_of(rows) : failed(status, error);
}

json_t *change_data(crm_db *db, const char *op, json_t *args)
{
    crm_record *record = NULL;
    crm_text *text = NULL;
    crm_ref ref, column, behind;
    crm_field field = 0;
    if (IS("create_record")) {
        json_t *made;
        DRAFT(draft_of(db, ARG("object"), ARG("fields"), NULL, &record, &error));
        DRAFT(crm_create(db, record, NULL, &error));
        made = record_of(record);
        crm_record_free(record);
        return made;
    }
    if (IS("create") || IS("create_json")) {
        DRAFT(draft_of(db, ARG("object"), ARG("fields"), NULL, &record, &error));
        if (IS("create_json"))
            DRAFT(crm_record_set_json(record, str_of(ARG("json")), &error));
        DRAFT(crm_create(db, record, NULL, &error));
        ref = crm_record_ref(record);
        crm_record_free(record);
        return reference(db, ref);
    }
    if (IS("update") || IS("update_json")) {
        DRAFT(draft_at(db, ARG("record"), ARG("fields"), ARG("expected"), &record, &error));
        if (IS("update_json"))
            DRAFT(crm_record_set_json(record, str_of(ARG("json")), &error));
        OUTCOME(crm_update(db, record, &outcome, &error));
    }
    if (IS("upsert")) {
        DRAFT(draft_of(db, ARG("object"), ARG("fields"), NULL, &record, &error));
        DRAFT(crm_field_named(db, crm_record_type(record), str_of(ARG("by")), &field, &error));
        OUTCOME(crm_upsert(db, record, field, &outcome, &error));
    }
    if (IS("batch") || IS("rehearse_batch"))
        return run_batch(db, op, args, ARG("changes"));
    if (IS("change")) {
        json_t *changes = json_pack("[O]", ARG("change"));
        json_t *outcomes = run_batch(db, op, args, changes), *first = json_incref(json_array_get(outcomes, 0));
        json_decref(changes);
        if (!first)
            return outcomes;
        json_decref(outcomes);
        return first;
    }
    if (IS("undo")) {
        TRY(crm_undo(db, str_of(ARG("operation")), &text, &error));
        return taken(text);
    }
    if (IS("delete") || IS("restore") || IS("purge")) {
        TRY(ref_of(db, ARG("record"), &ref, &error));
        if (IS("delete"))
            OUTCOME(crm_delete(db, ref, &outcome, &error));
        if (IS("restore"))
            OUTCOME(crm_restore(db, ref, &outcome, &error));
        OUTCOME(crm_purge(db, ref, &outcome, &error));
    }
    if (IS("move_card")) {
        TRY(ref_of(db, ARG("card"), &ref, &error));
        TRY(ref_of(db, ARG("column"), &column, &error));
        TRY(ref_if(db, ARG("behind"), &behind, &error));
        OUTCOME(crm_move_card(db, ref, column, behind, 0, &outcome, &error));
    }
    if (IS("put_content")) {
        char *bytes = NULL;
        crm_str content = bytes_in(ARG("content"), &bytes);
        crm_error *error = NULL;
        crm_status status = ref_of(db, ARG("document"), &ref, &error);
        if (status == CRM_OK)
            status = crm_put_content(db, ref, content.data, content.len, &error);
        free(bytes);
        return status == CRM_OK ? json_null() : failed(status, error);
    }
    if (IS("acknowledge") || IS("snooze")) {
        TRY(ref_of(db, ARG("reminder"), &ref, &error));
        if (IS("acknowledge"))
            OUTCOME(crm_acknowledge(db, ref, &outcome, &error));
        OUTCOME(crm_snooze(db, ref, time_of(ARG("until")), &outcome, &error));
    }
    if (IS("outbox_sent") || IS("outbox_failed")) {
        int64_t retry = json_is_string(ARG("retry")) ? time_of(ARG("retry")) : 0;
        TRY(ref_of(db, ARG("message"), &ref, &error));
        if (IS("outbox_sent"))
            OUTCOME(crm_outbox_sent(db, ref, &outcome, &error));
        OUTCOME(crm_outbox_failed(db, ref, str_of(ARG("error")), retry ? &retry : NULL, &outcome, &error));
    }
    if (IS("set_opted_out"))
        OUTCOME(crm_set_opted_out(db, str_of(ARG("address")), json_is_true(ARG("opted_out")), &outcome, &error));
    if (IS("set_invalid"))
        OUTCOME(crm_set_invalid(db, str_of(ARG("address")), str_of(ARG("reason")), &outcome, &error));
    if (IS("run_due")) {
        TRY(crm_run_due(db, time_of(ARG("until")), &text, &error));
        return taken(text);
    }
    return NULL;
}

/* A progress callback: at its first call it does what the step's listener is to do. */
int told(void *user, const crm_progress *progress)
{
    struct listener *listener = user;
    json_t *said = listener->said;
    json_t *call = json_object_get(said, "call");
    (void)progress;
    listener->said = NULL;
    if (!said)
        return 0;
    if (call)
        listener->called = step_result(listener->world, call, NULL);
    return strcmp(json_string_value(json_object_get(said, "answer")), "go_on") != 0;
}

struct bytes {
    char *data;
    size_t len;
};

static int append(void *user, const void *data, size_t len)
{
    struct bytes *bytes = user;
    bytes->data = realloc(bytes->data, bytes->len + len + 1);
    memcpy(bytes->data + bytes->len, data, len);
    bytes->len += len;
    return 0;
}

/* The mapping of an import: C takes the engine's own form, in which the mode is `{"upsert": "email"}`. */
static char *mapping(const json_t *options)
{
    json_t *own = json_deep_copy(options), *mode = json_object_get(own, "mode");
    const char *type = json_string_value(json_object_get(mode, "type"));
    char *text;
    if (type && strcmp(type, "create") == 0)
        json_object_set_new(own, "mode", json_string("create"));
    else if (type)
        json_object_set_new(own, "mode", json_pack("{s:O}", type, json_object_get(mode, "by")));
    text = canonical(own);
    json_decref(own);
    return text;
}

static json_t *import(crm_db *db, const char *op, json_t *args, struct listener *listener)
{
    char *options = mapping(ARG("options"));
    char *bytes = NULL;
    crm_str data = bytes_in(ARG("data"), &bytes);
    crm_text *report = NULL;
    crm_error *error = NULL;
    crm_status status;
    if (IS("import_csv"))
        status = crm_import_csv(db, data.data, data.len, crm_s(options), told, listener, &report, &error);
    else
        status = crm_import_csv_file(db, str_of(ARG("path")), crm_s(options), told, listener, &report, &error);
    free(options);
    free(bytes);
    return status == CRM_OK ? taken(report) : failed(status, error);
}

static json_t *export(crm_db *db, const char *op, json_t *args)
{
    struct bytes columns = {NULL, 0}, out = {NULL, 0};
    json_t *result = NULL;
    size_t at;
    uint64_t count = 0;
    crm_error *error = NULL;
    crm_status status;
    crm_query query;
    for (at = 0; at < json_array_size(ARG("fields")); at++) {
        const json_t *field = json_array_get(ARG("fields"), at);
        append(&columns, json_string_value(field), json_string_length(field));
        append(&columns, ",", 1);
    }
    status = query_of(db, ARG("query"), &query, &error);
    if (status == CRM_OK && IS("export_csv")) {
        status = crm_export_csv(db, &query, (crm_str){columns.data, columns.len}, append, &out, &count, &error);
        if (status == CRM_OK)
            result = of_bytes(out.data ? out.data : "", out.len);
    } else if (status == CRM_OK) {
        status = crm_export_csv_file(db, &query, (crm_str){columns.data, columns.len}, str_of(ARG("path")), &count, &error);
        if (status == CRM_OK)
            result = json_integer((json_int_t)count);
    }
    free((void *)query.sort.data);
    free((void *)query.fields);
    free(columns.data);
    free(out.data);
    return result ? result : failed(status, error);
}

static json_t *restore_backup(json_t *args, struct listener *listener)
{
    enum { INCREMENTS_MAX = 8 };
    crm_str increments[INCREMENTS_MAX];
    const json_t *point = ARG("point");
    const char *kind = json_string_value(json_object_get(point, "type"));
    crm_point at = {CRM_AT_COMMIT, 0};
    crm_text *text = NULL;
    size_t len = json_array_size(ARG("increments")), n;
    if (len > INCREMENTS_MAX)
        mistake("a scenario has too many increments");
    for (n = 0; n < len; n++)
        increments[n] = str_of(json_array_get(ARG("increments"), n));
    if (strcmp(kind, "commit") == 0) {
        at.at = json_integer_value(json_object_get(point, "sequence"));
    } else if (strcmp(kind, "time") == 0) {
        at.kind = CRM_AT_TIME;
        at.at = time_of(json_object_get(point, "at"));
    }
    TRY(crm_restore_backup(str_of(ARG("base")), increments, len, str_of(ARG("to")), strcmp(kind, "newest") ? &at : NULL, told,
                           listener, &text, &error));
    return taken(text);
}

json_t *look_after(crm_db *db, const char *op, json_t *args, struct listener *listener)
{
    crm_text *text = NULL;
    bool more = false;
    if (IS("import_csv") || IS("import_csv_file"))
        return import(db, op, args, listener);
    if (IS("export_csv") || IS("export_csv_file"))
        return export(db, op, args);
    if (IS("run_import_plan")) {
        TRY(crm_run_import_plan(db, str_of(ARG("plan")), str_of(ARG("folder")), told, listener, &text, &error));
        return taken(text);
    }
    if (IS("import_options_from_json")) {
        TRY(crm_import_options(str_of(ARG("json")), &text, &error));
        return taken(text);
    }
    if (IS("check")) {
        TRY(crm_check(db, &text, &error));
        return taken(text);
    }
    if (IS("repair")) {
        TRY(crm_repair(db, &text, &error));
        return taken(text);
    }
    if (IS("salvage")) {
        TRY(crm_salvage(str_of(ARG("damaged")), str_of(ARG("to")), told, listener, &text, &error));
        return taken(text);
    }
    if (IS("stats")) {
        TRY(crm_stats(db, &text, &error));
        return taken(text);
    }
    if (IS("maintain")) {
        TRY(crm_maintain(db, &more, &error));
        return json_boolean(more);
    }
    if (IS("compact")) {
        TRY(crm_compact(db, told, listener, &error));
        return json_null();
    }
    if (IS("backup")) {
        TRY(crm_backup(db, str_of(ARG("path")), told, listener, &error));
        return json_null();
    }
    if (IS("restore_backup"))
        return restore_backup(args, listener);
    if (IS("shutdown")) {
        TRY(crm_close(db, &error));
        return json_null();
    }
    if (IS("reopen")) {
        TRY(crm_reopen(db, &error));
        return json_null();
    }
    return NULL;
}
