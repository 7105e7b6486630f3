"""Where notifications go: adapters of `ports.Notifier`."""
