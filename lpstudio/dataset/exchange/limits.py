"""Bounds for what comes from elsewhere: far above any real dataset, far below what fills a memory or never ends."""

from __future__ import annotations

MB = 1024 * 1024

MAX_FILES = 2_000_000  # in a source
MAX_ANNOTATION_BYTES = 512 * MB  # one JSON or XML file; COCO keeps a whole dataset in one
MAX_SMALL_BYTES = 16 * MB  # files that describe one crop, a list of classes, a data.yaml
MAX_YAML_BYTES = 256 * 1024
MAX_PICTURE_BYTES = 512 * MB
MAX_UNPACKED_BYTES = 256 * 1024 * MB  # all of a zip
MAX_RATIO = 200  # unpacked to packed, counted only above the next two
RATIO_FREE_MEMBER = 32 * MB
RATIO_FREE_ARCHIVE = 256 * MB
MAX_DEPTH = 64  # nested elements of an XML file
MAX_ELEMENTS = 1_000_000  # of one picture in an XML file
MAX_POINTS = 10_000  # of one outline
MAX_CHARACTERS = 5_000  # on one crop
MAX_MASK_PIXELS = 25_000_000
MAX_MASK_RUNS = 200_000
MAX_COORDINATE = 1e7
