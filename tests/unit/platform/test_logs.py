"""A log for machines: a JSON object per line, its load, and nothing that is nobody's business."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from loadstone.core.cell_content import without_cells
from loadstone.errors import ConfigurationError, DestinationError, RejectLimitExceeded
from loadstone.platform.background import BackgroundThread
from loadstone.platform.log_context import note_in_log, within_log
from loadstone.platform.logs import configure_logs
from loadstone.platform.redaction import conceal, without_secrets

logger = logging.getLogger("loadstone.tests")


class Log:
    """What was logged."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    def configure(self, **environment: str) -> None:
        configure_logs({"LOADSTONE_LOG": "json", **environment}, stream=self.stream)

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


@pytest.fixture
def log() -> Iterator[Log]:
    own = logging.getLogger("loadstone")
    before = (own.handlers[:], own.level, own.propagate)
    made = Log()
    made.configure()
    yield made
    own.handlers[:], own.propagate = before[0], before[2]
    own.setLevel(before[1])


def test_each_line_is_an_object_with_time_level_and_event(log: Log) -> None:
    logger.warning("the %s\nis %d", "moon", 3, extra={"rows_loaded": 5})
    (line,) = log.lines
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "warning",
        "event": "the moon\nis 3",
        "logger": "loadstone.tests",
        "rows_loaded": 5,
    }


def test_lines_within_a_load_tell_which(log: Log) -> None:
    with within_log(key="day1.csv", dataset="orders"):
        logger.info("before")
        note_in_log(load_id=17)
        logger.info("after")
        with within_log(key="day2.csv"):
            logger.info("inner")
    logger.info("outside")
    assert [(line.get("key"), line.get("load_id")) for line in log.lines] == [
        ("day1.csv", None), ("day1.csv", 17), ("day2.csv", 17), (None, None),
    ]  # fmt: skip


def test_lines_of_threads_that_a_load_started_tell_the_load_too(log: Log) -> None:
    begins = threading.Event()

    def run() -> None:
        begins.wait(10)
        logger.info("beside")

    with within_log(key="day1.csv"):
        thread = BackgroundThread(run, "test")
        thread.start()
        note_in_log(load_id=17)
        begins.set()
        assert thread.wait(10)
    assert [(line["key"], line["load_id"]) for line in log.lines] == [("day1.csv", 17)]


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://loader:s3cr3t-word@db:5432/shop is down",
        "postgresql://loader:s3cr3t-word@with@at@db/shop",
        "host=db password=s3cr3t-word user=loader",
        "host=db password='s3cr3t-word \\' s3cr3t-word' user=loader",
        "postgresql://db/shop?user=loader&password=s3cr3t-word&sslmode=require",
        '{"username": "loader", "password": "s3cr3t-word"}',
        "AWS_SECRET_ACCESS_KEY=s3cr3t-word",
        "GET /k?X-Amz-Signature=s3cr3t-word&X-Amz-Expires=3",
        "Authorization: Bearer s3cr3t-word",
        "POST https://hooks.slack.com/services/T0/B0/s3cr3t-word failed",
    ],
)
def test_secrets_never_show(log: Log, text: str) -> None:
    logger.error("it is: %s", text)
    logger.error(text.replace("%", "%%"), extra={"where": text, "several": [text, {"inner": text}]})
    logger.error("failed", exc_info=DestinationError(text))
    assert len(log.lines) == 3
    assert "s3cr3t" not in log.stream.getvalue()


def test_what_was_concealed_is_masked_wherever_it_stands() -> None:
    conceal("the-very-word")
    assert without_secrets("so the-very-word!") == "so ***!"


def test_what_is_no_secret_stays() -> None:
    text = "s3://landing/day1.csv -> postgresql://db:5432/shop, 3 rows at 10:00, user=loader"
    assert without_secrets(text) == text


REFUSED = DestinationError(
    'new row violates check "positive" (failing row contains (Jane Doe, -1))', code="23514"
)


def test_content_of_cells_shows_only_when_it_is_asked_for(log: Log) -> None:
    def tell() -> None:
        logger.error("refused: %s", REFUSED)
        logger.error("load finished", extra={"error": str(REFUSED), "error_code": REFUSED.code})
        logger.error("failed", exc_info=REFUSED)

    tell()
    assert "Jane" not in log.stream.getvalue()
    assert "new row violates check" in log.lines[0]["event"]
    log.configure(LOADSTONE_LOG_CELLS="1")
    tell()
    assert log.stream.getvalue().count("Jane") == 3


@pytest.mark.parametrize(
    "text",
    [
        "duplicate key value (key (email)=(jane@doe.org) already exists)",
        'invalid input syntax for type integer: "jane@doe.org"',
        "the file does not look like JSON; it begins with 'jane@doe.org'",
        'it begins with "jane@doe.org\'s"',
        "it's 'jane@doe.org'",
    ],
)
def test_errors_lose_what_could_be_a_cell(text: str) -> None:
    assert "jane" not in without_cells(text, "23505")
    assert "jane" not in without_cells(text, "format_error")


def test_errors_that_name_columns_only_stay_as_they_are() -> None:
    error = RejectLimitExceeded("3 of 3 rows were rejected, most: 'city': required (3)")
    assert without_cells(str(error), error.code) == str(error)


def test_text_for_people_is_one_line_each(log: Log) -> None:
    log.configure(LOADSTONE_LOG="text")
    with within_log(key="a\nb.csv"):
        logger.info("load finished", extra={"rows_loaded": 5})
    (line,) = log.stream.getvalue().splitlines()
    assert line.endswith("info load finished key=a\\nb.csv rows_loaded=5")


def test_the_environment_decides_and_is_told_where_it_is_wrong() -> None:
    assert configure_logs({}) is None
    with pytest.raises(ConfigurationError, match="'yaml' is neither json nor text"):
        configure_logs({"LOADSTONE_LOG": "yaml"})
    with pytest.raises(ConfigurationError, match="'loud' is none of debug, info"):
        configure_logs({"LOADSTONE_LOG": "json", "LOADSTONE_LOG_LEVEL": "loud"})


def test_the_level_is_the_environments(log: Log) -> None:
    log.configure(LOADSTONE_LOG_LEVEL="warning")
    logger.info("quiet")
    logger.warning("loud")
    assert [line["event"] for line in log.lines] == ["loud"]
