"""What an administrator of the simulated Pexip could have set, and where versions of Pexip differ."""

from dataclasses import dataclass, fields
from typing import Any


@dataclass
class PexipSettings:
    """Times in seconds. Changed while running through `POST /sandbox/pexip/settings`."""

    replication_seconds: float = 60  # management node to conferencing nodes: "about a minute"
    waiting_for_chair_seconds: float = 900  # global.waiting_for_chair_timeout
    guests_only_seconds: float = 60  # guests_only_timeout, after the last host has left
    token_seconds: float = 120  # a client that does not refresh within this time is gone
    rate_limit: int = 1000  # management requests ...
    rate_window_seconds: float = 60  # ... in this time
    min_pin_length: int = 4
    pin_attempts: int = 20  # wrong PINs in ten minutes before the whole room refuses PINs
    pins_are_write_only: bool = False  # some versions answer null where a PIN is set
    nested_errors: bool = True  # {"conference": {"name": [...]}} or {"name": [...]}: sources disagree
    duplicate_status: int = 400  # or 409: sources disagree
    change_status: int = 202  # or 204, of PATCH
    absolute_location: bool = True  # or a relative Location
    licensed: bool = True  # an unlicensed node refuses every new room with 400

    def change(self, wishes: dict[str, Any]) -> None:
        """Set some settings by name; raises ValueError for an unknown name or a value of another kind."""
        kinds = {field.name: type(getattr(self, field.name)) for field in fields(self)}
        for name, value in wishes.items():
            if name not in kinds:
                raise ValueError(f"no such setting: {name}")
            if isinstance(value, bool) != (kinds[name] is bool) or not isinstance(value, int | float):
                raise ValueError(f"{name} wants {kinds[name].__name__}")
        for name, value in wishes.items():
            setattr(self, name, value)
