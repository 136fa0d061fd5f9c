"""Every setting, read strictly from the environment. docs/operations.md lists them for people."""

import os
from pathlib import Path

from contactcenter import env

BASE_DIR = Path(__file__).resolve().parent.parent

# --- Where we run -----------------------------------------------------------------------------------------------------

# Django's own debug pages show customers' data to whoever provokes an error, so they are never on. DEBUG=1 in the
# environment means a machine of one's own: plain HTTP and the demo's well-known passwords are all right there.
DEBUG = False
DEVELOPMENT = env.env_bool("DEBUG", False)
CHAOS = env.env_bool("CHAOS", False)
env.chaos_only(os.environ, ("SESSION_IDLE_SECONDS", "UNDO_SECONDS", "JOB_LEASE_SECONDS", "FAILPOINT"))
SECRET_KEY = env.env_secret("SECRET_KEY")
if len(SECRET_KEY) < 32:
    raise env.BadSetting("SECRET_KEY", "is missing or shorter than 32 characters")
DATA_DIR = Path(env.env_text("DATA_DIR", str(BASE_DIR / ".local"))).resolve()
BUILD = env.env_text("BUILD", "development")
HTTPS = env.env_bool("HTTPS", not DEVELOPMENT)
ALLOWED_HOSTS = env.env_list("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = env.env_list("CSRF_TRUSTED_ORIGINS")
PUBLIC_URL = env.env_url("PUBLIC_URL", "http://127.0.0.1:8000", schemes=("http", "https")).rstrip("/")
# How many proxies of ours stand in front; what X-Forwarded-For says beyond them is hearsay.
TRUSTED_PROXIES = ALLAUTH_TRUSTED_PROXY_COUNT = env.env_int("TRUSTED_PROXIES", 0, least=0, most=5)

# --- The house --------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "contactcenter",
    "dashboards",
    "intake",
    "approvals",
    "conversations",
    "knowledge",
    "accounts",
    "core",
    "contactcenter.apps.DeskConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "channels",
]
MIDDLEWARE = [
    "core.middleware.RequestIdMiddleware",
    "contactcenter.files_origin.FilesOriginMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "contactcenter.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "core.middleware.ActorMiddleware",
    "accounts.viewer.ViewerMiddleware",
]
ROOT_URLCONF = "contactcenter.urls"
ASGI_APPLICATION = "contactcenter.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE, TIME_ZONE, USE_I18N, USE_TZ = "en", "UTC", True, True
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "contactcenter.shell.shell",
            ]
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
INSTALLED_APPS.append("django.forms")
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
DATA_UPLOAD_MAX_MEMORY_SIZE = 3 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200

# --- PostgreSQL: `default` is a login that owns nothing, `owner` migrates and is absent in web and worker processes ------

OWNER_URL = env.env_url("DATABASE_URL", "", schemes=("postgresql", "postgres"))
APP_URL = env.env_url("APP_DATABASE_URL", "", schemes=("postgresql", "postgres"))
REPLICA_URL = env.env_url("DATABASE_REPLICA_URL", "", schemes=("postgresql", "postgres"))
if not (OWNER_URL or APP_URL):
    raise env.BadSetting("DATABASE_URL", "is missing (script/manage and script/up set it for the embedded PostgreSQL)")


def _connection(name: str, url: str, *, pooled: bool) -> dict[str, object]:
    found = env.database(name, url)
    given = found["OPTIONS"]
    assert isinstance(given, dict)
    limits = (
        "" if not pooled else "-c statement_timeout=15000 -c lock_timeout=4000 -c idle_in_transaction_session_timeout=30000"
    )
    options: dict[str, object] = {"connect_timeout": 5, "application_name": env.env_text("COMPONENT", "manage"), **given}
    options["options"] = limits
    if pooled:
        options["pool"] = {"min_size": 1, "max_size": DB_POOL, "timeout": 5, "max_idle": 60}
    return found | {"OPTIONS": options, "CONN_MAX_AGE": 0, "DISABLE_SERVER_SIDE_CURSORS": True}


DB_POOL = env.env_int("DB_POOL", 24, least=1, most=500)
DATABASES = {"default": _connection("APP_DATABASE_URL", APP_URL or env.login_url(OWNER_URL, SECRET_KEY), pooled=True)}
if OWNER_URL:
    DATABASES["owner"] = _connection("DATABASE_URL", OWNER_URL, pooled=False)
    # Tests make one database, as the owner, and reach it through both connections.
    DATABASES["default"]["TEST"] = {"MIRROR": "owner"}
if REPLICA_URL:
    DATABASES["replica"] = _connection("DATABASE_REPLICA_URL", REPLICA_URL, pooled=True)
DATABASE_ROUTERS = ["contactcenter.routers.Routes"]

# --- Redis: makes things fast, holds no truth ---------------------------------------------------------------------------

REDIS_URL = env.env_url("REDIS_URL", "redis://127.0.0.1:6379/0", schemes=("redis", "rediss", "unix"))
CACHES = {
    # Redis, and the process's own memory while Redis is away.
    "default": {"BACKEND": "core.cache.ForgivingCache"},
    "redis": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cc",
        "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
    },
    # Where an answer in spite of a dead Redis matters more than one count over all processes.
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "process"},
}

# --- People and their sessions --------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL, LOGIN_REDIRECT_URL = "/accounts/login/", "/queue/"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_FORMS = {"login": "accounts.forms.SignInForm", "change_password": "accounts.forms.OwnPasswordForm"}
# allauth counts failed sign-ins in the cache; the one in Redis counts over all processes.
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "10/m/ip,5/5m/key"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "AI Contact Center"
USERSESSIONS_TRACK_ACTIVITY = False

SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = env.env_int("SESSION_IDLE_SECONDS", 3600, least=1, most=3600)
SESSION_SAVE_EVERY_REQUEST = False
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-sessionid" if HTTPS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS else "csrftoken"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# --- What customers see ---------------------------------------------------------------------------------------------------

COMPANY_NAME = env.env_text("COMPANY_NAME", "Saltbarrow" if DEVELOPMENT else "Customer service")
CONTACT_TOPICS = env.env_list(
    "CONTACT_TOPICS", "An order or a return,Something broke,The app or my account,My data and privacy"
)
CSRF_FAILURE_VIEW = "intake.refusals.unproven"

# --- Files ------------------------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
MEDIA_ROOT = DATA_DIR / "media"
# Another origin for what others have sent (https://files.example), on which nobody is signed in and nothing else is served: a file
# that a browser would run after all finds nothing there. Without it files come from the product's own origin, in a sandbox.
FILES_URL = env.env_url("FILES_URL", "", schemes=("http", "https")).rstrip("/")
if FILES_URL:
    ALLOWED_HOSTS.append(env.host_of(FILES_URL))
# s3://bucket?endpoint=https://...&region=...: files lie there instead of in DATA_DIR/media. Needs requirements-s3.txt.
FILE_STORAGE = env.env_url("FILE_STORAGE", "", schemes=("s3",))
# unix:/run/clamav/clamd.ctl or tcp://127.0.0.1:3310. With it nobody opens a file that ClamAV has not looked through.
CLAMAV_SOCKET = env.env_url("CLAMAV_SOCKET", "", schemes=("unix", "tcp"))
# Names with a hash need collectstatic first; script/up does both.
STATIC_HASHED = env.env_bool("STATIC_HASHED", False)
STORAGES = {
    "default": env.file_storage(
        "FILE_STORAGE", FILE_STORAGE, key=env.env_secret("S3_ACCESS_KEY"), secret=env.env_secret("S3_SECRET_KEY")
    ),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage."
        + ("ManifestStaticFilesStorage" if STATIC_HASHED else "StaticFilesStorage")
    },
}
WHITENOISE_USE_FINDERS = not STATIC_HASHED
WHITENOISE_AUTOREFRESH = False

# --- Work in the background ---------------------------------------------------------------------------------------------------

JOB_LEASE_SECONDS = env.env_int("JOB_LEASE_SECONDS", 45, least=1, most=600)
# None: each inbox has its own undo window.
UNDO_SECONDS = env.env_int("UNDO_SECONDS", 0, least=0, most=60) if env.env_text("UNDO_SECONDS") else None
FAILPOINT = env.env_text("FAILPOINT")

# --- The outside world ----------------------------------------------------------------------------------------------------------

# Instead of the transport that an inbox names, for every inbox of a channel: {"email": "gateways.fakes.channel"}. Only tests set it.
CHANNEL_GATEWAYS: dict[str, str] = {}
# Whatever carries a key or a customer's words goes by https, or stays on this machine.
OPENAI_API_KEY = env.env_secret("OPENAI_API_KEY")
OPENAI_BASE_URL = env.env_endpoint("OPENAI_BASE_URL", "https://api.openai.com/v1")
OPENAI_MODEL = env.env_text("OPENAI_MODEL", "gpt-4.1-mini")
ANTHROPIC_API_KEY = env.env_secret("ANTHROPIC_API_KEY")
ANTHROPIC_BASE_URL = env.env_endpoint("ANTHROPIC_BASE_URL", "https://api.anthropic.com")
ANTHROPIC_MODEL = env.env_text("ANTHROPIC_MODEL", "claude-sonnet-4-5")
# How long all language models together may take over one answer.
LLM_SECONDS = env.env_float("LLM_SECONDS", 4.0, least=1.0, most=20.0)
# What they may use up: tokens asked and answered, and millionths of a dollar. Beyond it the offline provider drafts, for review.
AI_TOKENS_PER_CONVERSATION = env.env_int("AI_TOKENS_PER_CONVERSATION", 60_000, least=0, most=100_000_000)
AI_TOKENS_PER_DAY = env.env_int("AI_TOKENS_PER_DAY", 20_000_000, least=0, most=100_000_000_000)
AI_MICRODOLLARS_PER_DAY = env.env_int("AI_MICRODOLLARS_PER_DAY", 20_000_000, least=0, most=100_000_000_000)
# How many replies one customer may get within an hour that nobody has checked.
AI_REPLIES_PER_CUSTOMER_HOUR = env.env_int("AI_REPLIES_PER_CUSTOMER_HOUR", 20, least=0, most=1000)
# Mails that nobody looked at before they went, to one address: two machines that answer each other stop here.
AUTOMATIC_MAILS_PER_ADDRESS_HOUR = env.env_int("AUTOMATIC_MAILS_PER_ADDRESS_HOUR", 2, least=0, most=1000)
# After the second of several quick messages it is waited so long for the next, so that one reply answers all of them.
BURST_SECONDS = env.env_float("BURST_SECONDS", 2.0, least=0.0, most=30.0)
GMAIL_BASE_URL = env.env_endpoint("GMAIL_BASE_URL", "https://gmail.googleapis.com")
WHATSAPP_BASE_URL = env.env_endpoint("WHATSAPP_BASE_URL", "https://graph.facebook.com")
SMTP_URL = env.env_url("SMTP_URL", "", schemes=("smtp", "smtps"))
# Whether an admin may name mail servers of a private network. What SMTP_URL names may stand anywhere.
PRIVATE_MAIL_HOSTS = env.env_bool("PRIVATE_MAIL_HOSTS", DEVELOPMENT)
# An inbox that has no way out of its own uses the one that the environment names, if it names one; else the sandbox, which only
# appends to a file in DATA_DIR/outbox.
STAND_INS = {
    channel: transport
    for channel, transport, named in (
        ("email", "mail", SMTP_URL),
        ("email", "gmail", env.env_text("GMAIL_BASE_URL")),
        ("whatsapp", "cloud", env.env_text("WHATSAPP_BASE_URL")),
    )
    if named
}
FIELD_ENCRYPTION_KEYS = env.env_secret("FIELD_ENCRYPTION_KEYS")
OTEL_EXPORTER_OTLP_ENDPOINT = env.env_url("OTEL_EXPORTER_OTLP_ENDPOINT", "", schemes=("http", "https"))
SENTRY_DSN = env.env_secret("SENTRY_DSN")

# --- Logs: one JSON line each, to standard error ---------------------------------------------------------------------------------

LOG_LEVEL = env.env_text("LOG_LEVEL", "INFO").upper()
if LOG_LEVEL not in ("DEBUG", "INFO", "WARNING", "ERROR"):
    raise env.BadSetting("LOG_LEVEL", "must be DEBUG, INFO, WARNING or ERROR")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "core.telemetry.JsonLines"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "propagate": True, "level": "WARNING"},
        # At DEBUG these write down what they send: customers' words.
        "httpx2": {"level": "WARNING"},
        "openai": {"level": "WARNING"},
        "anthropic": {"level": "WARNING"},
        "celery": {"level": "WARNING"},
    },
}
