"""Bringing characters in from other programs' files, and out to them.

Every format is one module that reads into, and writes from, the neutral :class:`model.ExchangedCrop`. What could not
come over is named in a :class:`report.Report`, one entry each; nothing is dropped without one.
"""
