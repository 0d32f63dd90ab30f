"""The HTTP seam and the Pexip adapter against servers that misbehave on the wire."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from addin.conferencing.http import LARGEST_ANSWER_BYTES
from addin.conferencing.pexip import PexipProvider, PexipSettings
from addin.meetings.deadline import Deadline
from addin.meetings.errors import InvalidRequest, OutcomeUnknown, ProviderUnavailable
from bounded_http.connections import retry_after_seconds
from tests.contract.conferencing.unruly import UnrulyServer, answer
from tests.contract.conferencing.vendors import new_wish, soon

JSON = "Content-Type: application/json"
LIST = (
    b'{"meta": {"limit": 20, "next": null, "offset": 0, "previous": null, "total_count": 0}, "objects": []}'
)
MADE = answer("201 Created", b"", "Location: /api/admin/configuration/v1/conference/42/")

Serve = Callable[..., tuple[UnrulyServer, PexipProvider]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers = []

    def start(*pieces: bytes, gap: float = 0.0) -> tuple[UnrulyServer, PexipProvider]:
        server = UnrulyServer(pieces, gap)
        servers.append(server)
        return server, provider(server.base_url)

    yield start
    for server in servers:
        server.close()


def provider(base_url: str, **more: object) -> PexipProvider:
    usual = {"name": "pexip", "username": "u", "password": "p", "join_base_url": "https://v.example"}
    return PexipProvider(PexipSettings(base_url=base_url, **usual | more))  # type: ignore[arg-type]


def test_a_connection_is_used_again(serve: Serve) -> None:
    server, pexip = serve(MADE)
    assert [pexip.ensure_room(new_wish(), soon()).reference for _ in range(5)] == ["42"] * 5
    assert (len(server.requests), server.connections) == (5, 1)


@pytest.mark.parametrize(
    "location",
    [
        "",
        "/",
        "/api/admin/configuration/v1/conference/",
        "/api/admin/configuration/v1/conference//",
        "/api/admin/configuration/v1/conference/42",
        "/api/admin/configuration/v1/conference/0/",
        "/api/admin/configuration/v1/conference/abc/",
        "/api/admin/configuration/v1/conference_alias/42/",
        "/x/api/admin/configuration/v1/conference/42/",
    ],
)
def test_a_room_that_was_made_nobody_knows_where_is_looked_up(serve: Serve, location: str) -> None:
    _, pexip = serve(answer("201 Created", b"", f"Location: {location}"))
    with pytest.raises(OutcomeUnknown):
        pexip.ensure_room(new_wish(), soon())


def test_of_location_only_the_path_counts(serve: Serve) -> None:
    address = "https://elsewhere.example/api/admin/configuration/v1/conference/7/"
    _, pexip = serve(answer("201 Created", b"", f"Location: {address}"))
    assert pexip.ensure_room(new_wish(), soon()).reference == "7"


@pytest.mark.parametrize(
    "page",
    [
        b"<html>Log in</html>",
        b"",
        b"[]",
        b'"x"',
        b'{"objects": []}',
        b"\xff\xfe",
        b'{"meta": {}}',
        b"[" * 100_000,
    ],
)
def test_a_proxys_page_is_never_taken_for_an_answer(serve: Serve, page: bytes) -> None:
    _, pexip = serve(answer("200 OK", page, "Content-Type: text/html"))
    with pytest.raises(OutcomeUnknown):
        pexip.ensure_room(new_wish(), soon())
    with pytest.raises(ProviderUnavailable):
        pexip.check(soon())
    with pytest.raises(ProviderUnavailable):
        pexip.verify_protection("1", new_wish(), soon())


@pytest.mark.parametrize(
    "status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"]
)
def test_a_redirect_is_not_followed(serve: Serve, status: str) -> None:
    elsewhere, _ = serve(answer("200 OK", LIST, JSON))
    _, pexip = serve(answer(status, b"", f"Location: {elsewhere.base_url}/"))
    with pytest.raises(OutcomeUnknown):
        pexip.ensure_room(new_wish(), soon())
    with pytest.raises(ProviderUnavailable):
        pexip.check(soon())
    assert elsewhere.requests == []


WHOLE = answer("200 OK", LIST, JSON)
CHUNKS = [b"%x\r\n%b\r\n" % (1, LIST[at : at + 1]) for at in range(len(LIST))]


@pytest.mark.parametrize(
    "pieces",
    [
        [WHOLE[at : at + 1] for at in range(len(WHOLE))],
        [WHOLE[: -len(LIST)], *(LIST[at : at + 1] for at in range(len(LIST)))],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *CHUNKS, b"0\r\n\r\n"],
    ],
    ids=["all of it", "the body", "chunks"],
)
def test_an_answer_that_drips_is_cut_off_as_a_whole(serve: Serve, pieces: list[bytes]) -> None:
    # Each byte comes well within the time for one read, and the whole is right: who waits for it gets an answer.
    server, pexip = serve(*pieces, gap=0.04)
    with pytest.raises(ProviderUnavailable):
        pexip.check(Deadline.after(0.4))
    with pytest.raises(OutcomeUnknown):
        pexip.ensure_room(new_wish(), Deadline.after(1))
    with pytest.raises(ProviderUnavailable):
        provider(server.base_url, timeout_seconds=0.2).check(Deadline.after(3600))


def test_an_answer_that_comes_in_pieces_but_in_time_is_read(serve: Serve) -> None:
    _, pexip = serve(*(WHOLE[at : at + 1] for at in range(len(WHOLE))), gap=0.0001)
    pexip.check(soon())


@pytest.mark.parametrize("said", [True, False])
def test_a_huge_answer_is_not_read_to_its_end(serve: Serve, said: bool) -> None:
    half = b" " * (LARGEST_ANSWER_BYTES // 2)
    head = b"HTTP/1.1 200 OK\r\n" + (
        b"Content-Length: 999999999\r\n\r\n" if said else b"Connection: close\r\n\r\n"
    )
    _, pexip = serve(head, half, half, half)
    with pytest.raises(ProviderUnavailable):
        pexip.check(soon())


def test_an_answer_that_breaks_off_is_no_answer(serve: Serve) -> None:
    server, pexip = serve(b"HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{", b"", gap=0.05)
    server.hang_up_after_answer = True
    with pytest.raises(OutcomeUnknown):
        pexip.ensure_room(new_wish(), soon())
    with pytest.raises(ProviderUnavailable):
        pexip.check(soon())


@pytest.mark.parametrize(
    "bytes_sent", [b"\r\n\r\n", b"HTTP/9.9 hello\r\n\r\n", b"SSH-2.0-OpenSSH_9.2\r\n", b"\x16\x03\x01"]
)
def test_something_that_is_not_http_is_no_answer(serve: Serve, bytes_sent: bytes) -> None:
    server, pexip = serve(bytes_sent)
    server.hang_up_after_answer = True
    with pytest.raises(OutcomeUnknown):
        pexip.ensure_room(new_wish(), soon())


def test_a_compressed_answer_is_not_unpacked(serve: Serve) -> None:
    server, pexip = serve(answer("200 OK", LIST, JSON, "Content-Encoding: gzip"))
    pexip.check(soon())
    assert b"Accept-Encoding: identity" in server.requests[0]


def test_a_cookie_is_not_kept(serve: Serve) -> None:
    server, pexip = serve(answer("200 OK", LIST, JSON, "Set-Cookie: session=1; Path=/"))
    pexip.check(soon())
    pexip.check(soon())
    assert b"cookie" not in server.requests[1].lower()


def test_a_vendor_whose_certificate_is_not_trusted_gets_no_password(serve: Serve) -> None:
    server, _ = serve(answer("200 OK", LIST, JSON))
    pexip = provider(server.base_url.replace("http:", "https:"), connect_timeout_seconds=0.3)
    with pytest.raises(ProviderUnavailable):
        pexip.ensure_room(new_wish(), soon())
    assert not any(b"Authorization" in head for head in server.requests)


def test_a_name_that_nobody_knows_is_surely_not_applied() -> None:
    with pytest.raises(ProviderUnavailable):
        provider("https://pexip.region.example").ensure_room(new_wish(), soon())


def test_a_proxy_that_is_down_is_surely_not_applied() -> None:
    proxies = {"https": "http://127.0.0.1:9", "http": "http://127.0.0.1:9"}
    with pytest.raises(ProviderUnavailable):
        provider("https://pexip.region.example", proxies=proxies).ensure_room(new_wish(), soon())


def test_a_proxy_that_refuses_the_tunnel_is_surely_not_applied(serve: Serve) -> None:
    server, _ = serve(answer("407 Proxy Authentication Required"))
    pexip = provider("https://pexip.region.example", proxies={"https": server.base_url})
    with pytest.raises(ProviderUnavailable):
        pexip.ensure_room(new_wish(), soon())
    assert server.requests[0].startswith(b"CONNECT pexip.region.example:443")


def test_the_environments_proxy_and_netrc_are_not_used(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    _, pexip = serve(answer("200 OK", LIST, JSON))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    pexip.check(soon())


@pytest.mark.parametrize(
    "following", ["/x/?offset=0", "/x/", "https://elsewhere.example/?offset=-5", "?offset=two", "?offset="]
)
def test_pages_that_do_not_go_on_end_the_listing(serve: Serve, following: str) -> None:
    page = b'{"meta": {"next": "%b", "total_count": 9}, "objects": []}' % following.encode()
    _, pexip = serve(answer("200 OK", page, JSON))
    with pytest.raises(ProviderUnavailable):
        list(pexip.list_owned("svm-", soon()))


def test_the_next_page_is_asked_of_our_own_vendor(serve: Serve) -> None:
    page = b'{"meta": {"next": "https://elsewhere.example/?offset=%d", "total_count": 9}, "objects": []}'
    server, pexip = serve(answer("200 OK", page % 100, JSON))
    with pytest.raises(ProviderUnavailable):  # the second page says 100 again
        list(pexip.list_owned("svm-", soon()))
    assert b"offset=100" in server.requests[1]
    assert server.requests[1].startswith(b"GET /api/admin/configuration/v1/conference/?")


def test_a_list_that_ignores_the_filter_is_not_taken_for_ours(serve: Serve) -> None:
    room = b'{"id": 1, "name": "annan-kund", "tag": "annan"}'
    page = b'{"meta": {"next": null, "total_count": 1}, "objects": [%b]}' % room
    _, pexip = serve(answer("200 OK", page, JSON))
    assert list(pexip.list_owned("svm-", soon())) == []
    with pytest.raises(ProviderUnavailable):
        pexip.find_room(new_wish(), soon())


def test_a_setting_that_the_vendor_does_not_tell_is_a_deviation(serve: Serve) -> None:
    wish = new_wish()
    room = f'{{"id": "42", "name": "{wish.name}", "tag": "{wish.tag}", "aliases": [{{"alias": "{wish.alias}"}}]}}'
    _, pexip = serve(answer("200 OK", room.encode(), JSON))
    assert "crypto_mode" in pexip.verify_protection("42", wish, soon())


@pytest.mark.parametrize("status", ["404 Not Found", "405 Method Not Allowed", "418 Teapot"])
def test_an_address_that_is_no_pexip_is_a_refusal(serve: Serve, status: str) -> None:
    _, pexip = serve(answer(status, b"<html>"))
    with pytest.raises(InvalidRequest):
        pexip.ensure_room(new_wish(), soon())
    with pytest.raises(InvalidRequest):
        pexip.check(soon())


NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 1.0),
        ("", 1.0),
        ("soon", 1.0),
        ("0", 0.0),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("-7", 1.0),
        ("999999", 3600.0),
        ("Sun, 22 Nov 2026 06:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 05:00:00 GMT", 0.0),
        ("Sun, 22 Nov 2026 23:00:00 GMT", 3600.0),
        ("Sun, 22 Nov 2026 06:00:30", 30.0),
        ("Sun, 22 Nov 2026 06:00:30 +999999999999999", 1.0),
    ],
)
def test_how_long_to_wait_is_read_as_seconds_or_as_a_date(header: str | None, seconds: float) -> None:
    assert retry_after_seconds(header, NOW) == seconds
