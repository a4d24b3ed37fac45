"""Reads CUDA C with libclang: a parser as a library, with no GPU and no compiler."""
