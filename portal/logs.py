"""Structured logs, one JSON object a line, without personal data: no address, no query, no token."""

import logging
import re
import time

import structlog

logger = structlog.get_logger("portal.request")

SECRET_PATHS = re.compile(r"/go/[^/]+")


def configure_logging(*, level: str) -> dict:
    """Return Django's LOGGING dict and set structlog up to write through it."""
    shared = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processor": structlog.processors.JSONRenderer(ensure_ascii=False),
                "foreign_pre_chain": shared,
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Django logs «Not Found: /path» itself; the line of the request says as much.
            "django.request": {"level": "ERROR"},
            "django.security.DisallowedHost": {"level": "CRITICAL"},
        },
    }


class RequestLogMiddleware:
    """One line a request: method, path without query and tokens, status, milliseconds."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        started = time.monotonic()
        response = self.get_response(request)
        level = logging.WARNING if response.status_code >= 500 else logging.INFO
        logger.log(
            level,
            "request",
            method=request.method,
            path=SECRET_PATHS.sub("/go/…", request.path),
            status=response.status_code,
            ms=round((time.monotonic() - started) * 1000, 1),
        )
        return response
