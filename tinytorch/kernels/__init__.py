"""Kernels: the same sums, written for the machine that does them."""
