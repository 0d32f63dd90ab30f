"""A simulated Exchange on premises: the calendars of the region as Exchange Web Services (2016) show them.

Only translation: every rule of Exchange's that both protocols share stands in `addin.sandbox.exchange.store`. Sources:
Microsoft's `types.xsd` and `messages.xsd`, to which every answer is held by the tests, and the operations' reference on
Microsoft Learn. Assumed, since no source says it: which response code some of the rarer mistakes get.
"""
