"""Kernels: the same sums, written for the machine that does them."""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)
