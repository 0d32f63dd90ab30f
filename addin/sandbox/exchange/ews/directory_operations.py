"""The operations that are about no folder and no item: ids, zones, names, and what Outlook on the web keeps."""

from __future__ import annotations

from lxml.etree import _Element

from addin.sandbox.exchange.ews.calls import Call, Handlers, each
from addin.sandbox.exchange.ews.shortcuts import distinguished_name
from addin.sandbox.exchange.ews.soap import Failure, M, failure, messages, response, success, types
from addin.sandbox.exchange.ews.times import definition, known_zone
from addin.sandbox.exchange.zones import WINDOWS
from addin.sandbox.people import MAILBOXES, Mailbox


class DirectoryOperations:
    """Answers from what everybody shares."""

    def named(self) -> Handlers:
        """Return the operations by their names."""
        return {
            "ConvertId": self.convert_id,
            "GetServerTimeZones": self.get_server_time_zones,
            "GetUserConfiguration": self.get_user_configuration,
            "ResolveNames": self.resolve_names,
        }

    def get_user_configuration(self, call: Call) -> _Element:
        """Show the options of Outlook on the web, of which everybody has one: the time zone."""
        name = call.part("UserConfigurationName").get("Name", "")
        if name != "OWA.UserOptions":
            refused = Failure("ErrorItemNotFound", "The specified object was not found in the store.")
            return response(call.name, [failure(call.name, refused)])
        told = types.UserConfigurationName(types.DistinguishedFolderId(Id="root"), Name=name)
        entry = types.DictionaryEntry(
            types.DictionaryKey(types.Type("String"), types.Value("timezone")),
            types.DictionaryValue(types.Type("String"), types.Value("W. Europe Standard Time")),
        )
        options = messages.UserConfiguration(told, types.Dictionary(entry))
        return response(call.name, [success(call.name, options)])

    def convert_id(self, call: Call) -> _Element:
        """Give back ids: there is but one format here."""
        wanted = call.told.get("DestinationFormat", "EwsId")

        def convert(told: _Element) -> _Element:
            same = types.AlternateId(Format=wanted, Id=told.get("Id", ""), Mailbox=told.get("Mailbox", ""))
            same.tag = f"{M}AlternateId"
            same.set("{http://www.w3.org/2001/XMLSchema-instance}type", "t:AlternateIdType")
            return success(call.name, same)

        return each(call, call.part("SourceIds"), convert)

    def get_server_time_zones(self, call: Call) -> _Element:
        """Show the zones, those asked for or all."""
        asked = call.told.find(f"{M}Ids")
        names = [one.text or "" for one in asked] if asked is not None else list(WINDOWS)
        is_full = call.told.get("ReturnFullTimeZoneData", "true") != "false"
        try:
            told = [definition(known_zone(name), full=is_full) for name in names]
        except Failure as refused:
            empty = messages.TimeZoneDefinitions()
            return response(call.name, [failure(call.name, refused, empty)])
        return response(call.name, [success(call.name, messages.TimeZoneDefinitions(*told))])

    def resolve_names(self, call: Call) -> _Element:
        """Find a mailbox by name or address, or by its whole name in the address book."""
        entry = (call.part("UnresolvedEntry").text or "").casefold().removeprefix("smtp:")
        found = [one for one in MAILBOXES if _is_meant(entry, one)]
        if not found:
            refused = Failure("ErrorNameResolutionNoResults", "No results were found.")
            return response(call.name, [failure(call.name, refused)])
        told = [
            types.Resolution(
                types.Mailbox(
                    types.Name(one.name),
                    types.EmailAddress(one.address),
                    types.RoutingType("SMTP"),
                    types.MailboxType("Mailbox"),
                )
            )
            for one in found
        ]
        whole = messages.ResolutionSet(*told, TotalItemsInView=str(len(told)), IncludesLastItemInRange="true")
        return response(call.name, [success(call.name, whole)])


def _is_meant(entry: str, mailbox: Mailbox) -> bool:
    if entry.startswith("/o="):
        return entry == distinguished_name(mailbox).casefold()
    return entry in mailbox.address.casefold() or entry in mailbox.name.casefold()
