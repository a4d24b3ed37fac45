"""The prediction service over HTTP. Imported only where the extra `deploy` is installed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import prometheus_client
from fastapi import FastAPI, Header, Request
from fastapi.exception_handlers import http_exception_handler, request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from tinytorch.mlops.service import InvalidInput, PredictionService


class PredictRequest(BaseModel):
    """The body of POST /predict."""

    model_config = ConfigDict(extra="forbid")
    inputs: list[Any]


def application(service: PredictionService) -> FastAPI:
    """The ASGI application around `service`. Given."""
    app = FastAPI(title="tinytorch")

    @app.post("/predict")
    def predict(  # no coroutine: it runs in a thread, so /health answers meanwhile
        body: PredictRequest, x_request_id: Annotated[str | None, Header()] = None
    ) -> Any:
        return asdict(service.predict(body.inputs, x_request_id))

    @app.get("/health")
    def health() -> Any:
        live = service.live
        challenger = live.challenger.version if live.challenger else None
        return {"status": "ok", "version": live.champion.version, "challenger": challenger}

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(service.metrics.text(), media_type=prometheus_client.CONTENT_TYPE_LATEST)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> Response:
        return refused(await request_validation_exception_handler(request, error))

    @app.exception_handler(HTTPException)
    async def elsewhere(request: Request, error: HTTPException) -> Response:
        return refused(await http_exception_handler(request, error))

    def refused(answer: Response) -> Response:
        """Count an answer to what never reached the model, which takes no time worth a bucket."""
        service.metrics.record_request(service.live.champion.version, answer.status_code, 0.0)
        return answer

    @app.exception_handler(InvalidInput)
    def invalid(_: Any, error: InvalidInput) -> JSONResponse:
        detail = {"loc": ["body", *error.location], "msg": error.message, "type": "invalid_input"}
        return JSONResponse({"detail": [detail]}, status_code=422)

    return app
