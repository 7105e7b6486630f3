"""Where the rows go: `--to`, LOADSTONE_DATABASE_URL, DATABASE_URL, the pipeline, the embedded database."""

from __future__ import annotations

import pytest

from loadstone.config.destination import choose_destination, mask_password
from loadstone.errors import ConfigurationError
from loadstone.model.pipeline import Pipeline

PIPELINE = Pipeline(destination="postgresql://pipeline/x")
BOTH = {"LOADSTONE_DATABASE_URL": "postgresql://own/x", "DATABASE_URL": "postgres://common/x"}


def test_the_nearest_one_wins() -> None:
    common = {"DATABASE_URL": BOTH["DATABASE_URL"]}
    assert choose_destination("postgresql://to/x", PIPELINE, BOTH) == "postgresql://to/x"
    assert choose_destination(None, PIPELINE, BOTH) == "postgresql://own/x"
    assert choose_destination(None, PIPELINE, common) == "postgres://common/x"
    assert choose_destination(None, PIPELINE, {"DATABASE_URL": ""}) == "postgresql://pipeline/x"
    assert choose_destination(None, Pipeline(), {}) is None
    assert choose_destination(None, Pipeline(destination="${X:-}"), {}) is None


def test_a_secret_will_do() -> None:
    address = "secretsmanager://prod/db?dbname=x"
    assert choose_destination(address, Pipeline(), {}) == address
    assert choose_destination(None, Pipeline(destination=address), {}) == address


def test_a_libpq_connection_string_will_do() -> None:
    assert choose_destination("host=db dbname=x", Pipeline(), {}) == "host=db dbname=x"


def test_an_unset_variable_is_an_error_only_when_nothing_else_names_a_database() -> None:
    pipeline = Pipeline(destination="${SHOP_DB}")
    assert choose_destination("postgresql://to/x", pipeline, {}) == "postgresql://to/x"
    with pytest.raises(ConfigurationError, match="destination: the environment variable SHOP_DB is not set"):
        choose_destination(None, pipeline, {})
    assert choose_destination(None, pipeline, {"SHOP_DB": "postgresql://shop"}) == "postgresql://shop"


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("mysql://h/x", "--to: mysql:// is not a PostgreSQL database"),
        ("shop", "--to: 'shop' is not a database URL"),
    ],
)
def test_what_is_no_postgresql_is_refused(url: str, what: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        choose_destination(url, Pipeline(), {})
    assert str(raised.value) == what
    assert raised.value.hint


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:s3cret@h:5/db", "postgresql://u:***@h:5/db"),
        ("postgresql://u:p%40ss@h/db?sslmode=require", "postgresql://u:***@h/db?sslmode=require"),
        ("postgresql://u@h/db", "postgresql://u@h/db"),
        ("postgresql:///db?host=/tmp/x&password=s3cret", "postgresql:///db?host=/tmp/x&password=***"),
        ("host=h password=s3cret user=u", "host=h password=*** user=u"),
        ("host=h password='s3 cr\\'et' user=u", "host=h password=*** user=u"),
        ("postgresql://u:a@b@h/db", "postgresql://u:***@h/db"),
        ("postgresql://[broken", "***"),
    ],
)
def test_a_password_is_never_shown(url: str, shown: str) -> None:
    assert mask_password(url) == shown
