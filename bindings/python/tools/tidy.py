"""Makes of uniffi's Python what Python expects: run on the generated file after each generation.

uniffi 0.32.2 gives records a `repr` without fields, an `==` that fails on None and no `replace`, errors a list of
fields instead of their message, and lets an integer or a text that cannot cross raise a bare ValueError. Here

- records become dataclasses with fields of their own, without other attributes;
- errors become a module `errors` with a class for each, derived from `crm._error.Error`;
- `Ref`, `Invalid` for what cannot cross, come from the package's own layer;
- classes that hold a handle are neither copied nor pickled, nor used in a child that was forked;
- an argument of another type is a TypeError that names the argument and the type.

    python tidy.py GENERATED.py

The generator's version is pinned. What this looks for and does not find stops the build.
"""

import ast
import itertools
import keyword
import sys
from pathlib import Path
from typing import Optional

# Errors that are an error of Python's own, too.
ALSO = {
    "Invalid": "ValueError",
    "NotFound": "LookupError",
    "UnknownField": "KeyError",
    "UnknownObject": "LookupError",
}

TYPES = {
    "_UniffiFfiConverterString": "str",
    "_UniffiFfiConverterInt64": "int",
    "_UniffiFfiConverterOptionalString": "Optional[str]",
    "_UniffiFfiConverterSequenceString": "List[str]",
    "_UniffiFfiConverterSequenceTypeStaleField": "List[StaleField]",
    "_UniffiFfiConverterSequenceTypeCrmError": "List[Error]",
}

# The converters of fields, and of what has fields in it: `encode_once`.
CHECKED_LATE = (
    "_UniffiFfiConverterTypeFields.lower(",
    "_UniffiFfiConverterTypeChange.lower(",
    "_UniffiFfiConverterSequenceTypeChange.lower(",
)

ERRORS_HEAD = '''\
"""The errors of the engine, each with what its message is made of. Generated."""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Optional

from .._error import Error

if TYPE_CHECKING:
    from .crm import StaleField
'''


def main(path: Path) -> None:
    module = ast.parse(path.read_text(encoding="utf-8"))
    classes = {node.name: node for node in module.body if isinstance(node, ast.ClassDef)}
    errors = [node for node in module.body if isinstance(node, ast.ClassDef) and node.name == "CrmError"][-1]
    types = error_types(classes["_UniffiFfiConverterTypeCrmError"])
    (path.parent / "errors.py").write_text(errors_module(errors, types), encoding="utf-8")

    module.body = [node for node in module.body if not is_replaced(node)]
    check_types(classes)
    for node in module.body:
        if isinstance(node, ast.ClassDef) and is_record(node):
            tidy_record(node)
    check_text(classes["_UniffiFfiConverterString"])
    check_integer(classes["_UniffiConverterPrimitiveInt"])
    encode_once(classes["_UniffiFfiConverterTypeFields"])
    fail_early(module)
    hold(module)
    name_arguments(module)
    for node in module.body:
        if ast.unparse(node).startswith("__all__ ="):
            node.value.elts = [name for name in node.value.elts if name.value not in ("CrmError", "Ref")]
    Renamed().visit(module)
    # Behind `from __future__`.
    module.body[1:1] = ast.parse(
        "import crm._error\nimport crm._held\nfrom crm._values import Ref\nfrom . import errors"
    ).body
    path.write_text(ast.unparse(ast.fix_missing_locations(module)) + "\n", encoding="utf-8")


def error_types(converter: ast.ClassDef) -> dict[str, list[str]]:
    """The types of each error's members, as the converter reads them."""
    types = {}
    for call in ast.walk(method(converter, "read")):
        if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("CrmError."):
            readers = [ast.unparse(argument).partition(".")[0] for argument in call.args]
            types[ast.unparse(call.func).partition(".")[2]] = [TYPES[reader] for reader in readers]
    return types


def errors_module(errors: ast.ClassDef, types: dict[str, list[str]]) -> str:
    text = ERRORS_HEAD
    names = []
    for node in errors.body:
        if not isinstance(node, ast.ClassDef):
            continue
        names.append(node.name)
        members = [argument.arg for argument in method(node, "__init__").args.args[1:]]
        typed = dict(zip(members, types[node.name]))
        assert members[0] == "detail", f"{node.name} has no message"
        bases = ", ".join(filter(None, ["Error", ALSO.get(node.name)]))
        doc = " ".join((ast.get_docstring(node) or "").split())
        text += f'\n\nclass {node.name}({bases}):\n    """{doc}"""\n'
        if len(members) > 1:
            arguments = ", ".join(f"{name}: {of}" for name, of in typed.items())
            text += f"\n    def __init__(self, {arguments}) -> None:\n        super().__init__(detail)\n"
            text += "".join(f"        self.{name} = {name}\n" for name in members[1:])
    assert set(ALSO) <= set(names), "an error has another name"
    return text + f"\n\n__all__ = {names}\n"


def is_replaced(node: ast.stmt) -> bool:
    if isinstance(node, ast.ClassDef):
        return node.name in ("CrmError", "Ref")
    text = ast.unparse(node)
    return text.startswith(("_UniffiTempCrmError", "CrmError =", "del _UniffiTempCrmError"))


def is_record(node: ast.ClassDef) -> bool:
    return any(ast.unparse(decorator) == "dataclass" for decorator in node.decorator_list)


def tidy_record(node: ast.ClassDef) -> None:
    node.decorator_list = ast.parse("@dataclass(init=False)\nclass _: pass").body[0].decorator_list
    init = method(node, "__init__")
    init.returns = ast.Constant(None)
    arguments = init.args.args[1:] + init.args.kwonlyargs
    node.body = [item for item in node.body if getattr(item, "name", "") not in ("__str__", "__eq__")]
    names = tuple(argument.arg for argument in arguments)
    fields = [f"__slots__ = {names}", *(f"{a.arg}: {ast.unparse(a.annotation)}" for a in arguments)]
    at = 1 if ast.get_docstring(node) else 0
    node.body[at:at] = ast.parse("\n".join(fields)).body


def check_text(converter: ast.ClassDef) -> None:
    """A text that is not Unicode is refused before anything is allocated for it."""
    check = method(converter, "check_lower")
    check.body.insert(len(check.body) - 1, ast.parse("crm._error.check_text(value)").body[0])


def check_integer(converter: ast.ClassDef) -> None:
    """An integer that does not fit is `Invalid`."""
    *_, last = method(converter, "check_lower").body
    assert isinstance(last, ast.If) and "ValueError" in ast.unparse(last), "the check of integers is another"
    last.body = ast.parse('raise crm._error.invalid(str(value), "the number is out of range")').body


def encode_once(converter: ast.ClassDef) -> None:
    """Encoding is the check."""
    method(converter, "check_lower").body = [ast.Pass()]


def fail_early(module: ast.Module) -> None:
    """Arguments that only their encoding checks are encoded before the call takes a handle of the object, which would
    never be given back if one of them fails."""
    encoded = 0
    for function in [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)]:
        for at, statement in enumerate(function.body):
            if not ast.unparse(statement).startswith("_uniffi_lowered_args = (self._uniffi_clone_handle(),"):
                continue
            arguments = statement.value.elts
            for place, argument in enumerate(arguments):
                if ast.unparse(argument).startswith(CHECKED_LATE):
                    function.body.insert(at, ast.parse(f"_uniffi_encoded = {ast.unparse(argument)}").body[0])
                    arguments[place] = ast.Name("_uniffi_encoded", ast.Load())
                    encoded += 1
            break
    assert encoded == 7, f"{encoded} methods take fields"


def hold(module: ast.Module) -> None:
    """What has a handle knows the process that it was made in: there it is freed, and used."""
    held = 0
    for node in module.body:
        if not isinstance(node, ast.ClassDef) or not has_method(node, "_uniffi_clone_handle"):
            continue
        held += 1
        node.bases.insert(0, ast.parse("crm._held.Held", mode="eval").body)
        made_in = "self._process"
        method(node, "_uniffi_clone_handle").body[:0] = ast.parse(f"crm._held.check_process(self, {made_in})").body
        freeing = method(node, "__del__").body[-1]
        assert isinstance(freeing, ast.If), "a handle is freed in another way"
        both = [freeing.test, ast.parse(f"{made_in} is crm._held.process", mode="eval").body]
        freeing.test = ast.BoolOp(ast.And(), both)
        for making in ("_uniffi_make_instance", "__init__"):
            body = method(node, making).body
            for at, statement in enumerate(body):
                target = ast.unparse(statement).partition(" = ")[0]
                if target in ("inst._handle", "self._handle"):
                    owner = target.partition(".")[0]
                    body.insert(at, ast.parse(f"{owner}._process = crm._held.process").body[0])
                    break
    assert held >= 5, f"{held} classes have a handle"


def check_types(classes: dict[str, ast.ClassDef]) -> None:
    """What is no member of an enumeration, or no record, is a TypeError that says so."""
    checked = 0
    for name, converter in classes.items():
        kind = name.removeprefix("_UniffiFfiConverterType")
        if kind == name or kind not in classes or not has_method(converter, "check_lower"):
            continue
        body = method(converter, "check_lower").body
        error = f"crm._error.expected({kind}, value)"
        if ast.unparse(body[-1]) == "raise ValueError(value)":
            body[-1] = ast.parse(f"raise {error}").body[0]
            if "value.is_" in ast.unparse(body[0]):
                body[:0] = ast.parse(f"if not isinstance(value, {kind}): raise {error}").body
        elif is_record(classes[kind]):
            body[:0] = ast.parse(f"if not isinstance(value, {kind}): raise {error}").body
        else:
            continue
        checked += 1
    assert checked > 50, f"{checked} types are checked"


def name_arguments(module: ast.Module) -> None:
    """The error of an argument's type has the argument's name, at no cost where there is none."""
    named = 0
    for function in [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)]:
        body: list[ast.stmt] = []
        for is_check, run in itertools.groupby(function.body, lambda item: argument_of(item) is not None):
            statements = list(run)
            body += [named_check(statements)] if is_check else statements
            named += is_check
        function.body = body
    assert named > 60, f"{named} functions name their arguments"


def named_check(checks: list[ast.stmt]) -> ast.stmt:
    tried = ast.parse("try: pass\nexcept TypeError:\n    crm._error.name_argument([])\n    raise").body[0]
    assert isinstance(tried, ast.Try)
    tried.body = checks
    listed = ", ".join(f"({name!r}, {converter}, {value})" for name, converter, value in map(argument_of, checks))
    tried.handlers[0].body[:1] = ast.parse(f"crm._error.name_argument([{listed}])").body
    return tried


def argument_of(statement: ast.stmt) -> Optional[tuple[str, str, str]]:
    """The name, the converter and the argument of `Converter.check_lower(argument)`."""
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
        return None
    converter, _, checks = ast.unparse(statement.value.func).rpartition(".")
    value = ast.unparse(statement.value.args[0]) if statement.value.args else ""
    if checks != "check_lower" or value in ("value", "item", "k", "v", "key", ""):
        return None
    return value.rpartition(".")[2], converter, value


def has_method(node: ast.ClassDef, name: str) -> bool:
    return any(isinstance(item, ast.FunctionDef) and item.name == name for item in node.body)


class Renamed(ast.NodeTransformer):
    """`CrmError.NotFound` → `errors.NotFound`, `CrmError` → `errors.Error`; a keyword of Python, which uniffi gives as
    `_from`, is `from_` as in the classes of the standard objects."""

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.arg = of_keyword(node.arg)
        return self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        node.arg = node.arg and of_keyword(node.arg)
        return self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        node.attr = of_keyword(node.attr)
        if isinstance(node.value, ast.Name) and node.value.id == "CrmError":
            node.value.id = "errors"
            return node
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = of_keyword(node.id)
        return ast.parse("errors.Error", mode="eval").body if node.id == "CrmError" else node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        # The names in `__slots__`.
        if isinstance(node.value, str) and keyword.iskeyword(node.value[1:]):
            node.value = of_keyword(node.value)
        return node


def of_keyword(name: str) -> str:
    return name[1:] + "_" if name.startswith("_") and keyword.iskeyword(name[1:]) else name


def method(node: ast.ClassDef, name: str) -> ast.FunctionDef:
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name == name:
            return item
    raise SystemExit(f"{node.name} has no {name}: uniffi generates something else than this was made for")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
