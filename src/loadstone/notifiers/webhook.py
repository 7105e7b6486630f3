"""A webhook that takes `{"text": ...}` by POST: Slack's, and those that understand the same.

The URL is the secret. It is never shown: not in names, not in errors, not in what they were caused by.
"""

from __future__ import annotations

import hashlib
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from urllib.parse import urlsplit

from loadstone.core.notices import message
from loadstone.errors import LoadstoneError, NotificationRefused, NotifierUnavailable
from loadstone.model.notice import Notice
from loadstone.platform.background import BackgroundThread
from loadstone.platform.redaction import conceal
from loadstone.platform.retry import Backoff, retrying
from loadstone.ports import Clock

__all__ = ["WebhookNotifier"]

_ATTEMPTS = 3
#: For all attempts together, waits included; one may take half of it.
_IN_ALL_SECONDS = 5.0
_BACKOFF = Backoff(first=0.2, longest=0.8)
#: Slack cuts longer texts itself.
_LONGEST = 30_000
_TRY_AGAIN = {408, 425, 429, 500, 502, 503, 504}


class WebhookNotifier:
    """Posts to one URL.

    Args:
        url: `https://...`.
        clock: waits between attempts, and ends them.
        seconds: how long sending may take in all.
    """

    def __init__(self, url: str, clock: Clock, *, seconds: float = _IN_ALL_SECONDS) -> None:
        self._url = url
        self._seconds = seconds
        self._clock = clock
        conceal(url)
        digest = hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        self.name = f"webhook:{urlsplit(url).hostname or '?'}#{digest}"

    def send(self, notice: Notice) -> None:
        """Posts the notice, a few times within five seconds where that may help.

        A receiver that asks for time (Retry-After) is left alone at once.

        Raises:
            NotificationRefused: it answers that it will not take it.
            NotifierUnavailable: it does not answer, or asks for time.
        """
        text = message(notice, _escaped)[:_LONGEST]
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "loadstone",
            "X-Loadstone-Notification": notice.identity.encode("ascii", "replace")
            .decode()
            .replace("\n", " "),
        }
        body = json.dumps({"text": text}).encode()
        deadline = self._clock.monotonic() + self._seconds

        def post() -> None:
            left = deadline - self._clock.monotonic()
            if left <= 0:
                raise _Ended(self._unavailable("it did not answer in time"))
            self._within(min(left, self._seconds / 2), lambda limit: self._post(body, headers, limit))

        try:
            retrying(post, attempts=_ATTEMPTS, clock=self._clock, backoff=_BACKOFF)
        except _Ended as ended:
            raise ended.error from None

    def _within(self, seconds: float, post: Callable[[float], None]) -> None:
        """Names are resolved, and answers dribble in, beyond any socket's time-out: a thread can be left."""
        errors: list[LoadstoneError | _Ended] = []

        def run() -> None:
            try:
                post(seconds)
            except (LoadstoneError, _Ended) as error:
                errors.append(error)

        thread = BackgroundThread(run, "loadstone-webhook")
        thread.start()
        if not thread.wait(seconds):
            raise self._unavailable("it did not answer in time")
        if errors:
            raise errors[0]

    def _post(self, body: bytes, headers: dict[str, str], seconds: float) -> None:
        try:
            request = urllib.request.Request(self._url, body, headers, method="POST")  # noqa: S310 - http(s) only
            with _OPENER.open(request, timeout=seconds) as answer:
                answer.read(1_000)
        except urllib.error.HTTPError as error:
            error.close()
            raise self._answered(error.code, error.headers.get("Retry-After")) from None
        except (urllib.error.URLError, OSError) as error:
            reason = getattr(error, "reason", error)
            what = getattr(reason, "strerror", None) or type(reason).__name__
            raise self._unavailable(f"it cannot be reached: {what}") from None
        except Exception as error:  # noqa: BLE001 - the texts of http.client's errors hold the URL
            raise self._unavailable(f"it cannot be asked: {type(error).__name__}") from None

    def _answered(self, status: int, retry_after: str | None) -> Exception:
        if status not in _TRY_AGAIN:
            hint = "the webhook may have been revoked or mistyped; redirects are not followed"
            return NotificationRefused(f"it answered {status}", where=self.name, hint=hint)
        error = self._unavailable(f"it answered {status}")
        if retry_after is not None and retry_after.strip().isdigit():
            error.retry_after = float(retry_after)
            return _Ended(error)
        return error

    def _unavailable(self, what: str) -> NotifierUnavailable:
        return NotifierUnavailable(what, where=self.name)


class _Ended(Exception):
    """No other attempt for now."""

    def __init__(self, error: NotifierUnavailable) -> None:
        super().__init__(str(error))
        self.error = error


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would make a GET without the message of the POST."""

    def redirect_request(self, *_: object) -> None:
        """None: the answer stays what it is."""


_OPENER = urllib.request.build_opener(_NoRedirects)


def _escaped(text: str) -> str:
    """Slack reads <...> as links and mentions; names of files are not to call anybody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
