"""Builds the files that an administrator uploads, and refuses to write any that Outlook would refuse."""

from pathlib import Path

from manifest.checker import Fault, check
from manifest.places import places
from manifest.source import SKYDDAT_VARDMOTE, AddIn, WebApplication
from manifest.xml import manifest_xml


class ManifestRefused(ValueError):
    """The manifest would not pass; `faults` says everything that is wrong with it."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        super().__init__("\n".join(f"{fault.rule}: {fault.where}: {fault.sentence}" for fault in faults))


def build(
    base_url: str,
    out: Path,
    *,
    add_in: AddIn = SKYDDAT_VARDMOTE,
    support_url: str | None = None,
    web_application: WebApplication | None = None,
    allow_loopback_http: bool = False,
) -> list[Path]:
    """Write `manifest.xml` for the service at `base_url` into the folder `out`, and return what was written.

    `out` is made when missing; a file of an earlier build is replaced only by a whole new one. A second environment
    in the same tenant needs its own id: pass `dataclasses.replace(SKYDDAT_VARDMOTE, id=..., name=...)`.
    `allow_loopback_http` is for the sandbox, whose base address is http://127.0.0.1.
    Raises UnusableAddress or ManifestRefused, and writes nothing then.
    """
    where = places(base_url, support_url, allow_loopback_http=allow_loopback_http)
    content = manifest_xml(add_in, where, web_application)
    if faults := check(content, allow_loopback_http=allow_loopback_http):
        raise ManifestRefused(faults)
    out.mkdir(parents=True, exist_ok=True)
    target = out / "manifest.xml"
    unfinished = target.with_suffix(".xml.part")
    unfinished.write_bytes(content)
    unfinished.replace(target)
    return [target]
