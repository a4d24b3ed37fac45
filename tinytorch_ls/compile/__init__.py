"""Checks kernels with the real compilers, which need no GPU; their errors become data."""
