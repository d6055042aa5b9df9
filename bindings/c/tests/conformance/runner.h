/* The runner of the scenarios of tests/conformance, through crm.h; its README says what they are. */
#ifndef RUNNER_H
#define RUNNER_H

#include <crm.h>
#include <jansson.h>

enum { HANDLES_MAX = 64 };

enum kind { DATABASE, ROWS, SUBSCRIPTION, CLOCK, CANCEL };

struct handle {
    char name[64];
    enum kind kind;
    void *of;
};

/* What the steps of a scenario have made so far. The threads of a step have copies. */
struct world {
    json_t *bound;
    crm_clock *clock;
    int64_t now;
    struct handle handles[HANDLES_MAX];
    size_t handles_len;
    /* Where pages of timelines end, by the place that is shown. */
    json_t *pages;
};

/* What a step's listener does, and what came of it. */
struct listener {
    struct world *world;
    json_t *said;
    json_t *called;
};

/* Ends the program: the scenario is wrong, or the runner. */
void mistake(const char *format, ...);

/* -- text.c -- */
char *canonical(const json_t *value);
json_t *fill(const json_t *value, const json_t *bound);
json_t *pick(const json_t *value, const char *path);
json_t *parsed(crm_str text);
json_t *taken(crm_text *text);
json_t *of_bytes(const char *data, size_t len);
json_t *failed(crm_status status, crm_error *error);
json_t *time_text(int64_t micros);
int64_t time_of(const json_t *text);
crm_str str_of(const json_t *text);
crm_str bytes_in(const json_t *value, char **made);

/* -- fields.c -- */
crm_status ref_of(crm_db *db, const json_t *value, crm_ref *out, crm_error **error);
int is_given(const json_t *value);
int decimal_of(const char *text, crm_decimal *out);
int money_of(const json_t *value, crm_money *out);
crm_date date_of(const char *text);
crm_status set_member(crm_db *db, crm_record *record, crm_field field, const json_t *value);
crm_status set_fields(crm_db *db, crm_record *record, crm_type type, json_t *fields, crm_error **error);
crm_status draft_of(crm_db *db, const json_t *object, json_t *fields, const json_t *id, crm_record **out, crm_error **error);
crm_status draft_at(crm_db *db, const json_t *record, json_t *fields, const json_t *expected, crm_record **out, crm_error **error);

/* -- results.c: each frees the rows -- */
json_t *reference(crm_db *db, crm_ref ref);
json_t *record_of(const crm_record *record);
json_t *column(const crm_record *row, crm_field field);
json_t *records_of(crm_rows *rows, int64_t limit);
json_t *page_of(crm_rows *rows);
json_t *outcome_of(crm_db *db, const crm_outcome *outcome);
json_t *outcomes_of(crm_rows *rows);
json_t *groups_of(crm_rows *rows, size_t keys, size_t measures);
json_t *timeline_of(struct world *world, crm_rows *rows);
json_t *value_of(const crm_record *row);
json_t *each_of(crm_rows *rows, json_t *(*made_of)(const crm_record *));
json_t *rows_of(const crm_record *record, crm_field field, json_t *(*made_of)(const crm_record *));
json_t *row_of(const crm_record *record, crm_field field, json_t *(*made_of)(const crm_record *));
json_t *hits_of(crm_rows *rows);
json_t *history_of(crm_rows *rows);
json_t *changes_of(crm_rows *rows);
json_t *updates_of(crm_rows *rows);

/* -- operations.c, asking.c and declared.c, which is generated: NULL if it is none of theirs -- */
int told(void *user, const crm_progress *progress);
json_t *declared(crm_db *db, const char *op, json_t *args, struct listener *listener);
json_t *change_data(crm_db *db, const char *op, json_t *args);
json_t *look_after(crm_db *db, const char *op, json_t *args, struct listener *listener);
crm_status query_of(crm_db *db, const json_t *value, crm_query *out, crm_error **error);
json_t *ask(struct world *world, crm_db *db, const char *op, json_t *args);

/* -- main.c -- */
json_t *make_step(struct world *world, json_t *step);
json_t *step_result(struct world *world, json_t *step, struct listener *listener);
void add_handle(struct world *world, const char *name, enum kind kind, void *of);

/* Makes a call, and returns what went wrong if something did. */
#define TRY(call)                                                                         \
    do {                                                                                  \
        crm_error *error = NULL;                                                          \
        crm_status status = (call);                                                       \
        if (status != CRM_OK && (status < CRM_ROW || status > CRM_ABSENT))                \
            return failed(status, error);                                                 \
    } while (0)

#endif
