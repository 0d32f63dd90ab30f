"""Our speed beside the floor, in one run: `python -m bench --help`. No part of the service, and no timed test."""
