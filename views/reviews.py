"""Reviews: what is owed, the records of a day or a week, and the sign-off of whoever the clause names."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, tzinfo
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from sqlalchemy import select

from models.account import Account
from models.base import N_, Group, Permission, now, words
from models.faults import Fault
from models.fields import parse
from models.review import Review, ReviewKind
from operations.review_duties import Figures, OwedReview, Owing, figures, owed_reviews
from operations.reviews import Signer, period_of, sign
from operations.write import writing
from reports.listing import Listing, page
from rules.reviews import SIGNERS, SOURCES, Period, may_sign
from views import lists
from views.access import ServedEstate, account, estates, model_scope, roles, zone_of
from views.asking import Asking, estate_field
from views.database import db
from views.figures import link
from views.grid import Grid
from views.language import translate
from views.list_columns import list_columns
from views.pages import PanelPage
from views.review_sections import sections

MOST_SHOWN = 200  # reviews owed, on one page
SIGNED_SHOWN = 10
_SIGNED_COLUMNS = ("period_on", "kind", "estate_id", "signed_by_id", "signed_at", "is_late", "remark")


class ReviewsPage(PanelPage):
    """What is owed, and the sign-offs of late."""

    title = N_("Reviews")
    group = Group.SERVICE
    address = "reviews-due"
    icon = "check2-all"
    permission = Permission.QUALITY

    @expose("/")
    def index_view(self) -> Any:
        asking, scope = Asking(), model_scope(Review)
        asking.only(("kind", "owing", "estate_id"))
        kind, owing = asking.choice("kind", ReviewKind), asking.choice("owing", Owing)
        estate_id = asking.estate("estate_id", scope)
        kinds = tuple(ReviewKind) if kind is None else (kind,)
        found = owed_reviews(db.session, now(), scope, kinds, owing)
        wanted = [each for each in found if estate_id in (None, each.estate_id)]
        signed, columns = _signed_lately(), list_columns(Review, _SIGNED_COLUMNS)
        body = self.render(
            "reviews/owed.html",
            owed=[(each, is_mine(each), review_url(each)) for each in wanted[:MOST_SHOWN]],
            total=len(wanted),
            faults=asking.faults,
            chips=[translate(each.label) for each in (kind, owing) if each is not None],
            estates=estate_field(scope, estate_id),
            asked={key: texts for key, texts in request.args.to_dict(flat=False).items() if key != "estate_id"},
            period_text=period_text,
            signers=SIGNERS,
            sources=SOURCES,
            local=local,
            signed=signed,
            columns=columns,
            grid=Grid(Review, columns),
        )
        return (body, 400) if asking.faults else body

    @expose("/<kind>/<estate_id>/<on>")
    def review_view(self, kind: str, estate_id: str, on: str) -> Any:
        """The records of the period, open complaints first, and the sign-off."""
        return self._page(*_named(kind, estate_id, on))

    @expose("/<kind>/<estate_id>/<on>/sign", methods=("POST",))
    def sign_view(self, kind: str, estate_id: str, on: str) -> Any:
        """Sign the review off."""
        estate, asked = _named(kind, estate_id, on)
        person = account()
        if person is None or not _may_sign(asked.kind, estate.id):
            abort(403)
        signer, moment = Signer(person.id, person.roles_held, person.estate_ids), now()
        try:
            remark = parse(Review.__table__.columns["remark"].type, request.form.get("remark", "")).value
            with writing(db.session):
                sign(db.session, estate.id, asked, remark, signer, moment)
        except Fault as fault:
            return self._page(estate, asked, fault.text(translate)), 422
        flash(translate(N_("Signed off: %(review)s")) % {"review": _title(estate, asked)}, "success")
        return redirect(url_for(".index_view"))

    def _page(self, estate: ServedEstate, asked: Period, refused: str = "") -> Any:
        moment, zone = now(), zone_of(estate.id)
        shown, done = figures(db.session, estate.id, asked, moment), _signed(estate.id, asked)
        return self.render(
            "reviews/review.html",
            title=_title(estate, asked),
            period=asked,
            source=SOURCES[asked.kind],
            signer=SIGNERS[asked.kind],
            figures=shown,
            stood=_as_signed(done),
            labels=_figure_labels(),
            sections=list(sections(estate.id, asked, shown)),
            signed=done,
            is_late=done is None and moment > asked.due_at,
            is_over=asked.ends_at <= moment,
            may_sign=_may_sign(asked.kind, estate.id),
            sign_url=url_for(".sign_view", kind=asked.kind.value, estate_id=estate.id, on=asked.on),
            local=lambda at: local(at, zone),
            refused=refused,
            typed=request.form.get("remark", ""),
        )


def is_mine(owed: OwedReview) -> bool:
    """Whether the person is one of those who are to sign it."""
    return _may_sign(owed.period.kind, owed.estate_id)


def review_url(owed: OwedReview) -> str:
    """The page of the review."""
    asked = owed.period
    return url_for("reviews-due.review_view", kind=asked.kind.value, estate_id=owed.estate_id, on=asked.on)


def owed_url(kind: ReviewKind, owing: Owing) -> str:
    """The list of the reviews of that kind that are owed so."""
    return link(url_for("reviews-due.index_view"), {"kind": kind.value, "owing": owing.value})


def period_text(asked: Period) -> str:
    """The day, or the first and last day of the week."""
    return str(asked.on) if asked.on == asked.last_on else f"{asked.on} – {asked.last_on}"


def local(moment: datetime | None, zone: tzinfo | int) -> str:
    """The moment in the zone, or in that of the estate."""
    found = zone_of(zone) if isinstance(zone, int) else zone
    return moment.astimezone(found).strftime("%Y-%m-%d %H:%M") if moment else ""


def _title(estate: ServedEstate, asked: Period) -> str:
    return f"{translate(asked.kind.label)} · {estate.code} {estate.name} · {period_text(asked)}"


def _may_sign(kind: ReviewKind, estate_id: int) -> bool:
    person = account()
    return person is not None and may_sign(kind, roles(), person.estate_ids, estate_id)


def _named(kind: str, estate_id: str, on: str) -> tuple[ServedEstate, Period]:
    """The estate and the period that the address names; 404 for what is not there or not for this person."""
    scope, row_id = model_scope(Review), lists.record_id(estate_id)
    within = (each for each in estates() if scope.estates is None or each.id in scope.estates)
    estate = next((each for each in within if each.id == row_id), None)
    if scope.is_empty or estate is None or kind not in list(ReviewKind):
        abort(404)
    try:
        asked = period_of(db.session, estate.id, ReviewKind(kind), date.fromisoformat(on))
    except (ValueError, OverflowError):  # no day, or the last one that there is
        asked = None
    if asked is None:
        abort(404)
    return estate, asked


def _signed_lately() -> Sequence[Any]:
    listing = Listing(Review, _SIGNED_COLUMNS, sort="-signed_at", size=SIGNED_SHOWN)
    return page(db.session, listing, model_scope(Review)).rows


def _signed(estate_id: int, asked: Period) -> Any:
    """The sign-off of the period with the name of who signed; None while there is none."""
    statement = (
        select(*Review.__table__.columns, Account.name.label("who"))
        .join(Account, Account.id == Review.signed_by_id)
        .where(Review.estate_id == estate_id, Review.kind == asked.kind, Review.period_on == asked.on)
    )
    return db.session.execute(statement).one_or_none()


def _as_signed(done: Any) -> Mapping[str, int] | None:
    names = Figures.__dataclass_fields__
    return None if done is None else {name: getattr(done, name) for name in names}


def _figure_labels() -> Mapping[str, str]:
    found = {name: words(Review.__table__.columns[name]) for name in Figures.__dataclass_fields__}
    return {name: translate(declared.label) for name, declared in found.items() if declared is not None}
