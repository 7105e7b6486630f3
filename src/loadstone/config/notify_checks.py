"""Whether `notify:` can be done as it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadstone.config.time_zones import is_timezone
from loadstone.core.notices import field_names, template_problem
from loadstone.model.complaints import nearest
from loadstone.model.mistake import Mistake, Path
from loadstone.model.notice import NOTICE_FIELDS
from loadstone.model.notify import NotifyTarget
from loadstone.model.pipeline import Pipeline

__all__ = ["notify_findings"]


def notify_findings(pipeline: Pipeline) -> Iterator[Mistake]:
    """Everything that is wrong with the targets of a pipeline and of its datasets."""
    yield from _targets(pipeline.notify, ("notify",))
    for name, dataset in pipeline.datasets.items():
        yield from _targets(dataset.notify or (), ("datasets", name, "notify"))


def _targets(targets: tuple[NotifyTarget, ...], path: Path) -> Iterator[Mistake]:
    told: set[tuple[str | None, str]] = set()
    for i, target in enumerate(targets):
        here = (*path, i)
        yield from _template(target, (*here, "template"))
        expected = target.on.nothing_by
        if expected is not None and not is_timezone(expected.timezone):
            what = f"{expected.timezone!r} is not a time zone"
            yield Mistake((*here, "on", "nothing_by"), what, "use an IANA name such as Europe/Berlin")
        for kind in target.on.kinds:
            about = (target.sns or target.webhook, kind)
            if about in told:
                yield Mistake((*here, "on"), f"the same target is told of {kind} above", "name it once")
            told.add(about)


def _template(target: NotifyTarget, here: Path) -> Iterator[Mistake]:
    if target.template is None:
        return
    try:
        names = list(field_names(target.template))
    except ValueError as error:
        yield Mistake(here, f"not a format string: {error}", "write {{ and }} for plain braces")
        return
    unknown = [name for name in names if name not in NOTICE_FIELDS]
    for name in unknown:
        what = f"there is no field {name!r}" if name else "a field has no name"
        yield Mistake(here, what, nearest(re.split(r"[.\[]", name)[0], list(NOTICE_FIELDS)))
    problem = None if unknown else template_problem(target.template)
    if problem is not None:
        yield Mistake(here, problem, "numbers take formats such as {rows_loaded:,}, texts do not")
