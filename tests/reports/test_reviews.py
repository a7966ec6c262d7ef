from sqlalchemy import delete
from sqlalchemy.orm import Session

from models.complaint import ComplaintRecord
from reports.reviews import root_causes
from tests.infrastructure.people import AT, Cast, add


def test_the_root_cause_of_a_complaint_is_that_of_its_record(session: Session, cast: Cast) -> None:
    of_ticket = {"estate_id": cast.id_of("estates"), "ticket_id": cast.id_of("tickets")}
    session.execute(delete(ComplaintRecord))
    session.commit()
    add(session, ComplaintRecord, **of_ticket, recorded_at=AT, root_cause="夜班无人值守")
    assert root_causes(session, [of_ticket["ticket_id"], 999]) == {of_ticket["ticket_id"]: "夜班无人值守"}
