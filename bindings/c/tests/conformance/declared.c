/* What the scenarios call of the declared operations. Made by crm-generate from their declarations. */
#include "runner.h"

#include <stdlib.h>
#include <string.h>

#define ARG(name) json_object_get(args, name)

static json_t *of_board(const crm_record *row);
static json_t *of_board_column(const crm_record *row);
static json_t *of_card(const crm_record *row);
static json_t *of_card_place(const crm_record *row);
static json_t *of_increment(const crm_record *row);
static json_t *of_conversion(const crm_record *row);

static json_t *of_board(const crm_record *row)
{
    json_t *all = json_object();
    json_object_set_new(all, "object", column(row, CRM_BOARD_OBJECT));
    json_object_set_new(all, "of", column(row, CRM_BOARD_OF));
    json_object_set_new(all, "columns", rows_of(row, CRM_BOARD_COLUMNS, of_board_column));
    return all;
}

static json_t *of_board_column(const crm_record *row)
{
    json_t *all = json_object();
    json_object_set_new(all, "record", record_of(row));
    json_object_set_new(all, "count", column(row, CRM_BOARD_COLUMN_COUNT));
    json_object_set_new(all, "sums", rows_of(row, CRM_BOARD_COLUMN_SUMS, value_of));
    json_object_set_new(all, "cards", rows_of(row, CRM_BOARD_COLUMN_CARDS, of_card));
    return all;
}

static json_t *of_card(const crm_record *row)
{
    json_t *all = json_object();
    json_object_set_new(all, "record", record_of(row));
    json_object_set_new(all, "place", row_of(row, CRM_CARD_PLACE, of_card_place));
    return all;
}

static json_t *of_card_place(const crm_record *row)
{
    json_t *all = json_object();
    json_object_set_new(all, "position", column(row, CRM_CARD_PLACE_POSITION));
    json_object_set_new(all, "card", column(row, CRM_CARD_PLACE_CARD));
    return all;
}

static crm_status to_card_place(crm_db *db, const json_t *args, crm_record **out, crm_error **error)
{
    crm_status status = crm_record_new(db, CRM_TYPE_CARD_PLACE, crm_none(), out, error);
    if (status == CRM_OK)
        status = set_member(db, *out, CRM_CARD_PLACE_POSITION, ARG("position"));
    if (status == CRM_OK)
        status = set_member(db, *out, CRM_CARD_PLACE_CARD, ARG("card"));
    return status;
}

static json_t *of_increment(const crm_record *row)
{
    json_t *all = json_object();
    json_object_set_new(all, "from", column(row, CRM_INCREMENT_FROM));
    json_object_set_new(all, "to", column(row, CRM_INCREMENT_TO));
    json_object_set_new(all, "rows", column(row, CRM_INCREMENT_ROWS));
    return all;
}

static json_t *of_conversion(const crm_record *row)
{
    json_t *all = json_object();
    json_object_set_new(all, "contact", column(row, CRM_CONVERSION_CONTACT));
    json_object_set_new(all, "company", column(row, CRM_CONVERSION_COMPANY));
    json_object_set_new(all, "deal", column(row, CRM_CONVERSION_DEAL));
    json_object_set_new(all, "made", column(row, CRM_CONVERSION_MADE));
    return all;
}

static json_t *do_board(crm_db *db, json_t *args, struct listener *listener)
{
    crm_board_options options = CRM_BOARD_OPTIONS;
    crm_type a_object = 0;
    crm_ref a_of;
    crm_record *out = NULL;
    crm_error *fault = NULL;
    crm_status status;
    json_t *made;
    TRY(crm_type_named(db, str_of(ARG("object")), &a_object, &error));
    TRY(ref_of(db, ARG("of"), &a_of, &error));
    if (is_given(ARG("cards_max"))) {
        options.cards_max = json_integer_value(ARG("cards_max"));
    }
    status = crm_board(db, a_object, a_of, &options, &out, &fault);
    (void)listener;
    if (status != CRM_OK && status != CRM_ABSENT)
        return failed(status, fault);
    made = of_board(out);
    crm_record_free(out);
    return made;
}

static json_t *do_cards(crm_db *db, json_t *args, struct listener *listener)
{
    crm_cards_options options = CRM_CARDS_OPTIONS;
    crm_type a_object = 0;
    crm_ref a_column;
    crm_record *a_after = NULL;
    crm_rows *out = NULL;
    crm_error *fault = NULL;
    crm_status status;
    json_t *made;
    TRY(crm_type_named(db, str_of(ARG("object")), &a_object, &error));
    TRY(ref_of(db, ARG("column"), &a_column, &error));
    if (is_given(ARG("limit"))) {
        options.limit = json_integer_value(ARG("limit"));
    }
    if (is_given(ARG("after"))) {
        TRY(to_card_place(db, ARG("after"), &a_after, &error));
    }
    options.after = a_after;
    status = crm_cards(db, a_object, a_column, &options, &out, &fault);
    crm_record_free(a_after);
    (void)listener;
    if (status != CRM_OK && status != CRM_ABSENT)
        return failed(status, fault);
    made = each_of(out, of_card);
    return made;
}

static json_t *do_backup_since(crm_db *db, json_t *args, struct listener *listener)
{
    int64_t a_sequence = 0;
    crm_str a_path;
    crm_record *out = NULL;
    crm_error *fault = NULL;
    crm_status status;
    json_t *made;
    a_sequence = json_integer_value(ARG("sequence"));
    a_path = str_of(ARG("path"));
    status = crm_backup_since(db, a_sequence, a_path, told, listener, &out, &fault);
    if (status != CRM_OK && status != CRM_ABSENT)
        return failed(status, fault);
    made = of_increment(out);
    crm_record_free(out);
    return made;
}

static json_t *do_leads_convert(crm_db *db, json_t *args, struct listener *listener)
{
    crm_leads_convert_options options = CRM_LEADS_CONVERT_OPTIONS;
    crm_ref a_lead;
    crm_record *out = NULL;
    crm_error *fault = NULL;
    crm_status status;
    json_t *made;
    TRY(ref_of(db, ARG("lead"), &a_lead, &error));
    if (is_given(ARG("contact"))) {
        TRY(ref_of(db, ARG("contact"), &options.contact, &error));
    }
    if (is_given(ARG("company"))) {
        TRY(ref_of(db, ARG("company"), &options.company, &error));
    }
    if (is_given(ARG("same_name"))) {
        options.same_name = str_of(ARG("same_name"));
    }
    if (is_given(ARG("pipeline"))) {
        TRY(ref_of(db, ARG("pipeline"), &options.pipeline, &error));
    }
    if (is_given(ARG("deal_name"))) {
        options.deal_name = str_of(ARG("deal_name"));
    }
    options.rehearse = json_is_true(ARG("rehearse"));
    status = crm_leads_convert(db, a_lead, &options, &out, &fault);
    (void)listener;
    if (status != CRM_OK && status != CRM_ABSENT)
        return failed(status, fault);
    made = of_conversion(out);
    crm_record_free(out);
    return made;
}

json_t *declared(crm_db *db, const char *op, json_t *args, struct listener *listener)
{
    if (strcmp(op, "board") == 0)
        return do_board(db, args, listener);
    if (strcmp(op, "cards") == 0)
        return do_cards(db, args, listener);
    if (strcmp(op, "backup_since") == 0)
        return do_backup_since(db, args, listener);
    if (strcmp(op, "leads.convert") == 0)
        return do_leads_convert(db, args, listener);
    return NULL;
}
