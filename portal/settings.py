"""All settings, in one file, from the environment.

Without DATABASE_URL this is the embedded demo: its own PostgreSQL and its own secret, both in the
data folder. With DATABASE_URL it is production: every secret must be given, and a missing one
stops the start with a sentence that names it.
"""

from pathlib import Path

import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from whitenoise.compress import Compressor

from portal import embedded
from portal.logs import configure_logging

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = embedded.data_folder()
env = environ.Env()

IS_EMBEDDED = not env.str("DATABASE_URL", default="")
DEBUG = env.bool("DEBUG", default=False)

if IS_EMBEDDED:
    SECRET_KEY = embedded.secret(DATA_DIR)
    SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")
    ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"])
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": str(embedded.socket_folder(DATA_DIR)),
            "NAME": "portal",
            "USER": "postgres",
        }
    }
else:
    SECRET_KEY = env.str("SECRET_KEY")
    SITE_URL = env.str("SITE_URL").rstrip("/")
    ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
    DATABASES = {"default": env.db_url("DATABASE_URL")}
    DATABASES["default"]["ENGINE"] = "django.db.backends.postgresql"
DATABASES["default"] |= {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
# A host that is gone is noticed in seconds (a socket of this machine needs none of it).
DATABASES["default"]["OPTIONS"] = {
    "connect_timeout": 3,
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
} | DATABASES["default"].get("OPTIONS", {})
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    # modeltranslation wraps model admins, so it comes before the admin
    "modeltranslation",
    "portal.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.sitemaps",
    "django.contrib.humanize",
    "django.forms",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_prose_editor",
    "django_tasks",
    "django_tasks_db",
    "import_export",
    "reversion",
    "taggit",
    # floors, from the roof to the ground; an app imports only from apps further down
    "portal",
    "contests",
    "journal",
    "practices",
    "partners",
    "themes",
    "publishing",
    "people",
    "search",
    "places",
]

MIDDLEWARE = [
    "portal.logs.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.compression.CompressionMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "people.middleware.PrivatePagesMiddleware",
    "portal.middleware.VisitorLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "people.middleware.StaffSecondFactorMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
FORM_RENDERER = "portal.forms.PortalFormRenderer"
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
                "portal.context.page",
            ],
        },
    }
]

# Languages. Kyrgyz is what a visitor gets first (portal/views.py: root); "ru" here only means that
# a string missing from the Kyrgyz catalogues falls back to Russian and not to English.
LANGUAGE_CODE = "ru"
LANGUAGES = [("ky", _("Kyrgyz")), ("ru", _("Russian"))]
LOCALE_PATHS = [BASE_DIR / "portal" / "locale", BASE_DIR / "portal" / "locale_vendor"]
FORMAT_MODULE_PATH = "portal.formats"
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60
MODELTRANSLATION_LANGUAGES = ("ky", "ru")
MODELTRANSLATION_DEFAULT_LANGUAGE = "ky"
MODELTRANSLATION_FALLBACK_LANGUAGES = ("ky", "ru")
TIME_ZONE = "Asia/Bishkek"
USE_TZ = True

# People
AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "account_home"
ACCOUNT_ADAPTER = "people.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email", "phone"}
# One box takes either of them (people/forms.py); allauth's own checks want the e-mail to be required.
ACCOUNT_SIGNUP_FIELDS = ["email*", "phone"]
ACCOUNT_SIGNUP_FORM_HONEYPOT_FIELD = "website"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PHONE_VERIFICATION_SUPPORTS_RESEND = True
# How codes reach a phone (people/senders.py), and how messages come (people/webhooks.py). Without the
# messenger's keys an operator sends by hand; what of the keys belongs together is given together.
WHATSAPP_TOKEN = env.str("WHATSAPP_TOKEN", default="")
WHATSAPP_PHONE_ID = env.str("WHATSAPP_PHONE_ID", default="")
WHATSAPP_TEMPLATE = env.str("WHATSAPP_TEMPLATE", default="")
WHATSAPP_APP_SECRET = env.str("WHATSAPP_APP_SECRET", default="")
WHATSAPP_VERIFY_TOKEN = env.str("WHATSAPP_VERIFY_TOKEN", default="")
WHATSAPP_API = env.str("WHATSAPP_API", default="https://graph.facebook.com/v23.0").rstrip("/")
_keys = (WHATSAPP_TOKEN, WHATSAPP_PHONE_ID, WHATSAPP_TEMPLATE)
CODE_SENDER = env.str("CODE_SENDER", default="whatsapp" if all(_keys) else "desk")
if CODE_SENDER not in {"whatsapp", "desk", "email", "console"}:
    raise ImproperlyConfigured("CODE_SENDER is whatsapp, desk, email or console.")
if CODE_SENDER == "whatsapp" and not all(_keys):
    raise ImproperlyConfigured(
        "CODE_SENDER=whatsapp needs WHATSAPP_TOKEN, WHATSAPP_PHONE_ID and WHATSAPP_TEMPLATE."
    )
if bool(WHATSAPP_APP_SECRET) != bool(WHATSAPP_VERIFY_TOKEN):
    raise ImproperlyConfigured("WHATSAPP_APP_SECRET and WHATSAPP_VERIFY_TOKEN go together.")
# The Union's number, to which people send their codes; the demo's is fictitious.
UNION_WHATSAPP = env.str("UNION_WHATSAPP", default="+996000000000" if IS_EMBEDDED else "")
# A letter may take its time, a person who sends codes by hand still more.
CODE_MINUTES = 60 if CODE_SENDER == "desk" else 15
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = ACCOUNT_PHONE_VERIFICATION_TIMEOUT = CODE_MINUTES * 60
ACCOUNT_LOGIN_TIMEOUT = CODE_MINUTES * 60
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 15 * 60
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "dashed": False, "length": 6}
# Six digits and three tries a code: the codes of a day for one address are counted too.
ACCOUNT_RATE_LIMITS = {
    "request_login_code": "20/m/ip,3/m/key,30/d/key",
    "reset_password": "20/m/ip,3/m/key,30/d/key",
    "change_phone": "5/m/user",
    # Counted in the database when a code is asked for (people/limits.py).
    "verify_phone": None,
}
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_FORMS = {
    "login": "people.forms.LoginForm",
    "signup": "people.forms.SignupForm",
    "request_login_code": "people.forms.RequestLoginCodeForm",
    "reset_password": "people.forms.ResetPasswordForm",
    "add_email": "people.forms.AddEmailForm",
    "change_phone": "people.forms.ChangePhoneForm",
    "verify_phone": "people.forms.VerifyPhoneForm",
    "change_password": "people.forms.ChangePasswordForm",
    "set_password": "people.forms.SetPasswordForm",
    "reset_password_from_key": "people.forms.NewPasswordForm",
    "reauthenticate": "people.forms.PasswordAgainForm",
    "confirm_login_code": "people.forms.ConfirmLoginCodeForm",
    "confirm_email_verification_code": "people.forms.ConfirmEmailVerificationCodeForm",
    "confirm_password_reset_code": "people.forms.ConfirmPasswordResetCodeForm",
}
MFA_ADAPTER = "people.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "ЖӨБ · МСУ"
MFA_FORMS = {
    "authenticate": "people.forms.AuthenticateForm",
    "reauthenticate": "people.forms.SecondFactorAgainForm",
    "activate_totp": "people.forms.ConnectAppForm",
    "add_webauthn": "people.forms.ConnectKeyForm",
    "edit_webauthn": "people.forms.RenameKeyForm",
}
# Whoever publishes holds a second factor; the embedded demo would only be in its readers' way.
STAFF_NEEDS_SECOND_FACTOR = env.bool("STAFF_NEEDS_SECOND_FACTOR", default=not IS_EMBEDDED)

# Files
STATIC_URL = "/static/"
STATIC_ROOT = (
    DATA_DIR / "static"
    if IS_EMBEDDED
    else Path(env.str("STATIC_ROOT", default=str(DATA_DIR / "static")))
)
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "portal.statics.StaticStorage"},
}
WHITENOISE_MAX_AGE = 3600
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")
FILE_UPLOAD_PERMISSIONS = 0o640
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
# One practice's form carries many rows in two languages.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

# Tasks, cache, mail
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
if CACHE_URL := env.str("CACHE_URL", default=""):
    CACHES = {"default": env.cache_url("CACHE_URL")}
else:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "portal_cache",
        }
    }
# Public pages that lie ready in <PORTAL_DATA>/pages; 0 makes each page anew for each reader.
PAGE_CACHE_MB = env.int("PAGE_CACHE_MB", default=64)
if IS_EMBEDDED:
    # The demo sends no mail anywhere: letters are written into the data folder.
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA_DIR / "mail"
else:
    vars().update(env.email_url("EMAIL_URL"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="portal@localhost")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_TIMEOUT = 15

# Security
SITE_IS_HTTPS = SITE_URL.startswith("https://")
CSRF_FAILURE_VIEW = "portal.views.csrf_failure"
CSRF_TRUSTED_ORIGINS = [SITE_URL] if SITE_IS_HTTPS else []
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SITE_IS_HTTPS
SESSION_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = SITE_IS_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if SITE_IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SITE_IS_HTTPS
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1
# django-csp writes the nonce only where something asks for it: the admin does, public pages never.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
PERMISSIONS_POLICY = {
    feature: [] for feature in ("camera", "geolocation", "microphone", "payment", "usb")
}

LOGGING = configure_logging(level=env.str("LOG_LEVEL", default="INFO"))
TAGGIT_CASE_INSENSITIVE = True
IMPORT_EXPORT_USE_TRANSACTIONS = True
IMPORT_EXPORT_IMPORT_PERMISSION_CODE = "add"
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "view"
SILENCED_SYSTEM_CHECKS: list[str] = []
