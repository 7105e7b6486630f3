"""Compiles the codec where a C compiler is at hand; without one the same source runs as Python, slower.

Everything else about the package stands in pyproject.toml.
"""

import os
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

CODEC = Path("src/loadstone/codec")


class BuildCodec(build_ext):
    """Builds on all cores; compiles the whole codec or nothing of it, and leaves no stale module behind."""

    def finalize_options(self) -> None:
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()

    def build_extensions(self) -> None:
        self.has_failed = False
        super().build_extensions()
        if self.has_failed:
            # Python prefers a compiled module to its source: one of an older source, or among uncompiled
            # neighbours, would be worse than none.
            built = [Path(self.get_ext_fullpath(extension.name)) for extension in self.extensions]
            for module in [*built, *CODEC.glob("*.so")]:
                module.unlink(missing_ok=True)

    def build_extension(self, ext: Extension) -> None:
        try:
            super().build_extension(ext)
        except Exception:
            self.has_failed = True
            raise  # the extension is optional: setuptools warns and goes on


def codec_extensions() -> list[Extension]:
    """One optional extension per codec module that is written in Cython's pure Python mode."""
    from Cython.Build import cythonize  # noqa: PLC0415 - there once the build's requirements are

    sources = [path for path in sorted(CODEC.glob("*.py")) if path.read_text("utf-8").startswith("# cython:")]
    how = {"extra_compile_args": ["-O3", "-g0"], "depends": ["setup.py"]}
    modules = [Extension(f"loadstone.codec.{source.stem}", [str(source)], **how) for source in sources]
    # What all modules need of Cython's own code, once instead of in each: half the code to compile.
    shared = "loadstone.codec._cyutility"
    modules.append(Extension(shared, [str(CODEC / "_cyutility.c")], **how))
    quiet = {"show_performance_hints": False}  # they advise to turn bounds checks off
    extensions = cythonize(
        modules,
        nthreads=os.cpu_count() or 1,
        language_level=3,
        compiler_directives=quiet,
        shared_utility_qualified_name=shared,
    )
    for extension in extensions:
        extension.optional = True  # no compiler is no failure; set here, since cythonize would forget it
    return extensions


setup(ext_modules=codec_extensions(), cmdclass={"build_ext": BuildCodec})
