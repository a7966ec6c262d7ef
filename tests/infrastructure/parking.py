"""Run in a copy of the tree to which an entity was added: drives all that is generated for it, and prints what came."""

import json
import sys
from pathlib import Path
from typing import Any

from flask import Flask
from flask_migrate import migrate, upgrade

from app import create_app
from models.account import Role
from tests.infrastructure.people import OTHER, OWN, Cast, Person, address, settle, sign_in
from tests.infrastructure.web import Client
from views.database import db

MODEL = '''"""Parking spaces (车位) of an estate."""

from datetime import date

from sqlalchemy import Date, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped

from models.base import N_, Entity, Group, Labelled, Permission, Row, choice, column
from models.fields import Code


class SpaceKind(Labelled):
    OPEN = "open", N_("Open air"), "地面"
    GARAGE = "garage", N_("Garage"), "地库"


class ParkingSpace(Row):
    __tablename__ = "parking_space"
    __table_args__ = (UniqueConstraint("estate_id", "code"),)
    __entity__ = Entity(
        name="parking",
        label=N_("Parking space"),
        plural=N_("Parking spaces"),
        group=Group.REGISTER,
        permission=Permission.REGISTER,
        title=("code",),
        key=("code",),
        order="code",
    )

    estate_id: Mapped[int] = column(ForeignKey("estate.id"), label=N_("Estate"), listed=True, filter=True)
    code: Mapped[str] = column(
        Code(20), label=N_("Space code"), aliases=("车位编号",), listed=True, sort=True, search="prefix"
    )
    owner_id: Mapped[int | None] = column(
        ForeignKey("owner.id"), label=N_("Owner"), aliases=("业主编号",), listed=True, filter=True, index=True
    )
    kind: Mapped[SpaceKind] = column(
        choice(SpaceKind), label=N_("Space kind"), aliases=("车位类型",), listed=True, filter=True
    )
    let_on: Mapped[date | None] = column(Date(), label=N_("Let on"), aliases=("出租日期",), listed=True, filter=True)
'''
FILE = f"车位编号,业主编号,车位类型,出租日期\nF-1,{OWN},地库,2026-01-05\nF-2,,地面,\nF-3,,码头,\n"


def main(instance: str) -> None:
    app = create_app(
        {
            "DATABASE_URL": f"sqlite:///{instance}/new.sqlite3",
            "INSTANCE_PATH": instance,
            "SECRET_KEY": "test",
            "TESTING": "1",
        }
    )
    app.test_client_class = Client
    with app.app_context():
        upgrade()
        migrate(message="Parking spaces", rev_id="9999")
        upgrade()
        cast = settle(db.session())
        db.session.remove()
    print(json.dumps(driven(app, cast) | imported(app, Path(instance)), ensure_ascii=False))  # noqa: T201


def driven(app: Flask, cast: Cast) -> dict[str, Any]:
    """What people see and may do with the new entity."""
    admin = sign_in(app, address(Role.ADMINISTRATOR))
    own = admin.post("/parking/new", space(cast, OWN, code="P-1", kind="garage", let_on="2026-03-01")).location
    other = admin.post("/parking/new", space(cast, OTHER, code="P-2", kind="open")).location
    queries = ("?kind=garage", "?let_on.from=2026-01-01", "?sort=-code")
    filtered = [codes(admin, query) for query in queries]
    estate_admin, clerk = sign_in(app, address(Role.ESTATE_ADMIN)), sign_in(app, address(Role.CLERK))
    edited = estate_admin.post(f"{own}edit", {**space(cast, OWN, code="P-1", kind="open"), "version": "1"})
    export = estate_admin.get("/parking/export/csv").text
    return {
        "in the menu": '<a href="/parking/"' in admin.get("/").text,
        "fault": admin.post("/parking/new", space(cast, OWN, code="P-1", kind="open")).status_code,
        "foreign owner": admin.post("/parking/new", space(cast, OTHER, OWN, code="P-3", kind="open")).status_code,
        "listed": codes(admin, ""),
        "filtered": filtered,
        "searched": "P-2" in admin.get(admin.post("/parking/find", {"text": "P-2"}).location).text,
        "edited": edited.status_code,
        "history": "2026-03-01" in estate_admin.get(own).text,
        "on the owner's page": "P-1" in admin.get(f"/owners/{cast.id_of('owners')}/").text,
        "exported": [export.startswith("\ufeff"), "P-1" in export, "P-2" in export],
        "looked up": json.loads(clerk.post("/parking/lookup", {"text": "P"}).text) == [{"id": 1, "text": "P-1"}],
        "other estate": [estate_admin.get(f"{other}{ending}").status_code for ending in ("", "edit", "delete")],
        "clerk": [clerk.get(path).status_code for path in ("/parking/", "/parking/new", f"{own}edit")],
        "engineer": sign_in(app, address(Role.ENGINEER)).get("/parking/").status_code,
        "deleted": estate_admin.post(f"{own}delete", {"version": "2"}).status_code,
        "template": "车位编号" in admin.get("/load/template/parking.csv").text,
    }


def imported(app: Flask, folder: Path) -> dict[str, Any]:
    """What the command line makes of a file, twice."""
    file = folder / "parking.csv"
    file.write_text(FILE, encoding="utf-8")
    call = ["import", "parking", str(file), "--estate", "E1", "--json"]
    results = [app.test_cli_runner().invoke(args=call) for _ in range(2)]
    reports = [json.loads(result.stdout) for result in results]
    return {
        "imported": [(report["new"], report["changed"], report["unchanged"]) for report in reports],
        "refused": [(refused["line"], refused["value"]) for refused in reports[0]["refused"]],
        "status": [result.exit_code for result in results],
    }


def space(cast: Cast, place: str, owner: str = "", **values: str) -> dict[str, Any]:
    """The form of a space with an owner of that place, or of another one."""
    return {
        "estate_id": cast.id_of("estates", place),
        "owner_id": cast.id_of("owners", owner or place),
        **values,
    }


def codes(person: Person, query: str) -> list[str]:
    page = person.get(f"/parking/{query}").text
    return sorted({code for code in ("P-1", "P-2") if code in page}, reverse="sort=-" in query)


if __name__ == "__main__":
    main(sys.argv[1])
