"""A Mail on its way between two processes: JSON for what it says, then the files' bytes as they are. Nothing is ever unpickled."""

import json
import struct
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from gateways.mail.types import Address, Authentication, DeliveryNotice, Mail
from gateways.types import InboundFile

LENGTH = struct.Struct("!Q")
# Longer than any answer can be: text and markup have their limits, and the files are no longer than the mail.
LONGEST = 64 * 1024 * 1024


def packed(mail: Mail) -> Iterator[bytes]:
    """The pieces to be sent, in order."""
    told = asdict(replace(mail, files=()))
    told["date"] = mail.date.isoformat() if mail.date else None
    told["files"] = [
        {"name": file.name, "declared": file.declared, "content_id": file.content_id, "size": len(file.content or b"")}
        for file in mail.files
    ]
    head = json.dumps(told).encode()
    yield LENGTH.pack(len(head))
    yield head
    for file in mail.files:
        yield file.content or b""


def unpacked(take: Callable[[int], bytes]) -> Mail:
    """The mail, read by `take(size)`. Raises ValueError for what no child of ours sends."""
    (size,) = LENGTH.unpack(take(LENGTH.size))
    if size > LONGEST:
        raise ValueError("an answer too long")
    told: dict[str, Any] = json.loads(take(size))
    files = told.pop("files")
    if sum(file["size"] for file in files) > LONGEST:
        raise ValueError("files too long")
    return Mail(**_rebuilt(told), files=tuple(_file(file, take) for file in files))


def _file(told: dict[str, Any], take: Callable[[int], bytes]) -> InboundFile:
    return InboundFile(told["name"], take(told["size"]), told["declared"], told["content_id"])


def _rebuilt(told: dict[str, Any]) -> dict[str, Any]:
    for name in ("sender", "forwarded_from"):
        told[name] = Address(**told[name]) if told[name] else None
    for name in ("reply_to", "to", "cc"):
        told[name] = tuple(Address(**one) for one in told[name])
    told["delivered_to"], told["references"] = tuple(told["delivered_to"]), tuple(told["references"])
    told["date"] = datetime.fromisoformat(told["date"]) if told["date"] else None
    told["notice"] = DeliveryNotice(**told["notice"]) if told["notice"] else None
    told["authentication"] = Authentication(**told["authentication"])
    return told
