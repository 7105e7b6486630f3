"""Secrets taken out of texts before anybody sees them."""

from __future__ import annotations

import re

__all__ = ["conceal", "without_secrets"]

_MASK = "***"
#: A shorter text would be found in words that have nothing to do with it.
_SHORTEST = 6

_concealed: set[str] = set()

_PATTERNS = (
    # postgresql://user:password@host; the last @ before the path ends it
    (re.compile(r"(?P<keep>\b[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@'\"]*:)[^\s/'\"]*(?=@)"), rf"\g<keep>{_MASK}"),
    # password=... of connection strings and queries, also within JSON and dictionaries
    (
        re.compile(
            r"(?i)(?P<keep>\b\w*(?:password|passwd|secret|token|api_?key|signature|credential)\w*[\"']?\s*[=:]\s*)"
            r"(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^\s&,;)}\]]+)"
        ),
        rf"\g<keep>{_MASK}",
    ),
    (
        re.compile(r"(?i)(?P<keep>\bauthorization[\"']?\s*[=:]\s*[\"']?)(?:\w+ )?[^\s\"',]+"),
        rf"\g<keep>{_MASK}",
    ),
    (re.compile(r"(?P<keep>https://hooks\.slack\.com/)\S+?(?=[\s'\",;)}\]]|$)"), rf"\g<keep>{_MASK}"),
)


def conceal(secret: str) -> None:
    """From now on this very text is masked, wherever it stands."""
    if len(secret) >= _SHORTEST:
        _concealed.add(secret)


def without_secrets(text: str) -> str:
    """The text with passwords, tokens and everything that was concealed masked."""
    for secret in sorted(_concealed, key=len, reverse=True):
        text = text.replace(secret, _MASK)
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text
