"""Puts the helpers of the unit tests on the path, by standing beside them."""
