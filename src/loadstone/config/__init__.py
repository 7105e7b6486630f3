"""Configuration: pipeline.yaml and the environment become `model.pipeline.Pipeline`, or one clear error."""

from __future__ import annotations

from loadstone.config.destination import choose_destination, mask_password
from loadstone.config.pipeline_file import check_pipeline, parse_pipeline, read_pipeline
from loadstone.config.problem import InvalidPipeline, Problem

__all__ = [
    "InvalidPipeline",
    "Problem",
    "check_pipeline",
    "choose_destination",
    "mask_password",
    "parse_pipeline",
    "read_pipeline",
]
