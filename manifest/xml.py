"""Writes the XML manifest, the format that every Outlook and every Exchange reads.

Names are written with their prefixes, as plain tags, because `ElementTree` would invent prefixes for the nested
default name spaces and readers such as Outlook's look for the usual ones. Element order is the schema's
([MS-OWEMXML]; `schema.ORDER` holds the same order and every build is held against it).
"""

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from manifest.places import Places
from manifest.schema import BASE, BASIC_TYPES, BUTTON_ICONS, OVERRIDES_1_0, OVERRIDES_1_1, XSI
from manifest.source import DEFAULT_LOCALE, ENGLISH, AddIn, Text, WebApplication


def manifest_xml(add_in: AddIn, places: Places, web_application: WebApplication | None) -> bytes:
    """Return the manifest as UTF-8 XML. Without a `web_application` no token can be had from the Office host."""
    name_spaces = {"xmlns": BASE, "xmlns:xsi": XSI, "xmlns:bt": BASIC_TYPES}
    root = Element("OfficeApp", name_spaces | {"xsi:type": "MailApp"})
    _describe(root, add_in, places)
    _say_where_it_activates(root, add_in, places)
    overrides_1_0 = _overrides(root, OVERRIDES_1_0, "VersionOverridesV1_0", add_in, places)
    overrides_1_1 = _overrides(overrides_1_0, OVERRIDES_1_1, "VersionOverridesV1_1", add_in, places)
    if web_application:
        _web_application(overrides_1_1, web_application, places)
    indent(root)
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _describe(root: Element, add_in: AddIn, places: Places) -> None:
    """Write who the add-in is: shown in the administrator's list and in the user's."""
    _leaf(root, "Id", str(add_in.id))
    _leaf(root, "Version", add_in.version)
    _leaf(root, "ProviderName", add_in.provider)
    _leaf(root, "DefaultLocale", DEFAULT_LOCALE)
    _localised(root, "DisplayName", add_in.name)
    _localised(root, "Description", add_in.description)
    SubElement(root, "IconUrl", DefaultValue=places.icon(64))
    SubElement(root, "HighResolutionIconUrl", DefaultValue=places.icon(128))
    SubElement(root, "SupportUrl", DefaultValue=places.support)


def _say_where_it_activates(root: Element, add_in: AddIn, places: Places) -> None:
    """Write the part that Outlook needs even where it shows commands only.

    The first SourceLocation is also the audience (`aud`) of an on-premises Exchange identity token.
    """
    SubElement(SubElement(root, "Hosts"), "Host", Name="Mailbox")
    sets = SubElement(SubElement(root, "Requirements"), "Sets")
    SubElement(sets, "Set", Name="Mailbox", MinVersion=add_in.mailbox_version)
    form = SubElement(SubElement(root, "FormSettings"), "Form", {"xsi:type": "ItemEdit"})
    settings = SubElement(form, "DesktopSettings")
    SubElement(settings, "SourceLocation", DefaultValue=places.page(add_in.command.pane_path))
    _leaf(root, "Permissions", add_in.permission)
    SubElement(root, "Rule", {"xsi:type": "ItemIs", "ItemType": "Appointment", "FormType": "Edit"})


def _overrides(parent: Element, name_space: str, kind: str, add_in: AddIn, places: Places) -> Element:
    """Write one VersionOverrides with the command; only 1.1 knows delegates' and shared calendars."""
    overrides = SubElement(parent, "VersionOverrides", {"xmlns": name_space, "xsi:type": kind})
    SubElement(overrides, "Description", resid="AddIn.Description")
    host = SubElement(SubElement(overrides, "Hosts"), "Host", {"xsi:type": "MailHost"})
    desktop = SubElement(host, "DesktopFormFactor")
    if name_space == OVERRIDES_1_1:
        _leaf(desktop, "SupportsSharedFolders", "true")
    _command_surface(desktop, add_in)
    _resources(overrides, add_in, places)
    return overrides


def _command_surface(desktop: Element, add_in: AddIn) -> None:
    """Write the button that stands on the ribbon when somebody organises an appointment."""
    command = add_in.command
    surface = SubElement(desktop, "ExtensionPoint", {"xsi:type": "AppointmentOrganizerCommandSurface"})
    group = SubElement(SubElement(surface, "OfficeTab", id="TabDefault"), "Group", id=command.group_id)
    SubElement(group, "Label", resid="Group.Label")
    control = SubElement(group, "Control", {"xsi:type": "Button", "id": command.id})
    SubElement(control, "Label", resid="Command.Label")
    tip = SubElement(control, "Supertip")
    SubElement(tip, "Title", resid="Command.Label")
    SubElement(tip, "Description", resid="Command.Tip")
    icon = SubElement(control, "Icon")
    for size in BUTTON_ICONS:
        SubElement(icon, "bt:Image", size=str(size), resid=f"Icon.{size}")
    action = SubElement(control, "Action", {"xsi:type": "ShowTaskpane"})
    SubElement(action, "SourceLocation", resid="Pane.Url")


def _resources(overrides: Element, add_in: AddIn, places: Places) -> None:
    """Write the icons, addresses and texts that the command refers to by id."""
    resources = SubElement(overrides, "Resources")
    images = SubElement(resources, "bt:Images")
    for size in BUTTON_ICONS:
        SubElement(images, "bt:Image", id=f"Icon.{size}", DefaultValue=places.icon(size))
    urls = SubElement(resources, "bt:Urls")
    SubElement(urls, "bt:Url", id="Pane.Url", DefaultValue=places.page(add_in.command.pane_path))
    short = SubElement(resources, "bt:ShortStrings")
    _string(short, "Group.Label", add_in.name)
    _string(short, "Command.Label", add_in.command.label)
    long = SubElement(resources, "bt:LongStrings")
    _string(long, "AddIn.Description", add_in.description)
    _string(long, "Command.Tip", add_in.command.tip)


def _web_application(overrides: Element, application: WebApplication, places: Places) -> None:
    """Write the registration; Entra demands that its application id URI names the host that the pane comes from."""
    info = SubElement(overrides, "WebApplicationInfo")
    _leaf(info, "Id", str(application.client_id))
    _leaf(info, "Resource", f"api://{places.host}/{application.client_id}")
    scopes = SubElement(info, "Scopes")
    for scope in application.scopes:
        _leaf(scopes, "Scope", scope)


def _leaf(parent: Element, tag: str, text: str) -> None:
    SubElement(parent, tag).text = text


def _localised(parent: Element, tag: str, text: Text) -> None:
    setting = SubElement(parent, tag, DefaultValue=text.sv)
    SubElement(setting, "Override", Locale=ENGLISH, Value=text.en)


def _string(parent: Element, resource_id: str, text: Text) -> None:
    string = SubElement(parent, "bt:String", id=resource_id, DefaultValue=text.sv)
    SubElement(string, "bt:Override", Locale=ENGLISH, Value=text.en)
