"""Prints every requirement of every extra in pyproject.toml, one a line, the project itself left out."""

from __future__ import annotations

import tomllib
from pathlib import Path

project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
extras = project["optional-dependencies"].values()
wanted = {requirement for group in [project["dependencies"], *extras] for requirement in group}
print("\n".join(sorted(r for r in wanted if not r.startswith(f"{project['name']}["))))
