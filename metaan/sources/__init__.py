"""The outside world: one pure parser per format, one client per service, and `Record` as what they all give.

To add a service: its base URL in `settings`, its signs of trouble in `answers` if they are new, and
a module with its calls.
"""
