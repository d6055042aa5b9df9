/* Imports a CSV file of deals and prints the board: a C program to start from.
 *
 *     board SALES.CRM DEALS.CSV
 *
 * Run twice it changes nothing: the file's deal ids tell which deals are there already.
 */
#include <crm.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Ends the program with what went wrong, unless all is well. */
static void check(crm_status status, crm_error *error)
{
    if (status == CRM_OK || status == CRM_ROW || status == CRM_DONE || status == CRM_ABSENT)
        return;
    fprintf(stderr, "board: %s\n", error ? crm_error_message(error).data : crm_status_name(status));
    crm_error_free(error);
    exit(1);
}

/* A pipeline with its stages, made with the database. */
static crm_ref make_pipeline(crm_db *db)
{
    static const struct {
        const char *name, *kind;
        int percent;
    } stages[] = {
        {"Qualification", CRM_STAGE_KIND_OPEN, 20},
        {"Offer", CRM_STAGE_KIND_OPEN, 50},
        {"Negotiation", CRM_STAGE_KIND_OPEN, 70},
        {"Won", CRM_STAGE_KIND_WON, 100},
        {"Lost", CRM_STAGE_KIND_LOST, 0},
    };
    crm_error *error = NULL;
    crm_record *record = NULL;
    crm_ref pipeline;
    size_t n;

    check(crm_record_new(db, CRM_TYPE_PIPELINE, crm_none(), &record, &error), error);
    crm_set_text(record, CRM_PIPELINE_NAME, crm_s("Sales"));
    check(crm_create(db, record, NULL, &error), error);
    pipeline = crm_record_ref(record);
    crm_record_free(record);
    for (n = 0; n < sizeof stages / sizeof stages[0]; n++) {
        crm_decimal percent = {0, 0};
        percent.unscaled = stages[n].percent;
        check(crm_record_new(db, CRM_TYPE_STAGE, crm_none(), &record, &error), error);
        crm_set_text(record, CRM_STAGE_NAME, crm_s(stages[n].name));
        crm_set_text(record, CRM_STAGE_KIND, crm_s(stages[n].kind));
        crm_set_ref(record, CRM_STAGE_PIPELINE, pipeline);
        crm_set_int(record, CRM_STAGE_ORDER, (int64_t)n + 1);
        crm_set_decimal(record, CRM_STAGE_PROBABILITY, percent);
        /* A setter that was refused is told here. */
        check(crm_create(db, record, NULL, &error), error);
        crm_record_free(record);
    }
    return pipeline;
}

/* The first pipeline, or a new one. */
static crm_ref find_pipeline(crm_db *db)
{
    crm_query query = {sizeof(crm_query), CRM_TYPE_PIPELINE, 1, false, {NULL, 0}, {NULL, 0}, {NULL, 0}, NULL, 0};
    crm_error *error = NULL;
    crm_rows *rows = NULL;
    crm_ref pipeline = {0, {0}};

    check(crm_find(db, &query, &rows, &error), error);
    if (crm_rows_next(rows, NULL) == CRM_ROW)
        pipeline = crm_record_ref(crm_rows_record(rows));
    crm_rows_free(rows);
    return pipeline.object ? pipeline : make_pipeline(db);
}

static int show_progress(void *user, const crm_progress *progress)
{
    (void)user;
    fprintf(stderr, "%" PRIu64 " rows\r", progress->done);
    return 0; /* anything else stops the import */
}

static void import(crm_db *db, const char *path)
{
    static const char mapping[] = "{\"object\": \"deal\", \"mode\": {\"upsert\": \"external_id\"},"
                                  " \"create_missing\": [\"company\"]}";
    crm_query query = {sizeof(crm_query), CRM_TYPE_IMPORT_PROBLEM, 0, false, {NULL, 0}, {NULL, 0}, {NULL, 0}, NULL, 0};
    crm_error *error = NULL;
    crm_text *report = NULL;
    crm_rows *rows = NULL;
    crm_status status;

    check(crm_import_csv_file(db, crm_s(path), crm_s(mapping), show_progress, NULL, &report, &error), error);
    crm_text_free(report);
    /* Cells that could not be read are records like any other; their rows came in without them. */
    check(crm_find_all(db, &query, &rows, &error), error);
    while ((status = crm_rows_next(rows, &error)) == CRM_ROW) {
        crm_str column, input;
        int64_t row = 0;
        crm_get_int(crm_rows_record(rows), CRM_IMPORT_PROBLEM_ROW, &row);
        crm_get_text(crm_rows_record(rows), CRM_IMPORT_PROBLEM_COLUMN, &column);
        crm_get_text(crm_rows_record(rows), CRM_IMPORT_PROBLEM_INPUT, &input);
        printf("row %" PRId64 ", %s: `%s` could not be read\n", row, column.data ? column.data : "", input.data ? input.data : "");
    }
    check(status, error);
    crm_rows_free(rows);
}

static void print_board(crm_db *db, crm_ref pipeline)
{
    crm_error *error = NULL;
    crm_board_options options = CRM_BOARD_OPTIONS;
    crm_record *board = NULL;
    crm_rows *columns = NULL, *cards = NULL, *sums = NULL;

    options.cards_max = 10;
    check(crm_board(db, CRM_TYPE_DEAL, pipeline, &options, &board, &error), error);
    check(crm_get_rows(board, CRM_BOARD_COLUMNS, &columns, &error), error);
    crm_record_free(board);
    while (crm_rows_next(columns, &error) == CRM_ROW) {
        const crm_record *stage = crm_rows_record(columns);
        crm_str name, amounts = {NULL, 0};
        int64_t count = 0;
        crm_get_text(stage, CRM_STAGE_NAME, &name);
        crm_get_int(stage, CRM_BOARD_COLUMN_COUNT, &count);
        check(crm_get_rows(stage, CRM_BOARD_COLUMN_SUMS, &sums, &error), error);
        if (crm_rows_next(sums, &error) == CRM_ROW) /* the first sum: an amount for each currency */
            crm_get_canonical(crm_rows_record(sums), CRM_RESULT, &amounts);
        printf("\n%s: %" PRId64 " %s  %s\n", name.data, count, count == 1 ? "deal" : "deals", amounts.data ? amounts.data : "");
        crm_rows_free(sums);
        check(crm_get_rows(stage, CRM_BOARD_COLUMN_CARDS, &cards, &error), error);
        while (crm_rows_next(cards, &error) == CRM_ROW) {
            crm_str deal, amount;
            crm_get_text(crm_rows_record(cards), CRM_DEAL_NAME, &deal);
            crm_get_canonical(crm_rows_record(cards), CRM_DEAL_AMOUNT, &amount);
            printf("    %s  %s\n", deal.data, amount.data ? amount.data : "");
        }
        crm_rows_free(cards);
    }
    crm_rows_free(columns);
}

int main(int argc, char **argv)
{
    crm_error *error = NULL;
    crm_db *db = NULL;
    crm_ref pipeline;

    if (argc != 3) {
        fprintf(stderr, "usage: board SALES.CRM DEALS.CSV\n");
        return 2;
    }
    check(crm_open(crm_s(argv[1]), NULL, &db, &error), error);
    pipeline = find_pipeline(db);
    import(db, argv[2]);
    print_board(db, pipeline);
    crm_free(db);
    return 0;
}
