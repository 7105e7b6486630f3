"""A database of RDS that takes tokens of IAM in place of a password: `postgresql://user@host/name?iam=true`."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from loadstone.errors import AuthenticationFailed, ConfigurationError, SourceError
from loadstone.platform.aws_client import aws_client, aws_errors
from loadstone.platform.clock import SystemClock
from loadstone.platform.remembered import Remembered
from loadstone.ports import Clock

__all__ = ["IamAccess"]

#: A token opens connections for 15 minutes, and no longer than the credentials that signed it live.
_REMEMBERED_SECONDS = 300.0

_PORT = 5432
_EXAMPLE = "postgresql://user@name.xyz.eu-west-1.rds.amazonaws.com:5432/database?iam=true"
_IN_HOST = re.compile(r"\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)\.rds\.amazonaws\.com")
_YES = {"true", "1", "yes", "on"}


class IamAccess:
    """`ports.DatabaseAccess` by tokens that are signed here; AWS is not asked for them.

    Args:
        url: of the database, with `iam=true`, maybe `region=`, and no password.
        clock: tells how old the token is that is remembered.

    Raises:
        ConfigurationError: the URL lacks user or host, holds a password, or its region is not known.
        MissingExtra: boto3 is not installed.
    """

    is_rotated = False

    def __init__(self, url: str, *, clock: Clock | None = None) -> None:
        try:
            parts = urlsplit(url)
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            self._port = parts.port or int(query.get("port", _PORT))
        except ValueError:
            raise ConfigurationError(
                "the destination's URL is not understood", where="destination", hint=_EXAMPLE
            ) from None
        region = query.pop("region", None)
        wanted = query.pop("iam")
        self._user = unquote(parts.username or query.get("user", ""))
        self._host = parts.hostname or query.get("host", "")
        self.where = f"{self._host}:{self._port}{parts.path}"
        if wanted.lower() not in _YES:
            raise ConfigurationError(
                f"iam={wanted} is not understood", where=self.where, hint="iam=true, or leave it out"
            )
        if parts.password or query.get("password"):
            raise ConfigurationError(
                "both a password and iam=true are given", where=self.where, hint="leave one of them out"
            )
        if not self._user or not self._host or "," in self._host:
            raise ConfigurationError(
                "a token of IAM is for one user on one host",
                where=self.where,
                hint=_EXAMPLE,
            )
        in_host = _IN_HOST.search(self._host)
        self._client = aws_client(
            "rds", region=region or (in_host["region"] if in_host else None), feature="a token of IAM"
        )
        # A token is as good as a password: it goes to nobody but the server that was meant.
        query.setdefault("sslmode", "verify-full")
        self._before = f"{parts.scheme}://{quote(self._user, safe='')}:"
        bracketed = f"[{self._host}]" if ":" in self._host else self._host
        self._after = f"@{bracketed}:{self._port}{parts.path}?{urlencode(query, quote_via=quote)}"
        self._remembered = Remembered(self._signed, seconds=_REMEMBERED_SECONDS, clock=clock or SystemClock())

    @property
    def advice(self) -> str:
        """What to do where the server refuses a token that was just signed."""
        return (
            f"GRANT rds_iam TO {self._user} in the database, allow rds-db:connect on that user to this IAM "
            "role, turn IAM authentication on for the instance, and see that this machine's clock is right"
        )

    def url(self) -> str:
        """The database's URL with a token.

        Raises:
            AuthenticationFailed: there are no credentials to sign with.
        """
        return self._remembered.get()

    def renew(self, refused: str) -> bool:
        """Signs another token."""
        return self._remembered.renew(refused)

    def _signed(self) -> str:
        try:
            with aws_errors(self.where):
                token = self._client.generate_db_auth_token(
                    DBHostname=self._host, Port=self._port, DBUsername=self._user
                )
        except SourceError as error:  # the way to the database is closed: no object is to blame for it
            raise AuthenticationFailed(
                error.what, where=self.where, hint=error.hint, code=error.code
            ) from error
        return f"{self._before}{quote(token, safe='')}{self._after}"
