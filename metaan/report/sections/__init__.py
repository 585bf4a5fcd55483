"""The parts of a report, one module each: its view, which templates show, and its blocks, which every format writes.

To add a section, write a module with its view and its blocks and enter it in `contents.SECTIONS`, which is the order;
a template in ``templates/parts`` gives it another look on the page than that of its blocks.
"""
