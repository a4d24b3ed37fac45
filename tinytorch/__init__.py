"""A small deep-learning framework, written to be read and to be rebuilt one function at a time."""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)
