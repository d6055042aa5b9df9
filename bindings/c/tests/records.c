/* Records: drafts, every type of value, lists, parts, JSON, and what a setter does that is refused. */
#include "check.h"

static void texts(crm_db *db)
{
    crm_record *deal = draft(db, CRM_TYPE_DEAL);
    crm_str text = crm_s("unset");
    IS(CRM_ABSENT, crm_get_text(deal, CRM_DEAL_NAME, &text));
    CHECK(same(text, NULL));
    IS(CRM_OK, crm_set_text(deal, CRM_DEAL_NAME, crm_s("Žluťoučký 🐎")));
    IS(CRM_OK, crm_get_text(deal, CRM_DEAL_NAME, &text));
    CHECK(same(text, "Žluťoučký 🐎"));
    /* What was lent stays where it is, also when the value changes. */
    IS(CRM_OK, crm_set_text(deal, CRM_DEAL_NAME, (crm_str){"Forty seats, long", 11}));
    CHECK(same(text, "Žluťoučký 🐎"));
    IS(CRM_OK, crm_get_text(deal, CRM_DEAL_NAME, &text));
    CHECK(same(text, "Forty seats"));
    IS(CRM_OK, crm_set_text(deal, CRM_DEAL_NAME, (crm_str){"", 0}));
    IS(CRM_OK, crm_get_text(deal, CRM_DEAL_NAME, &text));
    CHECK(same(text, ""));
    crm_record_free(deal);
}

static void every_type(crm_db *db)
{
    crm_ref sales = pipeline(db, "Sales"), offer = stage(db, sales, "Offer", 1);
    crm_ref acme = company(db, "Acme");
    crm_record *deal = draft(db, CRM_TYPE_DEAL), *contact = draft(db, CRM_TYPE_CONTACT);
    crm_record *call = draft(db, CRM_TYPE_CALL), *task = draft(db, CRM_TYPE_TASK);
    crm_date date = {0, 0, 0}, day = {2026, 2, 28}, birthday = {0, 2, 29};
    crm_decimal number = {0, 0}, chance = {125, 1};
    crm_money money, price = euros(1200050);
    crm_ref ref;
    crm_str text;
    int64_t whole, micros, millis;
    bool truth;
    int32_t kind;
    crm_outcome outcome = {sizeof(crm_outcome), 0, 0, {0, {0}}};

    IS(CRM_OK, crm_set_text(deal, CRM_DEAL_NAME, crm_s("Forty seats")));
    IS(CRM_OK, crm_set_ref(deal, CRM_DEAL_STAGE, offer));
    IS(CRM_OK, crm_set_ref(deal, CRM_DEAL_COMPANY, acme));
    IS(CRM_OK, crm_set_money(deal, CRM_DEAL_AMOUNT, price));
    IS(CRM_OK, crm_set_decimal(deal, CRM_DEAL_PROBABILITY, chance));
    IS(CRM_OK, crm_set_date(deal, CRM_DEAL_CLOSE_DATE, day));
    OK(crm_create(db, deal, &outcome, &error));
    CHECK(outcome.kind == CRM_CREATED && outcome.version == crm_record_version(deal));
    CHECK(same_ref(outcome.record, crm_record_ref(deal)));
    CHECK(crm_record_type(deal) == CRM_TYPE_DEAL && !crm_record_is_deleted(deal));

    /* The record is as stored: what the engine computes is there. */
    IS(CRM_OK, crm_get_text(deal, CRM_DEAL_STATUS, &text));
    CHECK(same(text, CRM_DEAL_STATUS_OPEN));
    IS(CRM_OK, crm_get_money(deal, CRM_DEAL_AMOUNT, &money));
    CHECK(money.minor == 1200050 && strcmp(money.currency, "EUR") == 0);
    IS(CRM_OK, crm_get_money(deal, CRM_DEAL_WEIGHTED_AMOUNT, &money));
    CHECK(money.minor == 150006);
    IS(CRM_OK, crm_get_decimal(deal, CRM_DEAL_PROBABILITY, &number));
    CHECK(number.unscaled == 125 && number.scale == 1);
    IS(CRM_OK, crm_get_date(deal, CRM_DEAL_CLOSE_DATE, &date));
    CHECK(date.year == 2026 && date.month == 2 && date.day == 28);
    IS(CRM_OK, crm_get_ref(deal, CRM_DEAL_COMPANY, &ref));
    CHECK(same_ref(ref, acme));
    IS(CRM_OK, crm_get_time(deal, CRM_CREATED_AT, &micros));
    CHECK(micros == NOW);
    IS(CRM_OK, crm_get_int(deal, CRM_VERSION, &whole));
    CHECK((uint64_t)whole == crm_record_version(deal));
    IS(CRM_OK, crm_get_text(deal, CRM_ID, &text));
    CHECK(same(text, crm_record_ref(deal).id));
    IS(CRM_OK, crm_get_canonical(deal, CRM_DEAL_AMOUNT, &text));
    CHECK(same(text, "12000.50 EUR"));
    IS(CRM_ABSENT, crm_get_canonical(deal, CRM_DEAL_OWNER, &text));
    IS(CRM_OK, crm_get_json(deal, CRM_DEAL_AMOUNT, &text));
    CHECK(same(text, "{\"amount\":\"12000.50\",\"currency\":\"EUR\"}"));
    IS(CRM_OK, crm_get_json(deal, CRM_DEAL_OWNER, &text));
    CHECK(same(text, "null"));
    IS(CRM_OK, crm_get_kind(deal, CRM_DEAL_AMOUNT, &kind));
    CHECK(kind == CRM_KIND_MONEY);
    IS(CRM_OK, crm_get_kind(deal, CRM_DEAL_OWNER, &kind));
    CHECK(kind == CRM_KIND_NULL);

    /* Parts, partial dates, lists. */
    IS(CRM_OK, crm_set_part(contact, CRM_CONTACT_NAME, crm_s("given"), crm_s("Ada")));
    IS(CRM_OK, crm_set_part(contact, CRM_CONTACT_NAME, crm_s("family"), crm_s("Lovelace")));
    IS(CRM_OK, crm_set_partial_date(contact, CRM_CONTACT_BIRTHDAY, birthday));
    IS(CRM_OK, crm_get_part(contact, CRM_CONTACT_NAME, crm_s("given"), &text));
    CHECK(same(text, "Ada"));
    created(db, contact);
    IS(CRM_OK, crm_set_text(call, CRM_CALL_SUBJECT, crm_s("Hello")));
    IS(CRM_OK, crm_set_duration(call, CRM_CALL_DURATION, 90500));
    IS(CRM_OK, crm_set_time(call, CRM_CALL_AT, NOW - DAY));
    IS(CRM_OK, crm_add_ref(call, CRM_CALL_ABOUT, acme));
    IS(CRM_OK, crm_add_ref(call, CRM_CALL_ABOUT, crm_record_ref(deal)));
    OK(crm_create(db, call, NULL, &error));
    IS(CRM_OK, crm_get_duration(call, CRM_CALL_DURATION, &millis));
    CHECK(millis == 90500);
    {
        size_t length = 0;
        IS(CRM_OK, crm_length(call, CRM_CALL_ABOUT, &length));
        CHECK(length == 2);
        IS(CRM_OK, crm_item_ref(call, CRM_CALL_ABOUT, 1, &ref));
        CHECK(same_ref(ref, crm_record_ref(deal)));
        IS(CRM_ABSENT, crm_item_ref(call, CRM_CALL_ABOUT, 2, &ref));
        IS(CRM_OK, crm_item_kind(call, CRM_CALL_ABOUT, 0, &kind));
        CHECK(kind == CRM_KIND_REF);
        IS(CRM_OK, crm_length(call, CRM_CALL_DURATION, &length));
        CHECK(length == 1);
        IS(CRM_OK, crm_item_duration(call, CRM_CALL_DURATION, 0, &millis));
        CHECK(millis == 90500);
        IS(CRM_OK, crm_get_kind(call, CRM_CALL_ABOUT, &kind));
        CHECK(kind == CRM_KIND_LIST);
    }
    IS(CRM_OK, crm_set_text(task, CRM_TASK_SUBJECT, crm_s("Call back")));
    crm_record_free(task);
    crm_record_free(call);

    /* A bool and an int of custom fields; a list of texts. */
    {
        crm_field vip, floors, words, total;
        crm_record *bolt = draft(db, CRM_TYPE_COMPANY);
        size_t length = 0;
        OK(crm_add_field(db, CRM_TYPE_COMPANY, crm_s("{\"name\":\"vip\",\"ty\":\"boolean\"}"), &vip, &error));
        OK(crm_add_field(db, CRM_TYPE_COMPANY, crm_s("{\"name\":\"floors\",\"ty\":\"integer\"}"), &floors, &error));
        OK(crm_add_field(db, CRM_TYPE_COMPANY, crm_s("{\"name\":\"words\",\"ty\":\"text\",\"many\":true}"), &words, &error));
        OK(crm_add_field(db, CRM_TYPE_COMPANY, crm_s("{\"name\":\"total\",\"ty\":\"money\",\"many\":true}"), &total, &error));
        /* The draft is of the schema before: it does not know the fields yet. */
        IS(CRM_UNKNOWN_FIELD, crm_set_bool(bolt, vip, true));
        crm_record_free(bolt);
        bolt = draft(db, CRM_TYPE_COMPANY);
        IS(CRM_OK, crm_set_text(bolt, CRM_COMPANY_NAME, crm_s("Bolt")));
        IS(CRM_OK, crm_set_bool(bolt, vip, true));
        IS(CRM_OK, crm_set_int(bolt, floors, INT64_MIN));
        IS(CRM_OK, crm_add_text(bolt, words, crm_s("one")));
        IS(CRM_OK, crm_add_text(bolt, words, crm_s("two")));
        IS(CRM_OK, crm_add_money(bolt, total, (crm_money){5, "JPY"}));
        IS(CRM_OK, crm_add_money(bolt, total, (crm_money){5, "KWD"}));
        OK(crm_create(db, bolt, NULL, &error));
        IS(CRM_OK, crm_get_bool(bolt, vip, &truth));
        CHECK(truth);
        IS(CRM_OK, crm_get_int(bolt, floors, &whole));
        CHECK(whole == INT64_MIN);
        IS(CRM_OK, crm_item_text(bolt, words, 1, &text));
        CHECK(same(text, "two"));
        IS(CRM_OK, crm_item_money(bolt, total, 0, &money));
        CHECK(money.minor == 5 && strcmp(money.currency, "JPY") == 0);
        IS(CRM_OK, crm_get_canonical(bolt, total, &text));
        CHECK(same(text, "5 JPY; 0.005 KWD"));
        /* An added element stands behind those that were read; null begins anew. */
        IS(CRM_OK, crm_add_text(bolt, words, crm_s("three")));
        IS(CRM_OK, crm_length(bolt, words, &length));
        CHECK(length == 3);
        OK(crm_update(db, bolt, &outcome, &error));
        CHECK(outcome.kind == CRM_UPDATED);
        IS(CRM_OK, crm_set_null(bolt, words));
        IS(CRM_OK, crm_add_text(bolt, words, crm_s("four")));
        OK(crm_update(db, bolt, NULL, &error));
        IS(CRM_OK, crm_length(bolt, words, &length));
        CHECK(length == 1);
        crm_record_free(bolt);
    }
    crm_record_free(deal);
}

static void json(crm_db *db)
{
    crm_record *contact = draft(db, CRM_TYPE_CONTACT), *copy = NULL;
    crm_text *text = NULL;
    crm_str str;
    crm_date date;
    OK(crm_record_set_json(contact,
                           crm_s("{\"name\":{\"given\":\"Grace\",\"family\":\"Hopper\"},"
                                 "\"birthday\":\"1906-12-09\",\"email\":\"Grace@Navy.EXAMPLE\"}"),
                           &error));
    STATUS(CRM_MISUSE, crm_record_to_json(contact, &text, &error));
    OK(crm_create(db, contact, NULL, &error));
    OK(crm_record_to_json(contact, &text, &error));
    CHECK(has(text, "\"family\":\"Hopper\""));
    IS(CRM_OK, crm_get_text(contact, CRM_CONTACT_EMAIL, &str));
    CHECK(same(str, "Grace@navy.example"));
    IS(CRM_OK, crm_get_partial_date(contact, CRM_CONTACT_BIRTHDAY, &date));
    CHECK(date.year == 1906 && date.month == 12 && date.day == 9);
    OK(crm_title(db, contact, &text, &error));
    CHECK(same(crm_text_str(text), "Grace Hopper"));
    crm_text_free(text);

    /* A copy is its own. */
    OK(crm_record_clone(contact, &copy, &error));
    IS(CRM_OK, crm_set_part(copy, CRM_CONTACT_NAME, crm_s("given"), crm_s("G.")));
    IS(CRM_OK, crm_get_part(copy, CRM_CONTACT_NAME, crm_s("given"), &str));
    CHECK(same(str, "G."));
    IS(CRM_OK, crm_get_part(copy, CRM_CONTACT_NAME, crm_s("family"), &str));
    CHECK(same(str, "Hopper"));
    IS(CRM_ABSENT, crm_get_part(copy, CRM_CONTACT_NAME, crm_s("middle"), &str));
    IS(CRM_OK, crm_get_part(contact, CRM_CONTACT_NAME, crm_s("given"), &str));
    CHECK(same(str, "Grace"));
    IS(CRM_OK, crm_record_reset(copy));
    IS(CRM_OK, crm_get_part(copy, CRM_CONTACT_NAME, crm_s("given"), &str));
    CHECK(same(str, "Grace"));
    crm_record_free(copy);

    STATUS(CRM_INVALID, crm_record_set_json(contact, crm_s("{not json"), &error));
    STATUS(CRM_UNKNOWN_FIELD, crm_record_set_json(contact, crm_s("{\"nme\":1}"), &error));
    crm_record_free(contact);
}

/* Each refused setter answers with its code, and the record is not written. */
static void refused(crm_db *db)
{
    static const char bad[] = {'a', (char)0xff, 'b', 0};
    crm_record *deal = draft(db, CRM_TYPE_DEAL);
    crm_error *err = NULL;
    crm_str text;
    crm_money yen = {1, "ABC"};
    crm_decimal scale = {1, 29};
    crm_ref none;
    int64_t whole;
    uint64_t before = 0, after = 0;
    OK(crm_count(db, CRM_TYPE_DEAL, crm_none(), &before, &error));
    memset(&none, 0, sizeof none);
    IS(CRM_INVALID, crm_set_text(deal, CRM_DEAL_NAME, crm_s(bad)));
    IS(CRM_INVALID, crm_set_text(deal, CRM_COMPANY_NAME, crm_s("a field of another object")));
    IS(CRM_UNKNOWN_FIELD, crm_set_text(deal, CRM_TYPE_DEAL << 16 | 999, crm_s("no field")));
    IS(CRM_MISUSE, crm_set_text(deal, CRM_DEAL_NAME, crm_none()));
    IS(CRM_MISUSE, crm_set_text(deal, CRM_DEAL_NAME, (crm_str){NULL, 7}));
    IS(CRM_MISUSE, crm_set_text(deal, CRM_DEAL_NAME, (crm_str){"x", SIZE_MAX - 1}));
    IS(CRM_INVALID, crm_set_date(deal, CRM_DEAL_CLOSE_DATE, (crm_date){2026, 2, 29}));
    IS(CRM_INVALID, crm_set_date(deal, CRM_DEAL_CLOSE_DATE, (crm_date){0, 1, 1}));
    IS(CRM_INVALID, crm_set_date(deal, CRM_DEAL_CLOSE_DATE, (crm_date){INT32_MAX, 1, 1}));
    IS(CRM_INVALID, crm_set_partial_date(deal, CRM_DEAL_CLOSE_DATE, (crm_date){0, 0, 0}));
    IS(CRM_INVALID, crm_set_money(deal, CRM_DEAL_AMOUNT, yen));
    IS(CRM_INVALID, crm_set_decimal(deal, CRM_DEAL_PROBABILITY, scale));
    IS(CRM_INVALID, crm_set_time(deal, CRM_DEAL_CLOSED_AT, INT64_MAX));
    IS(CRM_INVALID, crm_set_duration(deal, CRM_DEAL_CLOSED_AT, INT64_MIN));
    IS(CRM_UNKNOWN_OBJECT, crm_set_ref(deal, CRM_DEAL_STAGE, none));
    none.object = CRM_TYPE_STAGE;
    memset(none.id, 'x', sizeof none.id); /* without its NUL */
    IS(CRM_INVALID, crm_set_ref(deal, CRM_DEAL_STAGE, none));
    IS(CRM_INVALID, crm_set_part(deal, CRM_DEAL_NAME, crm_s("given"), crm_s("no parts")));
    IS(CRM_MISUSE, crm_set_text(deal, CRM_ROW_TITLE, crm_s("a column")));

    /* The first of them is told when the record is to be written. */
    IS(CRM_INVALID, crm_create(db, deal, NULL, &err));
    CHECK(crm_error_code(err) == CRM_INVALID && same(crm_error_name(err), "invalid"));
    CHECK(strstr(crm_error_message(err).data, "UTF-8") != NULL);
    CHECK(same(crm_error_input(err), "a\xef\xbf\xbd" "b"));
    CHECK(strstr(crm_error_json(err).data, "\"type\":\"invalid\"") != NULL);
    crm_error_free(err);
    OK(crm_count(db, CRM_TYPE_DEAL, crm_none(), &after, &error));
    CHECK(before == after);

    /* What the engine refuses names the field. */
    IS(CRM_OK, crm_record_reset(deal));
    IS(CRM_OK, crm_set_int(deal, CRM_DEAL_CLOSE_DATE, 7));
    IS(CRM_INVALID, crm_create(db, deal, NULL, &err));
    CHECK(same(crm_error_object(err), "deal") && same(crm_error_field(err), "close_date"));
    crm_error_free(err);

    /* A getter says so if the field is of another type, whether or not it has a value. */
    IS(CRM_INVALID, crm_get_text(deal, CRM_DEAL_AMOUNT, &text));
    IS(CRM_INVALID, crm_get_int(deal, CRM_DEAL_NAME, &whole));
    CHECK(whole == 0);
    IS(CRM_INVALID, crm_get_text(deal, CRM_COMPANY_NAME, &text));
    IS(CRM_UNKNOWN_FIELD, crm_get_text(deal, CRM_TYPE_DEAL << 16 | 999, &text));
    IS(CRM_MISUSE, crm_get_text(deal, CRM_DEAL_NAME, NULL));
    IS(CRM_MISUSE, crm_get_text(NULL, CRM_DEAL_NAME, &text));
    IS(CRM_INVALID, crm_get_part(deal, CRM_DEAL_NAME, crm_s("given"), &text));
    crm_record_free(deal);

    {
        crm_record *made = NULL;
        STATUS(CRM_UNKNOWN_OBJECT, crm_record_new(db, 0, crm_none(), &made, &error));
        STATUS(CRM_UNKNOWN_OBJECT, crm_record_new(db, 70000, crm_none(), &made, &error));
        STATUS(CRM_INVALID, crm_record_new(db, CRM_TYPE_DEAL, crm_s("no id"), &made, &error));
        CHECK(made == NULL);
    }
}

static void currencies(void)
{
    uint32_t decimals = 9;
    IS(CRM_OK, crm_currency_decimals(crm_s("EUR"), &decimals));
    CHECK(decimals == 2);
    IS(CRM_OK, crm_currency_decimals(crm_s("jpy"), &decimals));
    CHECK(decimals == 0);
    IS(CRM_OK, crm_currency_decimals(crm_s("KWD"), &decimals));
    CHECK(decimals == 3);
    IS(CRM_INVALID, crm_currency_decimals(crm_s("EURO"), &decimals));
}

int main(void)
{
    crm_clock *clock = NULL;
    crm_db *db;
    OK(crm_clock_new(NOW, &clock, &error));
    db = open_at(clock);
    texts(db);
    every_type(db);
    json(db);
    refused(db);
    currencies();
    IS(CRM_OK, crm_free(db));
    crm_clock_free(clock);
    END_OF_TEST();
}
