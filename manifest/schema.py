"""What Microsoft's schemas say about an XML manifest, as far as ours uses them: names, order, kinds, sizes.

Sources: [MS-OWEMXML] for name spaces, order, types and lengths; the reference of the Office add-in manifest for icon
sizes and counts. The writer takes the name spaces from here, the checker the rules.
"""

from typing import Final

BASE: Final = "http://schemas.microsoft.com/office/appforoffice/1.1"
BASIC_TYPES: Final = "http://schemas.microsoft.com/office/officeappbasictypes/1.0"
OVERRIDES_1_0: Final = "http://schemas.microsoft.com/office/mailappversionoverrides"
OVERRIDES_1_1: Final = "http://schemas.microsoft.com/office/mailappversionoverrides/1.1"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"

PREFIXES: Final = {BASE: "", OVERRIDES_1_0: "v:", OVERRIDES_1_1: "v:", BASIC_TYPES: "bt:"}
"""How the tables below and the checker's sentences tell the name spaces apart."""

BUTTON_ICONS: Final = (16, 32, 80)
"""Pixel sizes of a button's icon: exactly these three, because the JSON schema 1.17 allows no fourth."""

MAX_BYTES: Final = 256 * 1024
MAX_RESOURCE_ID: Final = 32
MAX_CONTROL_ID: Final = 125
MAX_SHORT: Final = 125
MAX_LONG: Final = 250

TEXT_LIMITS: Final = {
    "DisplayName": MAX_SHORT,
    "Description": MAX_LONG,
    "bt:ShortStrings": MAX_SHORT,
    "bt:LongStrings": MAX_LONG,
}
"""Greatest length in characters of the texts that stand in, or one below, each element."""

SURFACES: Final = frozenset(
    {
        "AppointmentOrganizerCommandSurface",
        "AppointmentAttendeeCommandSurface",
        "MessageComposeCommandSurface",
        "MessageReadCommandSurface",
    }
)

ORDER: Final = {
    "OfficeApp": "Id AlternateId? Version ProviderName DefaultLocale DisplayName Description IconUrl "
    "HighResolutionIconUrl SupportUrl AppDomains? Hosts Requirements FormSettings Permissions Rule "
    "DisableEntityHighlighting? v:VersionOverrides",
    "AppDomains": "AppDomain+",
    "DisplayName": "Override*",
    "Description": "Override*",
    "IconUrl": "Override*",
    "HighResolutionIconUrl": "Override*",
    "SupportUrl": "Override*",
    "Hosts": "Host",
    "Requirements": "Sets",
    "Sets": "Set+",
    "FormSettings": "Form+",
    "Form": "DesktopSettings",
    "DesktopSettings": "SourceLocation RequestedHeight?",
    "SourceLocation": "Override*",
    "v:VersionOverrides": "v:Description v:Hosts v:Resources v:WebApplicationInfo? v:VersionOverrides?",
    "v:Hosts": "v:Host",
    "v:Host": "v:DesktopFormFactor",
    "v:DesktopFormFactor": "v:SupportsSharedFolders? v:FunctionFile? v:ExtensionPoint+",
    "v:ExtensionPoint": "v:OfficeTab",
    "v:OfficeTab": "v:Group",
    "v:Group": "v:Label v:Control+",
    "v:Control": "v:Label v:Supertip v:Icon v:Action",
    "v:Supertip": "v:Title v:Description",
    "v:Icon": "bt:Image+",
    "v:Action": "v:SourceLocation",
    "v:Resources": "bt:Images bt:Urls bt:ShortStrings bt:LongStrings",
    "v:WebApplicationInfo": "v:Id v:Resource v:Scopes",
    "v:Scopes": "v:Scope+",
    "bt:Images": "bt:Image+",
    "bt:Urls": "bt:Url+",
    "bt:ShortStrings": "bt:String+",
    "bt:LongStrings": "bt:String+",
    "bt:Image": "bt:Override*",
    "bt:Url": "bt:Override*",
    "bt:String": "bt:Override*",
}
"""What each element holds, in order, in the notation of a DTD; an element that is not listed holds no element."""

KINDS: Final = {
    "OfficeApp": frozenset({"MailApp"}),
    "Form": frozenset({"ItemEdit", "ItemRead"}),
    "Rule": frozenset({"ItemIs"}),
    "v:Host": frozenset({"MailHost"}),
    "v:ExtensionPoint": SURFACES,
    "v:Control": frozenset({"Button"}),
    "v:Action": frozenset({"ShowTaskpane"}),
}
"""The values of `xsi:type` that each element may have."""

SHELF: Final = {
    "v:Label": "bt:ShortStrings",
    "v:Title": "bt:ShortStrings",
    "v:Description": "bt:LongStrings",
    "bt:Image": "bt:Images",
    "v:SourceLocation": "bt:Urls",
    "v:FunctionFile": "bt:Urls",
}
"""Which part of Resources the `resid` of an element must stand in."""

GUID: Final = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
