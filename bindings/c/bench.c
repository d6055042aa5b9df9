/* Measures what a call costs from C, and prints a table. Each figure is the least of several runs: what else the
 * machine does only makes it slower. */
#define _POSIX_C_SOURCE 200809L
#include <crm.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RUNS = 7, RECORDS = 1000 };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void check(crm_status status)
{
    if (status != CRM_OK && (status < CRM_ROW || status > CRM_ABSENT)) {
        fprintf(stderr, "bench: %s\n", crm_status_name(status));
        exit(1);
    }
}

static crm_db *db;
static crm_ref first;
static size_t sink;

static void no_op(size_t n)
{
    while (n--)
        sink += crm_version_number();
}

static void handle_call(size_t n)
{
    uint64_t sequence;
    while (n--) {
        check(crm_sequence(db, &sequence, NULL));
        sink += sequence;
    }
}

/* All that the bench writes of a contact: 20 values. */
static size_t read_all(const crm_record *row)
{
    static const crm_field texts[] = {CRM_CONTACT_EMAIL, CRM_CONTACT_PHONE, CRM_CONTACT_JOB_TITLE, CRM_CONTACT_DEPARTMENT,
                                      CRM_CONTACT_SOURCE, CRM_CONTACT_LIFECYCLE, CRM_CONTACT_EXTERNAL_ID, CRM_CONTACT_DESCRIPTION};
    static const char *const names[] = {"given", "family", "middle"}, *const address[] = {"street", "city", "postal_code", "country"};
    crm_str text;
    crm_date date;
    crm_ref ref;
    int64_t time;
    size_t at, sum = 0;
    for (at = 0; at < sizeof texts / sizeof texts[0]; at++) {
        crm_get_text(row, texts[at], &text);
        sum += text.len;
    }
    for (at = 0; at < 3; at++) {
        crm_get_part(row, CRM_CONTACT_NAME, crm_s(names[at]), &text);
        sum += text.len;
    }
    for (at = 0; at < 4; at++) {
        crm_get_part(row, CRM_CONTACT_ADDRESS, crm_s(address[at]), &text);
        sum += text.len;
    }
    crm_get_partial_date(row, CRM_CONTACT_BIRTHDAY, &date);
    crm_get_ref(row, CRM_CONTACT_COMPANY, &ref);
    crm_get_time(row, CRM_CREATED_AT, &time);
    crm_get_time(row, CRM_UPDATED_AT, &time);
    return sum + (size_t)date.day + ref.object + crm_record_version(row);
}

static void get_one(size_t n)
{
    while (n--) {
        crm_record *record = NULL;
        check(crm_get(db, first, &record, NULL));
        sink += crm_record_version(record);
        crm_record_free(record);
    }
}

static void get_and_read_one(size_t n)
{
    while (n--) {
        crm_record *record = NULL;
        check(crm_get(db, first, &record, NULL));
        sink += read_all(record);
        crm_record_free(record);
    }
}

static void rows_of(size_t n, uint32_t limit)
{
    crm_query query = {sizeof(crm_query), CRM_TYPE_CONTACT, 0, false, {NULL, 0}, {NULL, 0}, {NULL, 0}, NULL, 0};
    query.limit = limit;
    while (n--) {
        crm_rows *rows = NULL;
        check(crm_find(db, &query, &rows, NULL));
        while (crm_rows_next(rows, NULL) == CRM_ROW)
            sink += read_all(crm_rows_record(rows));
        crm_rows_free(rows);
    }
}

static void page(size_t n)
{
    rows_of(n, 50);
}

static void thousand(size_t n)
{
    rows_of(n, RECORDS);
}

static void to_json(size_t n)
{
    crm_record *record = NULL;
    check(crm_get(db, first, &record, NULL));
    while (n--) {
        crm_text *text = NULL;
        check(crm_record_to_json(record, &text, NULL));
        sink += crm_text_str(text).len;
        crm_text_free(text);
    }
    crm_record_free(record);
}

static crm_ref create_contact(unsigned number)
{
    crm_record *record = NULL;
    crm_ref made;
    char email[64], key[32];
    snprintf(email, sizeof email, "ada.%u@acme.example", number);
    snprintf(key, sizeof key, "k-%u", number);
    check(crm_record_new(db, CRM_TYPE_CONTACT, crm_none(), &record, NULL));
    crm_set_part(record, CRM_CONTACT_NAME, crm_s("given"), crm_s("Ada"));
    crm_set_part(record, CRM_CONTACT_NAME, crm_s("family"), crm_s("Lovelace"));
    crm_set_part(record, CRM_CONTACT_NAME, crm_s("middle"), crm_s("King"));
    crm_set_part(record, CRM_CONTACT_ADDRESS, crm_s("street"), crm_s("12 St James's Square"));
    crm_set_part(record, CRM_CONTACT_ADDRESS, crm_s("city"), crm_s("London"));
    crm_set_part(record, CRM_CONTACT_ADDRESS, crm_s("postal_code"), crm_s("SW1Y 4JH"));
    crm_set_part(record, CRM_CONTACT_ADDRESS, crm_s("country"), crm_s("GB"));
    crm_set_text(record, CRM_CONTACT_EMAIL, crm_s(email));
    crm_set_text(record, CRM_CONTACT_JOB_TITLE, crm_s("Analyst"));
    crm_set_text(record, CRM_CONTACT_DEPARTMENT, crm_s("Engines"));
    crm_set_text(record, CRM_CONTACT_SOURCE, crm_s("referral"));
    crm_set_text(record, CRM_CONTACT_EXTERNAL_ID, crm_s(key));
    crm_set_text(record, CRM_CONTACT_DESCRIPTION, crm_s("Wrote the first program, for a machine that was not there."));
    crm_set_partial_date(record, CRM_CONTACT_BIRTHDAY, (crm_date){1815, 12, 10});
    check(crm_create(db, record, NULL, NULL));
    made = crm_record_ref(record);
    crm_record_free(record);
    return made;
}

static void create(size_t n)
{
    static unsigned number = 1000000;
    while (n--)
        create_contact(number++);
}

static int tick(void *user, const crm_progress *progress)
{
    (void)progress;
    ++*(size_t *)user;
    return 0;
}

static void ring(void *user)
{
    ++*(size_t *)user;
}

/* A commit without a wake function and one with 1,000 of them: the difference is 1,000 calls. */
static double wake_cost(void)
{
    enum { SUBS = 1000 };
    static crm_sub *subs[SUBS];
    double plain = 1e18, woken = 1e18;
    int run, at;
    for (run = 0; run < RUNS; run++) {
        double start = now();
        create(1);
        plain = now() - start < plain ? now() - start : plain;
    }
    for (at = 0; at < SUBS; at++) {
        check(crm_watch_everything(db, &subs[at], NULL));
        check(crm_sub_on_wake(subs[at], ring, &sink, NULL, NULL));
    }
    for (run = 0; run < RUNS; run++) {
        double start = now();
        create(1);
        woken = now() - start < woken ? now() - start : woken;
    }
    for (at = 0; at < SUBS; at++)
        crm_sub_free(subs[at]);
    return (woken - plain) / SUBS;
}

static double least(void (*call)(size_t), size_t n)
{
    double best = 1e18;
    int run;
    for (run = 0; run < RUNS; run++) {
        double start = now(), took;
        call(n);
        took = (now() - start) / (double)n;
        best = took < best ? took : best;
    }
    return best;
}

static void line(const char *what, double nanos)
{
    if (nanos < 1e3)
        printf("| %-52s | %9.0f ns |\n", what, nanos);
    else if (nanos < 1e6)
        printf("| %-52s | %9.2f µs |\n", what, nanos / 1e3);
    else
        printf("| %-52s | %9.2f ms |\n", what, nanos / 1e6);
}

int main(void)
{
    unsigned number;
    size_t ticks = 0;
    double start = now(), opened;
    crm_text *report = NULL;
    check(crm_open_in_memory(NULL, &db, NULL));
    opened = now() - start;
    for (number = 0; number < RECORDS; number++) {
        crm_ref made = create_contact(number);
        first = number == 0 ? made : first;
    }
    printf("| %-52s | %12s |\n|%.54s|%.14s|\n", "call", "least", "------------------------------------------------------",
           "--------------");
    line("first call: a database in memory is opened", opened);
    line("a call that does nothing", least(no_op, 1000000));
    line("a call on a database (crm_sequence)", least(handle_call, 1000000));
    line("get a record, and free it", least(get_one, 100000));
    line("get a record, and read 20 values", least(get_and_read_one, 100000));
    line("a page of 50 records, 20 values each", least(page, 500));
    line("1,000 records, 20 values each", least(thousand, 20));
    line("a record as JSON", least(to_json, 20000));
    line("create a record of 20 values, in memory", least(create, 200));
    line("a wake function, after a commit", wake_cost());
    {
        static char csv[200 * 12000];
        size_t len = (size_t)sprintf(csv, "name\n"), row;
        for (row = 0; row < 12000; row++)
            len += (size_t)sprintf(csv + len, "Company %u\n", (unsigned)row);
        start = now();
        check(crm_import_csv(db, csv, len, crm_s("{\"object\":\"company\",\"dry_run\":true}"), tick, &ticks, &report, NULL));
        crm_text_free(report);
        printf("\nAn import told its progress %u times.\n", (unsigned)ticks);
    }
    crm_free(db);
    return sink == 0;
}
