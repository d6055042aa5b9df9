/* Reading: queries in pages and whole, figures, timelines, boards, search, the past. */
#include "check.h"

static crm_query query_of(crm_type type, const char *filter, const char *sort)
{
    crm_query query = {sizeof(crm_query), 0, 0, false, {NULL, 0}, {NULL, 0}, {NULL, 0}, NULL, 0};
    query.object = type;
    query.filter = crm_s(filter);
    query.sort = crm_s(sort);
    return query;
}

static void queries(crm_db *db)
{
    crm_query query = query_of(CRM_TYPE_COMPANY, "employees > 3", "-employees");
    crm_rows *rows = NULL, *next = NULL;
    crm_text *plan = NULL;
    crm_field fields[] = {CRM_COMPANY_NAME};
    crm_str text, page;
    int64_t whole;
    uint64_t count = 0;
    int n;
    for (n = 0; n < 10; n++) {
        char name[8];
        crm_record *made = draft(db, CRM_TYPE_COMPANY);
        snprintf(name, sizeof name, "c%d", n);
        IS(CRM_OK, crm_set_text(made, CRM_COMPANY_NAME, crm_s(name)));
        IS(CRM_OK, crm_set_int(made, CRM_COMPANY_EMPLOYEES, n));
        created(db, made);
    }
    OK(crm_count(db, CRM_TYPE_COMPANY, query.filter, &count, &error));
    CHECK(count == 6);
    query.limit = 4;
    OK(crm_find(db, &query, &rows, &error));
    CHECK(crm_rows_record(rows) == NULL);
    for (n = 9; n > 5; n--) {
        STATUS(CRM_ROW, crm_rows_next(rows, &error));
        IS(CRM_OK, crm_get_int(crm_rows_record(rows), CRM_COMPANY_EMPLOYEES, &whole));
        CHECK(whole == n);
    }
    STATUS(CRM_DONE, crm_rows_next(rows, &error));
    STATUS(CRM_DONE, crm_rows_next(rows, &error));
    CHECK(crm_rows_record(rows) == NULL && crm_rows_is_complete(rows));
    page = crm_rows_next_page(rows);
    CHECK(page.data != NULL);
    query.after = page;
    OK(crm_find(db, &query, &next, &error));
    CHECK(crm_rows_next_page(next).data == NULL);
    CHECK(count_rows(next) == 2);
    crm_rows_free(rows);

    /* All of them, as of now: what is created meanwhile is not among them. */
    query = query_of(CRM_TYPE_COMPANY, NULL, "name");
    query.limit = 3;
    OK(crm_find_all(db, &query, &rows, &error));
    STATUS(CRM_ROW, crm_rows_next(rows, &error));
    company(db, "later");
    CHECK(count_rows(rows) == 9);

    /* Only some fields. */
    query.fields = fields;
    query.fields_len = 1;
    OK(crm_find(db, &query, &rows, &error));
    STATUS(CRM_ROW, crm_rows_next(rows, &error));
    IS(CRM_OK, crm_get_text(crm_rows_record(rows), CRM_COMPANY_NAME, &text));
    IS(CRM_ABSENT, crm_get_int(crm_rows_record(rows), CRM_COMPANY_EMPLOYEES, &whole));
    crm_rows_free(rows);

    query = query_of(CRM_TYPE_COMPANY, "name == 'c1'", NULL);
    OK(crm_explain(db, &query, &plan, &error));
    CHECK(has(plan, "\"type\":\"index\""));

    /* What is wrong is said before anything is given. */
    rows = NULL;
    query = query_of(CRM_TYPE_COMPANY, "employes > 3", NULL);
    STATUS(CRM_EXPRESSION, crm_find(db, &query, &rows, &error));
    query = query_of(CRM_TYPE_COMPANY, NULL, "nme");
    STATUS(CRM_UNKNOWN_FIELD, crm_find(db, &query, &rows, &error));
    query = query_of(0, NULL, NULL);
    STATUS(CRM_UNKNOWN_OBJECT, crm_find(db, &query, &rows, &error));
    query = query_of(CRM_TYPE_DEAL, NULL, NULL);
    query.fields = fields;
    query.fields_len = 1;
    STATUS(CRM_INVALID, crm_find(db, &query, &rows, &error));
    query.fields_len = SIZE_MAX;
    STATUS(CRM_MISUSE, crm_find(db, &query, &rows, &error));
    query = query_of(CRM_TYPE_DEAL, NULL, NULL);
    query.after = crm_s("no cursor");
    STATUS(CRM_INVALID, crm_find(db, &query, &rows, &error));
    query.size = 3;
    STATUS(CRM_MISUSE, crm_find(db, &query, &rows, &error));
    query.size = 4096;
    STATUS(CRM_MISUSE, crm_find(db, &query, &rows, &error));
    CHECK(rows == NULL);
    /* A struct of an earlier header, which ended after the object. */
    query.size = 8;
    OK(crm_find(db, &query, &rows, &error));
    CHECK(count_rows(rows) == 0);
    /* An error while rows are stepped is told there. */
    query = query_of(CRM_TYPE_COMPANY, "1 +", NULL);
    OK(crm_find_all(db, &query, &rows, &error));
    STATUS(CRM_EXPRESSION, crm_rows_next(rows, &error));
    STATUS(CRM_DONE, crm_rows_next(rows, &error));
    crm_rows_free(rows);
}

static void figures(crm_db *db, crm_ref sales)
{
    crm_group_by by[] = {{CRM_DEAL_STATUS, CRM_PART_NONE}, {CRM_CREATED_AT, CRM_PART_MONTH}};
    crm_measure measures[] = {{CRM_DEAL_AMOUNT, CRM_SUM}, {CRM_DEAL_NAME, CRM_COUNT_DISTINCT}};
    crm_figures figures = {sizeof(crm_figures), CRM_TYPE_DEAL, {NULL, 0}, NULL, 0, NULL, 0, {NULL, 0}};
    crm_rows *rows = NULL;
    const crm_record *row;
    crm_str text;
    crm_money money;
    int64_t whole;
    size_t length = 0;
    int32_t kind;
    deal(db, sales, "a", 100);
    deal(db, sales, "b", 250);
    figures.group_by = by;
    figures.group_by_len = 2;
    figures.measures = measures;
    figures.measures_len = 2;
    OK(crm_aggregate(db, &figures, &rows, &error));
    STATUS(CRM_ROW, crm_rows_next(rows, &error));
    row = crm_rows_record(rows);
    IS(CRM_OK, crm_get_text(row, CRM_ROW_KEY, &text));
    CHECK(same(text, "open"));
    IS(CRM_OK, crm_get_text(row, CRM_ROW_KEY + 1, &text));
    CHECK(same(text, "2026-03"));
    IS(CRM_OK, crm_get_int(row, CRM_ROW_COUNT, &whole));
    CHECK(whole == 2);
    IS(CRM_OK, crm_length(row, CRM_ROW_MEASURE, &length));
    CHECK(length == 1);
    IS(CRM_OK, crm_item_money(row, CRM_ROW_MEASURE, 0, &money));
    CHECK(money.minor == 350);
    IS(CRM_OK, crm_get_int(row, CRM_ROW_MEASURE + 1, &whole));
    CHECK(whole == 2);
    IS(CRM_OK, crm_get_kind(row, CRM_ROW_MEASURE + 2, &kind));
    CHECK(kind == CRM_KIND_NULL);
    IS(CRM_INVALID, crm_get_text(row, CRM_ROW_COUNT, &text));
    CHECK(count_rows(rows) == 0);
    figures.convert_to = crm_s("USD");
    STATUS(CRM_INVALID, crm_aggregate(db, &figures, &rows, &error)); /* there is no rate of EUR */
    figures.convert_to = crm_none();
    by[0].part = 99;
    STATUS(CRM_MISUSE, crm_aggregate(db, &figures, &rows, &error));
    by[0].part = CRM_PART_NONE;
    measures[0].op = 99;
    STATUS(CRM_MISUSE, crm_aggregate(db, &figures, &rows, &error));
    measures[0].op = CRM_AVERAGE;
    measures[0].field = CRM_COMPANY_NAME;
    STATUS(CRM_INVALID, crm_aggregate(db, &figures, &rows, &error));
}

static void timelines(crm_db *db)
{
    crm_ref acme = company(db, "Acme"), ref;
    crm_timeline_query query = {sizeof(crm_timeline_query), 2, false, {0, {0}}, NULL, 0, {NULL, 0}};
    crm_type kinds[] = {CRM_TYPE_CALL};
    crm_rows *rows = NULL, *next = NULL;
    crm_str text;
    int64_t at;
    int n;
    for (n = 0; n < 3; n++) {
        crm_record *call = draft(db, n == 1 ? CRM_TYPE_NOTE : CRM_TYPE_CALL);
        if (n == 1) {
            IS(CRM_OK, crm_set_text(call, CRM_NOTE_BODY, crm_s("A note")));
            IS(CRM_OK, crm_add_ref(call, CRM_NOTE_ABOUT, acme));
        } else {
            IS(CRM_OK, crm_set_text(call, CRM_CALL_SUBJECT, crm_s("A call")));
            IS(CRM_OK, crm_set_time(call, CRM_CALL_AT, NOW - n * HOUR));
            IS(CRM_OK, crm_add_ref(call, CRM_CALL_ABOUT, acme));
        }
        created(db, call);
    }
    query.record = acme;
    OK(crm_timeline(db, &query, &rows, &error));
    STATUS(CRM_ROW, crm_rows_next(rows, &error));
    IS(CRM_OK, crm_get_time(crm_rows_record(rows), CRM_ROW_AT, &at));
    CHECK(at == NOW);
    IS(CRM_OK, crm_get_ref(crm_rows_record(rows), CRM_ROW_ON, &ref));
    CHECK(same_ref(ref, acme));
    IS(CRM_OK, crm_get_ref(crm_rows_record(rows), CRM_ROW_RECORD, &ref));
    CHECK(same_ref(ref, crm_record_ref(crm_rows_record(rows))));
    query.after = crm_rows_next_page(rows);
    CHECK(query.after.data != NULL);
    OK(crm_timeline(db, &query, &next, &error));
    CHECK(crm_rows_is_complete(next) && crm_rows_next_page(next).data == NULL);
    CHECK(count_rows(next) == 1);
    crm_rows_free(rows);
    query.after = crm_none();
    query.limit = 0;
    query.kinds = kinds;
    query.kinds_len = 1;
    OK(crm_timeline(db, &query, &rows, &error));
    STATUS(CRM_ROW, crm_rows_next(rows, &error));
    IS(CRM_OK, crm_get_text(crm_rows_record(rows), CRM_CALL_SUBJECT, &text));
    CHECK(same(text, "A call"));
    CHECK(count_rows(rows) == 1);
    kinds[0] = CRM_TYPE_COMPANY;
    STATUS(CRM_INVALID, crm_timeline(db, &query, &rows, &error));
    query.kinds_len = 0;
    query.after = crm_s("1/2");
    STATUS(CRM_INVALID, crm_timeline(db, &query, &rows, &error));
    query.after = crm_s("9223372036854775807/1/01890a5d-ac96-774b-bcce-b302099a8057");
    STATUS(CRM_INVALID, crm_timeline(db, &query, &rows, &error));
}

static void boards(crm_db *db, crm_ref sales)
{
    crm_board_options few = CRM_BOARD_OPTIONS;
    crm_cards_options below = CRM_CARDS_OPTIONS;
    crm_rows *columns = NULL, *cards = NULL, *more = NULL;
    crm_record *board = NULL, *place = NULL;
    crm_str text;
    crm_money money;
    crm_decimal position;
    crm_ref column;
    int64_t whole;
    few.cards_max = 1;
    OK(crm_board(db, CRM_TYPE_DEAL, sales, &few, &board, &error));
    CHECK(crm_record_type(board) == CRM_TYPE_BOARD);
    IS(CRM_OK, crm_get_text(board, CRM_BOARD_OBJECT, &text));
    CHECK(same(text, "deal"));
    OK(crm_get_rows(board, CRM_BOARD_COLUMNS, &columns, &error));
    IS(CRM_INVALID, crm_get_text(board, CRM_CARD_PLACE_CARD, &text));
    STATUS(CRM_MISUSE, crm_get_rows(board, CRM_STAGE_NAME, &cards, &error));
    crm_record_free(board);
    STATUS(CRM_ROW, crm_rows_next(columns, &error));
    IS(CRM_OK, crm_get_text(crm_rows_record(columns), CRM_STAGE_NAME, &text));
    CHECK(same(text, "Offer"));
    column = crm_record_ref(crm_rows_record(columns));
    IS(CRM_OK, crm_get_int(crm_rows_record(columns), CRM_BOARD_COLUMN_COUNT, &whole));
    CHECK(whole == 2);
    OK(crm_get_rows(crm_rows_record(columns), CRM_BOARD_COLUMN_SUMS, &cards, &error));
    STATUS(CRM_ROW, crm_rows_next(cards, &error));
    IS(CRM_OK, crm_item_money(crm_rows_record(cards), CRM_RESULT, 0, &money));
    CHECK(money.minor == 350);
    crm_rows_free(cards);
    OK(crm_get_rows(crm_rows_record(columns), CRM_BOARD_COLUMN_CARDS, &cards, &error));
    STATUS(CRM_ROW, crm_rows_next(cards, &error));
    OK(crm_get_row(crm_rows_record(cards), CRM_CARD_PLACE, &place, &error));
    IS(CRM_OK, crm_get_decimal(place, CRM_CARD_PLACE_POSITION, &position));
    CHECK(count_rows(cards) == 0);
    OK(crm_get_rows(crm_rows_record(columns), CRM_BOARD_COLUMN_CARDS, &more, &error));
    CHECK(count_rows(more) == 1);
    below.after = place;
    OK(crm_cards(db, CRM_TYPE_DEAL, column, &below, &more, &error));
    CHECK(count_rows(more) == 1);
    crm_record_free(place);
    place = draft(db, CRM_TYPE_DEAL);
    below.after = place;
    STATUS(CRM_INVALID, crm_cards(db, CRM_TYPE_DEAL, column, &below, &more, &error));
    crm_record_free(place);
    /* A place that is written down and made again. */
    OK(crm_record_new(db, CRM_TYPE_CARD_PLACE, crm_none(), &place, &error));
    IS(CRM_OK, crm_set_decimal(place, CRM_CARD_PLACE_POSITION, position));
    IS(CRM_OK, crm_set_ref(place, CRM_CARD_PLACE_CARD, column));
    below.after = place;
    OK(crm_cards(db, CRM_TYPE_DEAL, column, &below, &more, &error));
    crm_rows_free(more);
    crm_record_free(place);
    STATUS(CRM_INVALID, crm_board(db, CRM_TYPE_COMPANY, sales, NULL, &board, &error));
    STATUS(CRM_NOT_FOUND, crm_board(db, CRM_TYPE_DEAL,
                                    (crm_ref){CRM_TYPE_PIPELINE, "01890a5d-ac96-774b-bcce-b302099a8057"}, NULL,
                                    &board, &error));
    few.cards_max = -1;
    STATUS(CRM_INVALID, crm_board(db, CRM_TYPE_DEAL, sales, &few, &board, &error));
    CHECK(crm_operations_digest() == CRM_OPERATIONS_DIGEST);
    crm_rows_free(columns);
}

static void searches(crm_db *db)
{
    crm_search_options options = {sizeof(crm_search_options), 0, CRM_PREFIX_LAST, NULL, 0};
    crm_type types[] = {CRM_TYPE_DEAL};
    crm_rows *rows = NULL;
    crm_str text;
    int64_t score = 0;
    company(db, "Waterworks of York");
    OK(crm_search(db, crm_s("york water"), NULL, &rows, &error));
    STATUS(CRM_ROW, crm_rows_next(rows, &error));
    IS(CRM_OK, crm_get_text(crm_rows_record(rows), CRM_ROW_TITLE, &text));
    CHECK(same(text, "Waterworks of York"));
    IS(CRM_OK, crm_get_int(crm_rows_record(rows), CRM_ROW_SCORE, &score));
    CHECK(score > 0 && count_rows(rows) == 0);
    options.objects = types;
    options.objects_len = 1;
    OK(crm_search(db, crm_s("york"), &options, &rows, &error));
    CHECK(count_rows(rows) == 0);
    options.objects = NULL;
    options.objects_len = 0;
    options.prefix = CRM_PREFIX_NEVER;
    OK(crm_search(db, crm_s("york water"), &options, &rows, &error));
    CHECK(count_rows(rows) == 0);
    options.prefix = 7;
    STATUS(CRM_MISUSE, crm_search(db, crm_s("york"), &options, &rows, &error));
    options.prefix = CRM_PREFIX_EVERY;
    options.objects = types;
    options.objects_len = 1;
    types[0] = 4242;
    STATUS(CRM_UNKNOWN_OBJECT, crm_search(db, crm_s("york"), &options, &rows, &error));
    STATUS(CRM_MISUSE, crm_search(db, crm_none(), NULL, &rows, &error));
}

static void past(crm_db *db, crm_clock *clock)
{
    crm_ref acme = company(db, "Before");
    crm_record *record = NULL;
    crm_rows *rows = NULL, *below = NULL;
    crm_str text;
    uint64_t version;
    int64_t whole;
    OK(crm_get(db, acme, &record, &error));
    version = crm_record_version(record);
    IS(CRM_OK, crm_clock_set(clock, NOW + HOUR));
    IS(CRM_OK, crm_set_text(record, CRM_COMPANY_NAME, crm_s("After")));
    OK(crm_update(db, record, NULL, &error));
    crm_record_free(record);

    OK(crm_history(db, acme, &rows, &error));
    STATUS(CRM_ROW, crm_rows_next(rows, &error));
    IS(CRM_OK, crm_get_text(crm_rows_record(rows), CRM_ROW_KIND, &text));
    CHECK(same(text, "updated"));
    IS(CRM_ABSENT, crm_get_text(crm_rows_record(rows), CRM_ROW_RULE, &text));
    OK(crm_rows_below(rows, &below, &error));
    STATUS(CRM_ROW, crm_rows_next(below, &error));
    IS(CRM_OK, crm_get_int(crm_rows_record(below), CRM_ROW_FIELD, &whole));
    CHECK((crm_field)whole == CRM_COMPANY_NAME);
    IS(CRM_OK, crm_get_text(crm_rows_record(below), CRM_ROW_FIELD_NAME, &text));
    CHECK(same(text, "name"));
    IS(CRM_OK, crm_get_text(crm_rows_record(below), CRM_ROW_OLD, &text));
    CHECK(same(text, "Before"));
    IS(CRM_OK, crm_get_text(crm_rows_record(below), CRM_ROW_NEW, &text));
    CHECK(same(text, "After"));
    crm_rows_free(below);
    CHECK(count_rows(rows) == 1);
    OK(crm_field_history(db, acme, CRM_COMPANY_NAME, &rows, &error));
    CHECK(count_rows(rows) == 2);
    STATUS(CRM_INVALID, crm_field_history(db, acme, CRM_DEAL_NAME, &rows, &error));

    OK(crm_record_at(db, acme, NOW, &record, &error));
    IS(CRM_OK, crm_get_text(record, CRM_COMPANY_NAME, &text));
    CHECK(same(text, "Before"));
    crm_record_free(record);
    STATUS(CRM_ABSENT, crm_record_at(db, acme, NOW - DAY, &record, &error));
    CHECK(record == NULL);
    OK(crm_record_as_of(db, acme, version, &record, &error));
    IS(CRM_OK, crm_get_text(record, CRM_COMPANY_NAME, &text));
    CHECK(same(text, "Before"));
    crm_record_free(record);
    STATUS(CRM_ABSENT, crm_record_as_of(db, acme, 1, &record, &error));
}

static void organisation(crm_db *db)
{
    crm_record *record = NULL;
    crm_text *text = NULL;
    int64_t now = 0;
    OK(crm_organisation(db, &record, &error));
    IS(CRM_OK, crm_set_text(record, CRM_ORGANISATION_BASE_CURRENCY, crm_s("EUR")));
    OK(crm_update(db, record, NULL, &error));
    crm_record_free(record);
    OK(crm_settings(db, &text, &error));
    CHECK(has(text, "\"base_currency\":\"EUR\""));
    OK(crm_now(db, &now, &error));
    CHECK(now == NOW);
}

int main(void)
{
    crm_clock *clock = NULL;
    crm_db *db;
    crm_ref sales;
    OK(crm_clock_new(NOW, &clock, &error));
    db = open_at(clock);
    sales = pipeline(db, "Sales");
    stage(db, sales, "Offer", 1);
    queries(db);
    figures(db, sales);
    timelines(db);
    boards(db, sales);
    searches(db);
    organisation(db);
    past(db, clock);
    IS(CRM_OK, crm_free(db));
    crm_clock_free(clock);
    END_OF_TEST();
}
