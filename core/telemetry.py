"""One JSON line per log record, with the request or job that it belongs to."""

import json
import logging
import time
import uuid
from contextvars import ContextVar

_request_id: ContextVar[str] = ContextVar("request_id", default="")


def request_id() -> str:
    """The id of the request or job in hand, empty outside of both."""
    return _request_id.get()


def begin_request(given: str = "") -> str:
    """Take over a caller's id when it is well-formed, else make one; returns the id in force."""
    good = given if 0 < len(given) <= 64 and given.replace("-", "").isalnum() else uuid.uuid4().hex
    _request_id.set(good)
    return good


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON. Line breaks inside a message are escaped, so nobody can forge a line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id():
            line["request_id"] = request_id()
        facts = getattr(record, "facts", None)
        if isinstance(facts, dict):
            line.update(facts)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)
