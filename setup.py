"""Compiles the codec where a C compiler is at hand; without one the same source runs as Python, slower.

The codec's modules are joined into one, `loadstone.codec._compiled`, before they are translated: within one
module the C compiler sees every call and can put the small functions where they are called. Everything else
about the package stands in pyproject.toml.
"""

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

CODEC = Path("src/loadstone/codec")
JOINED = Path("build/codec/loadstone/codec")
NAME = "loadstone.codec._compiled"

CIMPORTS = re.compile(r"^(cimport|from loadstone\S* cimport) .*\n", re.MULTILINE)

DIRECTIVES = {
    "language_level": 3,
    "boundscheck": True,  # this code reads what strangers send
    "wraparound": False,
    "cdivision": True,
    "initializedcheck": False,
    "show_performance_hints": False,  # they advise to turn bounds checks off
}

# Cells are short, so calls are what costs: GCC is to put more functions where they are called than it would.
INLINE_MORE = ["--param", "max-inline-insns-auto=300", "--param", "inline-unit-growth=300"]


class BuildCodec(build_ext):
    """Leaves no stale module behind where the codec cannot be compiled."""

    def build_extension(self, ext: Extension) -> None:
        if "gcc" in getattr(self.compiler, "compiler_so", [""])[0]:
            ext.extra_compile_args += INLINE_MORE
        try:
            super().build_extension(ext)
        except Exception:
            # Python prefers a compiled module to its source, an older one, too.
            for module in [Path(self.get_ext_fullpath(ext.name)), *CODEC.glob("*.so"), *CODEC.glob("*.pyd")]:
                module.unlink(missing_ok=True)
            raise  # the extension is optional: setuptools warns and goes on


def members() -> list[str]:
    """The modules that are compiled, each after those that it imports: as the package lists them."""
    for node in ast.parse((CODEC / "__init__.py").read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_COMPILED_TOGETHER":
            return list(ast.literal_eval(node.value))
    raise SystemExit(f"{CODEC}/__init__.py does not list the modules that are compiled")


def join() -> Path:
    """Writes the joined module and its declarations; returns the module's path."""
    JOINED.mkdir(parents=True, exist_ok=True)
    for folder in (JOINED, JOINED.parent):
        (folder / "__init__.py").touch()
    names = members()
    owners: dict[str, str] = {}
    numbers = dict(constants_of("codes", owners)) | dict(constants_of("kinds", owners))
    source = ["from __future__ import annotations"]
    declarations = ["cimport cython"]
    for name in names:
        source.append(
            f"# {name}.py\n{''.join(statements_of(name, {*names, 'codes', 'kinds'}, numbers, owners))}"
        )
        declared = CODEC / f"{name}.pxd"
        if declared.exists():
            kept = re.sub(
                r"^(cimport|from loadstone\S* cimport) .*\n",
                "",
                declared.read_text("utf-8"),
                flags=re.MULTILINE,
            )
            declarations.append(kept)
    source.insert(1, f"globals().update({numbers})")  # the same for Python
    enumerators = "".join(f"    {name} = {value}\n" for name, value in numbers.items())
    declarations.insert(1, f"cdef enum:\n{enumerators}")
    module = JOINED / "_compiled.py"
    for path, text in ((module.with_suffix(".pxd"), declarations), (module, source)):
        # What stays as it is keeps its time, too, and is not compiled again.
        if not path.exists() or path.read_text("utf-8") != "\n".join(text):
            path.write_text("\n".join(text), "utf-8")
    return module


def constants_of(name: str, owners: dict[str, str]) -> Iterator[tuple[str, int]]:
    """The numbers that a module names, for compiled code to switch on."""
    for node in ast.parse((CODEC / f"{name}.py").read_text("utf-8")).body:
        match node:
            case ast.Assign(targets=[ast.Name(id=constant)], value=value) if is_number(value):
                own(constant, name, owners)
                yield constant, ast.literal_eval(value)


def statements_of(
    name: str, joined: set[str], numbers: dict[str, int], owners: dict[str, str]
) -> Iterator[str]:
    """A module's statements, but for what the joined module has already or has no use for.

    Its public numbers go to `numbers`.
    """
    text = (CODEC / f"{name}.py").read_text("utf-8")
    lines = text.splitlines(keepends=True)
    for node in ast.parse(text).body:
        match node:
            case (
                ast.Expr()
                | ast.ImportFrom(module="__future__")
                | ast.Assign(targets=[ast.Name(id="__all__")])
            ):
                continue
            case ast.ImportFrom(module=str(module)) if module.removeprefix("loadstone.codec.") in joined:
                continue
            case ast.FunctionDef(name=defined) | ast.ClassDef(name=defined):
                own(defined, name, owners)
            case ast.Assign(targets=[ast.Name(id=defined)], value=value):
                own(defined, name, owners)
                if defined.isupper() and defined[0] != "_" and is_number(value):
                    numbers[defined] = ast.literal_eval(value)
                    continue
        decorators = getattr(node, "decorator_list", [])
        first = decorators[0].lineno if decorators else node.lineno
        yield "".join(lines[first - 1 : node.end_lineno])


def is_number(node: ast.expr) -> bool:
    """Whether an expression is an integer as it stands."""
    return re.fullmatch(r"-?\d+", ast.unparse(node)) is not None


def own(defined: str, module: str, owners: dict[str, str]) -> None:
    """Modules that become one share one set of names."""
    if owners.setdefault(defined, module) != module:
        raise SystemExit(f"{module}.py and {owners[defined]}.py both define {defined}: rename one of them")


def codec_extensions() -> list[Extension]:
    """The joined codec as one optional extension."""
    from Cython.Build import cythonize  # noqa: PLC0415 - there once the build's requirements are

    compiled = Extension(NAME, [str(join())], extra_compile_args=["-O3", "-g0"], depends=["setup.py"])
    (extension,) = cythonize([compiled], compiler_directives=DIRECTIVES, include_path=["build/codec", "src"])
    extension.optional = True  # no compiler is no failure; set here, since cythonize would forget it
    return [extension]


# scripts/setup compiles the codec by itself, while the packages are installed.
modules = [] if os.environ.get("LOADSTONE_BUILD_CODEC") == "no" else codec_extensions()
setup(ext_modules=modules, cmdclass={"build_ext": BuildCodec})
