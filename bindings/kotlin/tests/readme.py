#!/usr/bin/env python3
"""Makes tests of the snippets in README.md: each runs as it stands there, in a folder of its own.

readme.py README OUT: writes OUT/kotlin/ReadmeTest.kt and OUT/java/ReadmeJavaTest.java.
"""

import pathlib
import re
import sys

KOTLIN = """package dev.crm.test

import dev.crm.*
import dev.crm.coroutines.*
import java.nio.file.Path
import java.time.LocalDate
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

class ReadmeTest {
    @TempDir
    lateinit var folder: Path
"""

JAVA = """package dev.crm.test;

import dev.crm.*;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadmeJavaTest {
    @TempDir
    Path folder;
"""


def indented(text):
    # A file of a snippet lies in the test's folder.
    return "".join(f"        {line}\n" for line in text.replace('Path.of("', 'folder.resolve("').splitlines())


def main():
    readme, out = map(pathlib.Path, sys.argv[1:])
    snippets = re.findall(r"^```(kotlin|java)\n(.*?)^```", readme.read_text(), re.DOTALL | re.MULTILINE)
    texts = {"kotlin": KOTLIN, "java": JAVA}
    for number, (language, code) in enumerate(snippets, 1):
        if language == "kotlin":
            call = f"\n    @Test\n    fun `snippet {number}`() = Crm.inMemory().use {{ crm ->\n{indented(code)}        Unit\n    }}\n"
        else:
            call = f"\n    @Test\n    void snippet{number}() throws Exception {{\n{indented(code)}    }}\n"
        texts[language] += call
    for language, name in (("kotlin", "ReadmeTest.kt"), ("java", "ReadmeJavaTest.java")):
        folder = out / language
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(texts[language] + "}\n")


main()
