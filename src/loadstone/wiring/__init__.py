"""Composition: the only place that picks adapters. One file per entry point."""
