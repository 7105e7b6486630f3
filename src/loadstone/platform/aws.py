"""AWS settings as every SDK finds them: the environment, then `~/.aws`, then what the machine is given.

The S3 client reads the environment, web identity, container and instance roles by itself. Profiles it does
not know: their plain keys, region and endpoint are read here, and what needs a login (SSO, roles, processes)
is left to botocore, which is imported for that alone.
"""

from __future__ import annotations

import configparser
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadstone.errors import AccessDenied, ConfigurationError, MissingExtra

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["AwsSettings", "aws_settings"]

_STATIC = ("aws_access_key_id", "aws_secret_access_key")
_NEEDS_BOTOCORE = ("sso_session", "sso_start_url", "role_arn", "credential_process", "login_session")

#: How long keys from botocore are used before it is asked again; it renews its own well before they expire.
_CREDENTIALS_TTL = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class AwsSettings:
    """What a client is to be told beyond what it finds in the environment.

    Attributes:
        region: None where neither environment nor profile says.
        endpoint: a URL in place of AWS's own, for this service.
        keys: `access_key_id`, `secret_access_key`, maybe `session_token`: from a profile.
        provider: gives keys that expire, where a profile needs a login.
        has_keys: whether keys were named at all; without, only a role of the machine can be meant.
    """

    region: str | None
    endpoint: str | None
    keys: Mapping[str, str]
    provider: Callable[[], dict[str, Any]] | None
    has_keys: bool


def aws_settings(service: str, environment: Mapping[str, str]) -> AwsSettings:
    """The settings for a service, such as `s3`.

    Raises:
        ConfigurationError: the profile that `AWS_PROFILE` names is in neither file.
        MissingExtra: the profile needs a login, and botocore is not installed.
    """
    name, profile = _profile(environment)
    keys: dict[str, str] = {}
    provider = None
    in_environment = bool(
        environment.get("AWS_ACCESS_KEY_ID") or environment.get("AWS_WEB_IDENTITY_TOKEN_FILE")
    )
    if not in_environment:
        if all(profile.get(key) for key in _STATIC):
            keys = {
                "access_key_id": profile["aws_access_key_id"],
                "secret_access_key": profile["aws_secret_access_key"],
            }
            if token := profile.get("aws_session_token"):
                keys["session_token"] = token
        elif any(profile.get(key) for key in _NEEDS_BOTOCORE):
            provider = _botocore_provider(name)
    from_machine = any(name.startswith("AWS_CONTAINER_CREDENTIALS_") for name in environment)
    return AwsSettings(
        region=environment.get("AWS_REGION")
        or environment.get("AWS_DEFAULT_REGION")
        or profile.get("region"),
        endpoint=_endpoint(service, environment, profile),
        keys=keys,
        provider=provider,
        has_keys=bool(in_environment or keys or provider or from_machine),
    )


def _endpoint(service: str, environment: Mapping[str, str], profile: Mapping[str, str]) -> str | None:
    if environment.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return None
    for variable in (f"AWS_ENDPOINT_URL_{service.upper()}", "AWS_ENDPOINT_URL"):
        if url := environment.get(variable):
            return url
    return profile.get("endpoint_url")


def _profile(environment: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The profile's name and settings, those of the credentials file first."""
    chosen = environment.get("AWS_PROFILE") or environment.get("AWS_DEFAULT_PROFILE")
    name = chosen or "default"
    home = Path(environment.get("HOME") or Path.home()) / ".aws"
    config = Path(environment.get("AWS_CONFIG_FILE") or home / "config").expanduser()
    credentials = Path(environment.get("AWS_SHARED_CREDENTIALS_FILE") or home / "credentials").expanduser()
    section = name if name == "default" else f"profile {name}"
    found = {**_section(config, section), **_section(credentials, name)}
    if chosen and not found:
        raise ConfigurationError(
            f"the AWS profile {name!r} is in neither {config} nor {credentials}",
            where="AWS_PROFILE",
            hint="`aws configure list-profiles` lists those there are",
        )
    return name, found


def _section(path: Path, section: str) -> dict[str, str]:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError) as error:
        raise ConfigurationError(f"not an AWS configuration file: {error}", where=str(path)) from error
    return dict(parser[section]) if parser.has_section(section) else {}


def _botocore_provider(profile: str) -> Callable[[], dict[str, Any]]:
    try:
        # Only profiles with a login need it.
        import botocore.session  # type: ignore[import-untyped]  # noqa: PLC0415
        from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped]  # noqa: PLC0415
    except ImportError:
        raise MissingExtra(f"the AWS profile {profile!r} (it needs a login)", "aws") from None
    login = f"aws sso login --profile {profile}"
    try:
        credentials = botocore.session.Session(profile=profile).get_credentials()
        if credentials is None:
            raise AccessDenied(f"the AWS profile {profile!r} gives no credentials", hint=login)
        credentials.get_frozen_credentials()  # a login that has run out shows here, not amid a load
    except BotoCoreError as error:
        raise AccessDenied(f"the AWS profile {profile!r} cannot be used: {error}", hint=login) from error

    def provide() -> dict[str, Any]:
        frozen = credentials.get_frozen_credentials()
        return {
            "access_key_id": frozen.access_key,
            "secret_access_key": frozen.secret_key,
            "token": frozen.token,
            "expires_at": datetime.now(UTC) + _CREDENTIALS_TTL,
        }

    return provide
