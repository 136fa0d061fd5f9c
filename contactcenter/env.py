"""Reads the environment strictly: a value that makes no sense stops the start with one line that names the setting."""

import hashlib
import os
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit

TRUE, FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off", "")


class BadSetting(Exception):
    """A setting that is missing or makes no sense; its text is one line: the name, then why."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")


def env_text(name: str, default: str = "") -> str:
    """The value of `name` without surrounding space, or `default` when it is unset or empty."""
    return os.environ.get(name, "").strip() or default


def env_secret(name: str, default: str = "") -> str:
    """The value of `name`, or the contents of the file that `name`_FILE names. Raises BadSetting when that is unreadable."""
    file = env_text(f"{name}_FILE")
    if not file:
        return env_text(name, default)
    if env_text(name):
        raise BadSetting(name, f"given twice, also as {name}_FILE")
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(f"{name}_FILE", f"cannot be read ({type(error).__name__})") from error


def env_bool(name: str, default: bool) -> bool:
    """True for 1, true, yes, on; False for 0, false, no, off. Raises BadSetting for anything else."""
    given = env_text(name, "1" if default else "0").lower()
    if given not in TRUE + FALSE:
        raise BadSetting(name, f"is {given!r}, must be 1 or 0")
    return given in TRUE


def env_int(name: str, default: int, *, least: int, most: int) -> int:
    """A whole number from `least` to `most`, both included. Raises BadSetting otherwise."""
    given = env_text(name, str(default))
    try:
        number = int(given)
    except ValueError as error:
        raise BadSetting(name, f"is {given!r}, must be a whole number") from error
    if not least <= number <= most:
        raise BadSetting(name, f"is {number}, must be from {least} to {most}")
    return number


def env_float(name: str, default: float, *, least: float, most: float) -> float:
    """A number from `least` to `most`, both included. Raises BadSetting otherwise, also for NaN."""
    given = env_text(name, str(default))
    try:
        number = float(given)
    except ValueError as error:
        raise BadSetting(name, f"is {given!r}, must be a number") from error
    if not least <= number <= most:
        raise BadSetting(name, f"is {given}, must be from {least:g} to {most:g}")
    return number


def env_list(name: str, default: str = "") -> list[str]:
    """What stands between commas, without surrounding space and empty members."""
    return [part.strip() for part in env_text(name, default).split(",") if part.strip()]


def env_url(name: str, default: str, *, schemes: tuple[str, ...]) -> str:
    """An absolute URL of one of `schemes`, or `default` when unset. Raises BadSetting otherwise, never showing the value."""
    given = env_secret(name, default)
    if not given:
        return ""
    try:
        parts = urlsplit(given)
        well_formed = parts.scheme in schemes and (parts.hostname or parts.path) and (parts.port is None or parts.port > 0)
    except ValueError:
        well_formed = False
    if not well_formed:
        raise BadSetting(name, f"is no well-formed URL that starts with {' or '.join(one + '://' for one in schemes)}")
    return given


def env_endpoint(name: str, default: str) -> str:
    """The address of a service that is sent secrets: https, or http on this machine. Raises BadSetting otherwise."""
    given = env_url(name, default, schemes=("http", "https"))
    parts = urlsplit(given)
    if parts.username or parts.password:
        raise BadSetting(name, "must not hold a name or a password")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise BadSetting(name, "must be https://, or http:// on this machine (127.0.0.1, [::1] or localhost)")
    return given


def is_loopback(host: str) -> bool:
    """Whether that host is this machine by its very name: no name is looked up."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def host_of(url: str) -> str:
    """The host of a well-formed URL, without its port."""
    return urlsplit(url).hostname or ""


def file_storage(name: str, url: str, *, key: str, secret: str) -> dict[str, object]:
    """Django's settings for where files lie: on this disk, or in the bucket of `s3://bucket?endpoint=https://...&region=...`.

    Raises BadSetting for a bucket without a name, an endpoint without encryption, and what it does not know.
    """
    if not url:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    parts = urlsplit(url)
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    endpoint = given.get("endpoint", "")
    if not parts.hostname or set(given) - {"endpoint", "region"} or parts.username:
        raise BadSetting(
            name, "must look like s3://bucket?endpoint=https://host&region=name, keys in S3_ACCESS_KEY and S3_SECRET_KEY"
        )
    if endpoint and not (endpoint.startswith("https://") or is_loopback(host_of(endpoint))):
        raise BadSetting(name, "its endpoint must be https://, or stand on this machine")
    options: dict[str, object] = {
        "bucket_name": parts.hostname, "access_key": key or None, "secret_key": secret or None, "file_overwrite": False,
        # Nothing is ever read but through us, and no name says anything.
        "default_acl": None, "querystring_auth": True, "signature_version": "s3v4", "addressing_style": "path" if endpoint else None,
    }  # fmt: skip
    options |= {"endpoint_url": endpoint} if endpoint else {}
    options |= {"region_name": given["region"]} if given.get("region") else {}
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {k: v for k, v in options.items() if v is not None}}


def database(name: str, url: str) -> dict[str, object]:
    """Django's settings for a `postgresql://user:password@host:port/database` URL; `host` may be a socket folder in `?host=`."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise BadSetting(name, "must be postgresql://user:password@host:port/database")
    options = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    host = unquote(options.pop("host", "")) or parts.hostname or ""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "OPTIONS": {key: unquote(value) for key, value in options.items()},
    }


def login_url(owner_url: str, secret_key: str) -> str:
    """The application's login on the owner's server: named after the database, its password derived from the secret key."""
    parts = urlsplit(owner_url)
    password = hashlib.sha256(b"login\0" + secret_key.encode()).hexdigest()
    address = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{quote('cc_login_' + parts.path.strip('/'))}:{password}@{address}").geturl()


def chaos_only(environ: Mapping[str, str], names: tuple[str, ...]) -> None:
    """Raises BadSetting when a knob for tests is set although CHAOS is not 1."""
    for name in names:
        if environ.get(name) and environ.get("CHAOS") != "1":
            raise BadSetting(name, "is a knob for tests, refused unless CHAOS=1")
