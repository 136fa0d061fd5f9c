"""Secrets at rest: sealed by the keys of FIELD_ENCRYPTION_KEYS before they reach a row, opened only by who reads the row.

The first key seals, every key opens: a new one is put in front, and the old one goes once everything has been sealed anew
(`manage.py seal_secrets`). Without keys of their own they are sealed by one that follows from SECRET_KEY, which opens what it sealed
ever after.
"""

import base64
import hashlib
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

from core.words import gettext_noop

MARK = "sealed:1:"
# For whoever looks after what the secret was for.
NO_KEY = gettext_noop("A secret cannot be opened: FIELD_ENCRYPTION_KEYS lacks the key that sealed it.")


class CannotOpen(Exception):
    """No key that we have opens it: it was sealed by one that is gone."""


def sealed(plain: str) -> str:
    """`plain` as it may lie in a row."""
    return MARK + _keys(settings.FIELD_ENCRYPTION_KEYS, settings.SECRET_KEY).encrypt(plain.encode()).decode()


def opened(kept: str) -> str:
    """What was sealed. What was kept before there were keys is given as it is. Raises CannotOpen."""
    if not is_sealed(kept):
        return kept
    try:
        return _keys(settings.FIELD_ENCRYPTION_KEYS, settings.SECRET_KEY).decrypt(kept.removeprefix(MARK)).decode()
    except InvalidToken as error:
        raise CannotOpen("sealed by a key that is not in FIELD_ENCRYPTION_KEYS") from error


def is_sealed(kept: str) -> bool:
    return kept.startswith(MARK)


class SealedField(models.TextField):  # type: ignore[type-arg]  # no subscript at run time
    """A text that is sealed in its row. It cannot be searched for."""

    def get_prep_value(self, value: Any) -> Any:
        plain = super().get_prep_value(value)
        return plain if plain is None else sealed(str(plain))

    def from_db_value(self, value: str | None, expression: object, connection: object) -> str | None:
        return value if value is None else opened(value)


@lru_cache(maxsize=4)
def _keys(given: str, secret_key: str) -> MultiFernet:
    words = [*(one.strip() for one in given.split(",") if one.strip()), f"fields\0{secret_key}"]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(hashlib.sha256(word.encode()).digest())) for word in words])
