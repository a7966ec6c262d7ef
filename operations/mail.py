"""Messages out by e-mail: one connection for a handful of them, each under its stable id."""

import smtplib
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Literal

from operations.parcels import NotSent, Parcel

_ENCODED = "=?"  # what a header takes for the beginning of an encoded word
TIME_LIMIT = 15  # seconds that the server may take to answer each step

Security = Literal["starttls", "tls", "none"]
SECURITY: Mapping[str, Security] = {"starttls": "starttls", "tls": "tls", "none": "none"}  # by what a setting may say


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The server that takes e-mail from us; signs in where there is a user."""

    host: str
    port: int
    sender: str
    user: str = ""
    password: str = ""
    security: Security = "starttls"

    @contextmanager
    def opened(self) -> Iterator[Callable[[Parcel], None]]:
        """What sends a parcel, raising OSError when it cannot be done; connected once for all of them."""
        with self._connected() as server:
            if self.user:
                server.login(self.user, self.password)
            yield lambda parcel: _send(server, self.message(parcel))

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.security == "tls":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=TIME_LIMIT, context=context)
        server = smtplib.SMTP(self.host, self.port, timeout=TIME_LIMIT)
        if self.security == "starttls":
            try:
                server.starttls(context=context)
            except Exception:
                server.close()
                raise
        return server

    def message(self, parcel: Parcel) -> EmailMessage:
        """The parcel as an e-mail; a repetition has the same id, by which a mailbox tells it from a second one."""
        message = EmailMessage()
        message["Message-ID"] = f"<{parcel.key}@{self._domain()}>"
        if _ENCODED in parcel.address:
            raise NotSent("the address is none that e-mail can be sent to")
        message["From"], message["To"] = self.sender, parcel.address
        message["Subject"] = parcel.title.replace(_ENCODED, "= ?")  # decoded it might hold lines of its own
        message["Date"] = parcel.at
        message["Auto-Submitted"] = "auto-generated"
        message.set_content("\n".join([*parcel.lines, *([parcel.url] if parcel.url else [])]) + "\n")
        message["Content-Language"] = parcel.language.replace("_", "-")  # what comes before would be lost with it
        return message

    def _domain(self) -> str:
        return parseaddr(self.sender)[1].rpartition("@")[2] or "localhost"


def _send(server: smtplib.SMTP, message: EmailMessage) -> None:
    try:
        server.send_message(message)
    except smtplib.SMTPServerDisconnected:
        raise
    except smtplib.SMTPException:
        server.rset()  # one that is refused leaves the connection to the others
        raise
