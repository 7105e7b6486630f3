"""Whose certificate a server must show: on RDS it is checked, and the authorities are looked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from loadstone.errors import ConfigurationError

__all__ = ["BUNDLE_VARIABLE", "with_tls"]

BUNDLE_VARIABLE = "LOADSTONE_RDS_BUNDLE"

_RDS = re.compile(r".+\.rds\.(amazonaws\.com|[a-z0-9-]+\.amazonaws\.com\.cn)")
_CHECKED = {"verify-ca", "verify-full"}

#: Where the container image has RDS's own authorities.
_BUNDLE = Path("/opt/rds/global-bundle.pem")

# Where systems keep theirs: libpq's `system` would look where its own OpenSSL was built.
_OF_SYSTEM = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


def with_tls(parameters: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """What libpq is told; for hosts of RDS `sslmode=verify-full`, and the authorities to verify with.

    What the URL, or libpq's own PGSSLMODE and PGSSLROOTCERT, say goes first. The authorities are those of
    LOADSTONE_RDS_BUNDLE, of `/opt/rds/global-bundle.pem`, or the system's; for a proxy of RDS, whose
    certificate is signed by a public authority, the system's.

    Raises:
        ConfigurationError: LOADSTONE_RDS_BUNDLE names no file.
    """
    host = (parameters.get("host") or environment.get("PGHOST") or "").rstrip(".").lower()
    if not _RDS.fullmatch(host):
        return dict(parameters)
    found = dict(parameters)
    mode = found.get("sslmode") or environment.get("PGSSLMODE")
    if not mode:
        found["sslmode"] = mode = "verify-full"
    if mode in _CHECKED and not (found.get("sslrootcert") or environment.get("PGSSLROOTCERT")):
        found["sslrootcert"] = _authorities(host, environment)
    return found


def _authorities(host: str, environment: Mapping[str, str]) -> str:
    if named := environment.get(BUNDLE_VARIABLE):
        if not Path(named).is_file():
            raise ConfigurationError(
                f"there is no such file: {named}",
                where=BUNDLE_VARIABLE,
                hint="get it from https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem",
            )
        return named
    if _BUNDLE.is_file() and ".proxy-" not in host:
        return str(_BUNDLE)
    of_system = (environment.get("SSL_CERT_FILE"), *_OF_SYSTEM)
    return next((file for file in of_system if file and Path(file).is_file()), "system")
