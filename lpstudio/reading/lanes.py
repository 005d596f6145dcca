"""Ways to read many jobs: in one lane, in lanes side by side in this process, or with processes beside it.

A lane reads each of its jobs from file to line on one thread: that keeps the processor busier than one lane on all
threads, whose steps outside the model are work for one. Between the file and the line, outside the model, the lanes
of a process take turns: Python runs one at a time anyway, and lanes that fight over every step of it spend a quarter
more of the processor. One lane more than there are processors uses what waiting for turns leaves. Lanes in processes
of their own wait for nothing, which pays once the seconds in which they start are won back; until then, and beside
them, one lane of this process reads.
"""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from multiprocessing import connection
from queue import SimpleQueue

import numpy as np
from numpy.typing import NDArray

from lpstudio.plates.formats import FormatSet
from lpstudio.reading.detect import Model, Output
from lpstudio.reading.job import Job, JobReader, Line
from lpstudio.reading.reader import CharacterReader
from lpstudio.similarity import Similarity

log = logging.getLogger(__name__)

_WINDOW = 32  # pictures read together: those of one shape share a batch
_LANE_WINDOW = 16  # of lanes that take turns: what one does in one go outside the model holds up the others
_FEW = 8  # so few pictures are not worth another lane
_SPARE = 1  # lanes more than processors: while one waits for its turn, another has its processor
MANY = 400  # so many pictures are worth the half second in which a faster model is made
_MOST_LANES = 8  # of processes: each takes some hundred megabytes
_AHEAD = 8  # jobs for each lane: while processes start, the lane that is there goes on
_LOOK_S = 0.1  # between two looks whether the run is to end, while lanes work
# A lane that wants to go on with its model waits no longer for one that works in Python (seconds; usually 0.005).
_SWITCH_S = 0.00005
_GARBAGE = 50_000  # new objects, those of some thirty plates, after which it is searched for

_Lane = Callable[[Job], list[Line]]
_Result = Callable[[], list[Line]]  # waits for the lines of a job
_Submit = Callable[[Job], _Result]


@dataclass(frozen=True)
class Lanes:
    """What takes jobs of up to ``window`` pictures; ``ahead`` of them may wait, so that nobody waits for jobs."""

    submit: _Submit
    window: int
    ahead: int


@contextmanager
def open_lanes(reader: JobReader, pictures: int | None) -> Iterator[Lanes]:
    """The way that suits so many pictures; None: nobody knows how many, as with footage."""
    model = reader.characters.weights.model
    threads = model.threads
    count = 1 if threads == 1 or (pictures is not None and pictures <= _FEW) else threads + _SPARE
    if pictures is not None:
        count = min(count, -(-pictures // _FEW))
    if count <= 1:  # in this thread, with as many others as the model takes by itself
        yield Lanes(lambda job: lambda: reader.lines(job), _WINDOW, 0)
        return
    if pictures is not None and pictures >= model.worth_processes:
        count = min(threads, _MOST_LANES)
        window, ahead = _even(pictures, count, _WINDOW), _AHEAD * count
        with _one_beside_processes(reader, count - 1) as submit:
            yield Lanes(submit, window, ahead)
    else:
        characters = reader.characters.for_many() if pictures is not None and pictures >= MANY else reader.characters
        window = _LANE_WINDOW if pictures is None else _even(pictures, count, _LANE_WINDOW)
        with _in_turns(reader, characters, count) as submit:
            yield Lanes(submit, window, count)


def _even(pictures: int, lanes: int, most: int) -> int:
    """A window with which no lane waits at the end for the last window of another."""
    windows = lanes * -(-pictures // (lanes * most))
    return -(-pictures // windows)


@contextmanager
def _pool(model: Model, count: int, idle: SimpleQueue[_Lane], check: Callable[[], None]) -> Iterator[_Submit]:
    """Up to ``count`` jobs at once, each in a lane that is idle. A lane whose process has died is not asked again."""

    def work(job: Job) -> list[Line]:
        while True:
            lane = idle.get()
            try:
                lines = lane(job)
            except BrokenProcessPool:
                log.warning("a process that read pictures ended; they are read without it")
            except BaseException:
                idle.put(lane)
                raise
            else:
                idle.put(lane)
                return lines

    def waited(future: Future[list[Line]]) -> list[Line]:
        while not future.done():
            wait([future], _LOOK_S)
            check()
        return future.result()

    with model.lanes_running(), _little_waiting(), ThreadPoolExecutor(count, "reading", model.start_lane) as pool:
        try:
            yield lambda job: partial(waited, pool.submit(work, job))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


# -- lanes of this process


@contextmanager
def _in_turns(reader: JobReader, characters: CharacterReader, count: int) -> Iterator[_Submit]:
    turn, over = threading.Lock(), threading.Event()
    idle: SimpleQueue[_Lane] = SimpleQueue()
    for _ in range(count):
        lane = characters.lane(lambda model: _InTurns(model, turn))
        idle.put(JobReader(lane, reader.formats, reader.similarity, reader.check, turn, over).lines)
    with _pool(characters.weights.model, count, idle, reader.check) as submit:
        try:
            yield submit
        finally:
            over.set()


class _InTurns:
    """The model of a lane that has the turn: while it runs, another lane has it."""

    def __init__(self, model: Model, turn: threading.Lock) -> None:
        self._model = model
        self._turn = turn

    def __call__(self, batch: NDArray[np.float32]) -> Output:
        self._turn.release()
        try:
            return self._model(batch)
        finally:
            self._turn.acquire()


@contextmanager
def _little_waiting() -> Iterator[None]:
    """Held while there are lanes: they wait less for each other at what only one of them can do at a time.

    The search for garbage is such.
    """
    interval = sys.getswitchinterval()
    thresholds = gc.get_threshold()
    freeze = gc.isenabled() and not gc.get_freeze_count()
    sys.setswitchinterval(_SWITCH_S)
    if freeze:
        _seldom_search()
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        if freeze:
            gc.unfreeze()
            gc.set_threshold(*thresholds)


def _seldom_search() -> None:
    """For garbage: never through what torch and its like have loaded, and not again for every few characters."""
    gc.freeze()
    gc.set_threshold(_GARBAGE, *gc.get_threshold()[1:])


# -- lanes of processes

_lane: JobReader | None = None  # of this process, where it was started to read


@contextmanager
def _one_beside_processes(reader: JobReader, processes: int) -> Iterator[_Submit]:
    """One lane here and one in each process, once it has started; where none starts, or all die, this one is left."""
    over = threading.Event()
    idle: SimpleQueue[_Lane] = SimpleQueue()
    made: Future[CharacterReader] = Future()
    module = type(reader.characters.weights.model).__module__
    beside = [_Process(module) for _ in range(processes)]
    starting = [threading.Thread(target=one.start, args=(reader, made, idle), name="starting") for one in beside]
    for thread in starting:
        thread.start()
    try:
        characters = reader.characters.for_many()
        made.set_result(characters)
        idle.put(JobReader(characters.lane(), reader.formats, reader.similarity, reader.check, over=over).lines)
        with _pool(characters.weights.model, processes + 1, idle, reader.check) as submit:
            try:
                yield submit
            finally:
                over.set()
    finally:
        made.cancel()  # where it could not be made
        for thread, process in zip(starting, beside, strict=True):
            thread.join()
            process.end()


class _Process:
    """A lane in a process of its own: a pool each, for one process that dies would take all of a pool with it."""

    def __init__(self, module: str) -> None:
        self._pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _prepare, (module,))

    def start(self, reader: JobReader, made: Future[CharacterReader], idle: SimpleQueue[_Lane]) -> None:
        """Join the lanes that are idle once the process has begun, which takes seconds with torch."""
        try:
            self._pool.submit(_is_there)
            self._pool.submit(_begin, made.result(), reader.formats, reader.similarity).result()
        except CancelledError:
            pass
        except Exception as error:  # no process, no memory, what cannot be sent: the lanes that are there read on
            log.warning("pictures are read with one process less: it did not start (%s)", error)
        else:
            log.debug("a process reads, too")
            idle.put(self._lines)

    def end(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def _lines(self, job: Job) -> list[Line]:
        return self._pool.submit(_read, job).result()


def _prepare(module: str) -> None:
    """In a process that was started to read: load what its model will need, while that is still being made."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that reads for somebody is told, and tells
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    import_module(module)


def _is_there() -> None:
    """Starts the process."""


def _begin(characters: CharacterReader, formats: FormatSet, similarity: Similarity) -> None:
    """Make this process one lane, of one thread."""
    global _lane
    characters.weights.model.start_lane()
    _lane = JobReader(characters.lane(), formats, similarity)
    _seldom_search()


def _end_with_parent() -> None:
    """A process whose parent was killed would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _read(job: Job) -> list[Line]:
    assert _lane is not None
    return _lane.lines(job)
