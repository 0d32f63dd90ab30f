"""Whether a provider keeps guests waiting as a meeting type asks for: one rule for booking, changing and telling."""

from __future__ import annotations

from collections.abc import Mapping

from addin.meetings.errors import NotSupported
from addin.meetings.meeting_types import MeetingType
from addin.meetings.model import LobbyLevel
from addin.meetings.ports import ConferencingProvider


def falls_short(kind: MeetingType, provider: ConferencingProvider) -> bool:
    """Whether each guest should be let in by hand, and the provider lets everybody in with the host; more is fine."""
    asked, given = kind.lobby, provider.capabilities.lobby
    return asked is LobbyLevel.HOST_ADMITS and given is not LobbyLevel.HOST_ADMITS


def refuse_weaker_lobby(kind: MeetingType, providers: Mapping[str, ConferencingProvider]) -> None:
    """Raise NotSupported when the type's provider falls short of a lobby that the type insists on."""
    provider = providers.get(kind.provider)
    if kind.lobby_refused_below and provider and falls_short(kind, provider):
        raise NotSupported
