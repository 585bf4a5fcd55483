"""The parts of a report, one module each: what is shown, without saying in which format.

To add a section, write a module that makes its view and enter it where `writers.content` lists them.
"""
