/* Operations that read, follow, and change the schema. */
#include "runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IS(name) (strcmp(op, name) == 0)
#define ARG(name) json_object_get(args, name)

static uint32_t or_else(const json_t *value, uint32_t otherwise)
{
    return json_is_integer(value) ? (uint32_t)json_integer_value(value) : otherwise;
}

/* A number of a name in a list of them; 0 is the first. */
static int32_t place_of(const char *const *names, const json_t *name)
{
    int32_t at;
    for (at = 0; names[at]; at++)
        if (json_is_string(name) && strcmp(names[at], json_string_value(name)) == 0)
            return at;
    mistake("`%s` is not known", json_is_string(name) ? json_string_value(name) : "?");
    return 0;
}

static json_t *aggregate(crm_db *db, const json_t *args)
{
    static const char *const PARTS[] = {"", "day", "week", "month", "quarter", "year", "fiscal_year", NULL};
    static const char *const OPS[] = {"", "sum", "average", "min", "max", "count_values", "count_distinct", NULL};
    const json_t *group_by = ARG("group_by"), *measured = ARG("measures");
    crm_group_by by[16];
    crm_measure measures[16];
    crm_figures figures = {sizeof(crm_figures), 0, {NULL, 0}, NULL, 0, NULL, 0, {NULL, 0}};
    crm_rows *rows = NULL;
    size_t at;
    TRY(crm_type_named(db, str_of(ARG("object")), &figures.object, &error));
    for (at = 0; at < json_array_size(group_by); at++) {
        const json_t *group = json_array_get(group_by, at), *part = json_object_get(group, "part");
        TRY(crm_field_named(db, figures.object, str_of(json_object_get(group, "field")), &by[at].field, &error));
        by[at].part = json_is_string(part) ? place_of(PARTS, part) : CRM_PART_NONE;
    }
    for (at = 0; at < json_array_size(measured); at++) {
        const json_t *measure = json_array_get(measured, at);
        TRY(crm_field_named(db, figures.object, str_of(json_object_get(measure, "field")), &measures[at].field, &error));
        measures[at].op = place_of(OPS, json_object_get(measure, "op"));
    }
    figures.filter = str_of(ARG("filter"));
    figures.group_by = by;
    figures.group_by_len = json_array_size(group_by);
    figures.measures = measures;
    figures.measures_len = json_array_size(measured);
    figures.convert_to = str_of(ARG("convert_to"));
    TRY(crm_aggregate(db, &figures, &rows, &error));
    return groups_of(rows, figures.group_by_len, figures.measures_len);
}

static json_t *timeline(struct world *world, crm_db *db, const json_t *args)
{
    crm_timeline_query query = {sizeof(crm_timeline_query), 0, false, {0, {0}}, NULL, 0, {NULL, 0}};
    const json_t *before = ARG("before");
    crm_type kinds[16];
    crm_rows *rows = NULL;
    char made[128];
    size_t at;
    TRY(ref_of(db, ARG("record"), &query.record, &error));
    for (at = 0; at < json_array_size(ARG("kinds")); at++)
        TRY(crm_type_named(db, str_of(json_array_get(ARG("kinds"), at)), &kinds[at], &error));
    query.kinds = kinds;
    query.kinds_len = json_array_size(ARG("kinds"));
    query.limit = or_else(ARG("limit"), 0);
    query.own_only = json_is_true(ARG("own_only"));
    if (json_is_object(before)) {
        char *shown = canonical(before);
        query.after = str_of(json_object_get(world->pages, shown));
        free(shown);
        if (!query.after.data) {
            /* A place that no page has shown. */
            crm_ref activity;
            TRY(ref_of(db, json_object_get(before, "activity"), &activity, &error));
            snprintf(made, sizeof made, "%" JSON_INTEGER_FORMAT "/%u/%s", (json_int_t)time_of(json_object_get(before, "at")),
                     (unsigned)activity.object, activity.id);
            query.after = crm_s(made);
        }
    }
    TRY(crm_timeline(db, &query, &rows, &error));
    return timeline_of(world, rows);
}

static json_t *search(crm_db *db, const json_t *args)
{
    static const char *const PREFIXES[] = {"last", "never", "every", NULL};
    crm_search_options options = {sizeof(crm_search_options), 0, CRM_PREFIX_LAST, NULL, 0};
    crm_type types[16];
    crm_rows *rows = NULL;
    size_t at;
    for (at = 0; at < json_array_size(ARG("objects")); at++)
        TRY(crm_type_named(db, str_of(json_array_get(ARG("objects"), at)), &types[at], &error));
    options.objects = at ? types : NULL;
    options.objects_len = at;
    options.limit = or_else(ARG("limit"), 0);
    if (json_is_string(ARG("prefix")))
        options.prefix = place_of(PREFIXES, ARG("prefix"));
    TRY(crm_search(db, str_of(ARG("text")), &options, &rows, &error));
    return hits_of(rows);
}

static json_t *perhaps(crm_record *record)
{
    json_t *made = record ? record_of(record) : json_null();
    crm_record_free(record);
    return made;
}

static json_t *read(crm_db *db, const char *op, const json_t *args)
{
    crm_record *record = NULL;
    crm_rows *rows = NULL;
    crm_text *text = NULL;
    crm_field field = 0;
    crm_ref ref;
    json_t *made;
    TRY(ref_of(db, ARG("record"), &ref, &error));
    if (IS("find_record")) {
        TRY(crm_find_record(db, ref, &record, &error));
        return perhaps(record);
    }
    if (IS("record_at")) {
        TRY(crm_record_at(db, ref, time_of(ARG("at")), &record, &error));
        return perhaps(record);
    }
    if (IS("record_as_of")) {
        TRY(crm_record_as_of(db, ref, (uint64_t)json_integer_value(ARG("sequence")), &record, &error));
        return perhaps(record);
    }
    if (IS("history")) {
        TRY(crm_history(db, ref, &rows, &error));
        return history_of(rows);
    }
    if (IS("field_history")) {
        TRY(crm_field_named(db, ref.object, str_of(ARG("field")), &field, &error));
        TRY(crm_field_history(db, ref, field, &rows, &error));
        return history_of(rows);
    }
    TRY(crm_get(db, ref, &record, &error));
    if (IS("get"))
        return perhaps(record);
    if (IS("json") ? crm_record_to_json(record, &text, NULL) : crm_title(db, record, &text, NULL))
        mistake("a record that is there has no text");
    crm_record_free(record);
    made = json_stringn(crm_text_str(text).data, crm_text_str(text).len);
    crm_text_free(text);
    return made;
}

static json_t *queried(crm_db *db, const char *op, const json_t *args)
{
    crm_query query;
    crm_rows *rows = NULL;
    crm_text *text = NULL;
    crm_error *error = NULL;
    crm_status status = query_of(db, ARG("query"), &query, &error);
    if (status == CRM_OK)
        status = IS("find") ? crm_find(db, &query, &rows, &error) : crm_explain(db, &query, &text, &error);
    free((void *)query.sort.data);
    free((void *)query.fields);
    if (status != CRM_OK)
        return failed(status, error);
    return rows ? page_of(rows) : taken(text);
}

/* A definition as C takes it: JSON. */
static crm_status with_json(crm_status (*call)(const crm_db *, crm_type, crm_str, crm_field *, crm_error **), crm_db *db,
                            crm_type type, const json_t *value, crm_field *out, crm_error **error)
{
    char *text = canonical(value);
    crm_status status = call(db, type, crm_s(text), out, error);
    free(text);
    return status;
}

static crm_status add_object(const crm_db *db, crm_type type, crm_str text, crm_field *out, crm_error **error)
{
    (void)type;
    return crm_add_object(db, text, out, error);
}

static crm_status add_fields(const crm_db *db, crm_type type, crm_str text, crm_field *out, crm_error **error)
{
    *out = 0;
    return crm_add_fields(db, type, text, error);
}

static json_t *schema(crm_db *db, const char *op, const json_t *args)
{
    crm_type type = 0;
    crm_field field = 0;
    crm_text *text = NULL;
    json_t *numbers;
    size_t at;
    if (IS("add_object")) {
        TRY(with_json(add_object, db, 0, ARG("object"), &type, &error));
        return json_integer((json_int_t)type);
    }
    TRY(crm_type_named(db, str_of(ARG("object")), &type, &error));
    if (IS("add_field")) {
        TRY(with_json(crm_add_field, db, type, ARG("field"), &field, &error));
        return json_integer((json_int_t)(field & 0xffff));
    }
    if (IS("add_fields")) {
        TRY(with_json(add_fields, db, type, ARG("fields"), &field, &error));
        numbers = json_array();
        for (at = 0; at < json_array_size(ARG("fields")); at++) {
            const json_t *name = json_object_get(json_array_get(ARG("fields"), at), "name");
            TRY(crm_field_named(db, type, str_of(name), &field, &error));
            json_array_append_new(numbers, json_integer((json_int_t)(field & 0xffff)));
        }
        return numbers;
    }
    TRY(crm_field_named(db, type, str_of(ARG("field")), &field, &error));
    if (IS("rename_field"))
        TRY(crm_rename_field(db, field, str_of(ARG("name")), &error));
    if (IS("retire_field"))
        TRY(crm_retire_field(db, field, &error));
    if (IS("restore_field"))
        TRY(crm_restore_field(db, field, &error));
    if (IS("index_field"))
        TRY(crm_index_field(db, field, &error));
    if (IS("retype_field")) {
        TRY(crm_retype_field(db, field, str_of(ARG("ty")), json_is_true(ARG("clear_failures")), &text, &error));
        return taken(text);
    }
    return json_null();
}

static int is_one_of(const char *op, const char *const *names)
{
    while (*names)
        if (strcmp(op, *names++) == 0)
            return 1;
    return 0;
}

json_t *ask(struct world *world, crm_db *db, const char *op, json_t *args)
{
    static const char *const OF_RECORD[] = {"get", "find_record", "record_at", "record_as_of", "history", "field_history", "title", "json", NULL};
    static const char *const OF_SCHEMA[] = {"add_object", "add_field", "add_fields", "rename_field", "retire_field", "restore_field", "retype_field", "index_field", NULL};
    crm_record *record = NULL;
    crm_rows *rows = NULL;
    crm_text *text = NULL;
    crm_type type = 0;
    crm_ref ref;
    uint64_t count = 0;
    int64_t micros = 0;
    json_t *made;
    if (is_one_of(op, OF_RECORD))
        return read(db, op, args);
    if (is_one_of(op, OF_SCHEMA))
        return schema(db, op, args);
    if (IS("find") || IS("explain"))
        return queried(db, op, args);
    if (IS("aggregate"))
        return aggregate(db, ARG("question"));
    if (IS("timeline"))
        return timeline(world, db, ARG("query"));
    if (IS("search"))
        return search(db, args);
    if (IS("count")) {
        TRY(crm_type_named(db, str_of(ARG("object")), &type, &error));
        TRY(crm_count(db, type, str_of(ARG("filter")), &count, &error));
        return json_integer((json_int_t)count);
    }
    if (IS("organisation")) {
        TRY(crm_organisation(db, &record, &error));
        return perhaps(record);
    }
    if (IS("content")) {
        TRY(ref_of(db, ARG("document"), &ref, &error));
        TRY(crm_content(db, ref, &text, &error));
        made = text ? of_bytes(crm_text_str(text).data, crm_text_str(text).len) : json_null();
        crm_text_free(text);
        return made;
    }
    if (IS("actor")) {
        TRY(crm_actor(db, &ref, &error));
        return ref.object ? reference(db, ref) : json_null();
    }
    if (IS("now") || IS("next_due")) {
        crm_status status;
        crm_error *error = NULL;
        status = IS("now") ? crm_now(db, &micros, &error) : crm_next_due(db, &micros, &error);
        return status == CRM_OK ? time_text(micros) : status == CRM_ABSENT ? json_null() : failed(status, error);
    }
    if (IS("settings")) {
        TRY(crm_settings(db, &text, &error));
        return taken(text);
    }
    if (IS("contact_point")) {
        TRY(crm_contact_point(db, str_of(ARG("address")), &text, &error));
        return taken(text);
    }
    if (IS("schema") || IS("schema_version")) {
        TRY(crm_catalog(db, &text, &error));
        made = taken(text);
        if (IS("schema"))
            return made;
        json_t *version = json_incref(json_object_get(made, "version"));
        json_decref(made);
        return version;
    }
    if (IS("due_reminders") || IS("outbox")) {
        uint32_t limit = or_else(ARG("limit"), 50);
        TRY(IS("outbox") ? crm_outbox(db, limit, &rows, &error) : crm_due_reminders(db, limit, &rows, &error));
        return records_of(rows, -1);
    }
    if (IS("changes") || IS("wait_for_changes")) {
        uint64_t after = (uint64_t)json_integer_value(ARG("after"));
        uint32_t entries_max = or_else(ARG("entries_max"), 1000);
        TRY(IS("changes") ? crm_changes(db, after, entries_max, &rows, &error)
                          : crm_wait_for_changes(db, after, entries_max, or_else(ARG("timeout_ms"), 0), &rows, &error));
        return changes_of(rows);
    }
    if (IS("sequence")) {
        TRY(crm_sequence(db, &count, &error));
        return json_integer((json_int_t)count);
    }
    return NULL;
}
