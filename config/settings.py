"""Settings, read from environment variables; docs/deploy.md lists them.

Without DATABASE_URL and REDIS_URL the project runs embedded on one machine: with SQLite and a
broker made of files, both in `var/`. With either of them it is in production: a secret key is
required and HTTPS is on.
"""

import logging
from datetime import timedelta
from pathlib import Path

from config import (
    background,
    caches,
    databases,
    environment,
    evidence_storage,
    logs,
    mail,
    metrics,
    sentry,
    single_sign_on,
)
from config.api_schema import SPECTACULAR_SETTINGS  # noqa: F401
from config.browser_rules import (
    PERMISSIONS_POLICY,  # noqa: F401
    POLICY,
    cookie_name,
)
from config.unfold import UNFOLD  # noqa: F401

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = environment.folder("QC_VAR_DIR", default=BASE_DIR / "var")
# Before the first counter is made.
metrics.share(VAR_DIR / "metrics")

REDIS_URL = environment.redis_address("REDIS_URL")
REDIS_MASTER = environment.sentinel_master("REDIS_MASTER", address=REDIS_URL)
EMBEDDED = not (environment.env.str("DATABASE_URL", "") or REDIS_URL)

DEBUG = environment.switch("DEBUG", default=False)
SECRET_KEY = environment.secret_key("SECRET_KEY", file=VAR_DIR / "secret_key", embedded=EMBEDDED)
# Keys from before, which still read what they have signed or encrypted.
SECRET_KEY_FALLBACKS = environment.former_keys("SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])

# QC Desk's own times and sizes

QC_SWEEP_SECONDS = environment.whole_number("QC_SWEEP_SECONDS", default=5, least=1, most=3600)
QC_UNSEEN_MINUTES = environment.minutes("QC_UNSEEN_MINUTES", default=15, least=0.1, most=1440)
QC_BREAK_MINUTES = environment.whole_number("QC_BREAK_MINUTES", default=120, least=2, most=1440)
QC_START_MINUTES = environment.minutes("QC_START_MINUTES", default=10, least=0.1, most=1440)
QC_TOKEN_HOURS = environment.whole_number("QC_TOKEN_HOURS", default=12, least=1, most=8760)
# How many calls of /api/v1/ each person and each service token may make in a minute.
QC_API_PER_MINUTE = environment.whole_number(
    "QC_API_PER_MINUTE", default=600, least=1, most=1_000_000
)
QC_SESSION_HOURS = environment.whole_number("QC_SESSION_HOURS", default=12, least=1, most=720)
QC_IDLE_MINUTES = environment.whole_number("QC_IDLE_MINUTES", default=120, least=2, most=43_200)
QC_IMPORT_ROWS = environment.whole_number("QC_IMPORT_ROWS", default=2000, least=1, most=100_000)
QC_IMPORT_BYTES = environment.whole_number(
    "QC_IMPORT_BYTES", default=50 * 1024 * 1024, least=1024, most=1024**3
)
# How many days the files of imports are kept; 0 is for ever.
QC_KEEP_IMPORT_FILES = environment.whole_number(
    "QC_KEEP_IMPORT_FILES", default=90, least=0, most=36_500
)
# Files of checks: how large one may be in MiB, and the command that looks at each, "" for none.
QC_EVIDENCE_MB = environment.whole_number("QC_EVIDENCE_MB", default=20, least=1, most=1024)
QC_EVIDENCE_SCAN = environment.command("QC_EVIDENCE_SCAN")
QC_EVIDENCE_SCAN_SECONDS = environment.whole_number(
    "QC_EVIDENCE_SCAN_SECONDS", default=30, least=1, most=300
)
# Copies of the seals, where whoever owns the database can't change them.
QC_SEAL_FILE = environment.env.str("QC_SEAL_FILE", "")
QC_SEAL_URL = environment.web_address("QC_SEAL_URL")
# How many days history stays in the database, by table; then it goes to files in QC_ARCHIVE_DIR.
# 0 is for ever.
QC_KEEP_DAYS = {
    "task": environment.whole_number("QC_KEEP_TASKS", default=0, least=0, most=36_500),
    "person": environment.whole_number("QC_KEEP_PEOPLE", default=0, least=0, most=36_500),
    "queue": environment.whole_number("QC_KEEP_QUEUES", default=0, least=0, most=36_500),
    "event": environment.whole_number("QC_KEEP_EVENTS", default=0, least=0, most=36_500),
}
QC_ARCHIVE_DIR = environment.env.str("QC_ARCHIVE_DIR", "")

# Alerts and webhooks: the networks in which addresses may be beside the internet, and the address
# of QC Desk that messages name. The mail server is in EMAIL_URL.
QC_ALERT_NETWORKS = environment.networks("QC_ALERT_NETWORKS")
QC_SITE_URL = environment.web_address("QC_SITE_URL")
globals().update(mail.mail_settings())
# How often it is looked for events that webhooks are told of.
QC_WEBHOOK_SECONDS = environment.whole_number("QC_WEBHOOK_SECONDS", default=5, least=1, most=3600)
# How many threads a process of the site has; of these a quarter may wait for events at once.
QC_WEB_THREADS = environment.whole_number("QC_WEB_THREADS", default=8, least=2, most=64)

# Applications and middleware

INSTALLED_APPS = [
    # Before ours, which replaces its handling of sign-ins.
    "django.contrib.auth",
    "qc.apps.QCConfig",
    # Basic: Unfold's own admin site would replace ours.
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "unfold.contrib.simple_history",
    "qc.apps.PagesConfig",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "import_export",
    "simple_history",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "knox",
    "axes",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
]

MIDDLEWARE = [
    # Before all that may write to the log.
    "qc.web.middleware.RequestIdMiddleware",
    "qc.web.access_log.AccessLogMiddleware",
    "qc.web.probes.ProbesMiddleware",
    "qc.web.overload.OverloadMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "qc.web.compression.CompressPagesMiddleware",
    # After that of static files, which may be stored.
    "qc.web.headers.HeadersMiddleware",
    "qc.web.look_middleware.LookMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "qc.web.middleware.ContextMiddleware",
    "qc.web.middleware.LocalizationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    # After allauth's, in whose place it answers.
    "qc.web.proof_middleware.ProofMiddleware",
    "qc.web.page_guards.EndedSessionMiddleware",
    "qc.web.idle_sessions.IdleSessionMiddleware",
    "qc.web.page_guards.SamePersonMiddleware",
    "qc.web.new_devices.NewDeviceMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
FORM_RENDERER = "qc.admin.shared.form_renderer.FormRenderer"

# A request waits 30 s at most: config/wsgi.py. Jobs and commands may take long.
QC_DATABASE_SECONDS = environment.whole_number(
    "QC_DATABASE_SECONDS", default=3600, least=2, most=86_400
)
DATABASES = {
    "default": databases.database(
        "DATABASE_URL", default_file=VAR_DIR / "qc.sqlite3", seconds=QC_DATABASE_SECONDS
    )
}

CACHES = caches.caches(REDIS_URL)

# Signing in

AUTH_USER_MODEL = "qc.User"
SESSION_ENGINE = "qc.web.session_store"
# As knox has it already; migrations that refer to tokens read it here.
KNOX_TOKEN_MODEL = "knox.AuthToken"  # noqa: S105
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    # Before Django's, which would read rights as two statements.
    "qc.permissions.RightsBackend",
    "django.contrib.auth.backends.ModelBackend",
    # Of sign-ins that a provider vouches for; a password goes by the two above.
    "allauth.account.auth_backends.AuthenticationBackend",
]
ACCOUNT_ADAPTER = "qc.admin.sign_in.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*"]
SOCIALACCOUNT_ADAPTER = "qc.admin.sign_in.sso.SocialAccountAdapter"
# The provider of single sign-on, or None; and whether passwords are taken beside it.
QC_OIDC = single_sign_on.provider()
QC_PASSWORD_FORM = single_sign_on.password_form(QC_OIDC)
# django-axes counts failures of all kinds.
ACCOUNT_RATE_LIMITS = False
# Seconds for which a proof of who somebody is counts: `qc.web.proofs`.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
# Who must have a second factor: nobody, those who manage or audit, or everybody.
QC_SECOND_FACTOR = environment.one_of(
    "QC_SECOND_FACTOR", default="off", allowed=("off", "managers", "all")
)
MFA_ADAPTER = "qc.admin.second_factor.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "QC Desk"
# Clocks may differ by one code.
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
# PBKDF2 is for older passwords.
PASSWORD_HASHERS = [
    "qc.core.passwords.Argon2Hasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": name}
    for name in (
        "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "django.contrib.auth.password_validation.MinimumLengthValidator",
        "django.contrib.auth.password_validation.NumericPasswordValidator",
        "qc.core.passwords.TooCommonValidator",
    )
]
# Of an invite or reset link.
PASSWORD_RESET_TIMEOUT = 24 * 3600
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

# How many failures of each of these are too many is in the handler.
AXES_HANDLER = "qc.web.throttling.FailureCounter"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"], "username", "ip_address"]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True
AXES_LOCKOUT_CALLABLE = "qc.web.sign_ins.locked_out"
# What was typed in these is not kept with a failure; `password` never is.
AXES_SENSITIVE_PARAMETERS = [
    "username",
    "old_password",
    "new_password1",
    "new_password2",
    "code",
    "credential",
]
AXES_USERNAME_CALLABLE = "qc.web.sign_ins.name_tried"
AXES_CLIENT_IP_CALLABLE = "qc.web.addresses.client_address"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "qc.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": [
        "qc.api.parsers.JSONParser",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "qc.api.errors.handle",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
REST_KNOX = {"TOKEN_TTL": timedelta(hours=QC_TOKEN_HOURS), "AUTO_REFRESH": False}

# HTTPS: on in production, unless a proxy in a trusted network does it.

HTTPS = environment.switch("QC_HTTPS", default=not EMBEDDED)
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = cookie_name("sessionid", https=HTTPS)
QC_TERMINAL_COOKIE = cookie_name("qc_terminal", https=HTTPS)
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_NAME = cookie_name("csrftoken", https=HTTPS)
# Scripts read it: a page that is open in two tabs takes the newest token.
CSRF_COOKIE_HTTPONLY = False
CSRF_FAILURE_VIEW = "qc.web.refusals.stale_page"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = POLICY
CSRF_TRUSTED_ORIGINS = environment.origins("CSRF_TRUSTED_ORIGINS")
PROXIES = environment.number_of_proxies("QC_BEHIND_PROXY")
if PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Background work

CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost/"
CELERY_BROKER_TRANSPORT_OPTIONS = background.broker_options(
    REDIS_URL, REDIS_MASTER, embedded=VAR_DIR / "broker"
)
if not REDIS_URL:
    CELERY_BROKER_TRANSPORT = "config.broker:Transport"
CELERY_TASK_DEFAULT_QUEUE = "qc_desk"
CELERY_TASK_ROUTES = background.ROUTES
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_CONCURRENCY = environment.whole_number(
    "QC_WORKER_THREADS", default=2, least=1, most=64
)
# Wait for a broker that is down as long as it takes.
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A Redis that becomes a replica answers READONLY or UNBLOCKED: that passes, too.
CELERY_BROKER_CHANNEL_ERROR_RETRY = True
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "config.beat:Scheduler"
CELERY_BEAT_SCHEDULE = background.schedule(
    sweep_seconds=QC_SWEEP_SECONDS, webhook_seconds=QC_WEBHOOK_SECONDS
)

# History

SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD = True
SIMPLE_HISTORY_ENFORCE_HISTORY_MODEL_PERMISSIONS = True
SIMPLE_HISTORY_REVERT_DISABLED = True

# Import and export

IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "export"
IMPORT_EXPORT_SKIP_ADMIN_LOG = True
# A check plan of a hundred items has more fields than Django's thousand, and a picture for each.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
DATA_UPLOAD_MAX_NUMBER_FILES = 200
FILE_UPLOAD_HANDLERS = [
    # Before those that store uploads.
    "qc.web.upload_limits.RefuseTooLarge",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# Language, time, files

LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LANGUAGE_CODE = environment.one_of("LANGUAGE_CODE", default="en", allowed=dict(LANGUAGES))
LOCALE_PATHS = [BASE_DIR / "qc" / "locale"]
FORMAT_MODULE_PATH = "config.formats"
USE_TZ = True
TIME_ZONE = environment.time_zone("TIME_ZONE", default="UTC")
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "qc.web.font_finder.FontFinder",
]
# Collected files are compressed, and browsers keep them for good: their names tell their content.
# Else they are served from where they are.
COLLECTED = environment.switch("QC_COLLECTED", default=not EMBEDDED)
WHITENOISE_USE_FINDERS = not COLLECTED
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "qc.web.static_storage.CollectedFilesStorage"
        if COLLECTED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
    "evidence": evidence_storage.storage(VAR_DIR / "evidence"),
}
MEDIA_ROOT = VAR_DIR / "media"

# Figures, logs and errors

# Who may read /metrics: whoever has the token, or calls from one of these networks.
QC_METRICS_TOKEN = environment.secret("QC_METRICS_TOKEN", least=16)
QC_METRICS_NETWORKS = environment.networks("QC_METRICS_NETWORKS")
if QC_METRICS_TOKEN or QC_METRICS_NETWORKS:
    after_probes = MIDDLEWARE.index("qc.web.probes.ProbesMiddleware") + 1
    MIDDLEWARE.insert(after_probes, "django_prometheus.middleware.PrometheusBeforeMiddleware")
    MIDDLEWARE.append("django_prometheus.middleware.PrometheusAfterMiddleware")

LOGGING = logs.logging_settings()
logging.captureWarnings(capture=logs.log_format() == "json")
sentry.start()
