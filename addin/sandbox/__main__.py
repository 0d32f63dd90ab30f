"""`python -m addin.sandbox`: starts the region on one loopback port and says so in one JSON line."""

import argparse
import json
import signal
import sqlite3
import sys
import threading
from pathlib import Path

from addin.sandbox.mail import start_mail_server
from addin.sandbox.pexip.settings import PexipSettings
from addin.sandbox.region import Options, region
from addin.sandbox.server import ADDRESS, bound


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C; exits 1 with a sentence when the port is taken or the state cannot be kept."""
    told = _parser().parse_args(arguments)
    try:
        server = bound(told.port)
        options = _options(told, server.port)
        server.app = region(options)
        if told.mail_port:
            start_mail_server(options.inbox, told.mail_port)
    except (OSError, sqlite3.Error) as fault:
        print(f"Sandlådan kan inte starta på port {told.port}: {fault}", file=sys.stderr)  # noqa: T201
        return 1
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(json.dumps({"ready": True, "port": server.port}), flush=True)  # noqa: T201 - the promised line
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        return 0
    return 0


def _parser() -> argparse.ArgumentParser:
    usual = PexipSettings()
    parser = argparse.ArgumentParser(prog="python -m addin.sandbox", description=__doc__)
    add = parser.add_argument
    add("--port", type=int, default=0, help="loopback port; 0 (default) takes a free one")
    add("--service-url", required=True, help="address of the service, whose pane may ask for tokens")
    add("--manifest", type=Path, help="the add-in's XML manifest, from which the window reads its button")
    add(
        "--state",
        type=Path,
        required=True,
        help="file that keeps rooms, calendar items and keys over a restart",
    )
    add("--mail-port", type=int, help="loopback port that takes mail (SMTP); none by default")
    add("--replication-seconds", type=float, default=usual.replication_seconds, help="default %(default)s")
    add(
        "--waiting-for-chair-seconds",
        type=float,
        default=usual.waiting_for_chair_seconds,
        help="default %(default)s",
    )
    return parser


def _options(told: argparse.Namespace, port: int) -> Options:
    settings = PexipSettings(
        replication_seconds=told.replication_seconds, waiting_for_chair_seconds=told.waiting_for_chair_seconds
    )
    return Options(
        f"http://{ADDRESS}:{port}", told.service_url.rstrip("/"), told.manifest, told.state, settings
    )


if __name__ == "__main__":
    sys.exit(main())
