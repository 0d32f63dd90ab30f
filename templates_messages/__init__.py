"""The texts that people receive about a meeting: catalogue, rendering and checks.

A leaf package: it knows nothing of bookings, calendars, providers or HTTP. Whoever calls it fills a
`values.TextValues` and gets words back. The words themselves are files under `texts/`.
"""
