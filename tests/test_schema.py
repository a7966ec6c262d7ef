import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import IntegrityError

from app import create_app
from importers.loading import staged
from models.base import Base
from models.estate import Estate
from models.region import Region
from operations import rollups, search_index
from operations.write import Insert, write, writing
from tests.infrastructure.databases import Database
from tests.infrastructure.people import AT, BY, settle
from views.database import db

LONGEST_NAME = 63  # PostgreSQL cuts longer ones, and a broken constraint could not be told by its name

CATALOG = {
    "sqlite": [
        "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'",
    ],
    "postgresql": [
        "SELECT table_name, column_name, data_type, character_maximum_length, numeric_precision, numeric_scale,"
        " is_nullable, column_default, collation_name, is_identity FROM information_schema.columns"
        " WHERE table_schema = 'public'",
        "SELECT attrelid::regclass::text, attname, attstorage FROM pg_attribute"
        " JOIN pg_class ON pg_class.oid = attrelid AND relkind = 'r' AND relnamespace = 'public'::regnamespace"
        " WHERE attnum > 0 AND NOT attisdropped",
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace",
        "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "SELECT sequence_name, data_type FROM information_schema.sequences WHERE sequence_schema = 'public'",
    ],
}


def test_the_migrated_schema_is_that_of_the_models(database: Database, tmp_path: Any) -> None:
    migrated, made = database.empty("migrated"), database.empty("made")
    migrate(migrated, tmp_path)
    make(made)
    assert catalog(migrated) == catalog(made)


def test_nothing_is_left_to_migrate(app: Flask, database: Database, tmp_path: Any) -> None:
    from flask_migrate import check

    with application(database.empty("checked"), tmp_path).app_context():
        upgrade()
        check()
        db.engine.dispose()


def test_the_migrations_can_be_undone(app: Flask, database: Database, tmp_path: Any) -> None:
    from flask_migrate import downgrade

    url = database.empty("undone")
    with application(url, tmp_path).app_context():
        upgrade()
        downgrade(revision="base")
        db.engine.dispose()
    assert [name for name in tables(url) if name != "alembic_version"] == []


def test_rows_outlast_the_way_down_and_up_again(app: Flask, database: Database, tmp_path: Any) -> None:
    from flask_migrate import downgrade

    url = database.empty("down_and_up")
    kept = "SELECT code, subject, opened_at, version FROM ticket ORDER BY id"
    with application(url, tmp_path).app_context():
        upgrade()
        settle(db.session())
        db.session.remove()
        before = rows(url, kept)
        downgrade(revision="0001")
        assert rows(url, kept) == before
        upgrade()
        session = db.session()
        assert (search_index.check(session), rollups.check(session), rows(url, kept)) == ({}, [], before)
        db.session.remove()
        db.engine.dispose()


def test_a_table_that_others_refer_to_can_be_altered(app: Flask, database: Database, tmp_path: Any) -> None:
    url = database.empty("altered")
    fill(url, tmp_path)
    batch = 'with op.batch_alter_table("region") as batch:'
    rename = f'{batch}\n        batch.alter_column("name", new_column_name="title")'
    migrate(url, tmp_path, revised(tmp_path, rename))
    assert rows(url, "SELECT region.title, estate.code FROM estate JOIN region ON region.id = estate.region_id") == [
        ("华东", "E1")
    ]


def test_a_migration_that_breaks_references_leaves_everything(app: Flask, database: Database, tmp_path: Any) -> None:
    url = database.empty("broken")
    fill(url, tmp_path)
    with pytest.raises((SystemExit, IntegrityError)):
        migrate(url, tmp_path, revised(tmp_path, 'op.execute("DELETE FROM region")'))
    assert rows(url, "SELECT name FROM region") == [("华东",)]


def test_lines_staged_one_to_a_row_are_found_in_chunks_and_their_history_keeps_its_import(
    app: Flask, database: Database, tmp_path: Any
) -> None:
    from flask_migrate import downgrade

    url = database.empty("staged_before")
    with application(url, tmp_path).app_context():
        upgrade()
        downgrade(revision="0012")
        engine = db.engine
        with engine.begin() as connection:
            for statement in STAGED_BEFORE:
                connection.exec_driver_sql(statement)
        upgrade()
        session = db.session()
        (new,), (refused,) = (staged.lines(session, 1, kind) for kind in ("new", "refused"))
        assert (new.line, new.cells, new.changes["fields"]) == (2, ["A1", "林"], {"name": [None, "林"]})
        assert (new.changes["row"], new.changes["unit"]) == (None, {"code": "1-101"})
        assert (refused.line, refused.cells, refused.problems["faults"]) == (3, ["A2"], [{"column": "x"}])
        assert rows(url, "SELECT batch_id FROM history") == [(1,)]
        db.session.remove()
        engine.dispose()


STAGED_BEFORE = (
    "INSERT INTO import_batch (id, entity, file_name, file_hash, state, created_at, new_count, changed_count,"
    " unchanged_count, refused_count, report)"
    " VALUES (1, 'owners', 'f', '', 'previewed', '2026-01-05', 1, 0, 0, 1, '{}')",
    "INSERT INTO import_row (id, batch_id, line, verdict, cells, changes, problems) VALUES (1, 1, 2, 'new',"
    """ '{"cells": ["A1", "林"]}', '{"fields": {"name": [null, "林"]}, "row": null, "unit": {"code": "1-101"}}',"""
    """ '{"faults": [], "warnings": []}'), (2, 1, 3, 'refused', '{"cells": ["A2"]}', '{}',"""
    """ '{"faults": [{"column": "x"}], "warnings": []}')""",
    "INSERT INTO history (id, at, entity, row_id, kind, changes, batch_id)"
    " VALUES (1, '2026-01-05', 'owners', 1, 'insert', '{}', 1)",
)


@pytest.mark.parametrize("table", Base.metadata.sorted_tables, ids=lambda table: table.name)
def test_every_constraint_and_index_has_a_name_that_fits(table: Any) -> None:
    names = [str(item.name) for item in (*table.constraints, *table.indexes)]
    assert [name for name in names if name == "None" or len(name) > LONGEST_NAME] == []


def catalog(url: str) -> set[tuple[Any, ...]]:
    """Everything that the database's own catalog says of the schema, but for alembic's table."""
    engine = create_engine(url)
    with engine.connect() as connection:
        rows = [tuple(row) for query in CATALOG[engine.dialect.name] for row in connection.execute(text(query))]
    engine.dispose()
    return {normalised(row) for row in rows if "alembic_version" not in str(row)}


def normalised(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """DDL without regard to white space and quotes, its items in order of name: what SQLite keeps is what was typed."""
    return tuple(
        sorted_items(cell) if isinstance(cell, str) and cell.startswith("CREATE TABLE") else cell for cell in row
    )


def sorted_items(ddl: str) -> tuple[str, ...]:
    compact = re.sub(r"\s+", " ", ddl.replace('"', ""))
    compact = re.sub(r"\( ", "(", re.sub(r" \)", ")", compact))
    head, _, body = compact.partition("(")
    return (head.strip(), *sorted(split(body.removesuffix(")"))))


def split(body: str) -> list[str]:
    """The items of a table's DDL: cut at the commas outside brackets and strings."""
    items, depth, quoted = [""], 0, False
    for char in body:
        quoted = quoted != (char == "'")
        depth += 0 if quoted else {"(": 1, ")": -1}.get(char, 0)
        if char == "," and depth == 0 and not quoted:
            items.append("")
        else:
            items[-1] += char
    return [item.strip() for item in items]


def application(url: str, instance: Any) -> Flask:
    return create_app({"DATABASE_URL": url, "INSTANCE_PATH": str(instance), "SECRET_KEY": "test", "TESTING": "1"})


def migrate(url: str, instance: Any, directory: Any = None) -> None:
    with application(url, instance).app_context():
        try:
            upgrade(directory)
        finally:
            db.engine.dispose()


def fill(url: str, instance: Any) -> None:
    """A migrated database with a region and an estate in it."""
    migrate(url, instance)
    with application(url, instance).app_context():
        with writing(db.session()):
            (region_id,) = write(db.session(), [Insert(Region, {"name": "华东"})], by=BY, at=AT)
            estate = {"code": "E1", "name": "翠湖", "region_id": region_id}
            write(db.session(), [Insert(Estate, estate)], by=BY, at=AT)
        db.session.remove()
        db.engine.dispose()


def revised(folder: Any, deed: str) -> str:
    """A copy of the migrations with one more, which does that."""
    copy = folder / "migrations"
    shutil.copytree(Path(__file__).parents[1] / "migrations", copy)
    head = ScriptDirectory(copy).get_current_head()
    header = f'from alembic import op\n\nrevision = "9999"\ndown_revision = "{head}"\n'
    (copy / "versions" / "9999.py").write_text(f"{header}\n\ndef upgrade() -> None:\n    {deed}\n")
    return str(copy)


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(text(query))]
    engine.dispose()
    return found


def make(url: str) -> None:
    engine: Engine = create_engine(url)
    Base.metadata.create_all(engine)
    engine.dispose()


def tables(url: str) -> list[str]:
    engine = create_engine(url)
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
    }[engine.dialect.name]
    with engine.connect() as connection:
        found = list(connection.execute(text(query)).scalars())
    engine.dispose()
    return found
