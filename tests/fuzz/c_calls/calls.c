/* Calls of crm.h as the bytes say. The bytes choose a function and each of its arguments: NULL, objects that live,
   handles that were freed, that are of another kind or were never given, text that is no UTF-8 or ends too early.
   What crm.h forbids is not done: a pointer is NULL or one that lives. The call of each function is in `one_call.inc`,
   which build.rs writes from crm.h. */
#include <crm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition, what)                                                            \
    do {                                                                                  \
        if (!(condition)) {                                                               \
            fprintf(stderr, "%s: not so: %s\n", what, #condition);                        \
            abort();                                                                      \
        }                                                                                 \
    } while (0)

enum { SLOTS = 6, CALLS_MAX = 200, LENT_MAX = 256 };

/* The bytes that are left. */
static const uint8_t *input;
static size_t input_len;

static uint64_t number(size_t bytes)
{
    uint64_t value = 0;
    while (bytes-- > 0) {
        value = value << 8 | (input_len > 0 ? *input : 0);
        if (input_len > 0) {
            input++;
            input_len--;
        }
    }
    return value;
}

/* Numbers are small most of the time, and now and then as large as can be. */
static int64_t any_number(void)
{
    switch (number(1) % 8) {
    case 0:
        return (int64_t)number(8);
    case 1:
        return INT64_MAX - (int64_t)number(1);
    case 2:
        return -(int64_t)number(1);
    default:
        return (int64_t)number(1);
    }
}

/* What a call is lent: blocks of their exact size, so that a byte beyond them is seen. Freed after the call. */
static void *lent[LENT_MAX];
static size_t lent_len;

static void *lend(size_t len)
{
    void *block = malloc(len ? len : 1);
    CHECK(block != NULL && lent_len < LENT_MAX, "lend");
    lent[lent_len++] = block;
    return block;
}

static const char *const WORDS[] = {
    "Acme", "company", "deal", "name", "email", "ada@acme.example", "name == 'Acme'", "-created_at", "12.50 EUR",
    "2026-03-02", "integer", "{\"name\": \"floors\", \"ty\": \"integer\"}", "[]", "{}", "import", "amount > 1",
    "{\"name\": \"machine\", \"plural\": \"machines\"}", "{\"object\": \"company\"}", "name,employees\nBolt,7\n",
    "given", "EUR", "+49 30 1234567",
};

static crm_str any_str(void)
{
    crm_str text = {NULL, 0};
    uint8_t kind = (uint8_t)number(1);
    if (kind % 4 == 0) { /* Any bytes, most of them no UTF-8. */
        size_t len = number(1) % 40;
        char *copy = lend(len);
        size_t n;
        for (n = 0; n < len; n++)
            copy[n] = (char)number(1);
        text.data = copy;
        text.len = len;
    } else if (kind % 16 != 1) {
        const char *word = WORDS[number(1) % (sizeof WORDS / sizeof *WORDS)];
        size_t len = strlen(word) + (kind % 16 == 2); /* With the NUL inside. */
        int ends = kind % 16 > 8;
        char *copy = lend(len + (size_t)ends);
        memcpy(copy, word, len);
        if (ends)
            copy[len] = 0;
        text.data = copy;
        text.len = ends ? CRM_NTS : len;
    } else if (kind == 1) {
        text.len = (size_t)number(1); /* NULL with a length. */
    }
    return text;
}

/* Objects that live, by kind. A slot that is filled again frees what was in it. */
#define SLOTS_OF(kind)                                                                    \
    static crm_##kind *kind##_slots[SLOTS];                                               \
    static crm_##kind *any_##kind(void)                                                   \
    {                                                                                     \
        return kind##_slots[number(1) % SLOTS];                                           \
    }                                                                                     \
    static void keep_##kind(crm_##kind *made)                                             \
    {                                                                                     \
        crm_##kind **slot = &kind##_slots[number(1) % SLOTS];                             \
        crm_##kind##_free(*slot);                                                         \
        *slot = made;                                                                     \
    }                                                                                     \
    static crm_##kind *take_##kind(void)                                                  \
    {                                                                                     \
        crm_##kind **slot = &kind##_slots[number(1) % SLOTS], *taken = *slot;             \
        *slot = NULL;                                                                     \
        return taken;                                                                     \
    }

SLOTS_OF(record)
SLOTS_OF(rows)
SLOTS_OF(batch)
SLOTS_OF(text)
SLOTS_OF(error)
SLOTS_OF(clock)

/* Handles are numbers, which may be used after they were freed. */
static const void *handles[SLOTS];
static enum { DATABASE, SUBSCRIPTION, CANCEL } kinds[SLOTS];

static const void *any_handle(void)
{
    uint8_t kind = (uint8_t)number(1);
    if (kind % 16 == 1)
        return (const void *)(uintptr_t)number(8);
    return handles[kind % 2 == 0 ? 0 : number(1) % SLOTS];
}

static void free_handle(size_t slot)
{
    switch (kinds[slot]) {
    case DATABASE: crm_free(handles[slot]); break;
    case SUBSCRIPTION: crm_sub_free(handles[slot]); break;
    case CANCEL: crm_cancel_free(handles[slot]); break;
    }
}

static void keep_handle(const void *handle, int kind)
{
    size_t slot = number(1) % SLOTS;
    free_handle(slot);
    handles[slot] = handle;
    kinds[slot] = kind;
}

#define any_db() ((const crm_db *)any_handle())
#define any_sub() ((const crm_sub *)any_handle())
#define any_cancel() ((const crm_cancel *)any_handle())
#define keep_db(made) keep_handle(made, DATABASE)
#define keep_sub(made) keep_handle(made, SUBSCRIPTION)
#define keep_cancel(made) keep_handle(made, CANCEL)

static crm_ref refs[SLOTS];

static crm_ref any_ref(void)
{
    crm_ref ref;
    size_t n;
    if (number(1) % 8 != 0)
        return refs[number(1) % SLOTS];
    ref.object = (crm_type)number(2);
    for (n = 0; n < sizeof ref.id; n++)
        ref.id[n] = (char)number(1); /* Without an end, as it may be. */
    return ref;
}

static void keep_ref(crm_ref ref)
{
    refs[number(1) % SLOTS] = ref;
}

static crm_type any_type(void)
{
    static const crm_type MOST[] = {CRM_TYPE_COMPANY, CRM_TYPE_CONTACT, CRM_TYPE_DEAL, CRM_TYPE_PIPELINE,
                                    CRM_TYPE_STAGE, CRM_TYPE_TASK, CRM_TYPE_NOTE, CRM_TYPE_REMINDER};
    return number(1) % 8 != 0 ? MOST[number(1) % (sizeof MOST / sizeof *MOST)] : (crm_type)number(2);
}

static crm_field any_field(void)
{
    return number(1) % 16 != 0 ? any_type() << 16 | (crm_field)number(1) % 32 : (crm_field)number(4);
}

static crm_date any_date(void)
{
    crm_date date;
    date.year = (int32_t)any_number();
    date.month = (uint32_t)number(1) % 14;
    date.day = (uint32_t)number(1) % 33;
    return date;
}

static crm_decimal any_decimal(void)
{
    crm_decimal decimal;
    decimal.unscaled = any_number();
    decimal.scale = (uint32_t)number(1) % 40;
    return decimal;
}

static crm_money any_money(void)
{
    static const char CODES[][4] = {"EUR", "JPY", "KWD", "???", {'E', 'U', 'R', 'O'}};
    crm_money money;
    money.minor = any_number();
    memcpy(money.currency, CODES[number(1) % 5], 4);
    return money;
}

/* The size that a struct says it has: the true one, or that of an older or a later header. */
static uint32_t any_size(size_t size)
{
    return number(1) % 8 != 0 ? (uint32_t)size : (uint32_t)(number(1) % (size + 1));
}

static const crm_type *any_types(size_t *len)
{
    crm_type *types = lend(3 * sizeof *types);
    size_t n;
    for (n = 0; n < 3; n++)
        types[n] = any_type();
    *len = number(1) % 4;
    return *len == 0 && number(1) % 2 ? NULL : types;
}

#define STRUCT(kind, ...)                                                                 \
    static crm_##kind *any_##kind(void)                                                   \
    {                                                                                     \
        crm_##kind *made = lend(sizeof *made);                                            \
        memset(made, 0, sizeof *made);                                                    \
        if (number(1) % 16 == 1)                                                          \
            return NULL;                                                                  \
        made->size = any_size(sizeof *made);                                              \
        __VA_ARGS__                                                                       \
        return made;                                                                      \
    }

STRUCT(query,
    made->object = any_type();
    made->limit = (uint32_t)any_number();
    made->trash = number(1) % 8 == 1;
    made->filter = any_str();
    made->sort = any_str();
    made->after = any_str();
    if (number(1) % 4 == 1) {
        crm_field *fields = lend(2 * sizeof *fields);
        fields[0] = any_field();
        fields[1] = any_field();
        made->fields = fields;
        made->fields_len = number(1) % 3;
    })
STRUCT(figures,
    crm_group_by *groups = lend(sizeof *groups);
    crm_measure *measures = lend(sizeof *measures);
    groups->field = any_field();
    groups->part = (int32_t)number(1) % 8;
    measures->field = any_field();
    measures->op = (int32_t)number(1) % 8;
    made->object = any_type();
    made->filter = any_str();
    made->group_by = groups;
    made->group_by_len = number(1) % 2;
    made->measures = measures;
    made->measures_len = number(1) % 2;
    made->convert_to = any_str();)
STRUCT(timeline_query,
    made->limit = (uint32_t)any_number();
    made->own_only = number(1) % 2;
    made->record = any_ref();
    made->kinds = any_types(&made->kinds_len);
    made->after = any_str();)
STRUCT(search_options,
    made->limit = (uint32_t)any_number();
    made->prefix = (int32_t)number(1) % 5;
    made->objects = any_types(&made->objects_len);)
STRUCT(options,
    made->sequential_ids = number(1) % 2;
    made->clock = any_clock();)
STRUCT(outcome, (void)made;)

/* Callbacks, which read from a database or ask it for a change, also from the one that called them, or stop it. */
static int on_progress(void *user, const crm_progress *progress)
{
    uint64_t count;
    CHECK(progress->size > 0, "progress");
    crm_count(any_db(), CRM_TYPE_COMPANY, any_str(), &count, NULL);
    if (number(1) % 4 == 1)
        crm_delete(any_db(), any_ref(), NULL, NULL);
    return user == NULL ? 0 : (int)(number(1) % 4 == 1);
}

static int on_write(void *user, const void *data, size_t len)
{
    CHECK(len == 0 || data != NULL, "write");
    (void)user;
    return number(1) % 16 == 1;
}

static void on_wake(void *user)
{
    (void)user;
}

static uint64_t seen; /* So that reading what is lent is not left out. */

static void look(crm_str text)
{
    size_t n;
    if (text.data == NULL) {
        CHECK(text.len == 0, "a text that is none");
        return;
    }
    CHECK(text.data[text.len] == 0, "the NUL after a text");
    for (n = 0; n < text.len; n++)
        seen += (uint8_t)text.data[n];
}

static void look_at_record(const crm_record *record)
{
    crm_str text;
    if (record != NULL && crm_get_json(record, any_field(), &text) == CRM_OK)
        look(text);
}

/* The rule of crm.h: an error object for each error, and none otherwise. */
static void check_status(const char *name, crm_status status, int asked, crm_error *error)
{
    int failed = status != 0 && (status < 100 || status > 900);
    CHECK(crm_status_name(status) != NULL, name);
    CHECK(status != CRM_PANIC && status != CRM_CORRUPT, name);
    CHECK(!asked || (error != NULL) == failed, name);
    if (error != NULL) {
        CHECK(crm_error_code(error) == status, name);
        look(crm_error_message(error));
        look(crm_error_json(error));
        keep_error(error);
    }
}

static void one_call(unsigned which)
{
    crm_error *error = NULL;
    crm_status status;
    int asks = number(1) % 4 != 1;
    crm_error **err = asks ? &error : NULL;
    switch (which) {
#include "one_call.inc"
    }
}

static void free_all(void)
{
    size_t n;
    for (n = 0; n < SLOTS; n++) {
        keep_handle(NULL, DATABASE);
        free_handle(n);
        handles[n] = NULL;
        kinds[n] = DATABASE;
        crm_record_free(record_slots[n]);
        crm_rows_free(rows_slots[n]);
        crm_batch_free(batch_slots[n]);
        crm_text_free(text_slots[n]);
        crm_error_free(error_slots[n]);
        crm_clock_free(clock_slots[n]);
        record_slots[n] = NULL;
        rows_slots[n] = NULL;
        batch_slots[n] = NULL;
        text_slots[n] = NULL;
        error_slots[n] = NULL;
        clock_slots[n] = NULL;
    }
    memset(refs, 0, sizeof refs);
}

/* A database with a company, which the bytes are then let loose on; in the end nothing is left of it, and until it
   was freed it was sound. */
void crm_fuzz_calls(const uint8_t *data, size_t len)
{
    crm_options options = {sizeof(crm_options), true, 0, 0, NULL, NULL, NULL, 0, false};
    crm_db *db = NULL, *mine = NULL;
    crm_record *company = NULL;
    crm_text *report = NULL;
    int calls;
    CHECK(crm_open_in_memory(&options, &db, NULL) == CRM_OK, "open");
    CHECK(crm_without_rules(db, &mine, NULL) == CRM_OK, "a session");
    CHECK(crm_record_new(db, CRM_TYPE_COMPANY, crm_none(), &company, NULL) == CRM_OK, "a draft");
    CHECK(crm_set_text(company, CRM_COMPANY_NAME, crm_s("Acme")) == CRM_OK, "a name");
    CHECK(crm_create(db, company, NULL, NULL) == CRM_OK, "a company");
    refs[0] = crm_record_ref(company);
    record_slots[0] = company;
    handles[0] = db;
    input = data;
    input_len = len;
    for (calls = 0; calls < CALLS_MAX && input_len > 0; calls++) {
        one_call((unsigned)number(1));
        while (lent_len > 0)
            free(lent[--lent_len]);
    }
    switch (crm_check(mine, &report, NULL)) {
    case CRM_OK:
        CHECK(strstr(crm_text_str(report).data, "\"findings\":[]") != NULL, crm_text_str(report).data);
        break;
    case CRM_CLOSED:
        break;
    default:
        CHECK(0, "the check");
    }
    crm_text_free(report);
    crm_free(mine);
    input_len = 0;
    free_all();
    CHECK(crm_live_objects() == 0, "what is left");
}
