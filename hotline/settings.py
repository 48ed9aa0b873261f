"""Settings, read strictly from the environment. Every variable is explained in .env.example."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from environs import Env, EnvError

from hotline.environment import (
    at_least,
    database,
    ensure_folder,
    new_key_entry,
    one_of,
    parse_emergency_numbers,
    parse_exit_url,
    parse_keys,
    parse_metrics_token,
    parse_time_zone,
    secret,
)

BASE_DIR = Path(__file__).resolve().parent.parent

env = Env()
if not os.environ.get("HOTLINE_IGNORE_DOTENV"):
    env.read_env(BASE_DIR / ".env", recurse=False)

try:
    DEBUG: bool = env.bool("DEBUG", False)
    VAR_DIR = Path(env.str("VAR_DIR", str(BASE_DIR / "var")))
    SITE_NAME_ZH: str = env.str("SITE_NAME_ZH", "灯下")
    SITE_NAME_EN: str = env.str("SITE_NAME_EN", "Lamplight")
    SITE_OPERATOR_ZH: str = env.str("SITE_OPERATOR_ZH", "本区心理援助志愿者")
    SITE_OPERATOR_EN: str = env.str("SITE_OPERATOR_EN", "volunteers of this district")
    QUICK_EXIT_URL = parse_exit_url(env.str("QUICK_EXIT_URL", "/calendar/"))
    RETENTION_DAYS: int = env.int("RETENTION_DAYS", 30, validate=at_least(1))
    ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"] if DEBUG else [])
    ORIGINS: list[str] = env.list("ORIGINS", [])
    HTTPS: bool = env.bool("HTTPS", not DEBUG)
    REDIS_URL: str = env.str("REDIS_URL", "")
    TIME_ZONE = parse_time_zone(env.str("TIME_ZONE", "Asia/Shanghai"))
    LOG_LEVEL: int = env.log_level("LOG_LEVEL", logging.INFO)
    LOG_FORMAT: str = env.str("LOG_FORMAT", "plain", validate=one_of("plain", "json"))
    ARGON2_MEMORY_KIB: int = env.int("ARGON2_MEMORY_KIB", 65536, validate=at_least(8))
    VANISHED_AFTER_SECONDS: int = env.int("VANISHED_AFTER_SECONDS", 60, validate=at_least(1))
    SWEEP_EVERY_SECONDS: float = env.float("SWEEP_EVERY_SECONDS", 5.0, validate=at_least(0.05))
    HEARTBEAT_SECONDS: int = env.int("HEARTBEAT_SECONDS", 20, validate=at_least(1))
    TRIAGE_PROCESS: bool = env.bool("TRIAGE_PROCESS", True)
    TRIAGE_LEXICON: str = env.str("TRIAGE_LEXICON", "")
    REVIEW_WITHIN_HOURS: int = env.int("REVIEW_WITHIN_HOURS", 24, validate=at_least(1))
    METRICS_TOKEN = parse_metrics_token(env.str("METRICS_TOKEN", ""))
    EMERGENCY_NUMBERS = parse_emergency_numbers(
        env.str(
            "EMERGENCY_NUMBERS",
            '[{"number": "12356", "zh": "心理援助热线", "en": "helpline"},'
            ' {"number": "110", "zh": "报警", "en": "police"},'
            ' {"number": "120", "zh": "急救", "en": "ambulance"}]',
        )
    )
    SECRET_KEY = secret(env, "SECRET_KEY", debug=DEBUG, var_dir=VAR_DIR)
    HOTLINE_KEYS = parse_keys(secret(env, "HOTLINE_KEYS", debug=DEBUG, var_dir=VAR_DIR, make=new_key_entry()))
    DATABASES = {"default": database(env, default=f"sqlite:///{VAR_DIR / 'hotline.sqlite3'}")}
except EnvError as error:
    # environs puts the variable's name into its message, and never the value.
    raise ImproperlyConfigured(str(error)) from None

if REDIS_URL and not REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
    raise ImproperlyConfigured("REDIS_URL must begin with redis://, rediss:// or unix://")
if not ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS is not set: the host names people reach this service under")
for _origin in ORIGINS:
    if not _origin.startswith(("http://", "https://")):
        raise ImproperlyConfigured(f"ORIGINS: {_origin!r} does not begin with http:// or https://")
if "*" in ORIGINS or "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("ORIGINS and ALLOWED_HOSTS name hosts; * would let any page speak for a resident")

# --- storage ---------------------------------------------------------------------------------------------------
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    ensure_folder(Path(DATABASES["default"]["NAME"]).parent)
    # One connection for each thread, kept: opening the file and setting it up costs as much as keeping a message.
    DATABASES["default"]["CONN_MAX_AGE"] = None
    DATABASES["default"]["OPTIONS"] = {
        # IMMEDIATE takes the write lock at BEGIN: two racers wait for each other and never fail half-way.
        "transaction_mode": "IMMEDIATE",
        "timeout": 5,
        # FULL: a committed message survives power loss. secure_delete: erased text is overwritten, not only unlinked.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;",
    }
else:
    # Reading DATABASE_URL leaves an age of 0 here, with which every frame would connect anew.
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # Statements of our own are prepared when they come again (hotline/chat/prepared.py); Django's never are.
    DATABASES["default"]["OPTIONS"].setdefault("prepare_threshold", 2)
    # No cursor outlives its transaction, so that a pooler may hand each transaction another connection.
    DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

if REDIS_URL:
    CHANNEL_LAYERS = {"default": {"BACKEND": "hotline.redis_layer.RedisLayer", "CONFIG": {"url": REDIS_URL}}}
else:
    CHANNEL_LAYERS = {"default": {"BACKEND": "hotline.layer.ProcessLayer"}}

# --- applications ----------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "daphne",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "servestatic",
    "channels",
    "triage",
    "hotline.chat",
    "counselors",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "hotline.urls"
ASGI_APPLICATION = "hotline.asgi.application"

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
                "django.template.context_processors.i18n",
                "hotline.context.site",
            ],
        },
    },
]

# --- people ----------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "counselors.StaffMember"
LOGIN_URL = "counselors:sign_in"
LOGIN_REDIRECT_URL = "counselors:home"
LOGOUT_REDIRECT_URL = "counselors:sign_in"
PASSWORD_HASHERS = ["hotline.hashers.Argon2idHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "counselors.passwords.LongEnough", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# --- languages -------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True

# --- files -----------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "hotline.storage.HashedStaticFiles"},
}
SERVESTATIC_USE_MANIFEST = False

# --- the browser's guard rails ---------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "worker-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
# Not "no-referrer": with it browsers send "Origin: null" along with our own forms, which the CSRF check must refuse.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
# Whether neighbours under the same domain speak HTTPS, and whether browsers carry a list of it, is the domain's to say.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
# Gone with the browser, all of them: one that stays a year on a shared computer tells where somebody has been.
CSRF_COOKIE_AGE = LANGUAGE_COOKIE_AGE = None
SESSION_COOKIE_NAME = "desk"
SESSION_COOKIE_AGE = 12 * 60 * 60  # from signing in, or from the last heartbeats of a desk that stayed open
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_TRUSTED_ORIGINS = ORIGINS
CSRF_FAILURE_VIEW = "hotline.views.refused_form"
DATA_UPLOAD_MAX_MEMORY_SIZE = 128 * 1024

# --- logs: ids and counts, never addresses, agents or words ------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"()": "hotline.logs.Plain", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        "json": {
            "()": "hotline.logs.Json",
            "format": "%(levelname)s %(name)s %(message)s",
            "rename_fields": {"levelname": "level", "name": "logger"},
            "timestamp": "time",
            "json_ensure_ascii": False,
        },
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        # Access lines hold addresses and paths; errors with a traceback hold local variables only in debug pages.
        "daphne": {"level": "WARNING"},
        # Its warnings name the address of whoever left in the middle of something.
        "daphne.server": {"level": "ERROR"},
        "django.channels.server": {"level": "WARNING"},
    },
}
DEFAULT_EXCEPTION_REPORTER_FILTER = "hotline.reports.NothingSaidFilter"
