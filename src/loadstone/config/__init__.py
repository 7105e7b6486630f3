"""Configuration: pipeline.yaml and the environment become `model.pipeline.Pipeline`, or one clear error.

`pipeline_file` reads and checks the datasets, `destination` finds out which database is meant; nothing is
imported here, since a load without a pipeline file needs the latter alone.
"""
