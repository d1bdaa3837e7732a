"""The rules of the tree: who may import whom, what may load what, how large things are."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import chain
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("models", "enrolment", "vision", "console", "bondwatch")
"""In the order in which imports may go: each room only from those before it."""

BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc", "stuff"}
NATIVE = ("av", "cv2", "onnxruntime", "insightface", "numpy")
IMPORTED_ONLY_BY = {
    "onnxruntime": {"models.sessions"},
    "insightface": {"models.insightface_pack"},
    "paho": {"vision.outputs", "bondwatch.demo"},
    "reportlab": {"console.report", "console.report_pdf"},
}
LOADS_NO_NATIVE_LIBRARY = (
    "bondwatch.cli",
    "bondwatch.check_cli",
    "bondwatch.enrol_cli",
    "vision.child_protocol",
    "vision.config_reader",
    "vision.logs",
    "vision.settings",
    "vision.supervisor",
)


@cache
def sources() -> dict[str, Path]:
    """Every module of the product by its dotted name."""
    found = {}
    for path in chain.from_iterable((ROOT / room).rglob("*.py") for room in ROOMS):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def tree(name: str) -> ast.Module:
    """A module's syntax."""
    return ast.parse(sources()[name].read_text(encoding="utf-8"))


def imports(name: str, *, at_start: bool = False) -> Iterator[str]:
    """What a module imports; ``at_start``: only what it imports while being imported itself."""
    nodes = _at_start(tree(name)) if at_start else ast.walk(tree(name))
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}:{node.lineno}: imports are absolute"
            module = node.module or ""
            for alias in node.names:
                inner = f"{module}.{alias.name}"
                yield inner if inner in sources() else module


def _at_start(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from _at_start(child)


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function with the place it stands at."""
    for name in sources():
        for node in ast.walk(tree(name)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{name}:{node.lineno} {node.name}", node


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from ``def`` to the last statement."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_imports_go_one_way():
    """Each room imports only from those before it."""
    wrong = []
    for name in sources():
        allowed = ROOMS[: ROOMS.index(name.split(".")[0]) + 1]
        tops = {target.split(".")[0] for target in imports(name)}
        wrong += [f"{name} imports {top}" for top in tops & set(ROOMS) - set(allowed)]

    assert wrong == []


def test_no_product_module_imports_tests_or_benchmarks():
    """The product stands without them."""
    wrong = [n for n in sources() if {"tests", "bench"} & {t.split(".")[0] for t in imports(n)}]

    assert wrong == []


def test_no_import_goes_in_a_circle():
    """While modules are being imported, none waits for itself."""
    graph = {name: set(imports(name, at_start=True)) & set(sources()) for name in sources()}

    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))


def test_the_core_is_pure():
    """Standard library without clocks, files and threads, NumPy, and the core itself."""
    forbidden = {"time", "datetime", "os", "pathlib", "io", "threading", "socket", "random"}
    forbidden |= {"asyncio", "logging", "subprocess", "sqlite3", "queue"}
    wrong = []
    for name in sources():
        if not name.startswith("vision.core"):
            continue
        for target in imports(name):
            top = target.split(".")[0]
            is_own = target.startswith("vision.core")
            is_plain = top in sys.stdlib_module_names and top not in forbidden
            if not (is_own or is_plain or top == "numpy"):
                wrong.append(f"{name} imports {target}")

    assert wrong == []


@pytest.mark.parametrize("library", IMPORTED_ONLY_BY)
def test_some_libraries_have_one_door(library):
    """A library that needs care before its import is imported in one place."""
    doors = IMPORTED_ONLY_BY[library]
    importers = {n for n in sources() if library in {t.split(".")[0] for t in imports(n)}}

    strays = {n for n in importers if not any(n == d or n.startswith(f"{d}.") for d in doors)}

    assert strays == set()


@pytest.mark.parametrize("module", LOADS_NO_NATIVE_LIBRARY)
def test_what_the_supervisor_shares_loads_no_native_library(module):
    """A crash in a decoder or a runtime can then never be the supervisor's."""
    code = f"import sys, {module}; print([m for m in {NATIVE!r} if m in sys.modules])"

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_package_files_are_empty():
    """Importing one module loads no other."""
    filled = [str(p) for p in sources().values() if p.name == "__init__.py" and p.stat().st_size]

    assert filled == []


def test_every_folder_with_modules_is_a_package():
    """What is found from the checkout is found in the installed package too."""
    folders = {path.parent for path in sources().values()}

    assert [str(folder) for folder in folders if not (folder / "__init__.py").is_file()] == []


def test_files_are_small():
    """No file is over 400 lines, and the median file has at most 150."""
    counts = {n: len(p.read_bytes().splitlines()) for n, p in sources().items()}

    assert {n: count for n, count in counts.items() if count > 400} == {}
    assert median(count for count in counts.values() if count) <= 150


def test_functions_are_small():
    """No function is over 60 lines or 6 parameters, and the median has at most 8 lines."""
    long = [f"{place}: {length(node)} lines" for place, node in functions() if length(node) > 60]
    wide = [f"{place}: {count}" for place, node in functions() if (count := width(node)) > 6]

    assert long + wide == []
    assert median(length(node) for _, node in functions()) <= 8


def width(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Parameters, without the ``self`` or ``cls`` that a caller does not write."""
    named = [one.arg for one in chain(node.args.posonlyargs, node.args.args, node.args.kwonlyargs)]
    return len([name for name in named if name not in {"self", "cls"}])


def test_no_module_is_a_drawer():
    """A module is named for what belongs in it."""
    named = [name for name in sources() if set(name.split(".")) & BANNED_NAMES]

    assert named == []


def test_nothing_is_global():
    """No function rebinds a module's names."""
    wrong = [
        f"{name}:{node.lineno}"
        for name in sources()
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Global)
    ]

    assert wrong == []


def test_no_exception_is_swallowed():
    """``except: pass`` hides what an alarm should tell."""
    wrong = [
        f"{name}:{node.lineno}"
        for name in sources()
        for node in ast.walk(tree(name))
        if isinstance(node, ast.ExceptHandler) and all(isinstance(s, ast.Pass) for s in node.body)
    ]

    assert wrong == []


def test_every_module_says_what_belongs_in_it():
    """A docstring stands at the head of every module that holds anything."""
    bare = [n for n, p in sources().items() if p.stat().st_size and not ast.get_docstring(tree(n))]

    assert bare == []
