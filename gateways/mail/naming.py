"""What a file that came by mail is called. Most bring a name; the others get one that says what they are."""

import re

from gateways.mail.headers import words
from gateways.mail.limits import NAME_CHARACTERS
from gateways.mail.structure import Part

_ENDINGS = {
    "text/plain": "txt", "text/html": "html", "text/csv": "csv", "text/vcard": "vcf", "text/x-vcard": "vcf", "text/rtf": "rtf",
    "text/xml": "xml", "application/xml": "xml", "application/json": "json", "application/pdf": "pdf", "application/zip": "zip",
    "application/rtf": "rtf", "application/msword": "doc", "application/vnd.ms-excel": "xls", "application/vnd.ms-powerpoint": "ppt",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx", "image/png": "png", "image/jpeg": "jpg",
    "image/jpg": "jpg", "image/pjpeg": "jpg", "image/gif": "gif", "image/webp": "webp", "image/tiff": "tiff", "image/bmp": "bmp",
    "image/heic": "heic", "image/svg+xml": "svg", "audio/mpeg": "mp3", "audio/ogg": "ogg", "audio/wav": "wav", "audio/mp4": "m4a",
    "audio/amr": "amr", "video/mp4": "mp4", "video/quicktime": "mov", "video/3gpp": "3gp",
}  # fmt: skip
_WHOLE_NAMES = {
    "text/calendar": "invite.ics", "application/ics": "invite.ics", "application/pkcs7-signature": "smime.p7s",
    "application/x-pkcs7-signature": "smime.p7s", "application/pkcs7-mime": "smime.p7m", "application/x-pkcs7-mime": "smime.p7m",
    "application/pgp-signature": "signature.asc", "application/pgp-encrypted": "version.asc", "application/ms-tnef": "winmail.dat",
    "application/pgp-keys": "key.asc", "application/vnd.ms-tnef": "winmail.dat", "message/delivery-status": "delivery-status.txt",
    "message/global-delivery-status": "delivery-status.txt", "message/feedback-report": "feedback-report.txt",
    "message/disposition-notification": "receipt.txt", "text/rfc822-headers": "headers.txt", "message/partial": "part.eml",
    "message/external-body": "external.txt",
}  # fmt: skip
# Signs that turn the direction of writing or cannot be seen: "invoice\u202efdp.exe" looks like "invoiceexe.pdf".
_UNSEEN = re.compile("[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_LONGEST_ENDING = 12


def given_name(part: Part) -> str:
    """The name that a part brings, empty when it brings none."""
    name = part.disposition_params.get("filename") or part.params.get("name") or ""
    return safe_name(name)


def safe_name(name: str) -> str:
    """Without folders, without signs that lie, short enough and with its ending."""
    last = _UNSEEN.sub("", name).replace("\\", "/").rstrip("/ ").rpartition("/")[2].strip(" .")
    if len(last) <= NAME_CHARACTERS:
        return last
    stem, dot, ending = last.rpartition(".")
    if not dot or len(ending) > _LONGEST_ENDING:
        return last[:NAME_CHARACTERS]
    return f"{stem[: NAME_CHARACTERS - len(ending) - 1]}.{ending}"


def file_name(part: Part) -> str:
    """The name of a file, made from what it is where it has none."""
    if name := given_name(part):
        return name
    if part.type in _WHOLE_NAMES:
        return _WHOLE_NAMES[part.type]
    if part.type in ("message/rfc822", "message/global"):
        subject = part.parts[0].headers.text("subject") if part.parts else ""
        return safe_name(subject.replace("/", "-").replace("\\", "-")[:150] or "message") + ".eml"
    described = safe_name(words(part.headers.first("content-description")))
    if "." in described[1:-1] and " " not in described:
        return described
    ending = _ENDINGS.get(part.type, "bin")
    return f"{part.main if part.main in ('image', 'audio', 'video', 'text') else 'file'}.{ending}"
