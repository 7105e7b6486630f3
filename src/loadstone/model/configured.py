"""A frozen value of named settings: what was stated, what is the default, what may be written instead."""

from __future__ import annotations

from typing import Any, Self

from msgspec import Struct, StructMeta

__all__ = ["Configured"]

_STATED = "_stated"


class Configured(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """What `model.reading` makes of plain values. Unknown settings are errors."""

    @classmethod
    def unchecked(cls, **settings: Any) -> Self:
        """Of values that are known to be right, and of the right types."""
        made: Self = StructMeta.__call__(cls, **settings)
        made.__dict__[_STATED] = frozenset(settings)
        return made

    @classmethod
    def at_defaults(cls) -> Self:
        """With the default of every setting, and None for those that have none."""
        needed = len(cls.__struct_fields__) - len(cls.__struct_defaults__)
        return cls.unchecked(**dict.fromkeys(cls.__struct_fields__[:needed]))

    @classmethod
    def short_form(cls, value: object) -> object:
        """Settings by name, for what may be written instead of them; anything else as it is.

        Raises:
            ValueError: it looks like a short form, but is none.
        """
        return value

    def check(self) -> None:
        """Compares the settings with each other.

        Raises:
            ValueError: two of them contradict one another.
        """

    @property
    def stated(self) -> frozenset[str]:
        """The settings that were given, be it with the value that they would have had anyway.

        Of a changed copy: those that are not at their defaults.
        """
        stated: frozenset[str] | None = self.__dict__.get(_STATED)
        return frozenset(self.not_default()) if stated is None else stated

    def not_default(self) -> dict[str, Any]:
        """The settings that are not at their defaults, in the order in which they are declared."""
        defaults = self.at_defaults()
        settings = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: setting for name, setting in settings.items() if setting != getattr(defaults, name)}

    def __reduce__(self) -> tuple[Any, ...]:
        return _made_again, (type(self), {name: getattr(self, name) for name in self.stated})


def _made_again(model: type[Configured], settings: dict[str, object]) -> Configured:
    return model.unchecked(**settings)
