"""Messages that try to steer the assistant. Patterns find the blunt ones; the gate that matters is that an answer can only
quote a passage, so that an attack that passes here still has nothing to gain.
"""

import base64
import binascii
import re
import unicodedata

_ORDERS = [
    # "Forget what you were told", in several languages.
    r"\b(?:ignore|disregard|forget|override|bypass|skip|drop)\b.{0,40}\b(?:previous|prior|above|earlier|all|any|your|the|these|safety)\b.{0,30}\b(?:instructions?|rules?|prompts?|directions?|guidelines?|constraints?|training|policy|policies|filters?|context)\b",
    r"\b(?:vergiss|ignoriere?|missachte)\b.{0,40}\b(?:anweisung|anweisungen|regeln|vorgaben|befehle)\b",
    r"\b(?:oublie|ignore[rz]?|oubliez)\b.{0,40}\b(?:instructions?|consignes?|règles)\b",
    r"\b(?:ignora|olvida|olvide|ignore)\b.{0,40}\b(?:instrucciones|reglas|anteriores|órdenes)\b",
    r"\b(?:ignora|dimentica)\b.{0,40}\b(?:istruzioni|regole|precedenti)\b",
    r"\b(?:ignore|esqueça|desconsidere)\b.{0,40}\b(?:instruções|regras)\b",
    r"(?:忽略|无视|忘记).{0,12}(?:指令|指示|规则|说明)|(?:指示|命令|ルール).{0,8}(?:無視|忘れ)",
    r"(?:игнорируй|забудь|проигнорируй).{0,40}(?:инструкци|указани|правил)",
    # Asking for the instructions themselves.
    r"\b(?:system|hidden|initial|original|secret|developer)\s+(?:prompt|instructions?|message)\b",
    r"\b(?:print|reveal|show|repeat|output|display|tell me|reproduce|dump|leak)\b.{0,50}\b(?:your|the)\b.{0,20}\b(?:instructions?|prompt|rules|configuration|guidelines)\b",
    r"\b(?:first|initial)\b.{0,20}\b(?:sentence|words?|line|message)\b.{0,40}\byou (?:were|was|got|received)\b",
    r"\brepeat\b.{0,30}\b(?:word for word|verbatim|everything above|text above)\b",
    # A new role or mode.
    r"\b(?:you are|you're|act as|behave as|pretend (?:to be|you are|that)|roleplay|role-play|play the role)\b.{0,30}\b(?:now|dan|developer|admin|unrestricted|evil|jailbroken|hacker|grandmother|no longer|another|different|ai|assistant|linux|terminal|expert|support|character)\b",
    r"\b(?:god|system|developer|debug|maintenance|admin|sudo|root|dan|jailbreak)\s*mode\b|<\s*/?\s*(?:system|im_start|im_end|inst|sys|god)\b|\[(?:system|inst|/inst)\]|<\|",
    r"\b(?:new|updated) (?:rule|rules|policy|instruction|instructions|directive)s?\b.{0,60}",
    r"(?:^|[\s.])(?:assistant|system|ai|developer)\s*:\s",
    r"\b(?:note|message|attention|instruction)s? (?:to|for) (?:the )?(?:ai|assistant|bot|model|llm)\b|\b(?:ai|llm|bot)\b\s*[:,]\s*(?:append|reply|approve|ignore|send|mark)",
    # Deciding in the assistant's place.
    r"\bconfidence\b.{0,12}(?:=|is|of|to|always|:)|\bdecision\s*=|\bhuman review\b|\bauto[- ]?(?:approve|send)\b",
    r"\b(?:reply|respond|answer|confirm|say|output|print)\b.{0,25}\b(?:only|just|exactly|with the word|ok and nothing|nothing else)\b",
    # Carrying data out, and hiding orders.
    r"!\[[^\]]*\]\(|\{\{.{0,60}\}\}|<!--|<script|\bmarkdown image\b|\bbase\s?64\b|\brot13\b|\bleet ?speak\b|\bhex(?:adecimal)? encod",
    r"\b(?:modify|format|encode|encrypt|translate|rewrite|compose|structure|integrate|insert|embed|append|include|replace)\b.{0,40}\b(?:your|the|this|each|every) (?:reply|response|answer|output|letters?|words?|text|password|message)\b|\bin your (?:reply|response|answer)\b",
    r"\b(?:provide|give|write|craft|present|deliver|express)\b.{0,20}\b(?:your|the) (?:reply|response|answer)\b.{0,40}\b(?:using|in|as|with|by)\b",
    # Off the job.
    r"\b(?:write|compose|tell|create|generate|draft)\b.{0,30}\b(?:poem|story|essay|song|joke|malware|virus|keylogger|phishing|exploit|script|code|python|function)\b",
    r"\b(?:summarize|summarise|translate)\b.{0,30}\b(?:webpage|web page|text|paper|article|document|email|following|comments?|this)\b",
    r"\b(?:what(?:'s| is| was)|tell me|give me|share|reveal|know|guess|spell|hint|letters? of|about) (?:me )?(?:the|your|his|her|that|a) (?:secret )?(?:password|passcode|secret|api key|credentials)\b",
    r"\b(?:password|passwort|contraseña|mot de passe|пароль|senha)\b.{0,40}\b(?:ist|è|es|est|é)\b|\bqual è la password\b|\bwas ist das passwort\b",
    r"\b(?:hypothetical(?:ly)?|imagine (?:we|you|that|a)|in a fictional|for a (?:novel|movie|story)|let's say i|suppose we)\b",
]  # fmt: skip
_ATTACK = [re.compile(pattern, re.IGNORECASE | re.DOTALL) for pattern in _ORDERS]
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\U000e0000-\U000e007f]")
_CODED = re.compile(r"\b[A-Za-z0-9+/]{24,}={0,2}")
LONGEST = 20_000


def is_attack(text: str) -> bool:
    """Whether any pattern is found in the text, in what its encodings hide, or between its invisible letters."""
    plain = unicodedata.normalize("NFKC", text[:LONGEST])
    return bool(_INVISIBLE.search(text[:LONGEST])) or any(_matches(one) for one in (plain, *_decoded(plain)))


def _matches(text: str) -> bool:
    return any(pattern.search(text) for pattern in _ATTACK) or _is_repetition(text)


def _is_repetition(text: str) -> bool:
    """One token over and over: meant to push the model off its track."""
    words = text.split()
    return len(words) >= 30 and len(set(words)) <= len(words) / 10


def _decoded(text: str) -> list[str]:
    found = []
    for match in list(_CODED.finditer(text))[:5]:
        try:
            raw = base64.b64decode(match.group() + "=" * (-len(match.group()) % 4), validate=True)
            found.append(raw.decode("utf-8"))
        except (binascii.Error, UnicodeDecodeError):
            continue
    return found
