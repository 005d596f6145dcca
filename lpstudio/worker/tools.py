"""The tools process: footage, pictures and outlines, with PyAV and OpenCV but no torch, so that nobody waits for it.

Run as ``python -m lpstudio.worker.tools``; the protocol is that of :mod:`lpstudio.worker.protocol`. Every request here
gets exactly one result before its ``done``. Coordinates are pixels after EXIF or video rotation, y down; rectangles are
``[x1, y1, x2, y2]``. ``?`` marks fields that may be left out.

============  ==========================================  ============================================================
type          request fields                              payload of the result
============  ==========================================  ============================================================
video_open    path                                        path, frames, fps, width, height, duration_s, codec,
                                                          variable_rate (bool), fault (text or null: ends early, …)
video_frame   path, frame, max_side?                      file, width, height, bytes, frame, time_s,
                                                          source_width, source_height
video_find    path, time_s                                frame, time_s (the frame shown at that time)
video_close   path                                        (empty)
image_rgb     path, max_side?                             file, width, height, bytes, source_width, source_height
crop_png      path, frame?, rectangle?                    file, width, height, rectangle (whole pixels, clipped),
                                                          frame, time_s (null for pictures)
outline       path, frame?, point [x, y], radius?         polygon [[x, y], …]
============  ==========================================  ============================================================

``video_open`` also sends ``progress`` (done and total 1.0) while it indexes a long file; the other video requests open
the file themselves when nobody did. Frame numbers count from 0 in the order of showing, and are exact.

``file`` of video_frame and image_rgb holds ``height`` rows of ``width`` RGB pixels, 3 bytes each, without padding
(``bytes`` = 3 · width · height; the file may be longer). It lies in shared memory where the system has it, in a ring of
``RING`` files: read or copy it before asking for that many more pictures. ``max_side`` makes the picture smaller, never
larger, so that its longer side has at most that many pixels.

``file`` of crop_png is the client's to delete; what is left goes when the process ends.
"""

from __future__ import annotations
