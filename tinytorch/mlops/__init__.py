"""Keeps a model useful after training: deploy, watch, retrain, compare, roll out, roll back."""

from pathlib import Path

import tinytorch

# A student's own files come first, as in the package around this one.
__path__ = [str(at) for top in tinytorch.__path__ if (at := Path(top, "mlops")).is_dir()]

from tinytorch.mlops.canary import Canary
from tinytorch.mlops.drift import DriftDetector, DriftReport
from tinytorch.mlops.export import export_onnx, export_safetensors
from tinytorch.mlops.loop import Event, Loop
from tinytorch.mlops.metrics import Metrics
from tinytorch.mlops.registry import CorruptModel, ModelVersion, Registry
from tinytorch.mlops.retraining import Decision, RetrainingTrigger
from tinytorch.mlops.service import (
    Deployment,
    InvalidInput,
    ModelFailure,
    Prediction,
    PredictionService,
    predictor,
)

__all__ = [
    "Canary",
    "CorruptModel",
    "Decision",
    "Deployment",
    "DriftDetector",
    "DriftReport",
    "Event",
    "InvalidInput",
    "Loop",
    "Metrics",
    "ModelFailure",
    "ModelVersion",
    "Prediction",
    "PredictionService",
    "Registry",
    "RetrainingTrigger",
    "export_onnx",
    "export_safetensors",
    "predictor",
]
