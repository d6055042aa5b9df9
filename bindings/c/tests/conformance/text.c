/* JSON: the canonical form, placeholders, parts; times. */
#include "runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text {
    char *data;
    size_t len, room;
};

static void put(struct text *out, const char *data, size_t len)
{
    if (out->len + len + 1 > out->room) {
        out->room = (out->len + len + 1) * 2;
        out->data = realloc(out->data, out->room);
        if (!out->data)
            mistake("no memory");
    }
    memcpy(out->data + out->len, data, len);
    out->len += len;
    out->data[out->len] = 0;
}

static void put_string(struct text *out, const char *data, size_t len)
{
    static const char *const SHORT[] = {['\b'] = "\\b", ['\f'] = "\\f", ['\n'] = "\\n", ['\r'] = "\\r", ['\t'] = "\\t"};
    size_t at;
    put(out, "\"", 1);
    for (at = 0; at < len; at++) {
        unsigned char c = (unsigned char)data[at];
        char escape[8];
        if (c == '"' || c == '\\') {
            escape[0] = '\\';
            escape[1] = (char)c;
            put(out, escape, 2);
        } else if (c < sizeof SHORT / sizeof SHORT[0] && SHORT[c]) {
            put(out, SHORT[c], 2);
        } else if (c < 0x20) {
            put(out, escape, (size_t)sprintf(escape, "\\u%04x", c));
        } else {
            put(out, data + at, 1);
        }
    }
    put(out, "\"", 1);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void put_value(struct text *out, const json_t *value)
{
    char number[32];
    size_t at, len = 0;
    switch (json_typeof(value)) {
    case JSON_OBJECT: {
        const char **names = malloc((json_object_size(value) + 1) * sizeof *names), *name;
        json_t *member;
        int is_first = 1;
        json_object_foreach((json_t *)value, name, member)
            if (!json_is_null(member))
                names[len++] = name;
        qsort(names, len, sizeof *names, by_bytes);
        put(out, "{", 1);
        for (at = 0; at < len; at++) {
            if (!is_first)
                put(out, ",", 1);
            is_first = 0;
            put_string(out, names[at], strlen(names[at]));
            put(out, ":", 1);
            put_value(out, json_object_get(value, names[at]));
        }
        put(out, "}", 1);
        free(names);
        break;
    }
    case JSON_ARRAY:
        put(out, "[", 1);
        for (at = 0; at < json_array_size(value); at++) {
            if (at > 0)
                put(out, ",", 1);
            put_value(out, json_array_get(value, at));
        }
        put(out, "]", 1);
        break;
    case JSON_STRING:
        put_string(out, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        put(out, number, (size_t)sprintf(number, "%" JSON_INTEGER_FORMAT, json_integer_value(value)));
        break;
    case JSON_REAL:
        put(out, number, (size_t)snprintf(number, sizeof number, "%g", json_real_value(value)));
        break;
    case JSON_TRUE:
        put(out, "true", 4);
        break;
    case JSON_FALSE:
        put(out, "false", 5);
        break;
    default:
        put(out, "null", 4);
    }
}

char *canonical(const json_t *value)
{
    struct text out = {NULL, 0, 0};
    put_value(&out, value);
    return out.data;
}

/* The named result, or a part of it. */
static json_t *look_up(const char *path, size_t len, const json_t *bound)
{
    char name[256];
    const char *part;
    json_t *named;
    if (len >= sizeof name)
        mistake("a placeholder is too long");
    memcpy(name, path, len);
    name[len] = 0;
    part = strchr(name, '.');
    if (part)
        name[part - name] = 0;
    named = json_object_get(bound, name);
    if (!named)
        mistake("nothing is named `%s`", name);
    return pick(named, part ? part + 1 : "");
}

static json_t *fill_text(const char *text, size_t len, const json_t *bound)
{
    struct text out = {NULL, 0, 0};
    const char *rest = text, *start, *end;
    json_t *whole;
    put(&out, "", 0);
    while ((start = strstr(rest, "${")) != NULL) {
        end = strchr(start, '}');
        if (!end)
            mistake("a placeholder has no end: %s", text);
        if (start == text && end[1] == 0 && (size_t)(end + 1 - text) == len) {
            free(out.data);
            return look_up(start + 2, (size_t)(end - start - 2), bound);
        }
        put(&out, rest, (size_t)(start - rest));
        whole = look_up(start + 2, (size_t)(end - start - 2), bound);
        if (json_is_string(whole)) {
            put(&out, json_string_value(whole), json_string_length(whole));
        } else {
            char *plain = canonical(whole);
            put(&out, plain, strlen(plain));
            free(plain);
        }
        json_decref(whole);
        rest = end + 1;
    }
    put(&out, rest, len - (size_t)(rest - text));
    whole = json_stringn(out.data, out.len);
    free(out.data);
    return whole;
}

json_t *fill(const json_t *value, const json_t *bound)
{
    size_t at;
    if (json_is_string(value))
        return fill_text(json_string_value(value), json_string_length(value), bound);
    if (json_is_array(value)) {
        json_t *all = json_array();
        for (at = 0; at < json_array_size(value); at++)
            json_array_append_new(all, fill(json_array_get(value, at), bound));
        return all;
    }
    if (json_is_object(value)) {
        json_t *all = json_object(), *member;
        const char *name;
        json_object_foreach((json_t *)value, name, member) {
            json_t *filled = fill_text(name, strlen(name), bound);
            json_object_set_new(all, json_string_value(filled), fill(member, bound));
            json_decref(filled);
        }
        return all;
    }
    return json_deep_copy(value);
}

json_t *pick(const json_t *value, const char *path)
{
    while (value && *path) {
        char segment[256], *equals;
        size_t len = strcspn(path, "."), at;
        const json_t *next = NULL;
        memcpy(segment, path, len);
        segment[len] = 0;
        path += len + (path[len] == '.');
        if (len == 0)
            continue;
        equals = strchr(segment, '=');
        if (json_is_object(value)) {
            next = json_object_get(value, segment);
        } else if (json_is_array(value) && equals) {
            *equals = 0;
            for (at = 0; at < json_array_size(value) && !next; at++) {
                const json_t *member = json_object_get(json_array_get(value, at), segment);
                if (json_is_string(member) && strcmp(json_string_value(member), equals + 1) == 0)
                    next = json_array_get(value, at);
            }
        } else if (json_is_array(value)) {
            next = json_array_get(value, (size_t)atoi(segment));
        }
        value = next;
    }
    return value ? json_deep_copy(value) : json_null();
}

json_t *parsed(crm_str text)
{
    json_error_t fault;
    json_t *value = json_loadb(text.data, text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &fault);
    if (!value)
        mistake("the library's JSON does not parse: %s: %s", fault.text, text.data);
    return value;
}

json_t *taken(crm_text *text)
{
    json_t *value = parsed(crm_text_str(text));
    crm_text_free(text);
    return value;
}

json_t *of_bytes(const char *data, size_t len)
{
    static const char DIGITS[] = "0123456789abcdef";
    json_t *text = json_stringn(data, len);
    size_t at;
    char *hex;
    if (text)
        return text;
    hex = malloc(len * 2 + 1);
    for (at = 0; at < len; at++) {
        hex[at * 2] = DIGITS[(unsigned char)data[at] >> 4];
        hex[at * 2 + 1] = DIGITS[(unsigned char)data[at] & 15];
    }
    text = json_pack("{s:s%}", "hex", hex, len * 2);
    free(hex);
    return text;
}

json_t *failed(crm_status status, crm_error *error)
{
    json_t *members = error ? parsed(crm_error_json(error))
                            : json_pack("{s:i,s:s}", "code", (int)status, "type", crm_status_name(status));
    crm_error_free(error);
    return json_pack("{s:o}", "error", members);
}

json_t *time_text(int64_t micros)
{
    int64_t days = micros / 86400000000, rest = micros % 86400000000;
    int64_t era, of_era, year, of_year, month;
    char text[64], fraction[16] = "";
    if (rest < 0) {
        rest += 86400000000;
        days--;
    }
    days += 719468;
    era = (days >= 0 ? days : days - 146096) / 146097;
    of_era = days - era * 146097;
    year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    of_year = of_era - (365 * year + year / 4 - year / 100);
    month = (5 * of_year + 2) / 153;
    if (rest % 1000)
        sprintf(fraction, ".%06d", (int)(rest % 1000000));
    else if (rest % 1000000)
        sprintf(fraction, ".%03d", (int)(rest % 1000000 / 1000));
    sprintf(text, "%04d-%02d-%02dT%02d:%02d:%02d%sZ", (int)(year + era * 400 + (month >= 10)),
            (int)(month < 10 ? month + 3 : month - 9), (int)(of_year - (153 * month + 2) / 5 + 1),
            (int)(rest / 3600000000), (int)(rest / 60000000 % 60), (int)(rest / 1000000 % 60), fraction);
    return json_string(text);
}

int64_t time_of(const json_t *text)
{
    int year, month, day, hour, minute, second, read = 0;
    int64_t micros = 0, scale = 100000, days, of_year, era;
    const char *rest;
    if (sscanf(json_string_value(text), "%d-%d-%dT%d:%d:%d%n", &year, &month, &day, &hour, &minute, &second, &read) != 6)
        mistake("this is no time: %s", json_string_value(text));
    rest = json_string_value(text) + read;
    if (*rest == '.')
        for (rest++; *rest >= '0' && *rest <= '9'; rest++, scale /= 10)
            micros += (*rest - '0') * scale;
    year -= month <= 2;
    era = (year >= 0 ? year : year - 399) / 400;
    of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    days = era * 146097 + (year - era * 400) * INT64_C(365) + (year - era * 400) / 4 - (year - era * 400) / 100 + of_year - 719468;
    return ((days * 24 + hour) * 60 + minute) * INT64_C(60000000) + second * INT64_C(1000000) + micros;
}

crm_str str_of(const json_t *text)
{
    crm_str str = {NULL, 0};
    if (json_is_string(text)) {
        str.data = json_string_value(text);
        str.len = json_string_length(text);
    }
    return str;
}

/* Bytes that are an argument: those of a text, or of its hexadecimal digits, which the caller frees. */
crm_str bytes_in(const json_t *value, char **made)
{
    const json_t *hex = json_object_get(value, "hex");
    crm_str bytes = str_of(value);
    size_t at;
    if (!hex)
        return bytes;
    bytes.len = json_string_length(hex) / 2;
    bytes.data = *made = malloc(bytes.len + 1);
    for (at = 0; at < bytes.len; at++) {
        unsigned byte = 0;
        sscanf(json_string_value(hex) + at * 2, "%2x", &byte);
        (*made)[at] = (char)byte;
    }
    return bytes;
}
