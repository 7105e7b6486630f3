"""A server must show the certificate of the host that was asked for; for RDS without being told so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from psycopg.conninfo import make_conninfo

from fixtures.certificates import Authority
from fixtures.secure import RDS_HOST, SecureServer
from loadstone.errors import ConfigurationError, DestinationError, ServerNotTrusted
from loadstone.model.pipeline import Limits
from loadstone.postgres.connection import Connector


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGSSLMODE", "PGSSLROOTCERT", "LOADSTONE_RDS_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


def encryption(secure: SecureServer, **parameters: str) -> bool:
    """Connects, and tells whether TLS is used."""
    given = {"host": RDS_HOST, **parameters}
    url = make_conninfo(
        hostaddr="127.0.0.1",
        port=secure.port,
        user="postgres",
        password=secure.password,
        dbname="postgres",
        **given,
    )
    connector = Connector(url, limits=Limits(), application_name="test")
    with connector.transaction() as connection:
        return connection.pgconn.ssl_in_use


def test_a_host_of_rds_is_verified_with_the_bundle_that_the_environment_names(
    secure_server: SecureServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOADSTONE_RDS_BUNDLE", str(secure_server.authority.write(tmp_path / "bundle.pem")))
    assert encryption(secure_server)


def test_a_wrong_authority_is_told(
    secure_server: SecureServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Authority.make("somebody else").write(tmp_path / "other.pem")
    monkeypatch.setenv("LOADSTONE_RDS_BUNDLE", str(other))
    with pytest.raises(ServerNotTrusted, match="certificate verify failed") as raised:
        encryption(secure_server)
    assert "LOADSTONE_RDS_BUNDLE" in (raised.value.hint or "")
    assert secure_server.password not in str(raised.value)


def test_without_any_bundle_the_systems_authorities_decide(secure_server: SecureServer) -> None:
    with pytest.raises(ServerNotTrusted, match="certificate verify failed"):
        encryption(secure_server)


def test_a_certificate_of_another_host_is_told(
    secure_server: SecureServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOADSTONE_RDS_BUNDLE", str(secure_server.authority.write(tmp_path / "bundle.pem")))
    with pytest.raises(ServerNotTrusted, match="does not match host name") as raised:
        encryption(secure_server, host="payroll.abc123xyz.eu-west-1.rds.amazonaws.com")
    assert "RDS's own endpoint" in (raised.value.hint or "")


def test_what_the_url_says_of_tls_goes_first(secure_server: SecureServer, tmp_path: Path) -> None:
    assert encryption(secure_server, sslmode="require")
    assert not encryption(secure_server, sslmode="disable")
    bundle = str(secure_server.authority.write(tmp_path / "bundle.pem"))
    assert encryption(secure_server, sslmode="verify-full", sslrootcert=bundle)
    with pytest.raises(ServerNotTrusted, match="root certificate file"):
        encryption(secure_server, sslmode="verify-ca", sslrootcert=str(tmp_path / "nothing"))


def test_a_bundle_that_is_not_there_is_told(
    secure_server: SecureServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOADSTONE_RDS_BUNDLE", str(tmp_path / "nothing.pem"))
    with pytest.raises(ConfigurationError, match="there is no such file"):
        encryption(secure_server)


def test_a_server_without_tls_is_told(secure_server: SecureServer) -> None:
    plain = replace(secure_server, port=secure_server.plain_port)
    with pytest.raises(DestinationError, match="does not support SSL") as raised:
        encryption(plain)
    assert "takes no TLS" in (raised.value.hint or "")
