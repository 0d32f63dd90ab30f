"""From settings to a service on its ledger, or why it cannot be had."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from addin.config.settings import Settings, SettingsFaulty
from addin.store.ledger import SqlLedger, open_engine, open_ledger
from addin.store.needed import Needed, settings_needed
from addin.store.restored import begin_service
from addin.store.rows import to_time
from addin.store.schema import refuse_other_schema
from addin.wiring.adapters import keyring_of, mark_of
from addin.wiring.content import missing_settings
from addin.wiring.service import Service, SystemClock


def open_service(settings: Settings, *, writes: bool = True) -> Service:
    """Return the service on its ledger; raises SettingsFaulty, SchemaDiffers, LedgerInUse.

    With `writes`, notes the start and freezes a ledger that was restored from a backup.
    """
    service = build_service(settings, writes=writes)
    begin(service, writes=writes)
    return service


def build_service(settings: Settings, *, writes: bool = True) -> Service:
    """Return the service before it has asked its ledger anything; raises SettingsFaulty, LedgerInUse.

    On PostgreSQL nothing is connected yet and no thread runs, so that the process may fork.
    """
    clock = SystemClock()
    ledger = open_ledger(
        settings.ledger.url, keyring_of(settings), clock, writes=writes, pool_size=settings.server.threads
    )
    with _closed_on_failure(ledger):
        return Service(settings, ledger, clock)


def begin(service: Service, *, writes: bool = True) -> None:
    """Hold the service against its ledger, and with `writes` note the start; raises SettingsFaulty, SchemaDiffers."""
    with _closed_on_failure(service.ledger):
        _prepare(service, writes=writes)


@contextmanager
def _closed_on_failure(ledger: SqlLedger) -> Iterator[None]:
    try:
        yield
    except BaseException:
        ledger.close()
        raise


def hold_against_ledger(service: Service) -> None:
    """Hold the service against its ledger before it may connect, on a connection that is gone afterwards.

    Raises SettingsFaulty, SchemaDiffers, and SQLAlchemyError when the ledger cannot be used.
    """
    engine = open_engine(service.settings.ledger.url)
    try:
        refuse_other_schema(engine)
        _refuse_lacking(service, settings_needed(engine))
    finally:
        engine.dispose()


def _refuse_lacking(service: Service, needed: Needed) -> None:
    if faults := missing_settings(needed, service.settings, service.content):
        raise SettingsFaulty(faults)


def _prepare(service: Service, *, writes: bool) -> None:
    engine, settings = service.ledger.engine, service.settings
    refuse_other_schema(engine)
    _refuse_lacking(service, settings_needed(engine))
    if writes:
        begin_service(engine, mark_of(settings), now=to_time(service.clock.now()) or 0)
        service.ledger.take_up_leases()
