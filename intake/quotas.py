"""How much one visitor may send. Asking for a person has no quota: nobody may be refused that."""

from django.http import HttpRequest

from core.limits import Limit, address_of, spend
from intake.framing import is_asked as is_framed

MINUTES = 60
# Many people share one address (an office, a carrier), so an address may do more than a browser.
FORMS_BY_ADDRESS = Limit("form.address", times=60, seconds=10 * MINUTES)
# In a frame no cookie tells one browser from another.
FRAMED_BY_ADDRESS = Limit("form.framed", times=30, seconds=10 * MINUTES)
FORMS_BY_BROWSER = Limit("form.browser", times=10, seconds=10 * MINUTES)
MESSAGES_BY_ADDRESS = Limit("message.address", times=120, seconds=5 * MINUTES)
MESSAGES_BY_CONVERSATION = Limit("message.conversation", times=30, seconds=5 * MINUTES)


def wait_for_form(request: HttpRequest) -> int:
    """Count one form; 0, or the seconds until this visitor may send another."""
    by_address = spend(FORMS_BY_ADDRESS, address_of(request))
    if is_framed(request):
        return max(by_address, spend(FRAMED_BY_ADDRESS, address_of(request)))
    return max(by_address, spend(FORMS_BY_BROWSER, _browser(request)))


def wait_for_message(request: HttpRequest, conversation_id: int) -> int:
    """Count one message; 0, or the seconds until this visitor may send another."""
    by_address = spend(MESSAGES_BY_ADDRESS, address_of(request))
    return max(by_address, spend(MESSAGES_BY_CONVERSATION, str(conversation_id)))


def _browser(request: HttpRequest) -> str:
    """The visitor's session: the secret in the CSRF cookie, which every form needs anyway, so no other cookie is set."""
    return str(request.META.get("CSRF_COOKIE", ""))
