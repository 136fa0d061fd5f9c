"""What WhatsApp's numbers for trouble mean, in words for a person, and what follows from each."""

from core.words import gettext_noop
from gateways.errors import Busy, GatewayError, Misconfigured

UNDELIVERABLE = gettext_noop("The number has no WhatsApp, blocked us, or has not accepted WhatsApp’s terms")
WINDOW_CLOSED = gettext_noop("The customer last wrote more than 24 hours ago: only an approved template can be sent")
TOKEN_GONE = gettext_noop("WhatsApp does not accept our access token: it has expired or was withdrawn")
LOCKED = gettext_noop("WhatsApp has locked our account")
NOT_ALLOWED = gettext_noop("Our access token may not send for this number")
TOO_FAST = gettext_noop("WhatsApp wants us to send more slowly")
TEMPLATE_VARIABLES = gettext_noop("The template asks for other variables than were given")
MEDIA_REFUSED = gettext_noop("WhatsApp did not take the file")
MEDIA_REFUSED_SAYING = gettext_noop("WhatsApp did not take the file: {0}")
NO_ADDRESS = gettext_noop("The customer has no number on WhatsApp that we know of")
REFUSED = gettext_noop("WhatsApp refused the message")
REFUSED_SAYING = gettext_noop("WhatsApp refused the message: {0}")

WORDS: dict[int, str] = {
    0: TOKEN_GONE,
    3: NOT_ALLOWED,
    10: NOT_ALLOWED,
    33: gettext_noop("WhatsApp does not know our phone number any more"),
    100: gettext_noop("WhatsApp did not understand the message"),
    190: TOKEN_GONE,
    368: gettext_noop("WhatsApp has stopped our account for a while, for a breach of its rules"),
    130472: gettext_noop("WhatsApp did not deliver it: the customer is part of an experiment of theirs"),
    130497: gettext_noop("WhatsApp does not let us write to customers in this country"),
    131000: gettext_noop("Something went wrong at WhatsApp"),
    131005: NOT_ALLOWED,
    131008: gettext_noop("WhatsApp misses something in the message"),
    131009: gettext_noop("WhatsApp did not understand a part of the message"),
    131016: gettext_noop("WhatsApp is not available at the moment"),
    131021: gettext_noop("Sender and recipient are the same number"),
    131026: UNDELIVERABLE,
    131031: LOCKED,
    131037: gettext_noop("WhatsApp has not approved our name yet"),
    131042: gettext_noop("WhatsApp asks for our payment details"),
    131045: gettext_noop("Our phone number is not registered with WhatsApp as it should be"),
    131047: WINDOW_CLOSED,
    131048: gettext_noop("Too many of our messages were blocked or reported: WhatsApp lets fewer through"),
    131049: gettext_noop("WhatsApp held it back: the customer has had enough messages of this kind"),
    131050: gettext_noop("The customer wants no more messages of this kind"),
    131051: gettext_noop("WhatsApp does not know this kind of message"),
    131052: gettext_noop("WhatsApp could not fetch the customer’s file"),
    131053: MEDIA_REFUSED,
    131057: gettext_noop("WhatsApp is working on our account; it takes a few minutes"),
    132000: TEMPLATE_VARIABLES,
    132001: gettext_noop("There is no such template in this language, or it is not approved"),
    132005: gettext_noop("The template is too long with these variables"),
    132007: gettext_noop("The template breaks a rule of WhatsApp’s"),
    132012: TEMPLATE_VARIABLES,
    132015: gettext_noop("WhatsApp has paused the template: too many customers did not like it"),
    132016: gettext_noop("WhatsApp has withdrawn the template for good"),
    132068: gettext_noop("The form in the template does not work"),
    132069: gettext_noop("The form in the template was sent too often within the hour"),
    133000: gettext_noop("Our phone number is not registered with WhatsApp as it should be"),
    133010: gettext_noop("Our phone number is not registered with WhatsApp as it should be"),
    134011: gettext_noop("WhatsApp asks us to accept its payment terms"),
    135000: gettext_noop("WhatsApp refused the template"),
}
# How long it is waited where the answer does not say.
SLOW_DOWN: dict[int, float] = {4: 60.0, 80007: 60.0, 130429: 30.0, 131048: 600.0, 131056: 10.0, 131057: 120.0, 133016: 600.0}
# Only an operator can mend these; until then nothing leaves by this account.
OPERATOR = frozenset({0, 3, 10, 33, 190, 368, 131005, 131031, 131037, 131042, 131045, 133000, 133010, 134011}) | frozenset(
    range(200, 300)
)
# Trouble of theirs, after which nobody knows whether it went out.
THEIRS = frozenset({1, 2, 131000, 131016})
LONGEST_WAIT = 3600.0


def words_for(code: int, said: str = "") -> str:
    """Our words where we know the number, else theirs."""
    known = WORDS.get(code) or (TOO_FAST if code in SLOW_DOWN else "")
    return known or (REFUSED_SAYING.format(said[:140]) if said else REFUSED)


def trouble(status: int, code: int, said: str, retry_after: float | None) -> GatewayError:
    """What an answer other than 2xx means for the message that was sent."""
    words = words_for(code, said)
    if status == 429 or code in SLOW_DOWN:
        wait = retry_after if retry_after is not None else SLOW_DOWN.get(code, 30.0)
        return Busy(words if code else TOO_FAST, min(LONGEST_WAIT, max(1.0, wait)))
    if status >= 500 or code in THEIRS:
        return GatewayError(words if code else gettext_noop("WhatsApp answered with {0}").format(status), ambiguous=True)
    if status in (401, 403) or code in OPERATOR:
        return Misconfigured(words if code else (TOKEN_GONE if status == 401 else NOT_ALLOWED))
    if 300 <= status < 400:
        return Misconfigured(gettext_noop("WhatsApp’s address leads elsewhere ({0})").format(status))
    return GatewayError(words, permanent=True)
