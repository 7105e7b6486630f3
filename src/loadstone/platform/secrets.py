"""A database whose address and password are a secret of AWS Secrets Manager.

What the secret says never reaches a message: only the names of its fields do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

from loadstone.errors import ConfigurationError, ObjectMissing, SecretError, SourceError
from loadstone.platform.aws_client import aws_client, aws_errors
from loadstone.platform.clock import SystemClock
from loadstone.platform.remembered import Remembered
from loadstone.ports import Clock

__all__ = ["SCHEME", "SecretAccess"]

SCHEME = "secretsmanager://"

#: Requests are paid for, and a rotation is noticed at once by the password that no longer fits.
_REMEMBERED_SECONDS = 300.0

_ARN = re.compile(r"arn:aws[\w-]*:secretsmanager:(?P<region>[\w-]+):\d+:secret:.+")
_DATABASE_URL = re.compile(r"postgres(ql)?://")
_PAIRS = re.compile(r"\s*\w+\s*=")
_POSTGRES = {"postgres", "postgresql", "aurora-postgresql"}

#: Each of libpq's names, and the variable that gives it where neither address nor secret do.
_VARIABLES = {
    "host": "LOADSTONE_DATABASE_HOST",
    "port": "LOADSTONE_DATABASE_PORT",
    "dbname": "LOADSTONE_DATABASE_NAME",
}


class SecretAccess:
    """`ports.DatabaseAccess` by a secret: JSON as RDS writes it, or a database URL as plain text.

    Args:
        address: `secretsmanager://NAME` or an ARN in its place; `?region=` says where it is, whatever else
            follows (`host`, `port`, `dbname`, `sslmode`, ...) goes before what the secret says.
        environment: for LOADSTONE_DATABASE_HOST, _PORT and _NAME.
        clock: tells how old the secret is that is remembered.

    Raises:
        ConfigurationError: the address names no secret, or holds a password.
        MissingExtra: boto3 is not installed.
    """

    is_rotated = True
    advice = (
        "the secret was read anew, and the server refuses what it says: is it being rotated, or was the "
        "password changed on one side alone?"
    )

    def __init__(self, address: str, *, environment: Mapping[str, str], clock: Clock | None = None) -> None:
        self.where = address
        name, _, query = address.removeprefix(SCHEME).partition("?")
        self._name = unquote(name)
        self._given = dict(parse_qsl(query, keep_blank_values=True))
        if not self._name:
            raise ConfigurationError(
                "no secret is named", where=SCHEME, hint="secretsmanager://NAME, or an ARN in its place"
            )
        if "password" in self._given:
            self.where = SCHEME + name
            raise ConfigurationError(
                "a password stands in the address of a secret", where=self.where, hint="leave it out"
            )
        arn = _ARN.fullmatch(self._name)
        region = self._given.pop("region", None) or (arn["region"] if arn else None)
        self._environment = environment
        self._client = aws_client("secretsmanager", region=region, feature="a secret of AWS Secrets Manager")
        self._remembered = Remembered(
            self._read, seconds=_REMEMBERED_SECONDS, clock=clock or SystemClock(), outlives_silence=True
        )

    def url(self) -> str:
        """What the next connection is made with.

        Raises:
            SecretError: there is no such secret, it may not be read, or it does not say how to reach the
                database.
            SourceUnavailable: Secrets Manager does not answer, and the secret is not known yet.
        """
        return self._remembered.get()

    def renew(self, refused: str) -> bool:
        """Reads the secret anew; whether it says something else than what was refused."""
        return self._remembered.renew(refused)

    def _read(self) -> str:
        try:
            with aws_errors(self.where, needs="secretsmanager:GetSecretValue on the secret"):
                answer = self._client.get_secret_value(SecretId=self._name)
        except ObjectMissing as error:
            raise SecretError(
                "there is no such secret",
                where=self.where,
                hint="check its name, region and account, and that it is not about to be deleted",
                code="secret_missing",
            ) from error
        except SourceError as error:  # the way to the database is closed: no object is to blame for it
            raise SecretError(error.what, where=self.where, hint=error.hint, code=error.code) from error
        text = answer.get("SecretString")
        if text is None:
            raise self._malformed("the secret is binary")
        text = text.strip()
        if _DATABASE_URL.match(text):
            return _with_query(text, self._given)
        if _PAIRS.match(text):
            return f"{text} {_pairs(self._given)}".rstrip()
        return _pairs(self._parameters(self._fields(text)))

    def _fields(self, text: str) -> dict[str, Any]:
        try:
            fields = json.loads(text)
        except ValueError:
            # The parser's own error would quote the text.
            raise self._malformed("the secret is neither JSON nor a database URL") from None
        if not isinstance(fields, dict):
            raise self._malformed("the secret is JSON, but no object")
        return fields

    def _parameters(self, fields: Mapping[str, Any]) -> dict[str, str]:
        """What libpq is to be told: from the address, then the environment, then the secret."""
        engine = fields.get("engine")
        if engine is not None and engine not in _POSTGRES:
            raise self._malformed("the secret's `engine` is not PostgreSQL")
        found = {
            "user": fields.get("username"),
            "password": fields.get("password"),
            **{name: fields.get(name) for name in _VARIABLES},
            **{
                name: value
                for name, variable in _VARIABLES.items()
                if (value := self._environment.get(variable))
            },
            **self._given,
        }
        missing = [name for name in ("user", "password", "host", "dbname") if found[name] in {None, ""}]
        if missing:
            raise self._incomplete(missing, fields)
        return {name: str(value) for name, value in found.items() if value is not None}

    def _incomplete(self, missing: list[str], fields: Mapping[str, Any]) -> SecretError:
        names = ", ".join({"user": "username"}.get(name, name) for name in missing)
        held = ", ".join(sorted(map(str, fields))) or "nothing"
        placed = [name for name in missing if name in _VARIABLES]
        if placed:
            queries = "&".join(f"{name}=..." for name in placed)
            variables = " and ".join(_VARIABLES[name] for name in placed)
            hint = f"say it in the address, as ?{queries}, or set {variables}"
        else:
            hint = "put username and password into the secret, as RDS does"
        return self._malformed(f"the secret has no {names}; its fields are: {held}", hint)

    def _malformed(self, what: str, hint: str | None = None) -> SecretError:
        return SecretError(
            what,
            where=self.where,
            hint=hint
            or "it should hold JSON with username, password, host, port and dbname, as RDS writes it, or "
            "postgresql://user:password@host:5432/database",
            code="secret_malformed",
        )


def _with_query(url: str, more: Mapping[str, str]) -> str:
    """The URL with further parameters, which go before its own."""
    if not more:
        return url
    return url + ("&" if "?" in url else "?") + urlencode(more, quote_via=quote)


def _pairs(parameters: Mapping[str, str]) -> str:
    """`key='value'` pairs as libpq reads them."""
    escaped = {name: value.replace("\\", "\\\\").replace("'", "\\'") for name, value in parameters.items()}
    return " ".join(f"{name}='{value}'" for name, value in escaped.items())
