"""Runs steps in processes of their own, within limits, and reports plain data."""
