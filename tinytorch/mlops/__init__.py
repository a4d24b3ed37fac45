"""Keeps a model useful after training: deploy, watch, retrain, compare, roll out, roll back."""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)

from tinytorch.mlops.registry import CorruptModel, ModelVersion, Registry

__all__ = ["CorruptModel", "ModelVersion", "Registry"]
