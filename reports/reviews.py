"""What a review shows beside the tickets themselves."""

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.complaint import ComplaintRecord


def root_causes(session: Session, ticket_ids: Collection[int]) -> Mapping[int, str]:
    """The root causes that were recorded of those complaints, by ticket."""
    columns = (ComplaintRecord.ticket_id, ComplaintRecord.root_cause)
    where = (ComplaintRecord.ticket_id.in_(ticket_ids),)
    return {row.ticket_id: row.root_cause for row in session.execute(select(*columns).where(*where)) if row.root_cause}
