"""Drafts of standards in the browser: change a set, see what it would have done, adopt it from a day on."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import abort, flash, jsonify, redirect, request, url_for
from flask_admin import expose

from models.base import N_, Row, now
from models.draft import DraftState, Effect, StandardDraft
from models.faults import Fault
from models.fields import parse
from models.standard import StandardSet
from models.ticket import Ticket
from operations import adoption, draft_changes, drafts, what_if
from operations.draft_work import work_on_draft
from operations.write import Refused, Stale, writing
from reports import what_if as report
from rules.permissions import Action
from views import draft_form, draft_words
from views.access import author, default_zone, demand, estates, model_scope, zone_of
from views.background import later
from views.database import db
from views.draft_figures import WhatIfTables, tables
from views.forms import shown_version
from views.language import translate
from views.lists import record_id
from views.panel import EntityView

STEP = timedelta(seconds=1)  # for which a page that waits works on the run itself
SHOWN = 10  # tickets whose dates would move, on the page of the draft


class DraftView(EntityView):
    """The generated list and words of a draft; its rules in one form, its run with a progress bar, its adoption."""

    details_template = "drafts/details.html"
    edits_single_columns = False

    def __init__(self) -> None:
        super().__init__(StandardDraft)

    def insert(self, values: dict[str, Any]) -> int:
        with writing(db.session):
            return drafts.create_draft(db.session, values, author(), now())

    def saved_url(self, row_id: int) -> str:
        return url_for(".rules_view", id=row_id)

    def update(self, row: Row, values: dict[str, Any], version: int) -> None:
        if isinstance(row, StandardDraft) and row.state is not DraftState.DRAFT:
            sentence = N_("This draft is %(state)s: start another one")
            raise Refused(StandardDraft, {"name": Fault(sentence, state=row.state)})
        super().update(row, values, version)

    @expose("/<id>/rules", methods=("GET", "POST"))
    def rules_view(self, id: str) -> Any:
        """Every rule of the set, the hours and the calendar, to be set another way."""
        demand(self.can_edit)
        row = self.get_one(id, Action.EDIT)
        if row.state is not DraftState.DRAFT:
            return redirect(url_for(".details_view", id=id))
        if request.method == "GET":
            return self._rules_page(row, draft_form.form_of(row))
        reader = draft_form.Reader(row, request.form)
        changes = reader.changes()
        if reader.faults:
            return self._rules_page(row, draft_form.form_of(row, request.form, reader.faults)), 422
        try:
            with writing(db.session):
                drafts.save_changes(db.session, int(id), shown_version(), changes, author(), now())
        except Stale:
            row = self.get_one(id, Action.EDIT)
            form = draft_form.form_of(row, request.form)
            return self._rules_page(row, form, meanwhile=draft_words.lines(row)), 409
        flash(translate(N_("Saved.")), "success")
        again = request.form.get("again") == "yes"
        return redirect(url_for(".rules_view" if again else ".details_view", id=id))

    def _rules_page(self, row: StandardDraft, form: draft_form.Form, **extra: Any) -> Any:
        chosen = {part: draft_form.options(part) for part in draft_changes.RULES}
        weekdays = [(value, weekday.label) for value, weekday in draft_form.WORKS_LIKE.items()]
        named = {"row_title": self.row_title(row), "set_name": _set_name(row), "asked": request.form}
        context = {"row": row, "form": form, "chosen": chosen, "weekdays": weekdays, "translate": translate, **named}
        return self.render("drafts/rules.html", **context, **extra)

    @expose("/<id>/run", methods=("POST",))
    def run_view(self, id: str) -> Any:
        """Begin a run over past and open tickets."""
        demand(self.can_edit)
        row = self.get_one(id, Action.EDIT)
        moment = now()
        day = adoption.first_day(db.session, row.standard_set_id, moment)

        def start() -> None:
            what_if.start_run(db.session(), int(id), shown_version(), day, moment)
            later("drafts")  # whoever consumes jobs helps the page that waits

        return self._done(id, start, "")

    @expose("/<id>/progress")
    def progress_view(self, id: str) -> Any:
        """How far the run is, or the moving of dates: {done, total, text, over}."""
        return jsonify(self._progress(self.get_one(id).id))

    @expose("/<id>/work", methods=("POST",))
    def work_view(self, id: str) -> Any:
        """Work on the run, or the moving of dates, for a second; answers how far it is."""
        demand(self.can_edit)
        draft_id = self.get_one(id, Action.EDIT).id
        work_on_draft(db.session(), draft_id, now, now() + STEP)
        return jsonify(self._progress(draft_id))

    def _progress(self, draft_id: int) -> Mapping[str, Any]:
        found = what_if.progress(db.session, draft_id)
        if draft_id in adoption.moving(db.session):
            text = translate(N_("Moving the dates of open tickets …"))
            return {"done": None, "total": None, "text": text, "over": False}
        if found is None or found.is_finished or found.is_overtaken:
            return {"done": 1, "total": 1, "text": "", "over": True}
        text = translate(N_("%(done)s of %(total)s tickets")) % {"done": found.done, "total": found.tickets}
        return {"done": found.done, "total": found.tickets, "text": text, "over": False}

    @expose("/<id>/base", methods=("POST",))
    def base_view(self, id: str) -> Any:
        """Set the draft upon the standards as they are now."""
        demand(self.can_edit)
        self.get_one(id, Action.EDIT)

        def take() -> None:
            with writing(db.session):
                drafts.take_new_base(db.session, int(id), shown_version(), author(), now())

        return self._done(id, take, N_("The draft stands on the standards as they are now. Look at it again."))

    @expose("/<id>/drop", methods=("POST",))
    def drop_view(self, id: str) -> Any:
        """Pursue the draft no further."""
        demand(self.can_edit)
        self.get_one(id, Action.EDIT)

        def drop() -> None:
            with writing(db.session):
                drafts.drop_draft(db.session, int(id), shown_version(), author(), now())

        return self._done(id, drop, N_("The draft is dropped. It stays to be read."))

    @expose("/<id>/adopt", methods=("POST",))
    def adopt_view(self, id: str) -> Any:
        """Make the draft the standard from a day on."""
        demand(self.can_edit)
        self.get_one(id, Action.EDIT)

        def take_up() -> None:
            kind = StandardDraft.__table__.columns["valid_from"].type
            day = parse(kind, request.form.get("valid_from", "")).value
            if day is None:
                raise Fault(N_("Say from which day the draft holds"))
            moves = request.form.get("moves_dates") == "yes"
            with writing(db.session):
                by, at = author(), now()
                adoption.adopt(db.session, int(id), shown_version(), day, moves_dates=moves, by=by, at=at)
            if moves:
                later("drafts")

        return self._done(id, take_up, N_("The draft is adopted."))

    def _done(self, id: str, deed: Any, sentence: str) -> Any:
        """Do it and say so; or say on the page of the draft why it cannot be done."""
        try:
            deed()
        except Fault as fault:
            return self._refused(id, fault.text(translate)), 422
        except Refused as refused:
            return self._refused(id, " ".join(fault.text(translate) for fault in refused.faults.values())), 422
        except Stale:
            said = translate(
                N_("Somebody else changed the draft or its rules meanwhile; nothing was done. Look again.")
            )
            return self._refused(id, said), 409
        if sentence:
            flash(translate(sentence), "success")
        return redirect(url_for(".details_view", id=id))

    def _refused(self, id: str, sentence: str) -> Any:
        context = self.details_context(self.get_one(id))
        return self.render(self.details_template, **context, refused=sentence, asked=request.form)

    @expose("/<id>/tickets")
    def tickets_view(self, id: str) -> Any:
        """The tickets behind a figure of the run, page by page."""
        row = self.get_one(id)
        found = what_if.progress(db.session, row.id)
        effect = next((each for each in Effect if each.value == request.args.get("effect", "date_moved")), None)
        if effect is None:
            abort(404)
        run_id = found.run_id if found is not None else 0  # before the first run there is nothing behind a figure
        whose = {name: record_id(request.args.get(name, "")[:18]) for name in ("estate_id", "staff_id")}
        scope, after = model_scope(Ticket), record_id(request.args.get("after", "")[:18]) or 0
        rows = report.effects(db.session, run_id, scope, effect, **whose, after=after, size=report.PAGE + 1)
        asked = {name: value for name, value in {"effect": effect.value, **whose}.items() if value is not None}
        context = {
            "row": row,
            "row_title": self.row_title(row),
            "effect": effect,
            "effects": list(Effect),
            "rows": rows[: report.PAGE],
            "next_after": rows[report.PAGE - 1].id if len(rows) > report.PAGE else None,
            "total": report.effect_count(db.session, run_id, scope, effect, **whose),
            "cap": report.COUNT_CAP,
            "asked": asked,
            "local": _local,
            "place": _place,
        }
        return self.render("drafts/tickets.html", **context)

    def details_context(self, row: Any) -> dict[str, Any]:
        moment, scope = now(), model_scope(Ticket)
        found = what_if.progress(db.session, row.id)
        figures: WhatIfTables | None = None
        moved: list[report.EffectRow] = []
        if found is not None and found.is_finished:
            figures = tables(report.what_if(db.session, found.run_id, scope), url_for(".tickets_view", id=row.id))
            moved = report.effects(db.session, found.run_id, scope, Effect.DATE_MOVED, size=SHOWN)
        is_draft = row.state is DraftState.DRAFT
        return {
            **super().details_context(row),
            "set_name": _set_name(row),
            "lines": draft_words.lines(row),
            "is_draft": is_draft,
            "may_change": self.can_edit and is_draft,
            "conflicts": draft_changes.conflicts(db.session, row.changes) if is_draft else [],
            "run": found,
            "progress": self._progress(row.id),
            "is_told": report.is_told(scope),
            "figures": figures,
            "moved": moved,
            "first_day": adoption.first_day(db.session, row.standard_set_id, moment),
            "span_text": _span_text(found),
            "local": _local,
            "place": _place,
        }


def _set_name(row: StandardDraft) -> str:
    return db.session.get_one(StandardSet, row.standard_set_id).name


def _span_text(found: what_if.Progress | None) -> str:
    """Over which days the run went."""
    if found is None:
        return ""
    since, until = (each.astimezone(default_zone()).date() for each in (found.since, found.until))
    return translate(N_("Tickets opened from %(first)s to %(last)s, and all open ones")) % {
        "first": since,
        "last": until,
    }


def _local(moment: Any, estate_id: int) -> str:
    """The moment in the estate's time; a dash for none."""
    return moment.astimezone(zone_of(estate_id)).strftime("%Y-%m-%d %H:%M") if moment else "—"


def _place(estate_id: int) -> str:
    return next((estate.code for estate in estates() if estate.id == estate_id), "")
