"""Wiring: configuration read once from the environment, and the application made of the rooms."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from operations.mail import SECURITY, Mailbox
from operations.webhook import Webhook, is_web_address
from views import (
    assets,
    auth,
    background,
    cli,
    compression,
    database,
    errors,
    import_jobs,
    inbox,
    language,
    own,
    panel,
    public,
    security_headers,
)
from views.accounts import AccountView
from views.bulk_changes import BulkChangeView
from views.callbacks import CallbackView
from views.drafts import DraftView
from views.finding import finding
from views.history import HistoryView
from views.imports import LoadPage, load_ways
from views.morning import CallbacksDuePage, morning, ticket_ways
from views.overdue import OverduePage
from views.pausing import PausingPage
from views.reviews import ReviewsPage
from views.summaries import EscalationPage, SatisfactionPage, summary_ways
from views.tickets import TicketView
from views.versions import VERSIONED_VIEWS

ROOT = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment may say; the README has the same table."""

    database_url: str
    secret_key: str
    instance_path: Path
    time_zone: str
    language: str
    public_url: str
    upload_megabytes: int
    session_hours: int
    sign_in_attempts: int
    trusted_proxies: int
    port: int
    has_demo: bool
    mailbox: Mailbox | None
    webhook: Webhook | None
    testing: bool


def read_settings(source: Mapping[str, str]) -> Settings:
    """The settings in `source`, with defaults; ValueError names a setting that makes no sense."""
    instance = Path(source.get("INSTANCE_PATH") or ROOT / "instance").absolute()
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    if instance.stat().st_uid == os.getuid():
        instance.chmod(0o700)  # it holds people's data, also when a checkout made it
    settings = Settings(
        database_url=_with_driver(source.get("DATABASE_URL") or f"sqlite:///{instance / 'pinzhi.sqlite3'}"),
        secret_key=source.get("SECRET_KEY") or _kept_secret(instance / "secret_key"),
        instance_path=instance,
        time_zone=source.get("TIME_ZONE") or "Asia/Shanghai",
        language=source.get("PANEL_LANGUAGE") or "zh_Hans_CN",
        public_url=source.get("PUBLIC_URL") or "",
        upload_megabytes=_whole(source, "UPLOAD_MEGABYTES", 20),
        session_hours=_whole(source, "SESSION_HOURS", 12),
        sign_in_attempts=_whole(source, "SIGN_IN_ATTEMPTS", 10),
        trusted_proxies=_whole(source, "TRUSTED_PROXIES", 0),
        port=_whole(source, "PORT", 5000),
        has_demo=source.get("DEMO") != "0",
        mailbox=_mailbox(source),
        webhook=_webhook(source),
        testing=source.get("TESTING") == "1",
    )
    if settings.language not in language.LANGUAGES:
        raise ValueError(f"PANEL_LANGUAGE must be one of {', '.join(language.LANGUAGES)}, not {settings.language!r}")
    try:
        ZoneInfo(settings.time_zone)
    except (KeyError, ValueError):
        raise ValueError(f"TIME_ZONE must be a zone such as Asia/Shanghai, not {settings.time_zone!r}") from None
    return settings


def _with_driver(url: str) -> str:
    """The address with the driver that is installed, also where a host hands out the short form."""
    return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)


def _whole(source: Mapping[str, str], name: str, default: int) -> int:
    text = source.get(name) or str(default)
    if not text.isdigit():
        raise ValueError(f"{name} must be a whole number, not {text!r}")
    return int(text)


def _mailbox(source: Mapping[str, str]) -> Mailbox | None:
    """The server that takes e-mail; None where none is named."""
    if not source.get("SMTP_HOST"):
        return None
    security = source.get("SMTP_TLS") or "starttls"
    if security not in SECURITY:
        raise ValueError(f"SMTP_TLS must be one of {', '.join(SECURITY)}, not {security!r}")
    sender = source.get("SMTP_FROM") or ""
    if "@" not in sender:
        raise ValueError("SMTP_FROM must be the address that e-mail comes from, such as pinzhi@example.com")
    return Mailbox(
        host=source["SMTP_HOST"],
        port=_whole(source, "SMTP_PORT", 587),
        sender=sender,
        user=source.get("SMTP_USER") or "",
        password=source.get("SMTP_PASSWORD") or "",
        security=SECURITY[security],
    )


def _webhook(source: Mapping[str, str]) -> Webhook | None:
    """Where messages are posted to; None where no address is named."""
    url, secret = source.get("WEBHOOK_URL") or "", source.get("WEBHOOK_SECRET") or ""
    if not url:
        return None
    if not is_web_address(url):
        raise ValueError(
            "WEBHOOK_URL must be an address that starts with https:// or http://, without a password in it"
        )
    if not secret:
        raise ValueError("WEBHOOK_SECRET is needed: the receiver tells by it that a call is ours")
    return Webhook(url, secret, may_be_private=source.get("WEBHOOK_ALLOW_PRIVATE") == "1")


def _kept_secret(path: Path) -> str:
    """The secret in the file; made on first use, once however many workers start together."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_hex(32))
    return path.read_text().strip()


def create_app(settings: Mapping[str, str] | None = None) -> Flask:
    """The application; `settings` replaces the environment, by the same names."""
    read = read_settings(os.environ if settings is None else settings)
    app = Flask(
        __name__,
        instance_path=str(read.instance_path),
        template_folder="views/templates",
        static_folder="views/static",
    )
    app.config.update(_flask_config(read))
    if read.trusted_proxies:
        hops = read.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    database.init_database(app)
    language.init_language(app)
    security_headers.init_headers(app)
    compression.init_compression(app)
    assets.init_assets(app)
    auth.init_auth(app)
    errors.init_errors(app)
    panel.init_panel(
        app,
        own_views={
            "accounts": AccountView,
            "bulk-changes": BulkChangeView,
            "callbacks": CallbackView,
            "drafts": DraftView,
            "history": HistoryView,
            **VERSIONED_VIEWS,
            "tickets": TicketView,
        },
        pages=[OverduePage, CallbacksDuePage, ReviewsPage, SatisfactionPage, EscalationPage, PausingPage, LoadPage],
        waiting=morning,
        ways=[ticket_ways, summary_ways, load_ways],
    )
    background.init_background(app, read.mailbox, read.webhook, import_jobs.JOBS, import_jobs.REPEATED)
    public.init_public(app)
    app.register_blueprint(own.own)
    inbox.init_inbox(app)
    app.register_blueprint(finding)
    cli.init_commands(app)

    return app


def _flask_config(read: Settings) -> dict[str, object]:
    secure = read.public_url.startswith("https://")
    return {
        "SECRET_KEY": read.secret_key,
        "SQLALCHEMY_DATABASE_URI": read.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": {"pool_pre_ping": True},
        "BABEL_DEFAULT_LOCALE": read.language,
        "BABEL_DEFAULT_TIMEZONE": read.time_zone,
        "MAX_CONTENT_LENGTH": read.upload_megabytes * 1024 * 1024,
        "PUBLIC_URL": read.public_url,
        "PORT": read.port,
        "DEMO": read.has_demo,
        "SESSION_HOURS": read.session_hours,
        "SIGN_IN_ATTEMPTS": read.sign_in_attempts,
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "TESTING": read.testing,
    }
