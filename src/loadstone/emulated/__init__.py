"""AWS on this machine, for laptops and tests: the services by moto, the function by Lambda's own bootstrap.

The code that runs against it is the code that runs in the cloud; only endpoint and credentials differ. What
an emulator cannot show (IAM, networks, scaling) is not shown here. Nothing of it ever asks the real AWS.
"""

from __future__ import annotations

__all__: list[str] = []
