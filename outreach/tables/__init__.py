"""The post office's tables. Importing this package registers all of them on `SQLModel.metadata`.

Two PostgreSQL schemas: `public` holds what staff may list, `private` holds message texts, names
and addresses, apart, so that access to them can be granted and purged by itself.
"""

from outreach.tables.fact import FactRow
from outreach.tables.ledger import Campaign, Outgoing, OutgoingMove, OutgoingState, OutgoingText
from outreach.tables.message import InboundRow, InboundText
from outreach.tables.people import (
    Address,
    AddressValue,
    Consent,
    ConsentEvent,
    Guardianship,
    LaboApplication,
    LaboSession,
    LinkToken,
    Person,
    PersonName,
    YoungPerson,
)
from outreach.tables.record import Audit
from outreach.tables.school import School, Territory

__all__ = [
    "Address",
    "AddressValue",
    "Audit",
    "Campaign",
    "Consent",
    "ConsentEvent",
    "FactRow",
    "Guardianship",
    "InboundRow",
    "InboundText",
    "LaboApplication",
    "LaboSession",
    "LinkToken",
    "Outgoing",
    "OutgoingMove",
    "OutgoingState",
    "OutgoingText",
    "Person",
    "PersonName",
    "School",
    "Territory",
    "YoungPerson",
]
