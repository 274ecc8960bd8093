"""What users see of the package: documented, typed, and README's examples run."""

from __future__ import annotations

import ast
import dataclasses
import doctest
import importlib
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import htj2k
import htj2k.dicom
from htj2k import _core

MODULES = (
    "htj2k",
    "htj2k.errors",
    "htj2k.simd",
    "htj2k.isolated",
    "htj2k.testing",
    "htj2k.healthimaging",
    "htj2k.dicom",
)
PACKAGE = Path(htj2k.__file__).parent


def public_names() -> Iterator[tuple[str, Any]]:
    for module_name in MODULES:
        module = importlib.import_module(module_name)
        yield module_name, module
        for name in module.__all__:
            yield f"{module_name}.{name}", getattr(module, name)


def members(name: str, cls: type) -> Iterator[tuple[str, Any]]:
    """Public methods and properties that the class itself defines."""
    for key, value in vars(cls).items():
        if key.startswith("_"):
            continue
        plain = value.__func__ if isinstance(value, (classmethod, staticmethod)) else value
        if inspect.isfunction(plain) or isinstance(plain, property):
            yield f"{name}.{key}", plain


def everything() -> dict[str, Any]:
    found = {}
    for name, value in public_names():
        found[name] = value
        if inspect.isclass(value):
            found.update(members(name, value))
    return found


DOCUMENTED = {name: value for name, value in everything().items() if callable(value) or inspect.ismodule(value)}
FUNCTIONS = {name: value for name, value in DOCUMENTED.items() if inspect.isfunction(value)}
CLASSES = {name: value for name, value in DOCUMENTED.items() if inspect.isclass(value)}
DATACLASSES = {name: value for name, value in CLASSES.items() if dataclasses.is_dataclass(value)}


def sections(value: Any) -> dict[str, str]:
    """Title -> text of a numpydoc docstring; the text before the first title is under ''."""
    parts = re.split(r"^(\w[\w ]*)\n-{3,}\n", inspect.getdoc(value) or "", flags=re.MULTILINE)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def names_in(section: str) -> set[str]:
    """Entries ``a, b : type`` of a Parameters or Attributes section."""
    lines = [line for line in section.splitlines() if line and not line.startswith(" ")]
    return {name.strip("* ") for line in lines for name in line.split(" : ")[0].split(",")}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_has_a_docstring_of_its_own(name):
    value = DOCUMENTED[name]
    text = inspect.getdoc(value) or ""
    assert text.endswith((".", "]")) or "\n" in text, name
    if inspect.isclass(value):
        assert "__doc__" in vars(value)
        assert not text.startswith(f"{value.__name__}("), f"{name} has only dataclass's own docstring"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_parameters_and_result_are_described(name):
    signature = inspect.signature(FUNCTIONS[name])
    described = sections(FUNCTIONS[name])
    parameters = {p for p in signature.parameters if p not in ("self", "cls")}
    assert names_in(described.get("Parameters", "")) == parameters
    result = signature.return_annotation
    assert result is not inspect.Signature.empty, f"{name} has no return annotation"
    # A method without parameters says what it gives in its first line.
    if parameters and result not in (None, "None"):
        assert {"Returns", "Yields"} & set(described), f"{name} returns {result}"


@pytest.mark.parametrize("name", DATACLASSES)
def test_fields_are_described(name):
    """Those of its own: the base class describes what it inherits."""
    cls = DATACLASSES[name]
    own = {field.name for field in dataclasses.fields(cls)} & set(vars(cls)["__annotations__"])
    assert names_in(sections(cls).get("Attributes", "")) == own


@pytest.mark.parametrize("name", [n for n in FUNCTIONS if n.count(".") == 1 or n.startswith("htj2k.simd.")])
def test_examples_run(name):
    """The functions of the package itself and of simd each have one."""
    value = FUNCTIONS[name]
    names = {"htj2k": htj2k, "np": np}
    (example,) = doctest.DocTestFinder(recurse=False).find(value, name, globs=names)
    assert sum(not case.options.get(doctest.SKIP) for case in example.examples) > 0
    result = doctest.DocTestRunner().run(example)
    assert result.failed == 0


def test_stub_of_the_extension_is_complete():
    """Each name, attribute and argument of _core is in _core.pyi, and nothing else is."""
    stub = ast.parse((PACKAGE / "_core.pyi").read_text())
    functions = {node.name: node for node in stub.body if isinstance(node, ast.FunctionDef)}
    classes = {node.name: node for node in stub.body if isinstance(node, ast.ClassDef)}
    exported = {name for name in vars(_core) if not name.startswith("__")}
    assert set(functions) | set(classes) == exported
    for name, node in functions.items():
        declared = [argument.arg for argument in node.args.args]
        match = re.match(rf"{name}\((.*)\) -> ", getattr(_core, name).__doc__)
        assert match, name
        assert re.findall(r"(?:^|, )(\w+): ", match[1]) == declared, name
    for name, node in classes.items():
        fields = {
            n.target.id for n in node.body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)
        }
        methods = {n.name for n in node.body if isinstance(n, ast.FunctionDef) and n.name != "__init__"}
        assert fields | methods == {key for key in vars(getattr(_core, name)) if not key.startswith("_")}


def test_the_package_says_that_it_is_typed():
    assert (PACKAGE / "py.typed").is_file()


def test_every_public_name_has_a_type(tmp_path):
    """mypy --strict on a program that uses each of them, against the installed package."""
    pytest.importorskip("mypy")
    lines = [f"import {module}" for module in MODULES]
    lines += [f"reveal_type({name})" for name, value in public_names() if not inspect.ismodule(value)]
    lines += ["import numpy as np", "from numpy.typing import NDArray", "from typing import Any"]
    lines += ["pixels: NDArray[Any] = htj2k.decode(htj2k.encode(np.zeros((4, 4), np.uint8)), dtype=np.uint16)"]
    (tmp_path / "uses.py").write_text("\n".join(lines))
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), "uses.py"]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert result.returncode == 0, result.stdout
    revealed = re.findall(r"note: Revealed type is \"(.*)\"", result.stdout)
    assert len(revealed) == sum(line.startswith("reveal_type") for line in lines)
    assert [text for text in revealed if text == "Any"] == []
