"""Signed addresses and Message-IDs: ours are read whatever a server did to their letters, invented ones never."""

import uuid

import pytest

from gateways.mail.tokens import conversation_in, domain_of, is_mark, is_ours, mark, message_id, reply_address, send_key_in

OURS = "Support@Shop.Example"
KEY = str(uuid.UUID("6f2f9f2c-3c53-5d0c-9d7e-0f5a0f3f7d11"))


def test_an_address_that_we_signed_names_its_conversation_in_any_case():
    signed = reply_address(OURS, 1234)
    assert signed.startswith("Support+c1234.") and signed.endswith("@Shop.Example")
    for seen in (signed, signed.upper(), signed.lower(), f" <{signed}> "):
        assert conversation_in(seen) == 1234


@pytest.mark.parametrize(
    "forge",
    [
        lambda signed: signed.replace("+c1234.", "+c1235."),
        lambda signed: signed.replace("+c1234.", "+c01234."),
        lambda signed: signed.replace("+c1234.", "+c-1234."),
        lambda signed: signed.replace("+c1234.", "+c1234.a"),
        lambda signed: signed.replace("+c", "+d"),
        lambda signed: signed.partition("@")[0],
        lambda signed: signed + "@evil.example",
        lambda signed: signed.replace("@", "\r\n@"),
        lambda signed: "support+c1234.@shop.example",
        lambda signed: "support+c1234.aaaaaaaaaaaaaaaa@shop.example",
        lambda signed: "support+c" + "9" * 40 + ".aaaaaaaaaaaaaaaa@shop.example",
        lambda signed: "",
    ],
)
def test_an_address_that_we_did_not_sign_names_none(forge):
    assert conversation_in(forge(reply_address(OURS, 1234))) is None


def test_another_secret_signs_other_addresses_and_one_that_was_replaced_is_still_read(settings):
    signed, named = reply_address(OURS, 7), message_id(KEY, OURS)
    before, settings.SECRET_KEY = settings.SECRET_KEY, "another" * 8
    assert conversation_in(signed) is None and not is_ours(named) and reply_address(OURS, 7) != signed
    settings.SECRET_KEY_FALLBACKS = [before]
    assert conversation_in(signed) == 7 and is_ours(named)


def test_a_message_id_is_the_same_at_every_try_and_gives_its_key_back():
    named = message_id(KEY, OURS)
    assert named == message_id(KEY.upper(), OURS) and named.endswith("@shop.example") and named.startswith("r.")
    for seen in (named, f"<{named}>", named.upper()):
        assert send_key_in(seen) == KEY and is_ours(seen)
    # One of one kind is none of the other.
    assert send_key_in(named.replace("r.6", "r.7")) is None and conversation_in(named) is None
    assert not is_ours(reply_address(OURS, 7)) and not is_ours("") and not is_ours("<CAF=x@mail.gmail.com>")


def test_the_mark_of_our_mails_is_no_other_installations(settings):
    made = mark(message_id(KEY, OURS))
    assert (
        is_mark(made) and is_mark(f" {made.upper()} ") and not is_mark("1") and not is_mark("") and not is_mark(made[:-1] + "1")
    )
    settings.SECRET_KEY = "another" * 8
    assert not is_mark(made)


def test_a_name_too_long_to_carry_more_stays_as_it_is():
    long = "n" * 60 + "@shop.example"
    assert reply_address(long, 5) == long


def test_a_domain_in_other_letters_is_written_in_plain_ones():
    assert domain_of("hilfe@müller.example") == "xn--mller-kva.example"
    assert domain_of("nobody") == "nobody" and domain_of("") == "localhost" and domain_of("x@a..b") == "localhost"
