/* Following: the change feed, subscriptions and their wake function; the due queue, reminders, the outbox, addresses. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include <pthread.h>
#include <stdatomic.h>

static void changes(crm_db *db)
{
    crm_rows *commits = NULL, *entries = NULL, *fields = NULL;
    crm_ref ref, acme;
    crm_str text;
    uint64_t before = 0;
    int64_t sequence;
    OK(crm_sequence(db, &before, &error));
    acme = company(db, "Acme");
    OK(crm_changes(db, before, 10, &commits, &error));
    STATUS(CRM_ROW, crm_rows_next(commits, &error));
    IS(CRM_OK, crm_get_int(crm_rows_record(commits), CRM_ROW_SEQUENCE, &sequence));
    CHECK((uint64_t)sequence == before + 1);
    IS(CRM_ABSENT, crm_get_ref(crm_rows_record(commits), CRM_ROW_ACTOR, &ref));
    IS(CRM_OK, crm_get_text(crm_rows_record(commits), CRM_ROW_CAUSE, &text));
    CHECK(same(text, "user"));
    OK(crm_rows_below(commits, &entries, &error));
    STATUS(CRM_ROW, crm_rows_next(entries, &error));
    IS(CRM_OK, crm_get_ref(crm_rows_record(entries), CRM_ROW_RECORD, &ref));
    CHECK(same_ref(ref, acme));
    OK(crm_rows_below(entries, &fields, &error));
    CHECK(count_rows(fields) == 0); /* of a creation */
    OK(crm_rows_below(entries, &fields, &error));
    CHECK(count_rows(fields) == 0 && count_rows(entries) == 0 && count_rows(commits) == 0);
    OK(crm_wait_for_changes(db, (uint64_t)sequence, 10, 1, &commits, &error));
    CHECK(count_rows(commits) == 0);
    OK(crm_wait_for_changes(db, before, 10, 60000, &commits, &error));
    CHECK(count_rows(commits) == 1);
}

static void kinds_are(crm_sub *sub, const char *expected, crm_ref of)
{
    crm_rows *rows = NULL;
    crm_str text;
    crm_ref ref;
    OK(crm_sub_next(sub, 0, &rows, &error));
    STATUS(CRM_ROW, crm_rows_next(rows, &error));
    IS(CRM_OK, crm_get_text(crm_rows_record(rows), CRM_ROW_KIND, &text));
    CHECK(same(text, expected));
    IS(CRM_OK, crm_get_ref(crm_rows_record(rows), CRM_ROW_RECORD, &ref));
    CHECK(same_ref(ref, of));
    CHECK((crm_record_type(crm_rows_record(rows)) == 0) == (strcmp(expected, "removed") == 0));
    CHECK(count_rows(rows) == 0);
}

static size_t reset(crm_sub *sub)
{
    crm_rows *rows = NULL, *below = NULL;
    crm_str text;
    OK(crm_sub_next(sub, 0, &rows, &error));
    STATUS(CRM_ROW, crm_rows_next(rows, &error));
    IS(CRM_OK, crm_get_text(crm_rows_record(rows), CRM_ROW_KIND, &text));
    CHECK(same(text, "reset"));
    OK(crm_rows_below(rows, &below, &error));
    crm_rows_free(rows);
    return count_rows(below);
}

static void subscriptions(crm_db *db)
{
    crm_query query = {sizeof(crm_query), CRM_TYPE_COMPANY, 0, false, {NULL, 0}, {NULL, 0}, {NULL, 0}, NULL, 0};
    crm_sub *sub = NULL, *all = NULL, *one = NULL;
    crm_rows *rows = NULL;
    crm_record *record = NULL;
    crm_ref watched;
    query.filter = crm_s("name.startsWith('W')");
    OK(crm_watch_query(db, &query, &sub, &error));
    CHECK(reset(sub) == 0);
    OK(crm_sub_next(sub, 1, &rows, &error));
    CHECK(count_rows(rows) == 0);
    watched = company(db, "Watched");
    kinds_are(sub, "added", watched);
    OK(crm_watch_record(db, watched, &one, &error));
    CHECK(reset(one) == 1);
    OK(crm_watch_everything(db, &all, &error));
    CHECK(reset(all) == 0);
    OK(crm_get(db, watched, &record, &error));
    IS(CRM_OK, crm_set_int(record, CRM_COMPANY_EMPLOYEES, 5));
    OK(crm_update(db, record, NULL, &error));
    kinds_are(sub, "changed", watched);
    kinds_are(one, "changed", watched);
    kinds_are(all, "changed", watched);
    IS(CRM_OK, crm_set_text(record, CRM_COMPANY_NAME, crm_s("No longer")));
    OK(crm_update(db, record, NULL, &error));
    kinds_are(sub, "removed", watched);
    crm_record_free(record);
    query.filter = crm_s("nme == 1");
    IS(CRM_OK, crm_sub_free(all));
    STATUS(CRM_EXPRESSION, crm_watch_query(db, &query, &all, &error));
    IS(CRM_OK, crm_sub_stop(one));
    STATUS(CRM_CANCELLED, crm_sub_next(one, 60000, &rows, &error));
    IS(CRM_OK, crm_sub_free(one));
    IS(CRM_MISUSE, crm_sub_free(one));
    STATUS(CRM_MISUSE, crm_sub_next(one, 0, &rows, &error));
    IS(CRM_MISUSE, crm_sub_stop(one));
    IS(CRM_OK, crm_sub_free(sub));
}

struct bell {
    atomic_int wakes, freed;
};

static void wake(void *user)
{
    atomic_fetch_add(&((struct bell *)user)->wakes, 1);
}

static void freed(void *user)
{
    atomic_fetch_add(&((struct bell *)user)->freed, 1);
}

/* What a wake function should not do: it calls back, frees its own subscription. It ends all the same. */
struct unruly {
    crm_db *db;
    crm_sub *sub;
    atomic_int done;
};

static void call_back(void *user)
{
    struct unruly *unruly = user;
    crm_rows *rows = NULL;
    uint64_t count = 0;
    if (atomic_exchange(&unruly->done, 1))
        return;
    OK(crm_count(unruly->db, CRM_TYPE_COMPANY, crm_none(), &count, &error));
    OK(crm_sub_next(unruly->sub, 0, &rows, &error));
    crm_rows_free(rows);
    IS(CRM_OK, crm_sub_free(unruly->sub));
}

static void *wait_long(void *user)
{
    crm_rows *rows = NULL;
    crm_status status = crm_sub_next(user, 600000, &rows, NULL);
    CHECK(status == CRM_CANCELLED || status == CRM_MISUSE);
    return NULL;
}

static void wakes(crm_db *db)
{
    struct bell bell, other;
    struct unruly unruly;
    crm_sub *sub = NULL;
    pthread_t waiting;
    atomic_init(&bell.wakes, 0);
    atomic_init(&bell.freed, 0);
    atomic_init(&other.wakes, 0);
    atomic_init(&other.freed, 0);
    OK(crm_watch_everything(db, &sub, &error));
    OK(crm_sub_on_wake(sub, wake, &bell, freed, &error));
    company(db, "Ring");
    CHECK(atomic_load(&bell.wakes) == 1 && atomic_load(&bell.freed) == 0);
    OK(crm_sub_on_wake(sub, wake, &other, freed, &error));
    CHECK(atomic_load(&bell.freed) == 1);
    company(db, "Ring");
    CHECK(atomic_load(&bell.wakes) == 1 && atomic_load(&other.wakes) == 1);
    OK(crm_sub_on_wake(sub, NULL, &bell, freed, &error));
    CHECK(atomic_load(&other.freed) == 1 && atomic_load(&bell.freed) == 2);
    OK(crm_sub_on_wake(sub, wake, &other, freed, &error));
    IS(CRM_OK, crm_sub_free(sub));
    CHECK(atomic_load(&other.freed) == 2);
    STATUS(CRM_MISUSE, crm_sub_on_wake(sub, wake, &other, freed, &error));
    CHECK(atomic_load(&other.freed) == 3); /* given back also by a call that fails */
    company(db, "Silent");
    CHECK(atomic_load(&other.wakes) == 1);

    atomic_init(&unruly.done, 0);
    unruly.db = db;
    OK(crm_watch_everything(db, &unruly.sub, &error));
    OK(crm_sub_on_wake(unruly.sub, call_back, &unruly, NULL, &error));
    company(db, "Unruly");
    CHECK(atomic_load(&unruly.done) == 1);

    /* A thread that waits is not left behind. */
    OK(crm_watch_everything(db, &sub, &error));
    CHECK(reset(sub) == 0);
    CHECK(pthread_create(&waiting, NULL, wait_long, sub) == 0);
    IS(CRM_OK, crm_sub_free(sub));
    CHECK(pthread_join(waiting, NULL) == 0);
}

static void due(crm_db *db, crm_clock *clock)
{
    crm_record *reminder = draft(db, CRM_TYPE_REMINDER), *message = draft(db, CRM_TYPE_OUTBOX_MESSAGE);
    crm_outcome outcome = {sizeof(crm_outcome), 0, 0, {0, {0}}};
    crm_ref call, mail;
    crm_rows *rows = NULL;
    crm_text *report = NULL;
    int64_t at = 7, retry = NOW + 2 * DAY;
    STATUS(CRM_ABSENT, crm_next_due(db, &at, &error));
    CHECK(at == 0);
    IS(CRM_OK, crm_set_text(reminder, CRM_REMINDER_TEXT, crm_s("Call Ada")));
    IS(CRM_OK, crm_set_time(reminder, CRM_REMINDER_AT, NOW + HOUR));
    call = created(db, reminder);
    OK(crm_next_due(db, &at, &error));
    CHECK(at == NOW + HOUR);
    IS(CRM_OK, crm_clock_set(clock, at));
    OK(crm_run_due(db, at, &report, &error));
    CHECK(has(report, call.id));
    OK(crm_run_due(db, at, NULL, &error));
    OK(crm_due_reminders(db, 0, &rows, &error));
    CHECK(count_rows(rows) == 1);
    OK(crm_snooze(db, call, NOW + DAY, &outcome, &error));
    CHECK(outcome.kind == CRM_UPDATED);
    OK(crm_run_due(db, NOW + DAY, NULL, &error));
    OK(crm_acknowledge(db, call, &outcome, &error));
    OK(crm_due_reminders(db, 10, &rows, &error));
    CHECK(count_rows(rows) == 0);
    STATUS(CRM_INVALID, crm_acknowledge(db, company(db, "no reminder"), NULL, &error));
    STATUS(CRM_INVALID, crm_snooze(db, call, INT64_MIN, NULL, &error));

    IS(CRM_OK, crm_set_text(message, CRM_OUTBOX_MESSAGE_CHANNEL, crm_s("email")));
    IS(CRM_OK, crm_set_text(message, CRM_OUTBOX_MESSAGE_BODY, crm_s("Hello")));
    mail = created(db, message);
    OK(crm_outbox(db, 0, &rows, &error));
    CHECK(count_rows(rows) == 1);
    OK(crm_outbox_failed(db, mail, crm_s("busy"), &retry, &outcome, &error));
    OK(crm_outbox(db, 0, &rows, &error));
    CHECK(count_rows(rows) == 0);
    IS(CRM_OK, crm_clock_set(clock, retry));
    OK(crm_outbox(db, 0, &rows, &error));
    CHECK(count_rows(rows) == 1);
    OK(crm_outbox_sent(db, mail, &outcome, &error));
    OK(crm_outbox_failed(db, mail, crm_s("gone"), NULL, NULL, &error));
    OK(crm_outbox(db, 0, &rows, &error));
    CHECK(count_rows(rows) == 0);
}

static void addresses(crm_db *db)
{
    crm_outcome outcome = {sizeof(crm_outcome), 0, 0, {0, {0}}};
    crm_text *text = NULL;
    OK(crm_set_opted_out(db, crm_s("Ada@Acme.example"), true, &outcome, &error));
    CHECK(outcome.kind == CRM_CREATED);
    OK(crm_set_invalid(db, crm_s("Ada@acme.example"), crm_s("bounced"), &outcome, &error));
    OK(crm_contact_point(db, crm_s("Ada@acme.example"), &text, &error));
    CHECK(strstr(crm_text_str(text).data, "\"invalid\":true") != NULL);
    CHECK(has(text, "\"opted_out\":true"));
    OK(crm_set_invalid(db, crm_s("Ada@acme.example"), crm_none(), NULL, &error));
    STATUS(CRM_INVALID, crm_contact_point(db, crm_s("neither"), &text, &error));
}

int main(void)
{
    crm_clock *clock = NULL;
    crm_db *db;
    OK(crm_clock_new(NOW, &clock, &error));
    db = open_at(clock);
    changes(db);
    subscriptions(db);
    wakes(db);
    due(db, clock);
    addresses(db);
    IS(CRM_OK, crm_free(db));
    crm_clock_free(clock);
    END_OF_TEST();
}
