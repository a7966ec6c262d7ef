from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.standard import LadderRule, StandardRule, StandardSet
from operations.standards import load_standards
from operations.write import writing
from tests.infrastructure.cast import BY, OPENED


def load(session: Session) -> int:
    with writing(session):
        return load_standards(session, BY, OPENED)


def codes(session: Session, set_code: str) -> set[str]:
    statement = select(StandardRule.code).join(StandardSet).where(StandardSet.code == set_code)
    return {code.removeprefix(f"{set_code}/") for code in session.scalars(statement)}


def test_every_shipped_set_is_loaded(session: Session) -> None:
    load(session)
    assert set(session.scalars(select(StandardSet.code))) == {"default", "butler-estate", "strict"}


def test_loading_twice_adds_nothing(session: Session) -> None:
    assert load(session) > 0
    assert load(session) == 0


def test_a_set_takes_over_what_it_does_not_replace(session: Session) -> None:
    load(session)
    assert codes(session, "strict") == codes(session, "default")
    assert codes(session, "butler-estate") == codes(session, "default") | {"complaint-first-response"}


def test_a_set_replaces_the_rows_that_speak_of_the_same(session: Session) -> None:
    load(session)
    rule = session.scalars(select(StandardRule).where(StandardRule.code == "butler-estate/any-first-response")).one()
    assert (rule.value, rule.unit.value, rule.source) == (15, "minutes", "S2 小区管家式物业管理制度 四.1")


def test_every_set_has_the_whole_ladder(session: Session) -> None:
    load(session)
    statement = select(StandardSet.code, func.count()).join(LadderRule).group_by(StandardSet.code)
    assert dict(session.execute(statement).all()) == {"default": 11, "butler-estate": 11, "strict": 11}


def test_every_row_names_its_clause_and_its_words(session: Session) -> None:
    load(session)
    sources = [*session.scalars(select(StandardRule.source)), *session.scalars(select(LadderRule.source))]
    texts = [*session.scalars(select(StandardRule.text)), *session.scalars(select(LadderRule.text))]
    assert all(sources)
    assert all(texts)


def test_what_is_ours_stands_under_no_clause(session: Session) -> None:
    load(session)
    ours = session.execute(select(LadderRule.code, LadderRule.source).where(LadderRule.is_ours)).all()
    assert {source for _, source in ours} == {"自定"}
    assert ("default/minor-2", "自定") in ours
