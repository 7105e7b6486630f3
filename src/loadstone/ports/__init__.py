"""The seams: what the executor asks of the outside, as Protocols. Adapters implement them; wiring picks."""

from __future__ import annotations

from loadstone.model.table import TableColumn, TableShape
from loadstone.ports.delivering import Delivery, Refusal, Trigger
from loadstone.ports.loading import Admission, ByteStream, Database, LoadTransaction, OpenFile, Reader, Source
from loadstone.ports.surroundings import Clock, DatabaseAccess, Notifier, Progress

__all__ = [
    "Admission",
    "ByteStream",
    "Clock",
    "Database",
    "DatabaseAccess",
    "Delivery",
    "LoadTransaction",
    "Notifier",
    "OpenFile",
    "Progress",
    "Reader",
    "Refusal",
    "Source",
    "TableColumn",
    "TableShape",
    "Trigger",
]
