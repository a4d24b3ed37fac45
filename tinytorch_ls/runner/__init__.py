"""Runs step tests on code that may loop, crash or delete: in processes that can be thrown away."""
