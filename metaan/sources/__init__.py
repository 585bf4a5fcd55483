"""The outside world: one pure parser per format, one client per service, and `Record` as what they all give.

To add a service: an entry of `services.SERVICES`.
"""
