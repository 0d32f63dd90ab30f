"""SOAP 1.1 as Exchange speaks it: what is read out of a request, how an answer and a fault look, and the namespaces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from flask import Response
from lxml import etree
from lxml.etree import _Element

SOAP_URI: Final = "http://schemas.xmlsoap.org/soap/envelope/"
TYPES_URI: Final = "http://schemas.microsoft.com/exchange/services/2006/types"
MESSAGES_URI: Final = "http://schemas.microsoft.com/exchange/services/2006/messages"
ERRORS_URI: Final = "http://schemas.microsoft.com/exchange/services/2006/errors"
S, T, M = f"{{{SOAP_URI}}}", f"{{{TYPES_URI}}}", f"{{{MESSAGES_URI}}}"


class _Namespace:
    """Makes elements: `types.Start("...")`, or `types("Start", "...")` where the name is worked out."""

    def __init__(self, prefix: str, uri: str) -> None:
        self._uri, self._prefixes = uri, {prefix: uri}

    def __call__(self, name: str, *content: _Element | str, **attributes: str) -> _Element:
        made = etree.Element(f"{{{self._uri}}}{name}", attributes, self._prefixes)
        for part in content:
            if isinstance(part, str):
                made.text = part
            else:
                made.append(part)
        return made

    def __getattr__(self, name: str) -> Callable[..., _Element]:
        return partial(self, name)


types: Final = _Namespace("t", TYPES_URI)
messages: Final = _Namespace("m", MESSAGES_URI)
_soap: Final = _Namespace("s", SOAP_URI)
_errors: Final = _Namespace("e", ERRORS_URI)
_header: Final = _Namespace("h", TYPES_URI)
# Exchange Server 2016, CU 23.
_VERSION: Final = {
    "MajorVersion": "15",
    "MinorVersion": "1",
    "MajorBuildNumber": "2507",
    "MinorBuildNumber": "6",
    "Version": "V2017_07_11",
}


class Fault(Exception):
    """The whole request is refused, with a SOAP fault; `values` are what its MessageXml tells."""

    def __init__(self, code: str, text: str, **values: str) -> None:
        super().__init__(code)
        self.code, self.text, self.values = code, text, values


class Failure(Exception):
    """One of the things that were asked is refused, with a response message of class Error."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code)
        self.code, self.text = code, text


@dataclass(frozen=True)
class Request:
    """What was asked: the operation's element, whom the caller wants to be (None: themselves), the caller's zone."""

    operation: _Element
    impersonated: str | None
    zone: str

    @property
    def name(self) -> str:
        """Return the operation's name."""
        return local_name(self.operation)


def read(body: bytes) -> Request:
    """Return what an envelope asks; raises Fault."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    try:
        envelope = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as mistake:
        raise Fault("ErrorSchemaValidation", "The request failed schema validation.") from mistake
    operations = envelope.findall(f"{S}Body/*")
    if len(operations) != 1:
        raise Fault("ErrorSchemaValidation", "The request failed schema validation.")
    names = ("PrimarySmtpAddress", "SmtpAddress", "PrincipalName")
    wanted = f"{S}Header/{T}ExchangeImpersonation/{T}ConnectingSID"
    told = (envelope.findtext(f"{wanted}/{T}{name}") for name in names)
    zone = envelope.find(f"{S}Header/{T}TimeZoneContext/{T}TimeZoneDefinition")
    return Request(
        operations[0],
        next((address for address in told if address), None),
        zone.get("Id", "UTC") if zone is not None else "UTC",
    )


def answer(body: _Element) -> bytes:
    """Return an envelope around an operation's response."""
    head = _soap.Header(_header.ServerVersionInfo(**_VERSION))
    return _serialised(_soap.Envelope(head, _soap.Body(body)))


def fault(refused: Fault) -> Response:
    """Return the answer that tells a fault: 500, as SOAP 1.1 wants it over HTTP (section 6.2)."""
    detail = etree.Element("detail")
    detail.append(_errors.ResponseCode(refused.code))
    detail.append(_errors.Message(refused.text))
    if refused.values:
        told = (types.Value(value, Name=name) for name, value in refused.values.items())
        detail.append(types.MessageXml(*told))
    part = _soap.Fault()
    etree.SubElement(part, "faultcode", nsmap={"a": TYPES_URI}).text = f"a:{refused.code}"
    etree.SubElement(part, "faultstring").text = refused.text
    part.append(detail)
    return xml(_serialised(_soap.Envelope(_soap.Body(part))), 500)


def xml(content: bytes, status: int = 200) -> Response:
    """Return an HTTP answer that holds XML."""
    return Response(content, status, content_type="text/xml; charset=utf-8")


def response(operation: str, parts: list[_Element]) -> _Element:
    """Return an operation's response around its response messages."""
    return messages(f"{operation}Response", messages.ResponseMessages(*parts))


def success(operation: str, *parts: _Element) -> _Element:
    """Return a response message that says yes."""
    name = f"{operation}ResponseMessage"
    return messages(name, messages.ResponseCode("NoError"), *parts, ResponseClass="Success")


def failure(operation: str, refused: Failure, *parts: _Element) -> _Element:
    """Return a response message that says no; `parts` are what the schema wants of it all the same."""
    told = (
        messages.MessageText(refused.text),
        messages.ResponseCode(refused.code),
        messages.DescriptiveLinkKey("0"),
    )
    return messages(f"{operation}ResponseMessage", *told, *parts, ResponseClass="Error")


def local_name(element: _Element) -> str:
    """Return an element's name without its namespace."""
    return etree.QName(element).localname


def text(value: bool) -> str:  # noqa: FBT001 - a value, not a switch
    """Return a boolean as XML Schema writes it."""
    return "true" if value else "false"


def _serialised(envelope: _Element) -> bytes:
    return etree.tostring(envelope, xml_declaration=True, encoding="utf-8")
