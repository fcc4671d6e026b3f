"""What an operator can watch. Labels are names of things, never a person, a text or a number."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

INBOUND = Counter("renouer_inbound_total", "Messages received", ["channel", "result"])
REFUSED = Counter("renouer_webhook_refused_total", "Webhooks refused", ["channel", "reason"])
TURN = Histogram("renouer_turn_seconds", "From webhook to committed reply", ["channel"])
OUTCOME = Counter("renouer_send_total", "Outcomes of provider calls", ["channel", "outcome"])
GATE = Counter("renouer_gate_total", "Decisions of the gate", ["kind", "decision"])
UNKNOWN = Gauge("renouer_ledger_unknown", "Messages whose outcome is unknown")
WAITING = Gauge("renouer_ledger_waiting", "Messages due and not yet sent")
TICKETS = Gauge("renouer_tickets_open", "Tickets not closed", ["priority"])
RASA = Counter("renouer_rasa_total", "Texts for the Rasa engine", ["result"])
RASA_OPEN = Gauge("renouer_rasa_unreachable", "1 while the embedded engine stands in for Rasa")
TICK = Gauge("renouer_clock_last_tick_seconds", "When the clock last swept, Unix time")
