"""AWS settings are found where AWS's own tools find them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from loadstone.errors import AccessDenied, ConfigurationError, MissingExtra
from loadstone.platform.aws import aws_settings

CREDENTIALS = """
[default]
aws_access_key_id = DEFAULTKEY
aws_secret_access_key = default-secret
[session]
aws_access_key_id = SESSIONKEY
aws_secret_access_key = session-secret
aws_session_token = token
"""
CONFIG = """
[default]
region = eu-west-1
[profile session]
region = eu-central-1
endpoint_url = https://objects.example.com
[profile company]
sso_session = company
region = us-west-2
[profile process]
credential_process = /bin/echo '{"Version": 1, "AccessKeyId": "PK", "SecretAccessKey": "s"}'
"""


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text(CREDENTIALS)
    (tmp_path / ".aws" / "config").write_text(CONFIG)
    return {"HOME": str(tmp_path)}


def test_the_default_profile_gives_keys_and_region(home: dict[str, str]) -> None:
    settings = aws_settings("s3", home)
    assert settings.keys == {"access_key_id": "DEFAULTKEY", "secret_access_key": "default-secret"}
    assert settings.region == "eu-west-1"
    assert settings.endpoint is None
    assert settings.has_keys


def test_a_named_profile_gives_its_own(home: dict[str, str]) -> None:
    settings = aws_settings("s3", {**home, "AWS_PROFILE": "session"})
    assert settings.keys["session_token"] == "token"
    assert settings.region == "eu-central-1"
    assert settings.endpoint == "https://objects.example.com"


def test_the_environment_comes_first(home: dict[str, str]) -> None:
    environment = {
        **home,
        "AWS_ACCESS_KEY_ID": "ENV",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_REGION": "ap-south-1",
        "AWS_ENDPOINT_URL": "http://one",
        "AWS_ENDPOINT_URL_S3": "http://two",
        "AWS_PROFILE": "session",
    }
    settings = aws_settings("s3", environment)
    assert settings.keys == {}
    assert settings.region == "ap-south-1"
    assert settings.endpoint == "http://two"
    assert aws_settings("sqs", environment).endpoint == "http://one"
    ignoring = {**environment, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}
    assert aws_settings("s3", ignoring).endpoint is None


def test_nothing_at_all_leaves_it_to_the_machines_role(tmp_path: Path) -> None:
    settings = aws_settings("s3", {"HOME": str(tmp_path)})
    assert not settings.has_keys
    assert settings.region is None
    container = {"HOME": str(tmp_path), "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/role"}
    assert aws_settings("s3", container).has_keys


def test_an_unknown_profile_is_named(home: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="'nobody'"):
        aws_settings("s3", {**home, "AWS_PROFILE": "nobody"})


def test_a_broken_configuration_file_is_named(home: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "broken").write_text("region = eu-west-1\n")
    with pytest.raises(ConfigurationError) as caught:
        aws_settings("s3", {**home, "AWS_CONFIG_FILE": str(tmp_path / "broken")})
    assert caught.value.where == str(tmp_path / "broken")


def test_a_profile_that_needs_a_login_asks_botocore(
    home: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / ".aws" / "config"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    settings = aws_settings("s3", {**home, "AWS_PROFILE": "process"})
    assert settings.provider is not None
    keys = settings.provider()
    assert (keys["access_key_id"], keys["token"]) == ("PK", None)
    assert keys["expires_at"].tzinfo is not None


def test_a_profile_that_needs_a_login_names_the_extra_where_botocore_is_missing(
    home: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "botocore.session", None)
    with pytest.raises(MissingExtra) as caught:
        aws_settings("s3", {**home, "AWS_PROFILE": "company"})
    assert caught.value.hint == "pip install 'loadstone[aws]'"


def test_a_login_that_has_gone_is_access_denied(
    home: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / ".aws" / "config"
    config.write_text("[profile role]\nrole_arn = arn:aws:iam::123456789012:role/x\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    with pytest.raises(AccessDenied):
        aws_settings("s3", {**home, "AWS_PROFILE": "role"})
