/* Runs the scenarios:
 *
 *     conformance FOLDER                   all of them
 *     conformance FOLDER --write FILE      the steps of files/write.json, on a new file
 *     conformance FOLDER --verify FILE     those of files/verify.json, on a file of any host
 */
#define _POSIX_C_SOURCE 200809L
#include "runner.h"

#include <dirent.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ARG(name) json_object_get(args, name)

void mistake(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(2);
}

static struct handle *handle_of(struct world *world, const char *name)
{
    size_t at;
    for (at = 0; at < world->handles_len; at++)
        if (strcmp(world->handles[at].name, name) == 0)
            return &world->handles[at];
    return NULL;
}

static void free_handle(struct handle *handle)
{
    if (handle->kind == DATABASE)
        crm_free(handle->of);
    else if (handle->kind == ROWS)
        crm_rows_free(handle->of);
    else if (handle->kind == SUBSCRIPTION)
        crm_sub_free(handle->of);
    else if (handle->kind == CANCEL)
        crm_cancel_free(handle->of);
}

/* A handle of a name that is taken replaces the other one. */
void add_handle(struct world *world, const char *name, enum kind kind, void *of)
{
    struct handle *handle = handle_of(world, name);
    if (!handle) {
        if (world->handles_len == HANDLES_MAX)
            mistake("a scenario has too many handles");
        handle = &world->handles[world->handles_len++];
    } else {
        free_handle(handle);
    }
    snprintf(handle->name, sizeof handle->name, "%s", name);
    handle->kind = kind;
    handle->of = of;
}

static crm_status open_database(struct world *world, const json_t *path, const json_t *args, crm_db **out, crm_error **error)
{
    crm_options options = {sizeof(crm_options), true, 0, 0, NULL, NULL, NULL, 0, false};
    options.cache_bytes = (uint64_t)json_integer_value(ARG("cache_bytes"));
    options.document_bytes_max = (uint64_t)json_integer_value(ARG("document_bytes_max"));
    if (ARG("journal_bytes"))
        options.journal_bytes = json_integer_value(ARG("journal_bytes")) ? json_integer_value(ARG("journal_bytes")) : -1;
    options.discard_journal = json_is_true(ARG("discard_journal"));
    options.clock = world->clock;
    return json_is_string(path) ? crm_open(str_of(path), &options, out, error) : crm_open_in_memory(&options, out, error);
}

static json_t *watch(crm_db *db, json_t *args, crm_sub **out)
{
    const char *type = json_string_value(ARG("type"));
    crm_query query;
    crm_ref ref;
    if (strcmp(type, "everything") == 0) {
        TRY(crm_watch_everything(db, out, &error));
    } else if (strcmp(type, "record") == 0) {
        TRY(ref_of(db, ARG("record"), &ref, &error));
        TRY(crm_watch_record(db, ref, out, &error));
    } else {
        crm_error *error = NULL;
        crm_status status = query_of(db, ARG("query"), &query, &error);
        if (status == CRM_OK)
            status = crm_watch_query(db, &query, out, &error);
        free((void *)query.sort.data);
        free((void *)query.fields);
        if (status != CRM_OK)
            return failed(status, error);
    }
    return NULL;
}

/* Operations that give a handle: null, or an error; NULL if it is none of them. */
static json_t *make_handle(struct world *world, crm_db *db, const char *op, json_t *args, const char *name)
{
    crm_db *made = NULL;
    crm_ref user;
    if (strcmp(op, "as_user") == 0) {
        TRY(ref_of(db, ARG("user"), &user, &error));
        TRY(crm_as_user(db, user, &made, &error));
    } else if (strcmp(op, "operation") == 0) {
        TRY(crm_operation(db, str_of(ARG("name")), &made, &error));
    } else if (strcmp(op, "caused_by") == 0) {
        TRY(crm_caused_by(db, str_of(ARG("cause")), &made, &error));
    } else if (strcmp(op, "without_rules") == 0) {
        TRY(crm_without_rules(db, &made, &error));
    } else if (strcmp(op, "cancelled_by") == 0) {
        struct handle *cancel = handle_of(world, json_string_value(ARG("cancel")));
        if (!cancel || cancel->kind != CANCEL)
            mistake("`cancelled_by` takes a cancel");
        TRY(crm_cancelled_by(db, cancel->of, &made, &error));
    } else if (strcmp(op, "new_cancel") == 0) {
        crm_cancel *cancel = NULL;
        if (ARG("deadline"))
            TRY(crm_cancel_at(time_of(ARG("deadline")), &cancel, &error));
        else
            TRY(crm_cancel_new(&cancel, &error));
        add_handle(world, name, CANCEL, cancel);
        return json_null();
    } else if (strcmp(op, "open") == 0 || strcmp(op, "in_memory") == 0) {
        TRY(open_database(world, ARG("path"), args, &made, &error));
    } else if (strcmp(op, "find_all") == 0) {
        crm_query query;
        crm_rows *rows = NULL;
        crm_error *error = NULL;
        crm_status status = query_of(db, ARG("query"), &query, &error);
        if (status == CRM_OK)
            status = crm_find_all(db, &query, &rows, &error);
        free((void *)query.sort.data);
        free((void *)query.fields);
        if (status != CRM_OK)
            return failed(status, error);
        add_handle(world, name, ROWS, rows);
        return json_null();
    } else if (strcmp(op, "watch") == 0) {
        crm_sub *sub = NULL;
        json_t *fault = watch(db, ARG("watch"), &sub);
        if (fault)
            return fault;
        add_handle(world, name, SUBSCRIPTION, sub);
        return json_null();
    } else {
        return NULL;
    }
    add_handle(world, name, DATABASE, made);
    return json_null();
}

/* The bytes of a file, to be freed. */
static char *file_bytes(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    char *bytes;
    if (!file || fseek(file, 0, SEEK_END) != 0)
        mistake("%s cannot be read", path);
    *size = (size_t)ftell(file);
    bytes = malloc(*size + 1);
    rewind(file);
    if (!bytes || fread(bytes, 1, *size, file) != *size)
        mistake("%s cannot be read", path);
    fclose(file);
    return bytes;
}

static void write_bytes(const char *path, const char *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
        mistake("%s cannot be written", path);
}

/* Writes bytes FF over a text, wherever it stands in a file. */
static void damage_file(const char *path, const char *text)
{
    size_t len = strlen(text), size, at;
    char *bytes = file_bytes(path, &size);
    for (at = 0; at + len <= size; at++)
        if (memcmp(bytes + at, text, len) == 0)
            memset(bytes + at, 0xff, len);
    write_bytes(path, bytes, size);
    free(bytes);
}

static json_t *file_operation(const char *op, json_t *args)
{
    const char *path = json_string_value(ARG("path"));
    size_t size;
    if (strcmp(op, "file_exists") == 0)
        return json_boolean(access(path, F_OK) == 0);
    if (strcmp(op, "damage_file") == 0) {
        damage_file(path, json_string_value(ARG("text")));
        return json_null();
    }
    if (strcmp(op, "write_file") == 0) {
        char *bytes = NULL;
        crm_str content = bytes_in(ARG("content"), &bytes);
        write_bytes(path, content.data, content.len);
        free(bytes);
        return json_null();
    }
    if (strcmp(op, "copy_file") == 0) {
        char *bytes = file_bytes(path, &size);
        write_bytes(json_string_value(ARG("to")), bytes, size);
        free(bytes);
        return json_null();
    }
    if (strcmp(op, "read_file") == 0) {
        char *bytes = file_bytes(path, &size);
        json_t *read = of_bytes(bytes, size);
        free(bytes);
        return read;
    }
    if (strcmp(op, "error_code") == 0) {
        const char *type = json_string_value(json_object_get(ARG("error"), "type"));
        int code;
        if (strcmp(type, "callback") == 0) /* in C a callback answers, and does not throw */
            return json_pack("{s:s,s:i}", "name", type, "number", 903);
        for (code = 1; code < 1000; code++)
            if (crm_status_name(code) && strcmp(crm_status_name(code), type) == 0)
                return json_pack("{s:s,s:i}", "name", type, "number", code);
    }
    return NULL;
}

static json_t *on_database(struct world *world, crm_db *db, const char *op, json_t *args, const char *name, struct listener *listener)
{
    json_t *made = make_handle(world, db, op, args, name);
    if (!made)
        made = change_data(db, op, args);
    if (!made)
        made = ask(world, db, op, args);
    if (!made)
        made = look_after(db, op, args, listener);
    if (!made)
        made = declared(db, op, args, listener);
    return made ? made : file_operation(op, args);
}

/* Rows are used by one thread at a time. */
static pthread_mutex_t rows_turn = PTHREAD_MUTEX_INITIALIZER;

static json_t *on_handle(struct world *world, struct handle *handle, const char *op, json_t *args, const char *name, struct listener *listener)
{
    crm_rows *rows = NULL;
    json_t *made;
    switch (handle->kind) {
    case DATABASE:
        return on_database(world, handle->of, op, args, name, listener);
    case ROWS:
        pthread_mutex_lock(&rows_turn);
        made = records_of(handle->of, json_integer_value(ARG("limit")));
        pthread_mutex_unlock(&rows_turn);
        return made;
    case SUBSCRIPTION:
        if (strcmp(op, "stop") == 0) {
            crm_sub_stop(handle->of);
            return json_null();
        }
        TRY(crm_sub_next(handle->of, (uint32_t)json_integer_value(ARG("timeout_ms")), &rows, &error));
        return updates_of(rows);
    case CANCEL:
        if (strcmp(op, "is_cancelled") == 0)
            return json_boolean(crm_cancel_is_fired(handle->of));
        crm_cancel_fire(handle->of);
        return json_null();
    default:
        world->now = strcmp(op, "set") == 0 ? time_of(ARG("now")) : world->now + json_integer_value(ARG("milliseconds")) * 1000;
        crm_clock_set(world->clock, world->now);
        return json_null();
    }
}

struct work {
    struct world world;
    json_t *args;
    json_t *errors;
    int number;
};

static void *thread_steps(void *of)
{
    struct work *work = of;
    json_t *args = work->args, *step;
    size_t at;
    json_int_t round;
    json_object_set_new(work->world.bound, "thread", json_integer(work->number));
    for (round = 0; round < json_integer_value(ARG("rounds")); round++) {
        json_object_set_new(work->world.bound, "round", json_integer(round));
        json_array_foreach(ARG("steps"), at, step) {
            json_t *made = make_step(&work->world, step);
            if (json_object_get(made, "error")) {
                char *text = canonical(made);
                json_object_set(work->errors, text, made);
                free(text);
            }
            json_decref(made);
        }
    }
    return NULL;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Makes steps on many threads; returns the different errors, in order. */
static json_t *threads(struct world *world, json_t *args)
{
    enum { THREADS_MAX = 64 };
    static struct work works[THREADS_MAX];
    pthread_t ids[THREADS_MAX];
    size_t count = (size_t)json_integer_value(ARG("count")), at, len = 0;
    json_t *all = json_object(), *sorted = json_array(), *error;
    const char *text, **texts;
    if (count > THREADS_MAX)
        mistake("too many threads");
    for (at = 0; at < count; at++) {
        works[at].world = *world;
        works[at].world.bound = json_deep_copy(world->bound);
        works[at].args = json_deep_copy(args);
        works[at].errors = json_object();
        works[at].number = (int)at;
        if (pthread_create(&ids[at], NULL, thread_steps, &works[at]) != 0)
            mistake("a thread cannot be started");
    }
    for (at = 0; at < count; at++) {
        pthread_join(ids[at], NULL);
        json_object_update(all, works[at].errors);
        json_decref(works[at].errors);
        json_decref(works[at].args);
        json_decref(works[at].world.bound);
        while (works[at].world.handles_len > world->handles_len)
            free_handle(&works[at].world.handles[--works[at].world.handles_len]);
    }
    texts = malloc((json_object_size(all) + 1) * sizeof *texts);
    json_object_foreach(all, text, error)
        texts[len++] = text;
    qsort(texts, len, sizeof *texts, by_bytes);
    for (at = 0; at < len; at++)
        json_array_append(sorted, json_object_get(all, texts[at]));
    free(texts);
    json_decref(all);
    return sorted;
}

/* The result of a step, which names nothing. */
json_t *step_result(struct world *world, json_t *step, struct listener *listener)
{
    const char *op = json_string_value(json_object_get(step, "op"));
    const char *on = json_string_value(json_object_get(step, "on")), *name = json_string_value(json_object_get(step, "as"));
    json_t *given = json_object_get(step, "args"), *empty = json_object(), *args, *made;
    struct handle *handle = handle_of(world, on ? on : "crm");
    if (!handle)
        mistake("no handle is `%s`", on ? on : "crm");
    if (strcmp(op, "threads") == 0) {
        json_decref(empty);
        return threads(world, given);
    }
    args = fill(given ? given : empty, world->bound);
    made = on_handle(world, handle, op, args, name ? name : "?", listener);
    json_decref(args);
    json_decref(empty);
    if (!made)
        mistake("there is no operation `%s`", op);
    return made;
}

json_t *make_step(struct world *world, json_t *step)
{
    struct listener listener = {NULL, NULL, NULL};
    const json_t *path = json_object_get(step, "pick"), *name = json_object_get(step, "as");
    json_t *made;
    listener.world = world;
    listener.said = json_object_get(step, "listener");
    made = step_result(world, step, &listener);
    if (listener.called)
        made = json_pack("{s:o,s:o}", "listener", listener.called, "result", made);
    if (json_is_string(path)) {
        json_t *part = pick(made, json_string_value(path));
        json_decref(made);
        made = part;
    }
    if (json_is_string(name) && !handle_of(world, json_string_value(name)))
        json_object_set(world->bound, json_string_value(name), made);
    return made;
}

/* Runs a scenario; the number of differences. */
static int compare(const char *topic, json_t *scenario, const char *file)
{
    const json_t *setup = json_object_get(scenario, "setup"), *now = json_object_get(setup, "now");
    struct world world = {0};
    char dir[] = "/tmp/crm-conformance-XXXXXX", command[128];
    json_t *step, *path, *unset = json_null();
    crm_db *db = NULL;
    crm_error *error = NULL;
    int differences = 0;
    size_t at;
    if (!mkdtemp(dir))
        mistake("no folder can be made");
    world.bound = json_pack("{s:s}", "dir", dir);
    world.pages = json_object();
    path = file ? json_string(file) : fill(json_object_get(setup, "path") ? json_object_get(setup, "path") : unset, world.bound);
    step = now ? json_incref((json_t *)now) : json_string("2026-03-14T09:00:00Z");
    world.now = time_of(step);
    json_decref(step);
    if (crm_clock_new(world.now, &world.clock, &error) != CRM_OK || open_database(&world, path, setup, &db, &error) != CRM_OK)
        mistake("%s: %s: %s", topic, json_string_value(json_object_get(scenario, "name")), crm_error_message(error).data);
    add_handle(&world, "clock", CLOCK, NULL);
    add_handle(&world, "crm", DATABASE, db);
    json_array_foreach(json_object_get(scenario, "steps"), at, step) {
        const json_t *given = json_object_get(step, "expect");
        json_t *expected = fill(given ? given : unset, world.bound), *got = make_step(&world, step);
        char *wanted = canonical(expected), *shown = canonical(got);
        if (strcmp(wanted, shown) != 0) {
            differences++;
            printf("%s: %s: step %u (%s)\n  expected %s\n  got      %s\n", topic, json_string_value(json_object_get(scenario, "name")),
                   (unsigned)at, json_string_value(json_object_get(step, "op")), wanted, shown);
        }
        free(wanted);
        free(shown);
        json_decref(expected);
        json_decref(got);
    }
    for (at = 0; at < world.handles_len; at++)
        free_handle(&world.handles[at]);
    crm_clock_free(world.clock);
    json_decref(path);
    json_decref(world.bound);
    json_decref(world.pages);
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command) == 0 ? differences : differences + 1;
}

static int is_for_c(const json_t *scenario)
{
    const json_t *without = json_object_get(scenario, "without"), *host;
    size_t at;
    json_array_foreach((json_t *)without, at, host)
        if (strcmp(json_string_value(host), "c") == 0)
            return 0;
    return 1;
}

static int run_file(const char *path, const char *topic, const char *file, int *scenarios)
{
    json_error_t fault;
    json_t *all = json_load_file(path, JSON_ALLOW_NUL, &fault), *scenario;
    int differences = 0;
    size_t at;
    if (!all)
        mistake("%s: %s", path, fault.text);
    json_array_foreach(all, at, scenario) {
        if (is_for_c(scenario)) {
            ++*scenarios;
            differences += compare(topic, scenario, file);
        }
    }
    json_decref(all);
    return differences;
}

static int is_json(const struct dirent *entry)
{
    const char *end = strrchr(entry->d_name, '.');
    return end && strcmp(end, ".json") == 0;
}

int main(int argc, char **argv)
{
    int scenarios = 0, differences = 0, count, at;
    char path[512];
    if (argc == 4 && (strcmp(argv[2], "--write") == 0 || strcmp(argv[2], "--verify") == 0)) {
        snprintf(path, sizeof path, "%s/files/%s.json", argv[1], argv[2] + 2);
        differences = run_file(path, argv[2] + 2, argv[3], &scenarios);
    } else if (argc == 2) {
        struct dirent **files;
        count = scandir(argv[1], &files, is_json, alphasort);
        for (at = 0; at < count; at++) {
            snprintf(path, sizeof path, "%s/%s", argv[1], files[at]->d_name);
            differences += run_file(path, files[at]->d_name, NULL, &scenarios);
            free(files[at]);
        }
        free(files);
    } else {
        mistake("usage: conformance FOLDER [--write FILE | --verify FILE]");
    }
    if (crm_live_objects() != 0) {
        printf("%d objects of the library were not freed\n", (int)crm_live_objects());
        differences++;
    }
    printf("conformance c: %d scenarios, %d differences\n", scenarios, differences);
    return differences > 0;
}
