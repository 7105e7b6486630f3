"""What runs loadstone on AWS: the templates, the commands around them, and the CDK app that makes them."""

from __future__ import annotations

__all__: list[str] = []
