"""What the adapters stand on: time, retries, spools, decompression, read-ahead, AWS settings."""
