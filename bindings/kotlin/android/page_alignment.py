#!/usr/bin/env python3
"""Fails if a loadable segment of an ELF library is not aligned for pages of 16 KB, which Android 15 devices may have."""

import struct
import sys

PAGE = 16384
LOAD = 1


def alignments(path):
    """The p_align of each loadable segment."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:4] != b"\x7fELF":
        raise SystemExit(f"{path}: this is no ELF file")
    wide, little = data[4] == 2, data[5] == 1
    order = "<" if little else ">"
    table, size, count = (32, 54, 56) if wide else (28, 42, 44)
    (offset,) = struct.unpack_from(order + ("Q" if wide else "I"), data, table)
    (entry,) = struct.unpack_from(order + "H", data, size)
    (entries,) = struct.unpack_from(order + "H", data, count)
    for index in range(entries):
        at = offset + index * entry
        (kind,) = struct.unpack_from(order + "I", data, at)
        if kind == LOAD:
            (align,) = struct.unpack_from(order + ("Q" if wide else "I"), data, at + (48 if wide else 28))
            yield align


def main():
    for path in sys.argv[1:]:
        found = list(alignments(path))
        if not found or min(found) < PAGE:
            raise SystemExit(f"{path}: segments are aligned to {found}, not to {PAGE}: link with -Wl,-z,max-page-size={PAGE}")
        print(f"{path}: {len(found)} segments, aligned to {min(found)} bytes or more")


main()
