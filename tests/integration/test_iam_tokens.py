"""A database that takes tokens of IAM: a fresh one for each connection, more or less."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import psycopg
import pytest
from psycopg import sql

from fixtures.clocks import SetClock
from fixtures.secure import RDS_HOST, SecureServer
from loadstone.errors import AuthenticationFailed, ConfigurationError, ServerNotTrusted
from loadstone.model.pipeline import Limits
from loadstone.platform.iam import IamAccess
from loadstone.postgres.connection import Connector
from loadstone.wiring.database_access import database_access

pytestmark = pytest.mark.usefixtures("secrets")

URL = f"postgresql://loader@{RDS_HOST}:6432/app?iam=true"


def token_in(url: str) -> str:
    return unquote(urlsplit(url).password or "")


def test_a_token_is_for_one_user_on_one_host_and_lives_15_minutes() -> None:
    token = urlsplit("//" + token_in(IamAccess(URL).url()))
    assert token.netloc == f"{RDS_HOST}:6432"
    query = parse_qs(token.query)
    assert query["Action"] == ["connect"]
    assert query["DBUser"] == ["loader"]
    assert query["X-Amz-Expires"] == ["900"]


def test_the_region_is_that_of_the_host_unless_the_address_says_another() -> None:
    assert "%2Feu-west-1%2Frds-db%2F" in token_in(IamAccess(URL).url())
    assert "%2Fap-south-1%2Frds-db%2F" in token_in(IamAccess(URL + "&region=ap-south-1").url())
    alias = "postgresql://loader@db.example.com/app?iam=true"
    assert "%2Fus-east-1%2Frds-db%2F" in token_in(IamAccess(alias).url())


def test_a_token_goes_to_nobody_but_the_server_that_was_meant() -> None:
    assert parse_qs(urlsplit(IamAccess(URL).url()).query) == {"sslmode": ["verify-full"]}
    chosen = IamAccess(URL + "&sslmode=require&application_name=x%20y").url()
    assert parse_qs(urlsplit(chosen).query) == {"sslmode": ["require"], "application_name": ["x y"]}


def test_a_token_is_used_for_five_minutes() -> None:
    clock = SetClock()
    access = IamAccess(URL, clock=clock)
    first = access.url()
    signed = []
    access._client.generate_db_auth_token = lambda **_: signed.append(1) or f"token-{len(signed)}"
    clock.seconds = 299
    assert access.url() == first
    clock.seconds = 301
    assert token_in(access.url()) == "token-1"
    assert access.renew(access.url())
    assert token_in(access.url()) == "token-2"


def test_the_database_is_given_the_token_over_tls(
    secure_server: SecureServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOADSTONE_RDS_BUNDLE", str(secure_server.authority.write(tmp_path / "bundle.pem")))
    address = f"postgresql://loader@{RDS_HOST}:{secure_server.port}/postgres?iam=true&hostaddr=127.0.0.1"
    access = database_access(address, {})
    assert isinstance(access, IamAccess)
    connector = Connector(access, limits=Limits(), application_name="test")
    with psycopg.connect(secure_server.server.url, autocommit=True) as connection:
        connection.execute("CREATE ROLE loader LOGIN")
        try:
            with pytest.raises(AuthenticationFailed) as raised:
                connector.open()
            assert "GRANT rds_iam TO loader" in (raised.value.hint or "")
            token = token_in(access.url())
            assert token not in str(raised.value)
            # What RDS checks by the signature, a password does here.
            connection.execute(sql.SQL("ALTER ROLE loader PASSWORD {}").format(sql.Literal(token)))
            with connector.transaction() as ours:
                assert ours.pgconn.ssl_in_use
                assert ours.execute("SELECT current_user").fetchone() == ("loader",)
        finally:
            connection.execute("DROP ROLE loader")
    monkeypatch.delenv("LOADSTONE_RDS_BUNDLE")
    with pytest.raises(ServerNotTrusted):
        connector.open()


@pytest.mark.parametrize(
    ("url", "what"),
    [
        (f"postgresql://loader:s3cret@{RDS_HOST}/app?iam=true", "both a password and iam=true"),
        (f"postgresql://{RDS_HOST}/app?iam=true", "for one user on one host"),
        ("postgresql://loader@/app?iam=true", "for one user on one host"),
        (f"postgresql://loader@{RDS_HOST}/app?iam=please", "iam=please is not understood"),
        (f"postgresql://loader@{RDS_HOST}:port/app?iam=true", "is not understood"),
    ],
)
def test_an_address_that_a_token_cannot_be_for_is_refused(url: str, what: str) -> None:
    with pytest.raises(ConfigurationError, match=what) as raised:
        database_access(url, {})
    assert "s3cret" not in str(raised.value)


def test_without_credentials_there_is_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(AuthenticationFailed, match="no AWS credentials were found"):
        IamAccess(URL).url()


@pytest.mark.parametrize(
    "url", ["postgresql://u@h/iam=true", "postgresql://u@h/db?application_name=iam", "host=h"]
)
def test_other_addresses_are_left_alone(url: str) -> None:
    assert database_access(url, {}) == url
