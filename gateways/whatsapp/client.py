"""WhatsApp's Cloud API: messages go out, files are fetched, templates are listed.

WhatsApp knows no key under which a second sending would be the first, and cannot be asked what became of one. What it does is to give
our key back with every status (biz_opaque_callback_data): that is how a doubtful sending is found out.
"""

import base64
import binascii
import hashlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.files.storage import default_storage

from core.words import gettext_noop
from gateways.errors import GatewayError, Misconfigured
from gateways.types import Connection, OutboundFile, OutboundMessage, Progress
from gateways.whatsapp.contents import part, parts, words
from gateways.whatsapp.template_words import components
from gateways.whatsapp.wire import Answer, Graph
from gateways.whatsapp.words import MEDIA_REFUSED, MEDIA_REFUSED_SAYING, NO_ADDRESS

MOST_MEDIA_BYTES = 100 * 1024 * 1024
MEDIA_SECONDS = 60.0
LONGEST_CAPTION = 1024
WITH_CAPTION = ("image", "video", "document")
MOST_PAGES = 50
_ID = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_SENT = re.compile(r"(\d+)/\d+(?: |$)")


def carrier(connection: Connection) -> "Cloud":
    return Cloud(connection)


class Cloud:
    """One phone number of ours at the Cloud API."""

    keeps_keys = False
    # Files are handed over first; the messages themselves take ten seconds each at most.
    call_seconds = 30.0

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def send(self, message: OutboundMessage, idempotency_key: str, progress: Progress) -> str:
        """Send every part of the message in order; returns WhatsApp's id of the last one, whose statuses speak for all.

        As soon as one part is gone, whatever stops the others leaves it in doubt: a person must look before anything is repeated.
        """
        graph = Graph(self._connection, ends=time.monotonic() + self.call_seconds)
        url = graph.url(self._own("phone_number_id"), "messages")
        planned = [_with_media(one, self._upload(graph, one.file)) if one.file else one for one in planned_parts(message)]
        gone, wamid = _gone(progress.ref), ""
        for place, one in enumerate(planned):
            if place < gone and place + 1 < len(planned):
                continue
            is_last = place + 1 == len(planned)
            key = idempotency_key if is_last else f"{idempotency_key}/{place + 1}"
            try:
                wamid = _id_of(graph.ask("POST", url, json=_envelope(message, one) | {"biz_opaque_callback_data": key}))
            except GatewayError as error:
                if place:
                    raise _doubtful(error, place, len(planned)) from error
                raise
            if not is_last:
                progress.keep(f"{place + 1}/{len(planned)} {wamid}"[:200])
        return wamid

    def lookup(self, idempotency_key: str, ref: str = "") -> str | None:
        """WhatsApp cannot be asked: only its statuses tell."""
        return None

    def check(self) -> str:
        """The number as WhatsApp shows it, when our token is good. Raises GatewayError; sends nothing."""
        graph = Graph(self._connection)
        fields = {"fields": "display_phone_number,verified_name"}
        found = _good(graph.ask("GET", graph.url(self._own("phone_number_id")), params=fields))
        return words(found.get("display_phone_number"))

    def fetch(self, media_id: str) -> bytes:
        """The bytes of a file that a customer sent. Raises GatewayError, permanent when there is no use in asking again."""
        if not _ID.fullmatch(media_id):
            raise GatewayError(gettext_noop("This is no id of a file"), permanent=True)
        graph = Graph(self._connection)
        number = {"phone_number_id": self._own("phone_number_id")}
        about = _good(graph.ask("GET", graph.url(media_id), params=number))
        size, url = about.get("file_size"), words(about.get("url"))
        if isinstance(size, int) and size > MOST_MEDIA_BYTES:
            raise GatewayError(gettext_noop("The file is larger than 100 MB"), permanent=True)
        if not graph.is_ours(url):
            raise GatewayError(gettext_noop("The file does not lie where WhatsApp keeps files"), permanent=True)
        answer = graph.ask("GET", url, most=MOST_MEDIA_BYTES, seconds=MEDIA_SECONDS)
        if answer.status != 200:
            raise answer.error()
        if (digest := words(about.get("sha256"))) and not _is_sha256(answer.content, digest):
            raise GatewayError(gettext_noop("The file did not arrive as it was sent"))
        return answer.content

    def templates(self) -> Iterator[dict[str, Any]]:
        """Every template of the account, as WhatsApp describes it. Raises GatewayError."""
        graph, after = Graph(self._connection), ""
        url = graph.url(self._own("business_account_id"), "message_templates")
        asked = {"limit": "100", "fields": "name,language,status,category,components"}
        for _ in range(MOST_PAGES):
            page = _good(graph.ask("GET", url, params=asked | ({"after": after} if after else {})))
            yield from parts(page, "data")
            cursor = words(part(part(page, "paging"), "cursors").get("after"))
            if not part(page, "paging").get("next") or not cursor or cursor == after:
                return
            after = cursor

    def _upload(self, graph: Graph, file: OutboundFile) -> str:
        """WhatsApp's id of the file, now that it has it. Nobody has seen it yet, so no failure of this is doubtful."""
        with default_storage.open(file.key) as stream:
            content = stream.read()
        sent = {"file": (_plain_name(file.name), content, file.content_type)}
        form = {"messaging_product": "whatsapp", "type": file.content_type}
        url = graph.url(self._own("phone_number_id"), "media")
        try:
            return words(_good(graph.ask("POST", url, data=form, files=sent)).get("id"))
        except GatewayError as error:
            if error.ambiguous:
                raise GatewayError(MEDIA_REFUSED_SAYING.format(error)) from error
            raise

    def _own(self, name: str) -> str:
        """What only the account's settings know. Raises Misconfigured where they do not."""
        found = words(self._connection.settings.get(name))
        if not _ID.fullmatch(found) or not self._connection.secrets.get("access_token"):
            raise Misconfigured(
                gettext_noop("The connection lacks: {0}").format("access_token" if _ID.fullmatch(found) else name)
            )
        return found


@dataclass(frozen=True)
class Part:
    """One message of WhatsApp's: a text, a file with or without words under it, or a template."""

    body: dict[str, Any]
    file: OutboundFile | None = None
    kind: str = "text"


def planned_parts(message: OutboundMessage) -> list[Part]:
    """What goes out for one message of ours, in order: words stand under the first file where they fit, else before it."""
    if message.template:
        return [Part(_template(message), kind="template")]
    files = [Part(_captionless(file), file, _kind(file)) for file in message.files]
    if not files:
        return [_text(message.text)]
    first = files[0]
    if message.text and first.kind in WITH_CAPTION and len(message.text) <= LONGEST_CAPTION:
        return [Part(first.body | {"caption": message.text}, first.file, first.kind), *files[1:]]
    return [*([_text(message.text)] if message.text else []), *files]


def _text(text: str) -> Part:
    return Part({"preview_url": False, "body": text})


def _template(message: OutboundMessage) -> dict[str, Any]:
    given = message.template
    named = {"name": given.get("name", ""), "language": {"code": given.get("language", "")}}
    found = components(given.get("variables") or {})
    return named | ({"components": found} if found else {})


def _kind(file: OutboundFile) -> str:
    """What WhatsApp calls a file of this type. A WebP would be a sticker; as a document it keeps its name and its words."""
    family = file.content_type.split("/")[0]
    return family if family in ("video", "audio") or file.content_type in ("image/jpeg", "image/png") else "document"


def _captionless(file: OutboundFile) -> dict[str, Any]:
    return {"filename": _plain_name(file.name)} if _kind(file) == "document" else {}


def _with_media(one: Part, media_id: str) -> Part:
    if not media_id:
        raise GatewayError(MEDIA_REFUSED)
    return Part(one.body | {"id": media_id}, one.file, one.kind)


def _envelope(message: OutboundMessage, one: Part) -> dict[str, Any]:
    """A number goes under `to`, WhatsApp's own id of a person under `recipient`."""
    if not message.recipient or "@" in message.recipient:
        raise GatewayError(NO_ADDRESS, permanent=True)
    to = {"to": message.recipient} if message.recipient.startswith("+") else {"recipient": message.recipient}
    answered = {"context": {"message_id": message.context}} if message.context and not message.template else {}
    fixed = {"messaging_product": "whatsapp", "recipient_type": "individual", "type": one.kind, one.kind: one.body}
    return fixed | to | answered


def _id_of(answer: Answer) -> str:
    """WhatsApp's id of the message that it took. Raises GatewayError."""
    if not 200 <= answer.status < 300:
        raise answer.error()
    found = words(next(iter(parts(answer.body, "messages")), {}).get("id"))
    if not found:
        raise GatewayError(gettext_noop("WhatsApp took it and did not say under which id"), ambiguous=True)
    return found[:200]


def _good(answer: Answer) -> dict[str, Any]:
    if not 200 <= answer.status < 300:
        raise answer.error()
    return answer.body


def _doubtful(error: GatewayError, gone: int, of: int) -> GatewayError:
    return GatewayError(f"only {gone} of {of} parts are surely sent: {error}", ambiguous=True)


def _gone(ref: str) -> int:
    """How many parts an earlier try has surely sent."""
    found = _SENT.match(ref)
    return int(found[1]) if found else 0


def _plain_name(name: str) -> str:
    """A file's name as it may stand in a form: no quotes, no line breaks."""
    return re.sub(r'[\x00-\x1f"\\/]', "_", name)[:240] or "file"


def _is_sha256(content: bytes, digest: str) -> bool:
    """`digest` may be in hexadecimal, as the API gives it, or in base64, as webhooks do."""
    actual = hashlib.sha256(content)
    try:
        return digest.lower() == actual.hexdigest() or base64.b64decode(digest, validate=True) == actual.digest()
    except (binascii.Error, ValueError):
        return False
