"""Which database the rows go to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit

from loadstone.config.environment import UnsetVariable, expand
from loadstone.errors import ConfigurationError
from loadstone.model.pipeline import Pipeline

__all__ = ["choose_destination", "mask_password"]

_VARIABLES = ("LOADSTONE_DATABASE_URL", "DATABASE_URL")
_CONNECTION_STRING = r"\s*\w+\s*="
_MASK = "***"
_HINT = "postgresql://user@host:5432/database, or secretsmanager://NAME"


def choose_destination(to: str | None, pipeline: Pipeline, environment: Mapping[str, str]) -> str | None:
    """The database's URL, its libpq connection string, or the address of the secret that says it.

    None stands for the embedded database.

    The first that is given of `--to`, LOADSTONE_DATABASE_URL, DATABASE_URL, the pipeline's destination.

    Raises:
        ConfigurationError: what is given is no database, or refers to a variable that is not set.
    """
    if to:
        return _checked(to, "--to")
    for name in _VARIABLES:
        if environment.get(name):
            return _checked(environment[name], name)
    if not pipeline.destination:
        return None
    try:
        destination = expand(pipeline.destination, environment)
    except UnsetVariable as error:
        hint = (
            f"export {error.name}=postgresql://..., use --to, or leave `destination:` out for an embedded one"
        )
        raise ConfigurationError(str(error), where="destination", hint=hint) from None
    return _checked(destination, "destination") if destination else None


def mask_password(url: str) -> str:
    """The URL or connection string as it may be shown."""
    if re.match(_CONNECTION_STRING, url):
        return re.sub(r"(?i)(password\s*=\s*)('(?:[^'\\]|\\.)*'|\S+)", rf"\g<1>{_MASK}", url)
    if "://" not in url:
        return _MASK if "@" in url else url
    try:
        parts = urlsplit(url)
    except ValueError:
        return _MASK
    netloc = parts.netloc
    if "@" in netloc:
        user, _, host = netloc.rpartition("@")
        name, colon, _ = user.partition(":")
        netloc = f"{name}{colon}{_MASK if colon else ''}@{host}"
    query = parts.query
    if "password" in query.lower():
        pairs = parse_qsl(query, keep_blank_values=True)
        query = urlencode([(k, _MASK if "password" in k.lower() else v) for k, v in pairs], safe="*/")
    # Not urlunsplit: it takes an empty host for none, and `postgresql:///x` would lose two slashes.
    return f"{parts.scheme}://{netloc}{parts.path}" + (f"?{query}" if query else "")


def _checked(url: str, where: str) -> str:
    scheme, colon, _ = url.strip().partition("://")
    if colon and scheme in {"postgresql", "postgres"}:
        return url.strip()
    if not colon and re.match(_CONNECTION_STRING, url):
        return url.strip()
    if scheme == "secretsmanager" and colon:
        return url.strip()
    what = (
        f"{scheme}:// is not a PostgreSQL database"
        if colon
        else f"{mask_password(url)!r} is not a database URL"
    )
    raise ConfigurationError(what, where=where, hint=_HINT)
