"""The same answer in the form of its channel: length, tone, markup, greeting."""

from replies.types import Sentence, Thread

TONES = {
    "email": "complete sentences, friendly and plain",
    "whatsapp": "short and friendly, no markup",
    "web": "friendly and plain",
}
_GREETINGS = {"en": "Hello", "de": "Guten Tag", "fr": "Bonjour", "es": "Hola", "it": "Buongiorno", "nl": "Hallo", "pt": "Olá"}
_CLOSINGS = {
    "en": "Kind regards", "de": "Freundliche Grüße", "fr": "Cordialement", "es": "Un saludo", "it": "Cordiali saluti",
    "nl": "Met vriendelijke groet", "pt": "Com os melhores cumprimentos",
}  # fmt: skip
WHATSAPP_CHARACTERS = 900
_IN_NAMES = str.maketrans("", "", "-'’.")


def tone(channel: str) -> str:
    """What a language model is told about the tone of a channel."""
    return TONES.get(channel, TONES["web"])


def written(sentences: tuple[Sentence, ...], thread: Thread, language: str) -> str:
    """The text as it is sent: an e-mail gets greeting and closing, a chat only the answer."""
    body = " ".join(sentence.text.strip() for sentence in sentences if sentence.text.strip())
    if not body:
        return ""
    if thread.channel == "whatsapp":
        return _shortened(sentences)
    if thread.channel == "email":
        return f"{_greeting(thread, language)},\n\n{body}\n\n{_CLOSINGS.get(language, _CLOSINGS['en'])}"
    return body


def _greeting(thread: Thread, language: str) -> str:
    hello, name = _GREETINGS.get(language, _GREETINGS["en"]), thread.customer_name.strip()
    return f"{hello} {name}" if _is_name(name) else hello


def _is_name(word: str) -> bool:
    """Whether a claimed name is one word of letters. Anybody can claim any name, and ours must carry no message of his."""
    return 0 < len(word) <= 30 and word.translate(_IN_NAMES).isalpha()


def _shortened(sentences: tuple[Sentence, ...]) -> str:
    kept: list[str] = []
    for sentence in sentences:
        if kept and len(" ".join(kept)) + len(sentence.text) > WHATSAPP_CHARACTERS:
            break
        kept.append(sentence.text.strip())
    return " ".join(kept)
