"""Webhooks against a real HTTP server: what is tried again, for how long, and what never shows."""

from __future__ import annotations

import socket
import traceback

import pytest

from fixtures.receiver import Answer, Receiver
from loadstone.errors import LoadstoneError, NotificationRefused, NotifierUnavailable
from loadstone.model.notice import NO_FIGURES, Notice
from loadstone.notifiers.webhook import WebhookNotifier
from loadstone.platform.clock import SystemClock

NOTICE = Notice(
    "loaded", "orders", 17, {**NO_FIGURES, "pipeline": "shop", "dataset": "orders"}, "{dataset} is loaded"
)
SECRET = "top-secret-token"


class Clock(SystemClock):
    """Does not wait, and remembers for how long it should have."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


def send(url: str, clock: Clock | None = None) -> None:
    WebhookNotifier(url, clock or Clock()).send(NOTICE)


def test_the_message_is_what_slack_takes(receiver: Receiver) -> None:
    send(receiver.url)
    ((headers, document),) = receiver.requests
    assert document == {"text": "orders is loaded"}
    assert headers["Content-Type"] == "application/json"
    assert headers["X-Loadstone-Notification"] == "shop:17:loaded"


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_an_answer_that_may_pass_is_tried_again(receiver: Receiver, status: int) -> None:
    receiver.answers.extend([Answer(status), Answer(status)])
    clock = Clock()
    send(receiver.url, clock)
    assert len(receiver.requests) == 3
    assert len(clock.waits) == 2
    assert max(clock.waits) <= 0.4


def test_after_three_tries_it_is_enough(receiver: Receiver) -> None:
    receiver.answers.extend([Answer(500)] * 3)
    with pytest.raises(NotifierUnavailable, match="it answered 500"):
        send(receiver.url)
    assert len(receiver.requests) == 3


def test_a_receiver_that_asks_for_time_gets_it(receiver: Receiver) -> None:
    receiver.answers.append(Answer(429, {"Retry-After": "30"}))
    with pytest.raises(NotifierUnavailable, match="it answered 429") as raised:
        send(receiver.url)
    assert raised.value.retry_after == 30.0
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("status", [301, 307, 400, 403, 404, 410])
def test_other_answers_are_final(receiver: Receiver, status: int) -> None:
    receiver.answers.append(Answer(status, {"Location": "/elsewhere"}))
    with pytest.raises(NotificationRefused, match=f"it answered {status}"):
        send(receiver.url)
    assert len(receiver.requests) == 1


def test_a_receiver_that_never_answers_is_given_up_within_the_time_there_is(receiver: Receiver) -> None:
    receiver.answers.extend([Answer(hangs=True)] * 3)
    # Without a limit the receiver would end the connection after a minute, which is another error.
    with pytest.raises(NotifierUnavailable, match="did not answer in time"):
        WebhookNotifier(receiver.url, Clock(), seconds=0.4).send(NOTICE)


def test_the_secret_shows_in_no_error_and_in_nothing_that_caused_it(receiver: Receiver) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        closed = server.getsockname()[1]
    receiver.answers.append(Answer(404))
    urls = [
        receiver.url,
        f"http://127.0.0.1:{closed}/{SECRET}",
        f"http://127.0.0.1:{closed}/{SECRET}\x01",
        f"http://user:{SECRET}@127.0.0.1/{SECRET}",
        f"http://127.0.0.1:port/{SECRET}",
        f"http://no-such-host.invalid/{SECRET}-ü",
    ]
    for url in urls:
        notifier = WebhookNotifier(url, Clock())
        with pytest.raises(LoadstoneError) as raised:
            notifier.send(NOTICE)
        assert SECRET not in "".join(traceback.format_exception(raised.value))
        assert SECRET not in notifier.name


def test_two_webhooks_of_one_host_have_names_of_their_own() -> None:
    one, other = (WebhookNotifier(f"https://hooks.slack.com/services/{x}", Clock()).name for x in "ab")
    assert one != other
    assert one.startswith("webhook:hooks.slack.com#")
