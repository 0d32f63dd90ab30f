"""Invented values with which checks and previews fill a text: all that can be known, and as little as possible."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from templates_messages.values import TextValues
from templates_messages.vocabulary import Audience

# The telephone numbers are from PTS's series for fiction.
FULL: Final = TextValues(
    start=datetime(2027, 4, 22, 13, 30, tzinfo=UTC),
    end=datetime(2027, 4, 22, 14, 0, tzinfo=UTC),
    previous_start=datetime(2027, 4, 20, 12, 0, tzinfo=UTC),
    previous_end=datetime(2027, 4, 20, 12, 30, tzinfo=UTC),
    zone=ZoneInfo("Europe/Stockholm"),
    join_link="https://mote.region.example/m/7K3M9QXP2RTWHD",
    start_link="https://mote.region.example/start/B4N8Z0C6V1JFSG",
    spoken_code="7K3M9-QXP2R-TWHD",
    unit_name="Vuxenmottagningen Solbacken",
    contact_telephone="08-465 004 10",
    contact_hours="vardagar 8.00–16.00",
    contact_without_speech="sms till 070-174 06 05",
    guest_pin="482913",
    host_pin="739164",
    video_system_address="7K3M9QXP2RTWHD@video.region.example",
    dial_in_number="08-465 004 20",
    participant_limit=15,
    days_kept=30,
    opens_minutes_before=15,
    data_controller="Hälso- och sjukvårdsnämnden",
    info_page="https://www.region.example/videomote",
    must_hear=(Audience.PATIENT, Audience.INTERPRETER, Audience.EXTERNAL),
    told_page="https://mote.region.example/start/B4N8Z0C6V1JFSG/told",
    support="08-465 004 30",
    encrypted=True,
    not_recorded=True,
)
BARE: Final = replace(
    FULL,
    spoken_code=None,
    contact_hours=None,
    contact_without_speech=None,
    guest_pin=None,
    video_system_address=None,
    dial_in_number=None,
    info_page=None,
    must_hear=(),
    support=None,
    encrypted=False,
    not_recorded=False,
)
"""A unit that has told little about itself, at a provider that promises nothing."""
