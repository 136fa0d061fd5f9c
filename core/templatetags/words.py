"""`|known`: words that rows keep, in the reader's language."""

from django import template

from core import words

register = template.Library()
register.filter("known", words.known)
