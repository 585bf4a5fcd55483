"""The numbers: arrays in, frozen records out; no file, frame, study, plot or network is known here.

A family of methods is a folder. To add a method, write a function and enter it in the dict at the foot of its file.
"""
