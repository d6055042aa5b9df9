/* Files: opening, closing, reopening, backups, damage; imports and exports, with callbacks that stop them; the schema. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include <unistd.h>

static char dir[256];

static const char *in_dir(const char *name)
{
    static char path[300];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static int told(void *user, const crm_progress *progress)
{
    CHECK(progress->size == sizeof(crm_progress));
    ++*(int *)user;
    return 0;
}

static int stop(void *user, const crm_progress *progress)
{
    (void)progress;
    ++*(int *)user;
    return 1;
}

static void opening(void)
{
    crm_options options = {sizeof(crm_options), false, 1 << 20, 4, NULL, told, NULL, 0, false};
    crm_db *db = NULL, *second = NULL, *copy = NULL, *session = NULL;
    crm_text *report = NULL;
    crm_ref acme;
    crm_record *record = NULL;
    crm_query query = {sizeof(crm_query), CRM_TYPE_COMPANY, 1, false, {NULL, 0}, {NULL, 0}, {NULL, 0}, NULL, 0};
    crm_rows *rows = NULL;
    bool more = true;
    int steps = 0, calls = 0;
    options.progress_user = &steps;
    OK(crm_open(crm_s(in_dir("a.crm")), &options, &db, &error));
    STATUS(CRM_LOCKED, crm_open(crm_s(in_dir("a.crm")), NULL, &second, &error));
    CHECK(second == NULL);
    acme = company(db, "Acme");
    OK(crm_check(db, &report, &error));
    CHECK(has(report, "\"findings\":[]"));
    OK(crm_stats(db, &report, &error));
    CHECK(has(report, "\"object\":\"company\""));
    while (more)
        OK(crm_maintain(db, &more, &error));
    OK(crm_compact(db, told, &calls, &error));
    OK(crm_backup(db, crm_s(in_dir("b.crm")), told, &calls, &error));
    STATUS(CRM_IO, crm_backup(db, crm_s(in_dir("b.crm")), NULL, NULL, &error));

    /* The limit on contents is that of the options. */
    {
        crm_record *made = draft(db, CRM_TYPE_DOCUMENT);
        crm_ref offer;
        IS(CRM_OK, crm_set_text(made, CRM_DOCUMENT_NAME, crm_s("offer.pdf")));
        offer = created(db, made);
        STATUS(CRM_LIMIT, crm_put_content(db, offer, "12345", 5, &error));
    }

    /* Closed: every handle says so, until the file is opened again. */
    OK(crm_operation(db, crm_s("later"), &session, &error));
    OK(crm_close(db, &error));
    STATUS(CRM_CLOSED, crm_get(db, acme, &record, &error));
    STATUS(CRM_CLOSED, crm_find(session, &query, &rows, &error));
    OK(crm_open(crm_s(in_dir("a.crm")), NULL, &second, &error));
    STATUS(CRM_LOCKED, crm_reopen(db, &error));
    IS(CRM_OK, crm_free(second));
    OK(crm_reopen(db, &error));
    OK(crm_get(session, acme, &record, &error));
    crm_record_free(record);
    IS(CRM_OK, crm_free(session));

    /* Rows keep the file; the last of all handles releases it. */
    OK(crm_find_all(db, &query, &rows, &error));
    IS(CRM_OK, crm_free(db));
    STATUS(CRM_ROW, crm_rows_next(rows, &error));
    STATUS(CRM_LOCKED, crm_open(crm_s(in_dir("a.crm")), NULL, &db, &error));
    crm_rows_free(rows);
    OK(crm_open(crm_s(in_dir("a.crm")), NULL, &db, &error));
    IS(CRM_OK, crm_free(db));

    OK(crm_open(crm_s(in_dir("b.crm")), NULL, &copy, &error));
    OK(crm_get(copy, acme, &record, &error));
    crm_record_free(record);
    IS(CRM_OK, crm_free(copy));
    STATUS(CRM_IO, crm_open(crm_s(in_dir("none/a.crm")), NULL, &copy, &error));
    OK(crm_open_in_memory(NULL, &copy, &error));
    STATUS(CRM_INVALID, crm_reopen(copy, &error));
    IS(CRM_OK, crm_free(copy));
}

/* Writes zeros over the beginning of a file. */
static void damage(const char *path)
{
    static const char zeros[512];
    FILE *file = fopen(path, "r+b");
    CHECK(file != NULL && fwrite(zeros, 1, sizeof zeros, file) == sizeof zeros && fclose(file) == 0);
}

static void rescue(void)
{
    crm_db *db = NULL, *copy = NULL;
    crm_text *report = NULL;
    crm_record *record = NULL;
    crm_point point = {CRM_AT_COMMIT, 0};
    crm_str paths[2];
    char base[300], first[300], second[300], made[300];
    crm_ref acme, bolt;
    uint64_t sunday = 0;
    int64_t monday = 0, tuesday = 0, rows = 0;
    crm_record *increment = NULL;
    int calls = 0;
    snprintf(base, sizeof base, "%s", in_dir("sunday.crm"));
    snprintf(first, sizeof first, "%s", in_dir("monday.rows"));
    snprintf(second, sizeof second, "%s", in_dir("tuesday.rows"));
    snprintf(made, sizeof made, "%s", in_dir("restored.crm"));
    OK(crm_open(crm_s(in_dir("rescue.crm")), NULL, &db, &error));
    acme = company(db, "Acme");
    OK(crm_repair(db, &report, &error));
    CHECK(has(report, "{\"found\":[],\"left\":[],\"records\":0,\"rows\":0}"));
    IS(CRM_MISUSE, crm_repair(db, NULL, NULL));

    /* A backup, two increments, and what they make together. */
    OK(crm_sequence(db, &sunday, &error));
    OK(crm_backup(db, crm_s(base), NULL, NULL, &error));
    bolt = company(db, "Bolt");
    OK(crm_backup_since(db, (int64_t)sunday, crm_s(first), told, &calls, &increment, &error));
    IS(CRM_OK, crm_get_int(increment, CRM_INCREMENT_TO, &monday));
    IS(CRM_OK, crm_get_int(increment, CRM_INCREMENT_ROWS, &rows));
    crm_record_free(increment);
    CHECK(monday == (int64_t)sunday + 1 && rows > 0);
    STATUS(CRM_IO, crm_backup_since(db, (int64_t)sunday, crm_s(first), NULL, NULL, NULL, &error));
    STATUS(CRM_INVALID, crm_backup_since(db, 99, crm_s(in_dir("none.rows")), NULL, NULL, NULL, &error));
    OK(crm_delete(db, acme, NULL, &error));
    OK(crm_backup_since(db, monday, crm_s(second), NULL, NULL, &increment, &error));
    IS(CRM_OK, crm_get_int(increment, CRM_INCREMENT_TO, &tuesday));
    crm_record_free(increment);
    paths[0] = crm_s(first);
    paths[1] = crm_s(second);
    OK(crm_restore_backup(crm_s(base), paths, 2, crm_s(made), NULL, told, &calls, &report, &error));
    CHECK(has(report, "\"findings\":[]"));
    OK(crm_open(crm_s(made), NULL, &copy, &error));
    STATUS(CRM_NOT_FOUND, crm_get(copy, acme, &record, &error));
    OK(crm_get(copy, bolt, &record, &error));
    crm_record_free(record);
    IS(CRM_OK, crm_free(copy));
    STATUS(CRM_IO, crm_restore_backup(crm_s(base), paths, 2, crm_s(made), NULL, NULL, NULL, &report, &error));
    CHECK(unlink(made) == 0);
    point.at = (int64_t)monday;
    OK(crm_restore_backup(crm_s(base), paths, 2, crm_s(made), &point, NULL, NULL, &report, &error));
    crm_text_free(report);
    OK(crm_open(crm_s(made), NULL, &copy, &error));
    OK(crm_get(copy, acme, &record, &error));
    crm_record_free(record);
    IS(CRM_OK, crm_free(copy));
    CHECK(unlink(made) == 0);

    /* What is wrong is said, and leaves no file. */
    STATUS(CRM_INVALID, crm_restore_backup(crm_s(base), paths + 1, 1, crm_s(made), NULL, NULL, NULL, &report, &error));
    point.at = -1;
    STATUS(CRM_INVALID, crm_restore_backup(crm_s(base), paths, 2, crm_s(made), &point, NULL, NULL, &report, &error));
    point.kind = 7;
    STATUS(CRM_MISUSE, crm_restore_backup(crm_s(base), paths, 2, crm_s(made), &point, NULL, NULL, &report, &error));
    STATUS(CRM_MISUSE, crm_restore_backup(crm_s(base), NULL, 2, crm_s(made), NULL, NULL, NULL, &report, &error));
    paths[1] = crm_none();
    STATUS(CRM_MISUSE, crm_restore_backup(crm_s(base), paths, 2, crm_s(made), NULL, NULL, NULL, &report, &error));
    damage(first);
    STATUS(CRM_CORRUPT, crm_restore_backup(crm_s(base), paths, 1, crm_s(made), NULL, NULL, NULL, &report, &error));
    CHECK(access(made, F_OK) != 0);

    /* A file that cannot be opened any more. */
    IS(CRM_OK, crm_free(db));
    damage(in_dir("rescue.crm"));
    STATUS(CRM_CORRUPT, crm_open(crm_s(in_dir("rescue.crm")), NULL, &db, &error));
    OK(crm_salvage(crm_s(in_dir("rescue.crm")), crm_s(made), told, &calls, &report, &error));
    CHECK(has(report, "\"object\":\"company\""));
    STATUS(CRM_IO, crm_salvage(crm_s(base), crm_s(made), NULL, NULL, &report, &error));
    OK(crm_open(crm_s(made), NULL, &copy, &error));
    OK(crm_get(copy, bolt, &record, &error));
    crm_record_free(record);
    IS(CRM_OK, crm_free(copy));
}

static const char CSV[] = "First name,Surname,E-mail,Employer\n"
                          "Ada,Lovelace,ada@acme.example,Acme\n"
                          "Grace,Hopper,no address,Navy\n";
static const char MAPPING[] = "{\"object\":\"contact\",\"columns\":{\"Employer\":\"company\"},"
                              "\"create_missing\":[\"company\"],\"strict\":true,\"operation\":\"import of people\"}";

static int refused_write(void *user, const void *data, size_t len)
{
    (void)user;
    (void)data;
    (void)len;
    return 5;
}

static int append(void *user, const void *data, size_t len)
{
    CHECK(strlen(user) + len < 1000);
    strncat(user, data, len);
    return 0;
}

static void exchange(void)
{
    crm_db *db = open_plain();
    crm_text *report = NULL;
    crm_query query = {sizeof(crm_query), CRM_TYPE_CONTACT, 0, false, {NULL, 0}, {NULL, 0}, {NULL, 0}, NULL, 0};
    uint64_t count = 0;
    int calls = 0;
    char csv[1000] = "";
    FILE *file = fopen(in_dir("people.csv"), "w");
    CHECK(file != NULL && fputs(CSV, file) >= 0 && fclose(file) == 0);
    OK(crm_import_csv(db, CSV, sizeof CSV - 1, crm_s(MAPPING), told, &calls, &report, &error));
    CHECK(strstr(crm_text_str(report).data, "\"created\":1") != NULL);
    CHECK(has(report, "\"refused\":1"));
    CHECK(calls > 0);
    OK(crm_undo(db, crm_s("import of people"), &report, &error));
    CHECK(has(report, "\"undone\":"));
    OK(crm_count(db, CRM_TYPE_CONTACT, crm_none(), &count, &error));
    CHECK(count == 0);
    OK(crm_import_csv_file(db, crm_s(in_dir("people.csv")), crm_s(MAPPING), NULL, NULL, &report, &error));
    CHECK(has(report, "\"created\":1"));
    STATUS(CRM_IO, crm_import_csv_file(db, crm_s(in_dir("none.csv")), crm_s(MAPPING), NULL, NULL, &report, &error));
    STATUS(CRM_INVALID, crm_import_csv(db, CSV, sizeof CSV - 1, crm_s("{\"objekt\":1}"), NULL, NULL, &report, &error));

    /* A stopped import keeps what it has and says so. */
    {
        size_t rows = 30000, row, len = 0;
        char *many = malloc(rows * 24 + 8);
        CHECK(many != NULL);
        len += (size_t)sprintf(many, "name\n");
        for (row = 0; row < rows; row++)
            len += (size_t)sprintf(many + len, "Company %u\n", (unsigned)row);
        calls = 0;
        OK(crm_import_csv(db, many, len, crm_s("{\"object\":\"company\"}"), stop, &calls, &report, &error));
        CHECK(has(report, "\"cancelled\":true"));
        CHECK(calls > 0);
        free(many);

        /* So many records take time to write, and the host may stop that too. */
        calls = 0;
        STATUS(CRM_CANCELLED, crm_backup(db, crm_s(in_dir("stopped.crm")), stop, &calls, &error));
        CHECK(calls == 1 && access(in_dir("stopped.crm"), F_OK) != 0);
        OK(crm_backup(db, crm_s(in_dir("whole.crm")), told, &calls, &error));
        CHECK(calls > 1);
    }

    OK(crm_export_csv(db, &query, crm_s("name.given, email"), append, csv, &count, &error));
    CHECK(count == 1 && strcmp(csv, "name.given,email\nAda,ada@acme.example\n") == 0);
    OK(crm_export_csv(db, &query, crm_s("email"), append, csv, NULL, &error));
    OK(crm_export_csv_file(db, &query, crm_s("email"), crm_s(in_dir("out.csv")), &count, &error));
    CHECK(count == 1 && access(in_dir("out.csv"), R_OK) == 0);
    STATUS(CRM_IO, crm_export_csv_file(db, &query, crm_none(), crm_s(in_dir("none/out.csv")), NULL, &error));
    OK(crm_import_options(crm_s(MAPPING), &report, &error));
    CHECK(has(report, "\"mode\":{\"type\":\"create\"}"));
    STATUS(CRM_INVALID, crm_import_options(crm_s("{\"modus\":1}"), &report, &error));
    STATUS(CRM_IO, crm_export_csv(db, &query, crm_none(), refused_write, NULL, NULL, &error));
    STATUS(CRM_UNKNOWN_FIELD, crm_export_csv(db, &query, crm_s("nme"), append, csv, NULL, &error));

    file = fopen(in_dir("plan.json"), "w");
    CHECK(file != NULL);
    fputs("{\"objects\":[{\"name\":\"product\",\"plural\":\"products\",\"title\":[\"name\"],"
          "\"fields\":[{\"name\":\"name\",\"ty\":\"text\",\"required\":true,\"unique\":true}]}],"
          "\"imports\":[{\"rows\":[{\"name\":\"GTX\"}],\"map\":{\"object\":\"product\"}}]}", file);
    CHECK(fclose(file) == 0);
    OK(crm_run_import_plan(db, crm_s(in_dir("plan.json")), crm_s(dir), told, &calls, &report, &error));
    CHECK(has(report, "\"created\":1"));
    IS(CRM_OK, crm_free(db));
}

static void schema(void)
{
    crm_db *db = open_plain();
    crm_type machine = 0, found = 0;
    crm_field serial = 0, floors = 0, renamed = 0;
    crm_record *made;
    crm_text *text = NULL;
    crm_str value;
    OK(crm_add_object(db,
                      crm_s("{\"name\":\"machine\",\"plural\":\"machines\",\"title\":[\"serial\"],"
                            "\"fields\":[{\"name\":\"serial\",\"ty\":\"text\",\"required\":true,\"unique\":true},"
                            "{\"name\":\"colour\",\"ty\":\"text\",\"default_value\":\"red\"}]}"),
                      &machine, &error));
    OK(crm_type_named(db, crm_s("machine"), &found, &error));
    CHECK(machine == found && machine >= 1000);
    OK(crm_field_named(db, machine, crm_s("serial"), &serial, &error));
    CHECK(serial == (machine << 16 | 1000));
    made = draft(db, machine);
    IS(CRM_OK, crm_set_text(made, serial, crm_s("A-17")));
    OK(crm_create(db, made, NULL, &error));
    OK(crm_record_to_json(made, &text, &error));
    CHECK(has(text, "\"colour\":\"red\""));
    crm_record_free(made);
    OK(crm_field_named(db, CRM_TYPE_DEAL, crm_s("amount"), &found, &error));
    CHECK(found == CRM_DEAL_AMOUNT);
    OK(crm_type_name(db, machine, &text, &error));
    CHECK(has(text, "machine"));
    OK(crm_field_name(db, serial, &text, &error));
    CHECK(has(text, "serial"));
    STATUS(CRM_UNKNOWN_FIELD, crm_field_name(db, machine << 16 | 77, &text, &error));
    OK(crm_add_field(db, machine, crm_s("{\"name\":\"floors\",\"ty\":\"text\"}"), &floors, &error));
    OK(crm_add_fields(db, machine, crm_s("[{\"name\":\"a\",\"ty\":\"text\"},{\"name\":\"b\",\"ty\":\"integer\"}]"), &error));
    OK(crm_index_field(db, floors, &error));
    OK(crm_rename_field(db, floors, crm_s("storeys"), &error));
    OK(crm_field_named(db, machine, crm_s("storeys"), &renamed, &error));
    CHECK(renamed == floors);
    made = draft(db, machine);
    IS(CRM_OK, crm_set_text(made, serial, crm_s("A-18")));
    IS(CRM_OK, crm_set_text(made, floors, crm_s("many")));
    created(db, made);
    STATUS(CRM_INVALID, crm_retype_field(db, floors, crm_s("integer"), false, &text, &error));
    OK(crm_retype_field(db, floors, crm_s("integer"), true, &text, &error));
    CHECK(has(text, "\"value\":\"many\""));
    STATUS(CRM_INVALID, crm_retype_field(db, floors, crm_s("number"), true, NULL, &error));
    OK(crm_retire_field(db, floors, &error));
    STATUS(CRM_SCHEMA, crm_retire_field(db, CRM_DEAL_NAME, &error));
    OK(crm_catalog(db, &text, &error));
    value = crm_text_str(text);
    CHECK(value.len > 10000 && value.data[value.len] == 0);
    CHECK(has(text, "\"name\":\"storeys\""));
    STATUS(CRM_UNKNOWN_OBJECT, crm_type_named(db, crm_s("machin"), &found, &error));
    STATUS(CRM_UNKNOWN_FIELD, crm_field_named(db, machine, crm_s("serail"), &found, &error));
    STATUS(CRM_INVALID, crm_add_object(db, crm_s("[]"), NULL, &error));
    STATUS(CRM_INVALID, crm_add_field(db, machine, crm_s("{\"name\":\"c\"}"), NULL, &error));
    STATUS(CRM_UNKNOWN_FIELD, crm_add_field(db, machine, crm_s("{\"name\":\"c\",\"ty\":\"text\",\"x\":1}"), NULL, &error));
    STATUS(CRM_SCHEMA, crm_add_field(db, machine, crm_s("{\"name\":\"serial\",\"ty\":\"text\"}"), NULL, &error));
    STATUS(CRM_INVALID, crm_add_fields(db, machine, crm_s("{}"), &error));
    IS(CRM_OK, crm_free(db));
}

int main(int argc, char **argv)
{
    char command[300];
    CHECK(argc > 0 && argv[0] != NULL);
    snprintf(dir, sizeof dir, "%s/crm-c-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    CHECK(mkdtemp(dir) != NULL);
    opening();
    rescue();
    exchange();
    schema();
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    CHECK(system(command) == 0);
    END_OF_TEST();
}
