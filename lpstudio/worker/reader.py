"""The reader process: keeps weights loaded and reads pictures, folders, splits and footage.

Run as ``python -m lpstudio.worker.reader``; the protocol is that of :mod:`lpstudio.worker.protocol`. ``?`` marks fields
that may be left out.

============  =================================================  =====================================================
type          request fields                                     results
============  =================================================  =====================================================
load          weights? (path; null: the starter weights),        one: weights (name), path, device, alphabet [names],
              device? ("cpu", "cuda:0", "mps"; null: the best)   calibrated, temperature, imgsz
read          sources [paths], formats?, similarity?, imgsz?,    one a picture or frame, as each is read: the line of
              conf?, split?, frames? {first?, last?, step?},     ``lpstudio read --json``
              weights?, device?
read_pixels   path, frame?, rectangle? [x1, y1, x2, y2],         one: the same line, in pixels of the whole picture or
              formats?, similarity?, imgsz?, conf?, weights?,    frame
              device?
============  =================================================  =====================================================

``formats``: "ph" (as when left out), "none", or a syntax such as "LLL DDDD"; several are separated by commas.
``similarity``: groups as ``Similarity.to_dict()`` gives them; the default groups when left out.
``imgsz``: the side the model sees; what the weights were trained at when left out. ``conf``: least confidence, 0.25.
``sources`` may be pictures, folders, videos and a ``data.yaml`` (then ``split``, "val" when left out). ``frames``
chooses from videos: first 0, last the end (included), step 1. ``weights`` and ``device`` in read and read_pixels load
first when they are others than those in use.

A source that cannot be read gives a line with ``error`` set, and the rest goes on; only weights that cannot be loaded
fail the request. ``progress`` counts pictures and frames; ``total`` is null as long as it is unknown.
"""

from __future__ import annotations
