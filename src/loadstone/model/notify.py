"""Who is told what: the targets of `notify:` in pipeline.yaml, and what each is told of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, get_args

from msgspec import Meta

from loadstone.model.reject_limit import RejectLimit
from loadstone.model.settings import Settings

__all__ = ["KINDS", "NothingBy", "NotifyKind", "NotifyOn", "NotifyTarget", "Weekday"]

#: What a notification is about.
NotifyKind = Literal["landed", "loaded", "failed", "rejects_over", "nothing_by", "volume_off"]
KINDS: tuple[NotifyKind, ...] = get_args(NotifyKind)

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

#: Kinds that are switches; the others take a value.
_SWITCHES = ("landed", "loaded", "failed")
_TOPIC = r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]{1,262}"


class NothingBy(Settings, frozen=True, kw_only=True):
    """A time of day by which something is expected to have been loaded."""

    time: str
    timezone: str = "UTC"
    days: Annotated[tuple[Weekday, ...], Meta(min_length=1)] = get_args(Weekday)

    @classmethod
    def short_form(cls, value: object) -> object:
        """`06:00`, or `06:00 Europe/Berlin`."""
        if not isinstance(value, str):
            return value
        time, _, timezone = value.strip().partition(" ")
        return {"time": time, **({"timezone": timezone.strip()} if timezone.strip() else {})}

    def check(self) -> None:
        """Looks at the time."""
        if re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", self.time) is None:
            raise ValueError(f"{self.time!r} is not a time of day: write 06:00, or 06:00 Europe/Berlin")

    @property
    def hour_and_minute(self) -> tuple[int, int]:
        """As numbers."""
        return int(self.time[:2]), int(self.time[3:])


class NotifyOn(Settings, frozen=True, kw_only=True):
    """What a target is told of."""

    landed: bool = False
    loaded: bool = False
    failed: bool = False
    rejects_over: RejectLimit | None = None
    nothing_by: NothingBy | None = None
    volume_off: Annotated[float, Meta(gt=1)] | None = None

    @classmethod
    def short_form(cls, value: object) -> object:
        """A word, or a list of words and of `kind: value`, as a mapping."""
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, list | tuple):
            return value
        settings: dict[str, object] = {}
        for one in value:
            if isinstance(one, str) and one in KINDS and one not in _SWITCHES:
                raise ValueError(f"{one} takes a value, as in `{_EXAMPLES[one]}`")
            given = {one: True} if isinstance(one, str) else one
            if not isinstance(given, Mapping):
                raise ValueError("it lists what the target is told of: words, or `kind: value`")  # noqa: TRY004
            if twice := settings.keys() & given.keys():
                raise ValueError(f"{min(twice)} is there twice")
            settings.update(given)
        return settings

    def check(self) -> None:
        """A target that is told of nothing is none."""
        if not self.kinds:
            raise ValueError(f"it names nothing: it takes {', '.join(KINDS)}")

    @property
    def kinds(self) -> tuple[NotifyKind, ...]:
        """What is asked for."""
        return tuple(kind for kind in KINDS if getattr(self, kind) not in {None, False})


_EXAMPLES = {
    "rejects_over": "rejects_over: 1%",
    "nothing_by": 'nothing_by: "06:00"',
    "volume_off": "volume_off: 3",
}


class NotifyTarget(Settings, frozen=True, kw_only=True):
    """An SNS topic or a webhook, and what it is told of. A webhook is secret: `repr` does not show it."""

    on: NotifyOn
    sns: str | None = None
    webhook: str | None = None
    template: str | None = None

    def check(self) -> None:
        """Compares the keys with each other; never repeats a webhook's URL, which is a secret."""
        if (self.sns is None) == (self.webhook is None):
            raise ValueError("it is either `sns: arn:...` or `webhook: https://...`")
        if self.sns is not None and re.fullmatch(_TOPIC, self.sns) is None:
            raise ValueError(f"{self.sns!r} is not a topic: write arn:aws:sns:REGION:ACCOUNT:NAME")
        if self.webhook is not None and re.fullmatch(r"https?://[^\s/?#]+\S*", self.webhook) is None:
            raise ValueError("webhook is not an http:// or https:// URL")

    def __repr__(self) -> str:
        where = f"sns={self.sns!r}" if self.sns is not None else "webhook='***'"
        return f"NotifyTarget({where}, on={self.on!r}, template={self.template!r})"
