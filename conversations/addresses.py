"""Addresses in the one form in which they are compared, however they were written."""

import phonenumbers

LONGEST = 254


def mail_address(written: str) -> str:
    """In small letters, its domain in the letters of the name system: Anna@Bücher.example is anna@xn--bcher-kva.example.

    In small letters and no more: folding further would make one mailbox of straße@ and strasse@, which are two.
    """
    name, at, host = written.strip().strip("<>").lower().rpartition("@")
    return f"{name}{at}{_plain(host)}"[:LONGEST]


def phone_number(written: str) -> str:
    """As E.164 writes it: +, country, number. What is no number that anybody could have keeps its digits."""
    digits = "".join(sign for sign in written if sign.isdecimal())
    number = f"+{digits.removeprefix('00') if not written.strip().startswith('+') else digits}"
    try:
        return phonenumbers.format_number(phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.E164)
    except phonenumbers.NumberParseException:
        return number[:LONGEST]


def _plain(host: str) -> str:
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host
