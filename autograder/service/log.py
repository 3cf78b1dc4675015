"""The log: one JSON object a line on stderr. Text from clients is escaped, so that no client can forge a line."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

_logger = logging.getLogger("autograder.service")


def log(event: str, *, level: int = logging.INFO, **fields: object) -> None:
    """Write an event to the log. Never pass a secret, or the address of a page, which may contain a secret."""
    _logger.log(level, "%s", event, extra={"fields": fields})


def to_stderr() -> None:
    """Send our log, uvicorn's and Python's own to stderr in one format. uvicorn's log of addresses is off."""
    logging.captureWarnings(True)
    handler = logging.StreamHandler()
    handler.setFormatter(_Lines())
    for name in ("autograder.service", "uvicorn", "asyncio", "py.warnings"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(logging.INFO)
    logging.getLogger("uvicorn.access").disabled = True


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage().strip(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)
