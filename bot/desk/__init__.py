"""The mediators' desk: what they see of tickets, and what they may do with them."""

from bot.desk.acts import (
    Done,
    NotFound,
    Refused,
    claim,
    close,
    hand_back,
    mark_seen,
    reopen,
    write,
)
from bot.desk.queue import Choices, Filters, Page, Row, choices, list_tickets, news, visible
from bot.desk.steering import Steering, steering
from bot.desk.thread import Child, File, Item, open_file, thread_of

__all__ = [
    "Child",
    "Choices",
    "Done",
    "File",
    "Filters",
    "Item",
    "NotFound",
    "Page",
    "Refused",
    "Row",
    "Steering",
    "choices",
    "claim",
    "close",
    "hand_back",
    "list_tickets",
    "mark_seen",
    "news",
    "open_file",
    "reopen",
    "steering",
    "thread_of",
    "visible",
    "write",
]
