"""AWS Lambda's way in: `loadstone.lambda_handler.handler`.

What is imported here is imported while the function's environment is made, before the first event.
"""

from __future__ import annotations

from typing import Any

from loadstone.wiring.lambda_function import Function
from loadstone.wiring.lambda_time import Context

__all__ = ["handler"]

_function = Function()


def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    """Loads what an invocation speaks of; see `docs/guides/lambda.md` for what it may be invoked with.

    Raises:
        LoadstoneError: nobody but the caller can be told of a failure.
    """
    return _function.respond(event, context)
