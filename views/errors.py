"""Error pages: a sentence, a request id to quote, and no internals."""

import secrets
from collections.abc import Callable
from functools import partial

from flask import Flask, Response, current_app, g, jsonify, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from models.base import N_
from reports.limits import TooSlow
from views.database import db
from views.language import translate

SENTENCES = {
    400: N_("The request could not be understood. Go back, reload the page and try again."),
    401: N_("Sign in first."),
    403: N_("Your role does not allow this. Ask an administrator if you need it."),
    404: N_("There is no such page or record, or it belongs to an estate you do not serve."),
    405: N_("This address cannot be used in this way."),
    409: N_("Somebody else changed the record meanwhile. Reload it and make your change again."),
    413: N_("The file is too large."),
    429: N_("Too many attempts. Wait a quarter of an hour."),
    500: N_("Something went wrong on our side; nothing was changed. Tell an administrator the request id."),
}


def init_errors(app: Flask) -> None:
    """Give every request an id and every error a page."""
    app.after_request(_send_name)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(TooSlow, _too_slow)
    app.register_error_handler(Exception, _unexpected)


def request_id() -> str:
    """The id of the request, made when first asked for: a request may be refused before anything else of it runs."""
    found: str = g.setdefault("request_id", secrets.token_hex(8))
    return found


def _send_name(response: Response) -> Response:
    response.headers["X-Request-Id"] = request_id()
    return response


def _http_error(error: HTTPException) -> Response | tuple[Response | str, int]:
    if error.response is not None or error.code is None:
        return error.get_response()  # type: ignore[return-value]  # a werkzeug response, which Flask passes on
    if isinstance(error, CSRFError):
        return _page(400, N_("The page was open for too long or came from elsewhere. Reload it and try again."))
    return _page(error.code, SENTENCES.get(error.code, N_("The request was refused.")))


def _too_slow(error: TooSlow) -> tuple[Response | str, int]:
    return _page(422, N_("This took longer than the list may take. Narrow it by a filter, such as a period."))


def _unexpected(error: Exception) -> tuple[Response | str, int]:
    current_app.logger.error("request %s failed", request_id(), exc_info=error)
    db.session.rollback()
    # Not `render_template`, which would ask for the signed-in account, and so the database, again.
    return _page(500, SENTENCES[500], current_app.jinja_env.get_template("broken.html").render)


def _page(status: int, sentence: str, render: Callable[..., str] | None = None) -> tuple[Response | str, int]:
    message, render = translate(sentence), render or partial(render_template, "error.html")
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return jsonify(error=message, request_id=request_id()), status
    return render(status=status, message=message, request_id=request_id()), status
