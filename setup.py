"""Compiles the codec where a C compiler is at hand; without one the same source runs as Python, slower.

Everything else about the package stands in pyproject.toml.
"""

import os
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

CODEC = Path("src/loadstone/codec")


class BuildCodec(build_ext):
    """Builds on all cores, and leaves no stale module behind."""

    def finalize_options(self) -> None:
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()

    def build_extension(self, ext: Extension) -> None:
        try:
            super().build_extension(ext)
        except Exception:
            # Python prefers a compiled module to its source, and this one would be of an older source.
            for stale in CODEC.glob(ext.name.rpartition(".")[2] + ".*.so"):
                stale.unlink()
            raise  # the extension is optional: setuptools says so and goes on


def codec_extensions() -> list[Extension]:
    """One optional extension per codec module that is written in Cython's pure Python mode."""
    from Cython.Build import cythonize  # noqa: PLC0415 - there once the build's requirements are

    sources = [path for path in sorted(CODEC.glob("*.py")) if path.read_text("utf-8").startswith("# cython:")]
    extensions = [
        Extension(
            f"loadstone.codec.{path.stem}",
            [str(path)],
            extra_compile_args=["-O3"],
            optional=True,  # no compiler is no failure
        )
        for path in sources
    ]
    return cythonize(extensions, language_level=3)


setup(ext_modules=codec_extensions(), cmdclass={"build_ext": BuildCodec})
