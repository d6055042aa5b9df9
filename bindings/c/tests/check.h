/* What the tests share: checks that stop at the line, and a database as tests want it. */
#ifndef CHECK_H
#define CHECK_H

#include <crm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                  \
    do {                                                                                  \
        if (!(condition)) {                                                               \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);       \
            exit(1);                                                                      \
        }                                                                                 \
    } while (0)

/* The status of a call that takes `&error`; what went wrong is shown unless it is what was expected. */
#define STATUS(expected, call)                                                            \
    do {                                                                                  \
        crm_error *error = NULL;                                                          \
        crm_status status = (call);                                                       \
        if (status != (expected)) {                                                       \
            fprintf(stderr, "%s:%d: %s is %d (%s) and not %d: %s\n", __FILE__, __LINE__,  \
                    #call, (int)status, crm_status_name(status), (int)(expected),         \
                    error ? crm_error_message(error).data : "no error object");           \
            exit(1);                                                                      \
        }                                                                                 \
        CHECK((error != NULL) == (status != 0 && (status < 100 || status > 900)));        \
        crm_error_free(error);                                                            \
    } while (0)

#define OK(call) STATUS(CRM_OK, call)

/* A call without an error object. */
#define IS(expected, call)                                                                \
    do {                                                                                  \
        crm_status status = (call);                                                       \
        if (status != (expected)) {                                                       \
            fprintf(stderr, "%s:%d: %s is %d and not %d\n", __FILE__, __LINE__, #call,    \
                    (int)status, (int)(expected));                                        \
            exit(1);                                                                      \
        }                                                                                 \
    } while (0)

static inline int same(crm_str text, const char *expected)
{
    if (!expected)
        return text.data == NULL && text.len == 0;
    return text.data != NULL && text.len == strlen(expected) && text.data[text.len] == 0 &&
           memcmp(text.data, expected, text.len) == 0;
}

/* 2026-03-01T09:00:00Z. */
#define NOW INT64_C(1772355600000000)
#define HOUR INT64_C(3600000000)
#define DAY (24 * HOUR)

/* A database in memory whose time stands still and whose ids are counted. */
static inline crm_db *open_at(crm_clock *clock)
{
    crm_db *db = NULL;
    crm_options options = {sizeof(crm_options), true, 0, 0, NULL, NULL, NULL, 0, false};
    options.clock = clock;
    OK(crm_open_in_memory(&options, &db, &error));
    return db;
}

static inline crm_db *open_plain(void)
{
    crm_db *db = NULL;
    OK(crm_open_in_memory(NULL, &db, &error));
    return db;
}

static inline crm_record *draft(crm_db *db, crm_type type)
{
    crm_record *made = NULL;
    OK(crm_record_new(db, type, crm_none(), &made, &error));
    return made;
}

/* Creates the draft and frees it. */
static inline crm_ref created(crm_db *db, crm_record *record)
{
    crm_ref made;
    OK(crm_create(db, record, NULL, &error));
    made = crm_record_ref(record);
    crm_record_free(record);
    return made;
}

static inline crm_ref company(crm_db *db, const char *name)
{
    crm_record *made = draft(db, CRM_TYPE_COMPANY);
    IS(CRM_OK, crm_set_text(made, CRM_COMPANY_NAME, crm_s(name)));
    return created(db, made);
}

static inline crm_ref pipeline(crm_db *db, const char *name)
{
    crm_record *made = draft(db, CRM_TYPE_PIPELINE);
    IS(CRM_OK, crm_set_text(made, CRM_PIPELINE_NAME, crm_s(name)));
    return created(db, made);
}

static inline crm_ref stage(crm_db *db, crm_ref pipeline, const char *name, int order)
{
    crm_record *made = draft(db, CRM_TYPE_STAGE);
    crm_decimal percent = {0, 0};
    percent.unscaled = 10 * order;
    IS(CRM_OK, crm_set_text(made, CRM_STAGE_NAME, crm_s(name)));
    IS(CRM_OK, crm_set_ref(made, CRM_STAGE_PIPELINE, pipeline));
    IS(CRM_OK, crm_set_int(made, CRM_STAGE_ORDER, order));
    IS(CRM_OK, crm_set_decimal(made, CRM_STAGE_PROBABILITY, percent));
    return created(db, made);
}

static inline crm_money euros(int64_t cents)
{
    crm_money made = {0, "EUR"};
    made.minor = cents;
    return made;
}

static inline crm_ref deal(crm_db *db, crm_ref pipeline, const char *name, int64_t cents)
{
    crm_record *made = draft(db, CRM_TYPE_DEAL);
    IS(CRM_OK, crm_set_text(made, CRM_DEAL_NAME, crm_s(name)));
    IS(CRM_OK, crm_set_ref(made, CRM_DEAL_PIPELINE, pipeline));
    IS(CRM_OK, crm_set_money(made, CRM_DEAL_AMOUNT, euros(cents)));
    return created(db, made);
}

static inline int same_ref(crm_ref a, crm_ref b)
{
    return a.object == b.object && strcmp(a.id, b.id) == 0;
}

/* How many rows there are; the rows are freed. */
static inline size_t count_rows(crm_rows *rows)
{
    size_t count = 0;
    while (crm_rows_next(rows, NULL) == CRM_ROW)
        count++;
    crm_rows_free(rows);
    return count;
}

/* True if a text that the library made has this part; the text is freed. */
static inline int has(crm_text *text, const char *part)
{
    crm_str str = crm_text_str(text);
    int found = str.data != NULL && strstr(str.data, part) != NULL;
    if (!found)
        fprintf(stderr, "`%s` is not in: %s\n", part, str.data ? str.data : "(nothing)");
    crm_text_free(text);
    return found;
}

/* The last line of each test: nothing is left. */
#define END_OF_TEST()                                                                     \
    do {                                                                                  \
        CHECK(crm_live_objects() == 0);                                                   \
        printf("%s: passed\n", __FILE__);                                                 \
        return 0;                                                                         \
    } while (0)

#endif
