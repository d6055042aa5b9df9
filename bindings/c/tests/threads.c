/* Threads: 8 and 16 of them on one handle, which read, write, open rows and free what they have; and a handle that is
   freed while others use it. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include <pthread.h>

enum { ROUNDS = 40 };

static crm_db *shared;

static void *work(void *user)
{
    int number = *(int *)user, round;
    for (round = 0; round < ROUNDS; round++) {
        char name[32];
        crm_query query = {sizeof(crm_query), CRM_TYPE_COMPANY, 5, false, {NULL, 0}, {NULL, 0}, {NULL, 0}, NULL, 0};
        crm_db *session = NULL;
        crm_rows *rows = NULL;
        crm_record *record = NULL;
        crm_ref made;
        crm_str text;
        snprintf(name, sizeof name, "t%d r%d", number, round);
        OK(crm_operation(shared, crm_s(name), &session, &error));
        made = company(session, name);
        OK(crm_get(shared, made, &record, &error));
        IS(CRM_OK, crm_get_text(record, CRM_COMPANY_NAME, &text));
        CHECK(same(text, name));
        crm_record_free(record);
        OK(crm_find_all(shared, &query, &rows, &error));
        CHECK(crm_rows_next(rows, NULL) == CRM_ROW);
        crm_rows_free(rows);
        IS(CRM_OK, crm_free(session));
    }
    return NULL;
}

static void together(int count)
{
    pthread_t threads[16];
    int numbers[16], n;
    uint64_t companies = 0;
    crm_text *report = NULL;
    shared = open_plain();
    for (n = 0; n < count; n++) {
        numbers[n] = n;
        CHECK(pthread_create(&threads[n], NULL, work, &numbers[n]) == 0);
    }
    for (n = 0; n < count; n++)
        CHECK(pthread_join(threads[n], NULL) == 0);
    OK(crm_count(shared, CRM_TYPE_COMPANY, crm_none(), &companies, &error));
    CHECK(companies == (uint64_t)count * ROUNDS);
    OK(crm_check(shared, &report, &error));
    CHECK(has(report, "\"findings\":[]"));
    IS(CRM_OK, crm_free(shared));
}

/* Calls on a handle that goes away are done, or refused. */
static void *use(void *user)
{
    int round;
    (void)user;
    for (round = 0; round < 2000; round++) {
        uint64_t count;
        crm_status status = crm_count(shared, CRM_TYPE_COMPANY, crm_none(), &count, NULL);
        CHECK(status == CRM_OK || status == CRM_MISUSE);
    }
    return NULL;
}

static void freed_under_way(void)
{
    pthread_t threads[8];
    int n;
    shared = open_plain();
    for (n = 0; n < 8; n++)
        CHECK(pthread_create(&threads[n], NULL, use, NULL) == 0);
    IS(CRM_OK, crm_free(shared));
    IS(CRM_MISUSE, crm_free(shared));
    for (n = 0; n < 8; n++)
        CHECK(pthread_join(threads[n], NULL) == 0);
}

int main(void)
{
    together(8);
    together(16);
    freed_under_way();
    END_OF_TEST();
}
