"""The Flask application of the chosen surfaces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from flask import Blueprint, Flask
from werkzeug.exceptions import HTTPException

from addin.config.settings import Settings
from addin.meetings.cancel import CancelMeeting
from addin.meetings.join import JoinMeeting
from addin.meetings.occupancy import OccupancyMemory
from addin.meetings.start import StartMeeting
from addin.meetings.tell import TellOthers
from addin.meetings.times import date_at_home
from addin.privacy import AllowList
from addin.web.error_pages import FailureAnswer, by_reader, error_page
from addin.web.health import health_blueprint
from addin.web.hooks.graph import graph_blueprint
from addin.web.join.page import JoinPageSettings, join_blueprint
from addin.web.metrics import metrics_blueprint
from addin.web.staff.api.choices import choices_blueprint
from addin.web.staff.api.edge import LARGEST_BODY, guard, make_api
from addin.web.staff.api.meetings import meetings_blueprint
from addin.web.staff.api.personal_data import personal_data_blueprint
from addin.web.staff.api.texts import texts_blueprint
from addin.web.staff.auth.openid import OpenIdSettings, OpenIdSignIn
from addin.web.staff.icons import icons_blueprint
from addin.web.staff.pane import PaneSettings, SignIn, Support, pane_blueprint
from addin.web.staff.start import StartPageParts, StartPageSettings, start_blueprint
from addin.wiring.adapters import shared_of, tenants_of
from addin.wiring.service import Service
from manifest import icons

SURFACES: Final = ("join", "staff", "hooks")


class _Application(Flask):
    """Flask that asks of no function, at each call, whether it is a coroutine: none of ours is."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function as it is."""
        return func


def app_of(service: Service, surfaces: Iterable[str]) -> Flask:
    """Return the Flask application of the chosen surfaces."""
    app, settings = _Application("addin.web", static_folder=None), service.settings
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    # No address is corrected: that would lead, for ever and over http, to whatever host was asked for.
    app.url_map.merge_slashes = False
    app.register_blueprint(health_blueprint(service.ledger))
    readers, proxies = settings.server.metrics_from, settings.server.trusted_proxies
    app.register_blueprint(metrics_blueprint(service.ledger, readers, proxies))
    app.register_error_handler(HTTPException, _error_page(settings))
    for surface in surfaces:
        _SURFACES[surface](service, app)
    return app


def _error_page(settings: Settings) -> FailureAnswer:
    return error_page(settings.service.base_url, settings.service.environment)


def _add_join(service: Service, app: Flask) -> None:
    """The pages for guests."""
    settings = service.settings
    page = JoinPageSettings(
        settings.service.base_url,
        settings.service.environment,
        tuple(settings.server.trusted_proxies),
        settings.service.info_page,
    )
    occupancy = OccupancyMemory(service.clock)
    join = JoinMeeting(service.ledger, service.plans, service.providers, occupancy, service.clock)
    app.register_blueprint(join_blueprint(join, service.content.units, page, service.clock))


def _add_staff(service: Service, app: Flask) -> None:
    """The JSON interface, the pane and the start page."""
    content, settings = service.content, service.settings
    api = make_api(app)
    app.register_error_handler(HTTPException, by_reader(_error_page(settings), api.handle_http_exception))
    allow = AllowList(
        mail_domains=frozenset(settings.service.mail_domains),
        telephone_numbers=frozenset(unit.telephone for unit in settings.units),
    )
    for blueprint in (
        choices_blueprint(content.types, content.units, content.titles, settings.meetings.provider_notes),
        meetings_blueprint(service.use_cases),
        texts_blueprint(service.text_use_cases),
        personal_data_blueprint(allow, lambda: date_at_home(service.clock.now())),
    ):
        api.register_blueprint(guard(blueprint, service.verifier))
    app.register_blueprint(pane_blueprint(_pane_settings(settings)))
    app.register_blueprint(icons_blueprint(icons.FOLDER))
    app.register_blueprint(_start_pages(service))


def _start_pages(service: Service) -> Blueprint:
    settings, chosen = service.settings, service.settings.start_sign_in
    sign_in = OpenIdSignIn(
        OpenIdSettings(
            metadata_url=chosen.metadata_url,
            client_id=chosen.client_id,
            client_secret=chosen.client_secret,
            redirect_uri=f"{settings.service.base_url}/start/callback",
            tenants=tenants_of(settings),
            sole_tenant=chosen.sole_tenant,
            object_claim=chosen.object_claim,
            outbound=service.outbound,
            shared=shared_of(settings),
        ),
        service.clock,
    )
    occupancy = OccupancyMemory(service.clock)
    start = StartMeeting(service.ledger, service.plans, service.providers, occupancy, service.clock)
    tell = TellOthers(service.ledger, service.texts, service.clock)
    cancel = CancelMeeting(service.ledger, service.reconciler, service.clock)
    parts = StartPageParts(
        start, tell, cancel, service.content.units, sign_in, service.keyring, service.clock
    )
    page = StartPageSettings(
        settings.service.base_url, settings.service.environment, tuple(settings.server.trusted_proxies)
    )
    return start_blueprint(parts, page)


def _add_hooks(service: Service, app: Flask) -> None:
    """What calendars call."""
    app.register_blueprint(graph_blueprint(service.hints))


_SURFACES: Final[Mapping[str, Callable[[Service, Flask], None]]] = {
    "join": _add_join,
    "staff": _add_staff,
    "hooks": _add_hooks,
}


def _pane_settings(settings: Settings) -> PaneSettings:
    service, pane, sign_in = settings.service, settings.pane, settings.sign_in
    authority = sign_in.tenants[0].issuer_v2.removesuffix("/v2.0")
    return PaneSettings(
        sign_in=SignIn(pane.client_id, f"{sign_in.audiences[0]}/{sign_in.scope}", authority),
        support=Support(service.support, service.support_telephone),
        environment=service.environment,
        office_js_url=pane.office_js_url,
        frame_ancestors=tuple(pane.frame_ancestors),
        copy_first=pane.copy_first,
        instance=service.instance,
        calendar_access=settings.calendars.access,
        internal_mail_domains=tuple(domain.lower() for domain in service.mail_domains),
    )
