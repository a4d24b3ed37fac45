"""The prediction service over HTTP. Imported only where the extra `deploy` is installed."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import FastAPI, Header, Request, exception_handlers
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST as METRICS
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from tinytorch.mlops.service import InvalidInput, PredictionService


class PredictRequest(BaseModel):
    """The body of POST /predict."""

    model_config = ConfigDict(extra="forbid")
    inputs: list[Any]


RequestId = Annotated[str | None, Header(alias="x-request-id")]
"""What a client calls its request, in a header of that name; None where it names none."""


def application(service: PredictionService) -> FastAPI:
    """The service as an ASGI application: POST /predict, GET /health, GET /metrics.

    A request without an answer gets a status that says so: `refuse_in_words` sees to it.
    """
    app = FastAPI()
    refuse_in_words(app, service)

    @app.post("/predict")
    def predict(body: PredictRequest, x_request_id: RequestId = None) -> Any:
        return service.predict(body.inputs, x_request_id)

    @app.get("/health")
    def health() -> Any:
        live = service.live
        challenger = live.challenger.version if live.challenger else None
        return {"status": "ok", "version": live.champion.version, "challenger": challenger}

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(service.metrics.text(), media_type=METRICS)

    return app


def refuse_in_words(app: FastAPI, service: PredictionService) -> None:
    """Answer with 422 and the place that is wrong where an input is, and count all refusals. Given.

    `service` raises InvalidInput for inputs that it can't take; what is no request at all never
    gets there.
    """

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> Response:
        answer = await exception_handlers.request_validation_exception_handler(request, error)
        return refused(answer)

    @app.exception_handler(HTTPException)
    async def elsewhere(request: Request, error: HTTPException) -> Response:
        return refused(await exception_handlers.http_exception_handler(request, error))

    def refused(answer: Response) -> Response:
        """Count an answer to what never reached the model, which takes no time worth a bucket."""
        service.metrics.record_request(service.live.champion.version, answer.status_code, 0.0)
        return answer

    @app.exception_handler(InvalidInput)
    def invalid(_: Any, error: InvalidInput) -> JSONResponse:
        detail = {"loc": ["body", *error.location], "msg": error.message, "type": "invalid_input"}
        return JSONResponse({"detail": [detail]}, status_code=422)
