"""The ledger's tables; `docs/data.md` lists every column with its purpose, and a test holds the two equal.

Times are whole microseconds since 1970-01-01 UTC: the same on both databases, ordered, without a zone to lose.
Ids, codes and hashes are the only texts; there is no column into which a name or a subject could be written.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)

metadata = MetaData()

_Time = BigInteger
_Serial = BigInteger().with_variant(Integer, "sqlite")

meetings = Table(
    "meetings",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("tenant", String(255), nullable=False),
    Column("actor", String(255), nullable=False),
    Column("owner_hash", LargeBinary(32), nullable=False),
    Column("behalf_hash", LargeBinary(32)),
    Column("actor_mailbox_hash", LargeBinary(32)),
    Column("item_hash", LargeBinary(32)),
    Column("join_hash", LargeBinary(32), nullable=False, unique=True),
    Column("start_hash", LargeBinary(32), nullable=False, unique=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("type", String(60), nullable=False),
    Column("variant", String(60), nullable=False),
    Column("unit", String(60), nullable=False),
    Column("starts_at", _Time, nullable=False),
    Column("ends_at", _Time, nullable=False),
    Column("zone", String(64), nullable=False),
    Column("previous_starts_at", _Time),
    Column("previous_ends_at", _Time),
    Column("previous_zone", String(64)),
    Column("revision", Integer, nullable=False),
    Column("told", String(200), nullable=False),
    Column("state", String(20), nullable=False),
    Column("attention", String(40)),
    Column("unbound", Boolean, nullable=False),
    Column("created_at", _Time, nullable=False),
    Column("host_started_at", _Time),
    Column("cancelled_at", _Time),
    Column("purge_at", _Time, nullable=False),
    Column("calendar_notes", String(200)),
    Index("meetings_by_actor", "tenant", "actor", "starts_at", "id"),
    Index("meetings_by_owner", "tenant", "owner_hash", "starts_at", "id"),
    Index(
        "meetings_by_behalf",
        "tenant",
        "behalf_hash",
        "starts_at",
        "id",
        sqlite_where=text("behalf_hash IS NOT NULL"),
        postgresql_where=text("behalf_hash IS NOT NULL"),
    ),
    # Whose mailbox is it still: asked of one mailbox, whatever its tenant.
    *(
        Index(
            f"meetings_with_{name}",
            f"{name}_hash",
            sqlite_where=text(f"{name}_hash IS NOT NULL"),
            postgresql_where=text(f"{name}_hash IS NOT NULL"),
        )
        for name in ("behalf", "actor_mailbox")
    ),
    # Two tabs of one saved item get one meeting.
    Index(
        "meetings_by_item",
        "tenant",
        "item_hash",
        unique=True,
        sqlite_where=text("item_hash IS NOT NULL AND cancelled_at IS NULL"),
        postgresql_where=text("item_hash IS NOT NULL AND cancelled_at IS NULL"),
    ),
    Index("meetings_to_purge", "purge_at"),
)

# Join codes that are not a meeting's own: one that is to come, and those that were replaced.
links = Table(
    "links",
    metadata,
    Column("join_hash", LargeBinary(32), primary_key=True),
    Column("meeting_id", String(32), ForeignKey("meetings.id", ondelete="CASCADE"), nullable=False),
    Column("state", String(10), nullable=False),
    Column("unit", String(60), nullable=False),
    Column("asked_at", _Time, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("key_id", String(40)),
    Column("sealed_code", LargeBinary),
    Column("keeps", _Time),
    Column("made_outdated", String(80), nullable=False),
    Index("links_of_meeting", "meeting_id"),
    Index(
        "links_to_come",
        "meeting_id",
        unique=True,
        sqlite_where=text("state = 'coming'"),
        postgresql_where=text("state = 'coming'"),
    ),
)

meeting_hosts = Table(
    "meeting_hosts",
    metadata,
    Column("meeting_id", String(32), ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True),
    Column("object_id", String(255), primary_key=True),
    # Here too, so that a host's meetings are found without a look at the whole organisation's.
    Column("tenant", String(255), nullable=False),
    Index("meeting_hosts_by_person", "tenant", "object_id"),
)

rooms = Table(
    "rooms",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("meeting_id", String(32), ForeignKey("meetings.id", ondelete="CASCADE"), nullable=False),
    Column("provider", String(40), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("name", String(120), nullable=False, unique=True),
    Column("sealed_alias", LargeBinary, nullable=False),
    Column("key_id", String(40), nullable=False),
    Column("wanted", String(10), nullable=False),
    Column("wanted_revision", Integer, nullable=False),
    Column("reference", String(200)),
    Column("applied_revision", Integer, nullable=False),
    Column("made_at", _Time),
    Column("verified_at", _Time),
    Column("gone_at", _Time),
    Column("must_look", Boolean, nullable=False),
    Column("lookup_until", _Time),
    Column("attempts", Integer, nullable=False),
    Column("due_at", _Time),
    Column("lease_number", Integer, nullable=False),
    Column("lease_until", _Time),
    Index("rooms_of_meeting", "meeting_id", "generation"),
    # By provider, so that one that is down starves nobody else.
    Index(
        "rooms_due",
        "provider",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
)

bindings = Table(
    "bindings",
    metadata,
    Column("meeting_id", String(32), ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True),
    Column("backend", String(20)),
    Column("mailbox_hash", LargeBinary(32), nullable=False),
    Column("item_hash", LargeBinary(32)),
    Column("sealed", LargeBinary, nullable=False),
    # Written by whoever makes it due, while another may hold the lease and write the rest.
    Column("sealed_ask", LargeBinary),
    Column("series", Text),
    Column("series_answer", String(20)),
    Column("occurrence", _Time),
    Column("ended_by_calendar", Boolean, nullable=False),
    Column("gone_since", _Time),
    Column("frozen", String(30)),
    Column("frozen_since", _Time),
    Column("held", String(20)),
    Column("block_due", Boolean, nullable=False),
    Column("block_tells_time", Boolean, nullable=False),
    Column("block_old_from", _Time),
    Column("tag_written", Boolean, nullable=False),
    Column("look_tagged", Boolean, nullable=False),
    Column("looked_at", _Time),
    Column("attempts", Integer, nullable=False),
    Column("created_at", _Time, nullable=False),
    Column("asked", Integer, nullable=False),
    Column("hinted_at", _Time),
    Column("due_at", _Time),
    Column("lease_number", Integer, nullable=False),
    Column("lease_until", _Time),
    Index("bindings_by_mailbox", "mailbox_hash"),
    Index("bindings_by_item", "item_hash"),
    # By calendar, so that one that is down starves nobody else.
    Index(
        "bindings_due",
        "backend",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
    # How many they are is asked at each look at one of them.
    Index(
        "bindings_unread",
        "backend",
        sqlite_where=text("frozen IS NOT NULL"),
        postgresql_where=text("frozen IS NOT NULL"),
    ),
)

watches = Table(
    "watches",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("mailbox_hash", LargeBinary(32), nullable=False, unique=True),
    Column("backend", String(20)),
    Column("subscription_hash", LargeBinary(32), unique=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("pushes", Boolean, nullable=False),
    Column("pulls", Boolean, nullable=False),
    Column("writes", Boolean, nullable=False),
    Column("expires_at", _Time),
    Column("renew_at", _Time),
    Column("scan_due_at", _Time),
    Column("frozen", String(30)),
    Column("frozen_since", _Time),
    Column("attempts", Integer, nullable=False),
    Column("asked", Integer, nullable=False),
    Column("hinted_at", _Time),
    Column("due_at", _Time, nullable=False),
    Column("lease_number", Integer, nullable=False),
    Column("lease_until", _Time),
    Index("watches_due", "backend", "due_at"),
)

# Into whose calendars a copy may be put, by way of whose.
shared_calendars = Table(
    "shared_calendars",
    metadata,
    Column("watch_id", String(32), ForeignKey("watches.id", ondelete="CASCADE"), primary_key=True),
    Column("mailbox_hash", LargeBinary(32), primary_key=True),
    Index("shared_calendars_mailbox", "mailbox_hash"),
)

# Rows live for a second or so: an index beside the key would cost more than it saves.
hints = Table(
    "hints",
    metadata,
    Column("key", LargeBinary(32), primary_key=True),
    Column("watch_id", String(32), nullable=False),
    Column("kind", String(30), nullable=False),
    Column("item_hash", LargeBinary(32)),
    Column("received_at", _Time, nullable=False),
)

occurrences = Table(
    "occurrences",
    metadata,
    Column("meeting_id", String(32), ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True),
    Column("original_start", _Time, primary_key=True, autoincrement=False),
    Column("starts_at", _Time, nullable=False),
    Column("ends_at", _Time, nullable=False),
    Column("cancelled", Boolean, nullable=False),
)

# How occurrences were before a change of which people may not have heard.
former_patterns = Table(
    "former_patterns",
    metadata,
    Column("meeting_id", String(32), ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("pattern", String(32), nullable=False),
)
former_times = Table(
    "former_times",
    metadata,
    Column("meeting_id", String(32), ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True),
    Column("original_start", _Time, primary_key=True, autoincrement=False),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("starts_at", _Time, nullable=False),
    Column("ends_at", _Time, nullable=False),
    Column("cancelled", Boolean, nullable=False),
)

copies = Table(
    "copies",
    metadata,
    Column("meeting_id", String(32), ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True),
    Column("uid_hash", LargeBinary(32), primary_key=True),
    Column("outcome", String(20), nullable=False),
    Column("copy_meeting_id", String(32)),
    Column("at", _Time, nullable=False),
    Column("sealed", LargeBinary),
    Column("item_hash", LargeBinary(32)),
    Index("copies_by_item", "item_hash"),
)

notices = Table(
    "notices",
    metadata,
    Column("meeting_id", String(32), ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True),
    Column("about", String(20), primary_key=True),
    Column("kind", String(30), nullable=False),
    Column("mail_id", String(16), nullable=False),
    Column("sent_at", _Time),
    Column("reminded", Boolean, nullable=False),
    Column("asked_revision", Integer),
    Column("said", String(64)),
    Column("attempts", Integer, nullable=False),
    Column("due_at", _Time),
    Column("lease_number", Integer, nullable=False),
    Column("lease_until", _Time),
    Index(
        "notices_due",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
)

calendar_changes = Table(
    "calendar_changes",
    metadata,
    Column("found_by", String(20), primary_key=True),
    Column("changes", _Serial, nullable=False),
)

click_looks = Table(
    "click_looks",
    metadata,
    Column("outcome", String(30), primary_key=True),
    Column("looks", _Serial, nullable=False),
)

unreadable = Table(
    "unreadable",
    metadata,
    Column("kind", String(20), primary_key=True),
    Column("times", _Serial, nullable=False),
)

calendar_rights = Table(
    "calendar_rights",
    metadata,
    Column("calendar", String(20), primary_key=True),
    Column("found", String(20), nullable=False),
    Column("found_at", _Time, nullable=False),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("key", LargeBinary(32), primary_key=True),
    Column("fingerprint", LargeBinary(32), nullable=False),
    Column("meeting_id", String(32), nullable=False),
    Column("created_at", _Time, nullable=False),
    Index("idempotency_by_age", "created_at"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("at", _Time, nullable=False),
    Column("tenant", String(255), nullable=False),
    Column("actor", String(255), nullable=False),
    Column("action", String(40), nullable=False),
    Column("meeting_id", String(32), nullable=False),
    Column("reason", String(40)),
    Index("audit_by_meeting", "meeting_id", "id"),
)

purged = Table(
    "purged",
    metadata,
    Column("month", String(7), primary_key=True),
    Column("type", String(60), primary_key=True),
    Column("meetings", Integer, nullable=False),
)

ledger_state = Table(
    "ledger_state",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("starts", Integer, nullable=False),
    Column("identity", String(120), nullable=False),
    Column("frozen_at", _Time),
)
