"""Settings that cannot be used are named one and all, before anything starts, and without what they hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from addin.config import SettingsFaulty, load_settings
from addin.trial import Ports, write_settings


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """The settings of a trial, which are without fault."""
    return write_settings(tmp_path, Ports(18410, 18411))


def faults_after(settings: Path, key: str, value: str) -> list[str]:
    """Return the faults once `key` says `value`."""
    lines = settings.read_text(encoding="utf-8").splitlines()
    (place,) = [number for number, line in enumerate(lines) if line.startswith(f"{key} =")]
    lines[place] = f'{key} = "{value}"'
    settings.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(SettingsFaulty) as told:
        load_settings(settings)
    return told.value.faults


def test_the_settings_of_a_trial_are_without_fault(settings: Path) -> None:
    assert load_settings(settings).path == settings


@pytest.mark.parametrize(
    "address",
    [
        "https://pexip.region.example/admin",
        "https://pexip.region.example/?x=1",
        "https://operator@pexip.region.example",
        "https://operator:hemligt@pexip.region.example",
    ],
)
def test_a_provider_is_named_by_scheme_and_host_alone(settings: Path, address: str) -> None:
    (fault,) = faults_after(settings, "management_url", address)
    assert fault.startswith("providers.pexip.management_url: write scheme and host alone")
    assert "hemligt" not in fault


@pytest.mark.parametrize("key", ["base_url", "management_url", "metadata_url"])
@pytest.mark.parametrize(
    "address", ["https://[2001:db8::1", "https://region.example:port", "https://region.example:0"]
)
def test_an_address_that_cannot_be_read_is_a_named_fault(settings: Path, key: str, address: str) -> None:
    (fault,) = faults_after(settings, key, address)
    assert fault.endswith(f"{key}: this is not an address: check its brackets and its port")


@pytest.mark.parametrize("key", ["base_url", "join_url", "metadata_url"])
@pytest.mark.parametrize("address", ["http://region.example", "region.example", "ftp://region.example", ""])
def test_an_address_is_https(settings: Path, key: str, address: str) -> None:
    (fault,) = faults_after(settings, key, address)
    assert fault.endswith(f"{key}: write an address that begins with https://")


def test_a_ledger_address_with_a_password_does_not_stand_in_the_file(settings: Path) -> None:
    (fault,) = faults_after(settings, "url", "postgresql://vardmote:hemligt@db.region.example/ledger")
    assert fault.startswith("ledger.url: the address has a password")
    assert "hemligt" not in fault


def test_a_ledger_address_that_cannot_be_read_is_a_named_fault(settings: Path) -> None:
    (fault,) = faults_after(settings, "url", "postgresql://vardmote@db.region.example:port/ledger")
    assert fault.startswith("ledger.url: this is not an address")


def test_all_faults_are_named_at_once(settings: Path) -> None:
    faults_after(settings, "join_url", "video")
    assert [fault.partition(":")[0] for fault in faults_after(settings, "instance", "Ö")] == [
        "service.instance",
        "providers.pexip.join_url",
    ]
