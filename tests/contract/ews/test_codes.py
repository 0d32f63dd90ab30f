"""Every code that the simulated Exchange can answer with is one of Microsoft's."""

from __future__ import annotations

import re
from pathlib import Path

from tests.conftest import ROOT


def test_every_response_code_is_microsofts(requires_contracts: Path) -> None:
    schema = (requires_contracts / "ews" / "messages.xsd").read_text(encoding="utf-8")
    sources = (ROOT / "addin" / "sandbox" / "exchange" / "ews").glob("*.py")
    codes = {
        code
        for file in sources
        for code in re.findall(r'"(Error[A-Za-z]+)"', file.read_text(encoding="utf-8"))
    }

    assert len(codes) > 20
    assert [code for code in sorted(codes) if f'value="{code}"' not in schema] == []
