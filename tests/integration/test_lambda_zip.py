"""The zip of the function: the same from the same, and all that the handler needs is in it."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "lambda_zip"
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"

PROGRAM = """
import json, sys
sys.path.insert(0, sys.argv[1])
import loadstone.lambda_handler, loadstone.codec, loadstone.readers.automatic, loadstone.readers.delimited
import loadstone.sources.s3, loadstone.postgres.transaction, psycopg.pq
origins = {getattr(module, "__file__", None) or "" for module in sys.modules.values()}
print(json.dumps([psycopg.pq.__impl__, sorted(o for o in origins if "site-packages" in o)]))
"""


def made(output: Path, *options: str, **how: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, str(SCRIPT), "--python", PYTHON, "--machine", platform.machine()]
    environment = {**os.environ, **how}
    return subprocess.run(
        [*words, "--output", str(output), *options],
        capture_output=True,
        text=True,
        check=False,
        cwd=output.parent,
        env=environment,
    )


def test_the_zip_is_the_same_twice_and_the_handler_needs_nothing_else(
    tmp_path: Path, leave_out: Callable[[str], NoReturn]
) -> None:
    if sys.platform != "linux" or platform.machine() not in {"x86_64", "aarch64"}:
        leave_out("the zip of the Lambda function, which is for Linux")
    pipeline = tmp_path / "mine.yaml"
    pipeline.write_text("source: s3://landing\ndatasets: {a: {files: '*.csv'}}\n")
    first = made(tmp_path / "first.zip", "--pipeline", str(pipeline))
    if "not all dependencies are to be had" in first.stderr:
        leave_out(f"the zip of the Lambda function: no package registry gives its wheels ({first.stderr})")
    assert first.returncode == 0, first.stderr
    os.utime(pipeline, (0, 0))
    second = made(tmp_path / "second.zip", "--pipeline", str(pipeline), TZ="Asia/Tokyo", PYTHONHASHSEED="7")
    assert second.returncode == 0, second.stderr
    assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "second.zip").read_bytes()

    with zipfile.ZipFile(tmp_path / "first.zip") as packed:
        names = packed.namelist()
        packed.extractall(tmp_path / "task")
        assert packed.read("pipeline.yaml") == pipeline.read_bytes()
        assert {entry.date_time for entry in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert names == sorted(names)
    assert not any(name.startswith(("click/", "rich/", "loadstone/examples/")) for name in names)
    done = subprocess.run(
        [sys.executable, "-S", "-c", PROGRAM, str(tmp_path / "task")],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTHON")},
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["binary", []]


def test_a_zip_without_a_compiled_codec_says_so(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    done = made(tmp_path / "other.zip", "--python", "3.99", "--wheels", str(tmp_path / "none"))
    assert done.returncode == 0
    assert "the codec is not compiled for Python 3.99" in done.stderr


@pytest.mark.parametrize("kind", ["purelib", "platlib"])
def test_a_wheel_of_loadstone_takes_the_place_of_the_checkout(tmp_path: Path, kind: str) -> None:
    wheel = tmp_path / "loadstone-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as packed:
        packed.writestr("loadstone/lambda_handler.py", "")
        packed.writestr(f"loadstone-0.1.0.data/{kind}/loadstone/codec/_compiled.so", "")
        packed.writestr("loadstone-0.1.0.data/scripts/loadstone", "")
        packed.writestr("loadstone-0.1.0.dist-info/RECORD", "")
    (tmp_path / "none").mkdir()
    options = ["--wheels", str(tmp_path / "none"), "--wheel", str(wheel)]
    done = made(tmp_path / "function.zip", *options)
    assert (done.returncode, done.stderr) == (0, "")
    with zipfile.ZipFile(tmp_path / "function.zip") as packed:
        assert packed.namelist() == ["loadstone/codec/_compiled.so", "loadstone/lambda_handler.py"]
