/* What rows hold, as the scenarios show it. */
#include "runner.h"

#include <stdlib.h>
#include <string.h>

json_t *reference(crm_db *db, crm_ref ref)
{
    crm_text *name = NULL;
    json_t *made;
    TRY(crm_type_name(db, ref.object, &name, &error));
    made = json_pack("{s:s,s:s}", "object", crm_text_str(name).data, "id", ref.id);
    crm_text_free(name);
    return made;
}

json_t *record_of(const crm_record *record)
{
    crm_text *text = NULL;
    TRY(crm_record_to_json(record, &text, &error));
    return taken(text);
}

json_t *column(const crm_record *row, crm_field field)
{
    crm_str text;
    if (crm_get_json(row, field, &text) != CRM_OK)
        mistake("a row has no column %x", (unsigned)field);
    return parsed(text);
}

/* Goes through rows and frees them; an error takes the place of what was made. */
#define EACH_ROW(rows, all, make)                                                         \
    do {                                                                                  \
        crm_error *fault = NULL;                                                          \
        crm_status stepped;                                                               \
        while ((stepped = crm_rows_next(rows, &fault)) == CRM_ROW) {                      \
            const crm_record *row = crm_rows_record(rows);                                \
            json_array_append_new(all, make);                                             \
        }                                                                                 \
        if (stepped != CRM_DONE) {                                                        \
            crm_rows_free(rows);                                                          \
            json_decref(all);                                                             \
            return failed(stepped, fault);                                                \
        }                                                                                 \
    } while (0)

/* So many of the rows, which are not freed if there is a limit. */
json_t *records_of(crm_rows *rows, int64_t limit)
{
    json_t *all = json_array();
    crm_error *error = NULL;
    crm_status status = CRM_ROW;
    for (; limit != 0 && (status = crm_rows_next(rows, &error)) == CRM_ROW; limit -= limit > 0)
        json_array_append_new(all, record_of(crm_rows_record(rows)));
    if (limit < 0)
        crm_rows_free(rows);
    if (status == CRM_ROW || status == CRM_DONE)
        return all;
    json_decref(all);
    return failed(status, error);
}

json_t *page_of(crm_rows *rows)
{
    json_t *all = json_array(), *page;
    crm_str next;
    EACH_ROW(rows, all, record_of(row));
    page = json_pack("{s:o}", "records", all);
    next = crm_rows_next_page(rows);
    if (next.data)
        json_object_set_new(page, "next", json_stringn(next.data, next.len));
    crm_rows_free(rows);
    return page;
}

json_t *outcome_of(crm_db *db, const crm_outcome *outcome)
{
    static const char *const KINDS[] = {"?", "created", "updated", "unchanged", "deleted", "restored", "purged"};
    return json_pack("{s:o,s:s,s:I}", "record", reference(db, outcome->record), "kind", KINDS[outcome->kind], "version",
                     (json_int_t)outcome->version);
}

json_t *outcomes_of(crm_rows *rows)
{
    json_t *all = json_array();
    EACH_ROW(rows, all,
             json_pack("{s:o,s:o,s:o}", "record", column(row, CRM_ROW_RECORD), "kind", column(row, CRM_ROW_KIND), "version",
                       column(row, CRM_ROW_VERSION)));
    crm_rows_free(rows);
    return all;
}

static json_t *columns_from(const crm_record *row, crm_field first, size_t len)
{
    json_t *all = json_array();
    size_t at;
    for (at = 0; at < len; at++)
        json_array_append_new(all, column(row, first + (crm_field)at));
    return all;
}

json_t *groups_of(crm_rows *rows, size_t keys, size_t measures)
{
    json_t *all = json_array();
    EACH_ROW(rows, all,
             json_pack("{s:o,s:o,s:o}", "key", columns_from(row, CRM_ROW_KEY, keys), "count", column(row, CRM_ROW_COUNT),
                       "measures", columns_from(row, CRM_ROW_MEASURE, measures)));
    crm_rows_free(rows);
    return all;
}

json_t *timeline_of(struct world *world, crm_rows *rows)
{
    json_t *all = json_array(), *page, *last;
    crm_str next;
    EACH_ROW(rows, all,
             json_pack("{s:o,s:o,s:o,s:o}", "at", column(row, CRM_ROW_AT), "activity", column(row, CRM_ROW_RECORD), "on",
                       column(row, CRM_ROW_ON), "summary", record_of(row)));
    page = json_pack("{s:o,s:b}", "entries", all, "complete", (int)crm_rows_is_complete(rows));
    next = crm_rows_next_page(rows);
    last = json_array_get(all, json_array_size(all) - 1);
    if (next.data) {
        /* The scenarios show where a page ends; C has a text for it, which is kept. */
        json_t *place = json_pack("{s:O,s:O}", "at", json_object_get(last, "at"), "activity", json_object_get(last, "activity"));
        char *shown = canonical(place);
        json_object_set_new(world->pages, shown, json_stringn(next.data, next.len));
        json_object_set_new(page, "next", place);
        free(shown);
    }
    crm_rows_free(rows);
    return page;
}

/* A row of a list whose elements are of any type. */
json_t *value_of(const crm_record *row)
{
    return column(row, CRM_RESULT);
}

/* Rows of structures or records, by what makes the JSON of one. */
json_t *each_of(crm_rows *rows, json_t *(*made_of)(const crm_record *))
{
    json_t *all = json_array();
    EACH_ROW(rows, all, made_of(row));
    crm_rows_free(rows);
    return all;
}

json_t *rows_of(const crm_record *record, crm_field field, json_t *(*made_of)(const crm_record *))
{
    crm_rows *rows = NULL;
    TRY(crm_get_rows(record, field, &rows, &error));
    return each_of(rows, made_of);
}

json_t *row_of(const crm_record *record, crm_field field, json_t *(*made_of)(const crm_record *))
{
    crm_record *row = NULL;
    json_t *made;
    TRY(crm_get_row(record, field, &row, &error));
    made = row ? made_of(row) : json_null();
    crm_record_free(row);
    return made;
}

json_t *hits_of(crm_rows *rows)
{
    json_t *all = json_array();
    EACH_ROW(rows, all,
             json_pack("{s:o,s:o,s:o}", "record", record_of(row), "title", column(row, CRM_ROW_TITLE), "score",
                       column(row, CRM_ROW_SCORE)));
    crm_rows_free(rows);
    return all;
}

static json_t *commit_of(const crm_record *row)
{
    return json_pack("{s:o,s:o,s:o,s:o,s:o}", "sequence", column(row, CRM_ROW_SEQUENCE), "at", column(row, CRM_ROW_AT), "actor",
                     column(row, CRM_ROW_ACTOR), "cause", column(row, CRM_ROW_CAUSE), "operation",
                     column(row, CRM_ROW_OPERATION));
}

/* The fields that changed, below a row. */
static json_t *fields_below(crm_rows *rows)
{
    json_t *all = json_array();
    crm_rows *below = NULL;
    TRY(crm_rows_below(rows, &below, &error));
    EACH_ROW(below, all,
             json_pack("{s:o,s:o,s:o}", "field", column(row, CRM_ROW_FIELD_NAME), "old", column(row, CRM_ROW_OLD), "new",
                       column(row, CRM_ROW_NEW)));
    crm_rows_free(below);
    return all;
}

json_t *history_of(crm_rows *rows)
{
    json_t *all = json_array();
    EACH_ROW(rows, all,
             json_pack("{s:o,s:o,s:o,s:o}", "commit", commit_of(row), "kind", column(row, CRM_ROW_KIND), "cause",
                       column(row, CRM_ROW_RULE), "changes", fields_below(rows)));
    crm_rows_free(rows);
    return all;
}

static json_t *entries_below(crm_rows *rows, const json_t *commit)
{
    json_t *all = json_array();
    crm_rows *below = NULL;
    TRY(crm_rows_below(rows, &below, &error));
    EACH_ROW(below, all,
             json_pack("{s:O,s:o,s:o,s:o,s:o,s:o}", "sequence", json_object_get(commit, "sequence"), "n", column(row, CRM_ROW_N),
                       "record", column(row, CRM_ROW_RECORD), "kind", column(row, CRM_ROW_KIND), "cause",
                       column(row, CRM_ROW_RULE), "changes", fields_below(below)));
    crm_rows_free(below);
    return all;
}

static json_t *commit_with_entries(crm_rows *rows, const crm_record *row)
{
    json_t *commit = commit_of(row);
    return json_pack("{s:o,s:o}", "commit", commit, "entries", entries_below(rows, commit));
}

json_t *changes_of(crm_rows *rows)
{
    json_t *all = json_array();
    EACH_ROW(rows, all, commit_with_entries(rows, row));
    crm_rows_free(rows);
    return all;
}

static json_t *update_of(crm_rows *rows, const crm_record *row)
{
    json_t *kind = column(row, CRM_ROW_KIND), *update = json_pack("{s:O}", "type", kind);
    crm_rows *below = NULL;
    if (strcmp(json_string_value(kind), "reset") == 0) {
        TRY(crm_rows_below(rows, &below, &error));
        json_object_set_new(update, "records", records_of(below, -1));
    } else if (strcmp(json_string_value(kind), "removed") == 0) {
        json_object_set_new(update, "record", column(row, CRM_ROW_RECORD));
    } else {
        json_object_set_new(update, "record", record_of(row));
    }
    json_decref(kind);
    return update;
}

json_t *updates_of(crm_rows *rows)
{
    json_t *all = json_array();
    EACH_ROW(rows, all, update_of(rows, row));
    crm_rows_free(rows);
    return all;
}
