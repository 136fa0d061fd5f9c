"""What a part's body holds: taken out of base64, quoted-printable or uuencode, as far as it can be."""

import binascii

from gateways.mail.headers import from_base64

_OF_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n"
_SAMPLE = 4096
# One foreign sign in so many is an accident on the way.
_FEW = 20


def decoded_body(body: bytes, encoding: str) -> bytes:
    """The body decoded. An encoding nobody knows is none."""
    name = (encoding.lower().replace('"', "").split() or [""])[0].rstrip(";")
    if name == "base64":
        return body if _is_plain(body) else from_base64(body)
    if name in ("quoted-printable", "quotedprintable"):
        return binascii.a2b_qp(body)
    if name in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return _from_uuencode(body)
    return body


def _is_plain(body: bytes) -> bool:
    """Whether it calls itself base64 and is not: words have spaces and full stops between them."""
    sample = body[:_SAMPLE]
    return len(sample.translate(None, _OF_BASE64)) * _FEW > len(sample)


def _from_uuencode(body: bytes) -> bytes:
    lines = body.splitlines()
    begin = next((at for at, line in enumerate(lines) if line.startswith(b"begin ")), None)
    if begin is None:
        return body
    found = bytearray()
    for line in lines[begin + 1 :]:
        if line.strip() in (b"end", b"`", b""):
            break
        try:
            found += binascii.a2b_uu(line)
        except binascii.Error:
            # Some programs write signs after the end of a line.
            length = ((((line[0] - 32) & 63) * 4) + 5) // 3
            try:
                found += binascii.a2b_uu(line[:length])
            except binascii.Error:
                break
    return bytes(found)
