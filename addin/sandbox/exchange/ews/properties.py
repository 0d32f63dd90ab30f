"""MAPI properties as Exchange Web Services name them (`t:ExtendedFieldURI`), and those that Exchange works out."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Final

from lxml.etree import _Element

from addin.sandbox.exchange.ews.soap import Failure, T, text, types
from addin.sandbox.exchange.ews.times import stamp
from addin.sandbox.exchange.items import PSETID_APPOINTMENT, UID_BEGINNING, Item, PropertyId

# DistinguishedPropertySetType; the sets' ids are those of [MS-OXPROPS], section 1.3.2.
SETS: Final = {
    "Address": "00062004-0000-0000-c000-000000000046",
    "Appointment": PSETID_APPOINTMENT,
    "CalendarAssistant": "11000e07-b51b-40d6-af21-caa85edab1d0",
    "Common": "00062008-0000-0000-c000-000000000046",
    "InternetHeaders": "00020386-0000-0000-c000-000000000046",
    "Meeting": "6ed8da90-450b-101b-98da-00aa003f1305",
    "PublicStrings": "00020329-0000-0000-c000-000000000046",
    "Sharing": "00062040-0000-0000-c000-000000000046",
    "Task": "00062003-0000-0000-c000-000000000046",
    "UnifiedMessaging": "4442858e-a9e3-4e80-b900-317a210cc15b",
}
# What stands in the place of a set for a property that is known by its tag alone.
TAGGED: Final = ""
OBJECT_ID: Final = PropertyId("Binary", SETS["Meeting"], 0x3)
CLEAN_OBJECT_ID: Final = PropertyId("Binary", SETS["Meeting"], 0x23)
# PidTagInternetArticleNumber, PidTagLastModificationTime, PidTagCreationTime, PidTagSubject and
# PidTagBody ([MS-OXPROPS]).
ARTICLE_NUMBER: Final = PropertyId("Integer", TAGGED, 0x0E23)
MODIFIED: Final = PropertyId("SystemTime", TAGGED, 0x3008)
CREATED: Final = PropertyId("SystemTime", TAGGED, 0x3007)
SUBJECT: Final = PropertyId("String", TAGGED, 0x0037)
PLAIN_BODY: Final = PropertyId("String", TAGGED, 0x1000)
# PidTagMessageClass and PidTagSensitivity; PidLidRecurring and PidLidAppointmentSubType, which means all day.
MESSAGE_CLASS: Final = PropertyId("String", TAGGED, 0x001A)
SENSITIVITY: Final = PropertyId("Integer", TAGGED, 0x0036)
RECURRING: Final = PropertyId("Boolean", PSETID_APPOINTMENT, 0x8223)
ALL_DAY: Final = PropertyId("Boolean", PSETID_APPOINTMENT, 0x8215)
_SENSITIVITIES: Final = ("normal", "personal", "private", "confidential")
_LARGEST_NUMBER: Final = 2**31
_FROM_ICALENDAR: Final = bytes.fromhex(UID_BEGINNING) + bytes(20)


def property_of(path: _Element) -> PropertyId:
    """Return the property that a `t:ExtendedFieldURI` names; raises Failure."""
    kind, tag = path.get("PropertyType", ""), path.get("PropertyTag")
    if tag is not None:
        return PropertyId(kind, TAGGED, int(tag, 0))
    distinguished = path.get("DistinguishedPropertySetId")
    told = SETS.get(distinguished, "") if distinguished else path.get("PropertySetId", "").lower()
    name, number = path.get("PropertyName"), path.get("PropertyId")
    if not told or (name is None) == (number is None):
        raise Failure(
            "ErrorInvalidExtendedProperty", "The extended property attribute combination is invalid."
        )
    return PropertyId(kind, told, int(number) if number is not None else str(name))


def path_of(wanted: PropertyId) -> _Element:
    """Return the `t:ExtendedFieldURI` of a property; a well-known set is told by its name, as Exchange does."""
    if wanted.property_set == TAGGED:
        return types.ExtendedFieldURI(PropertyTag=hex(int(wanted.name)), PropertyType=wanted.kind)
    names = {told: name for name, told in SETS.items()}
    told = {"PropertyType": wanted.kind}
    if wanted.property_set in names:
        told["DistinguishedPropertySetId"] = names[wanted.property_set]
    else:
        told["PropertySetId"] = wanted.property_set
    is_number = isinstance(wanted.name, int)
    told["PropertyId" if is_number else "PropertyName"] = str(wanted.name)
    return types.ExtendedFieldURI(**told)


def told_property(wanted: PropertyId, value: str) -> _Element:
    """Return a `t:ExtendedProperty`."""
    return types.ExtendedProperty(path_of(wanted), types.Value(value))


def value_of(told: _Element) -> str:
    """Return the value of a `t:ExtendedProperty`; raises Failure for a list of them, which nobody here keeps."""
    value = told.find(f"{T}Value")
    if value is None:
        raise Failure("ErrorInvalidExtendedPropertyValue", "Only single values are kept here.")
    return value.text or ""


def properties_of(item: Item) -> Mapping[PropertyId, str]:
    """Return every property of an item: written, kept by Exchange, and those that its fields are told by, too."""
    clean = object_id(item.uid)
    own = clean if item.original_start is None else object_id(item.global_object_id)
    return {
        **item.named_properties,
        CLEAN_OBJECT_ID: _base64(clean),
        OBJECT_ID: _base64(own),
        # Some clients list only what has a number, and each number once.
        ARTICLE_NUMBER: str(int(item.created.timestamp() * 1000) % _LARGEST_NUMBER),
        MODIFIED: stamp(item.modified),
        CREATED: stamp(item.created),
        SUBJECT: item.subject,
        MESSAGE_CLASS: "IPM.Appointment",
        SENSITIVITY: str(_SENSITIVITIES.index(item.sensitivity)),
        RECURRING: text(item.recurrence is not None or item.original_start is not None),
        ALL_DAY: text(item.is_all_day),
    }


def object_id(uid: str) -> bytes:
    """Return the global object id of a UID; a foreign one is wrapped ([MS-OXCICAL] 2.1.3.1.1.20.26)."""
    if uid.upper().startswith(UID_BEGINNING):
        return bytes.fromhex(uid)
    data = b"vCal-Uid\x01\x00\x00\x00" + uid.encode() + b"\x00"
    return _FROM_ICALENDAR + len(data).to_bytes(4, "little") + data


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
