"""What the integration tests share: regions in real processes (see `tests/region.py`)."""

from tests.region import _shared_region, fresh_region, region

__all__ = ["_shared_region", "fresh_region", "region"]
