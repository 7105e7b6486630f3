"""What brings events: queues, notifications, a watched folder, a schedule."""
