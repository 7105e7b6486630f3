"""How fast, how small and how right loadstone is, measured by real commands against what people use."""
