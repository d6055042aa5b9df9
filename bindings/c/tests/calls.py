#!/usr/bin/env python3
"""Writes a C program that calls every function of crm.h with nothing: NULL, zeros, handles that are none.

    calls.py HEADER > calls.c      the program
    calls.py --names HEADER        the names of the functions, one a line

Nothing of it may crash, and each answer must be one of the documented ones.
"""
import re
import sys

# A call with nothing is what these are for, or would end the program.
FREES = {"crm_free", "crm_sub_free", "crm_cancel_free"}
# What a call looks up in a table.
HANDLES = ("const crm_db *", "const crm_sub *", "const crm_cancel *")


def functions(path):
    """The functions of a header, as (result, name, [argument types])."""
    text = re.sub(r"//[^\n]*", "", open(path, encoding="utf-8").read())
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    text = re.sub(r"static inline .*?\n}\n", "", text, flags=re.S)
    found = re.findall(r"^([\w ]+?[ *]+)(crm_\w+)\(([^;{]*?)\);", text, flags=re.M | re.S)
    for result, name, arguments in found:
        types = [re.sub(r"\w+$", "", " ".join(a.split())).strip() for a in arguments.split(",")]
        yield result.strip(), name, [] if arguments.strip() == "void" else types


def nothing(kind, handle):
    """An argument of a type that says nothing; a database or the like is the given one."""
    if kind in HANDLES:
        return f"(const void *){handle}" if handle else "NULL"
    if kind.endswith("*") or kind.endswith("_fn"):
        return "NULL"
    if kind in ("crm_str", "crm_ref", "crm_money", "crm_date", "crm_decimal"):
        return f"no_{kind[4:]}"
    return "0"


def call(name, kinds, handle, error):
    arguments = [nothing(kind, handle) for kind in kinds]
    if error and kinds and kinds[-1] == "crm_error **":
        arguments[-1] = "&error"
    return f"{name}({', '.join(arguments)})"


def program(path):
    print('/* Made by calls.py. */\n#include "check.h"\n')
    print("int main(void)\n{\n    crm_db *db = open_plain(), *gone = open_plain();")
    print("    crm_error *error = NULL;\n    crm_str no_str = {NULL, 0};\n    crm_ref no_ref = {0, {0}};")
    print("    crm_money no_money = {0, {0}};\n    crm_date no_date = {0, 0, 0};\n    crm_decimal no_decimal = {0, 0};")
    print("    crm_status status;\n    const void *strays[] = {(void *)1, (void *)~(size_t)0};\n    int n;")
    print("    IS(CRM_OK, crm_free(gone));")
    for result, name, kinds in functions(path):
        if result != "crm_status":
            print(f"    {call(name, kinds, None, False)};")
            continue
        needs = kinds and (kinds[0].endswith("*") and name not in FREES) and kinds[0] != "const crm_options *"
        for error in (False, True):
            print(f"    status = {call(name, kinds, None, error)};")
            if needs and name not in ("crm_error_code",):
                print("    CHECK(status == CRM_MISUSE);")
            else:
                print("    CHECK(crm_status_name(status) != NULL);")
            print("    crm_error_free(error);\n    error = NULL;")
        if kinds and kinds[0] in HANDLES:
            print(f"    IS(CRM_MISUSE, {call(name, kinds, 'gone', False)});")
            print(f"    for (n = 0; n < 2; n++)\n        IS(CRM_MISUSE, {call(name, kinds, 'strays[n]', False)});")
        if kinds and kinds[0] in HANDLES[1:]:
            print(f"    IS(CRM_MISUSE, {call(name, kinds, 'db', False)});")
        if kinds and kinds[0] == "const crm_db *" and name not in FREES | {"crm_close"}:
            print(f"    status = {call(name, kinds, 'db', True)};")
            print("    CHECK(crm_status_name(status) != NULL && status != CRM_PANIC);")
            print("    CHECK((error != NULL) == (status != 0 && (status < 100 || status > 900)));")
            print("    crm_error_free(error);\n    error = NULL;")
    print("    IS(CRM_OK, crm_free(db));\n    END_OF_TEST();\n}")


if sys.argv[1] == "--names":
    print("\n".join(sorted(name for _, name, _ in functions(sys.argv[2]))))
else:
    program(sys.argv[1])
