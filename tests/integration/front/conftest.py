"""What the tests of sign-in and of the pages behind a meeting's two links share."""

from __future__ import annotations

from tests.integration.front.doors import _region_of_all, doors, region

__all__ = ["_region_of_all", "doors", "region"]
