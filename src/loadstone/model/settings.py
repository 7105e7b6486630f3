"""Settings that check themselves.

Made in code, `Dataset(files="*.csv", mode="merge", key="id")` takes what `pipeline.yaml` takes, and is
checked as it is: wrong settings never become a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from msgspec import StructMeta, structs

from loadstone.model.configured import Configured

__all__ = ["Settings"]


class _Checked(StructMeta):
    """Makes calling a class read and check its arguments, rather than store them."""

    def __call__(cls, /, **settings: Any) -> Any:  # noqa: N805 - a metaclass's instances are classes
        return cls.from_dict(settings)  # type: ignore[attr-defined]  # of the one class below


class Settings(Configured, frozen=True, kw_only=True, metaclass=_Checked):
    """The root of what people configure, in a file or in code."""

    @classmethod
    def from_dict(cls, settings: Mapping[str, object]) -> Self:
        """Plain values, as they stand in `pipeline.yaml`, or settings that are made already.

        Raises:
            InvalidSettings: with everything that is wrong.
        """
        # Here: what a load without a pipeline file sets is known to be right.
        from loadstone.model.mistake import InvalidSettings  # noqa: PLC0415
        from loadstone.model.reading import read  # noqa: PLC0415

        made, mistakes = read(cls, settings)
        if made is None:
            raise InvalidSettings(cls.__name__, mistakes)
        return made

    def changed(self, **changes: Any) -> Self:
        """With some of the settings changed to others of the right types.

        Raises:
            InvalidSettings: they contradict one another.
        """
        from loadstone.model.mistake import InvalidSettings, Mistake  # noqa: PLC0415

        made = structs.replace(self, **changes)
        try:
            made.check()
        except ValueError as error:
            raise InvalidSettings(type(self).__name__, [Mistake((), str(error))]) from None
        return made
