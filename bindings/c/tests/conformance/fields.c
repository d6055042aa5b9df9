/* Arguments: references, and the values of fields, each by the setter of its type. */
#include "runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

crm_status ref_of(crm_db *db, const json_t *value, crm_ref *out, crm_error **error)
{
    crm_status status = crm_type_named(db, str_of(json_object_get(value, "object")), &out->object, error);
    const char *id = json_string_value(json_object_get(value, "id"));
    memset(out->id, 0, sizeof out->id);
    if (id)
        strncpy(out->id, id, sizeof out->id - 1);
    return status;
}

/* A decimal number that 64 bits hold; 0 if they do not. */
int decimal_of(const char *text, crm_decimal *out)
{
    const char *at = text + (*text == '-'), *point = NULL;
    size_t digits = 0;
    out->unscaled = 0;
    for (; *at; at++) {
        if (*at == '.' && !point) {
            point = at;
        } else if (*at >= '0' && *at <= '9' && ++digits <= 18) {
            out->unscaled = out->unscaled * 10 + (*at - '0');
        } else {
            return 0;
        }
    }
    out->scale = point ? (uint32_t)(at - point - 1) : 0;
    if (*text == '-')
        out->unscaled = -out->unscaled;
    return digits > 0;
}

/* An amount in minor units; 0 if it has other decimals than its currency, or too many digits. */
int money_of(const json_t *value, crm_money *out)
{
    crm_decimal amount;
    uint32_t decimals;
    const char *currency = json_string_value(json_object_get(value, "currency"));
    const char *text = json_string_value(json_object_get(value, "amount"));
    if (!text || !currency || strlen(currency) != 3 || !decimal_of(text, &amount) ||
        crm_currency_decimals(crm_s(currency), &decimals) != CRM_OK || amount.scale > decimals)
        return 0;
    for (; amount.scale < decimals; amount.scale++)
        amount.unscaled *= 10;
    out->minor = amount.unscaled;
    memcpy(out->currency, currency, 4);
    return 1;
}

crm_date date_of(const char *text)
{
    crm_date date = {0, 0, 0};
    if (strncmp(text, "--", 2) == 0)
        sscanf(text, "--%u-%u", &date.month, &date.day);
    else
        sscanf(text, "%d-%u-%u", &date.year, &date.month, &date.day);
    return date;
}

static const json_t *only(const json_t *value, const char *name)
{
    return json_object_size(value) == 1 ? json_object_get(value, name) : NULL;
}

static int is_pair(const json_t *value, const char *a, const char *b)
{
    return json_object_size(value) == 2 && json_object_get(value, a) && json_object_get(value, b);
}

/* The setter, or the adder, of a type. */
#define PUT(type, ...) (is_item ? crm_add_##type(record, field, __VA_ARGS__) : crm_set_##type(record, field, __VA_ARGS__))

/* Sets a value by the setter of its type; CRM_ABSENT for one that has none. */
static crm_status set_value(crm_db *db, crm_record *record, crm_field field, const json_t *value, int is_item)
{
    const json_t *inner;
    crm_decimal decimal;
    crm_money money;
    crm_ref ref;
    if (json_is_boolean(value) && !is_item)
        return crm_set_bool(record, field, json_is_true(value));
    if (json_is_null(value) && !is_item)
        return crm_set_null(record, field);
    if (json_is_integer(value))
        return PUT(int, json_integer_value(value));
    if (json_is_string(value))
        return PUT(text, str_of(value));
    if (!json_is_object(value))
        return CRM_ABSENT;
    if ((inner = only(value, "decimal")) != NULL)
        return decimal_of(json_string_value(inner), &decimal) ? PUT(decimal, decimal) : PUT(text, str_of(inner));
    if ((inner = only(value, "date")) != NULL)
        return PUT(date, date_of(json_string_value(inner)));
    if ((inner = only(value, "partial_date")) != NULL)
        return PUT(partial_date, date_of(json_string_value(inner)));
    if ((inner = only(value, "date_time")) != NULL)
        return PUT(time, time_of(inner));
    if ((inner = only(value, "duration")) != NULL)
        return PUT(duration, json_integer_value(inner));
    if (is_pair(value, "amount", "currency"))
        return money_of(value, &money) ? PUT(money, money) : CRM_ABSENT;
    if (is_pair(value, "object", "id") && ref_of(db, value, &ref, NULL) == CRM_OK)
        return PUT(ref, ref);
    return CRM_ABSENT;
}

int is_given(const json_t *value)
{
    return value && !json_is_null(value);
}

/* Sets a member of a structure, by what the JSON is. */
crm_status set_member(crm_db *db, crm_record *record, crm_field field, const json_t *value)
{
    crm_status status = CRM_OK;
    size_t at;
    if (!is_given(value))
        return CRM_OK;
    if (!json_is_array(value))
        return set_value(db, record, field, value, 0);
    for (at = 0; at < json_array_size(value) && status == CRM_OK; at++)
        status = set_value(db, record, field, json_array_get(value, at), 1);
    return status;
}

/* A value as crm_record_set_json() takes it: of those types that JSON has not, the text. */
static json_t *plain(const json_t *value)
{
    const char *const names[] = {"decimal", "date", "partial_date", "date_time"};
    size_t at;
    for (at = 0; at < sizeof names / sizeof names[0]; at++)
        if (json_is_object(value) && only(value, names[at]))
            return json_deep_copy(only(value, names[at]));
    if (json_is_array(value)) {
        json_t *all = json_array();
        for (at = 0; at < json_array_size(value); at++)
            json_array_append_new(all, plain(json_array_get(value, at)));
        return all;
    }
    return json_deep_copy(value);
}

crm_status set_fields(crm_db *db, crm_record *record, crm_type type, json_t *fields, crm_error **error)
{
    const char *name;
    json_t *value;
    json_object_foreach(fields, name, value) {
        const char *dot = strchr(name, '.');
        crm_str whole = {name, dot ? (size_t)(dot - name) : strlen(name)};
        crm_field field = 0;
        crm_status status = crm_field_named(db, type, whole, &field, error);
        size_t at;
        if (status != CRM_OK)
            return status;
        if (dot) {
            crm_set_part(record, field, crm_s(dot + 1), str_of(value));
            continue;
        }
        if (json_is_array(value)) {
            status = json_array_size(value) ? CRM_OK : CRM_ABSENT;
            crm_set_null(record, field);
            for (at = 0; at < json_array_size(value) && status != CRM_ABSENT; at++)
                status = set_value(db, record, field, json_array_get(value, at), 1);
        } else {
            status = set_value(db, record, field, value, 0);
        }
        if (status == CRM_ABSENT) {
            json_t *one = json_pack("{s:o}", name, plain(value));
            char *text = canonical(one);
            status = crm_record_set_json(record, crm_s(text), error);
            free(text);
            json_decref(one);
            if (status != CRM_OK)
                return status;
        }
    }
    return CRM_OK;
}

/* A draft of an object by its name, perhaps with an id. */
crm_status draft_of(crm_db *db, const json_t *object, json_t *fields, const json_t *id, crm_record **out, crm_error **error)
{
    crm_type type = 0;
    crm_status status = crm_type_named(db, str_of(object), &type, error);
    if (status == CRM_OK)
        status = crm_record_new(db, type, str_of(id), out, error);
    if (status == CRM_OK && fields)
        status = set_fields(db, *out, type, fields, error);
    return status;
}

/* The draft of a record that is there. */
crm_status draft_at(crm_db *db, const json_t *record, json_t *fields, const json_t *expected, crm_record **out, crm_error **error)
{
    crm_status status = draft_of(db, json_object_get(record, "object"), fields, json_object_get(record, "id"), out, error);
    if (status == CRM_OK && json_is_integer(expected))
        crm_record_expect(*out, (uint64_t)json_integer_value(expected));
    return status;
}

/* A question; the caller frees `sort.data` and `fields`. */
crm_status query_of(crm_db *db, const json_t *value, crm_query *out, crm_error **error)
{
    const json_t *sort = json_object_get(value, "sort"), *fields = json_object_get(value, "fields");
    crm_query query = {sizeof(crm_query), 0, 0, false, {NULL, 0}, {NULL, 0}, {NULL, 0}, NULL, 0};
    char *keys = calloc(1, 100 * (json_array_size(sort) + 1));
    crm_field *numbers = calloc(json_array_size(fields) + 1, sizeof *numbers);
    crm_status status = crm_type_named(db, str_of(json_object_get(value, "object")), &query.object, error);
    size_t at;
    for (at = 0; at < json_array_size(sort); at++) {
        const json_t *key = json_array_get(sort, at);
        strcat(keys, json_is_true(json_object_get(key, "descending")) ? "-" : "");
        strcat(keys, json_string_value(json_object_get(key, "field")));
        strcat(keys, ",");
    }
    for (at = 0; at < json_array_size(fields) && status == CRM_OK; at++)
        status = crm_field_named(db, query.object, str_of(json_array_get(fields, at)), &numbers[at], error);
    query.limit = (uint32_t)json_integer_value(json_object_get(value, "limit"));
    query.trash = json_is_true(json_object_get(value, "trash"));
    query.filter = str_of(json_object_get(value, "filter"));
    query.after = str_of(json_object_get(value, "after"));
    query.sort = crm_s(keys);
    query.fields = numbers;
    query.fields_len = json_array_size(fields);
    *out = query;
    return status;
}
