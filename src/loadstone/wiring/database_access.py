"""How a destination's address is turned into connections."""

from __future__ import annotations

import re
from collections.abc import Mapping

from loadstone.ports import DatabaseAccess

__all__ = ["database_access"]


def database_access(url: str, environment: Mapping[str, str]) -> str | DatabaseAccess:
    """The URL itself, or who is to be asked for it at each connection.

    Raises:
        ConfigurationError: the address is not understood.
        MissingExtra: it needs boto3, which is not installed.
    """
    # Imported by those who need them: they bring boto3.
    if url.startswith("secretsmanager://"):
        from loadstone.platform.secrets import SecretAccess  # noqa: PLC0415

        return SecretAccess(url, environment=environment)
    if re.match(r"\w+://[^?]*\?(.*&)?iam=", url):
        from loadstone.platform.iam import IamAccess  # noqa: PLC0415

        return IamAccess(url)
    return url
