"""Keeps a model useful after training: deploy, watch, retrain, compare, roll out, roll back."""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)

from tinytorch.mlops.canary import Canary
from tinytorch.mlops.drift import DriftDetector, DriftReport
from tinytorch.mlops.export import export_onnx, export_safetensors
from tinytorch.mlops.metrics import Metrics
from tinytorch.mlops.registry import CorruptModel, ModelVersion, Registry
from tinytorch.mlops.retraining import Decision, RetrainingTrigger
from tinytorch.mlops.service import (
    Deployment,
    InvalidInput,
    ModelFailure,
    Prediction,
    PredictionService,
)

__all__ = [
    "Canary",
    "CorruptModel",
    "Decision",
    "Deployment",
    "DriftDetector",
    "DriftReport",
    "InvalidInput",
    "Metrics",
    "ModelFailure",
    "ModelVersion",
    "Prediction",
    "PredictionService",
    "Registry",
    "RetrainingTrigger",
    "export_onnx",
    "export_safetensors",
]
