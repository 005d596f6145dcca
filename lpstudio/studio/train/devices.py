"""Which devices can be trained on: asked from a process that may import torch, never from the window."""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import dataclass

from PySide6.QtCore import QObject, QProcess, Signal

from lpstudio.studio.train.wording import memory

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Device:
    """One device; ``id`` is what the setting takes: "cpu", "mps", "0", "0,1"."""

    id: str
    name: str
    memory_mb: float | None = None

    @property
    def title(self) -> str:
        known = {"cpu": "CPU", "mps": "MPS"}.get(self.id, f"CUDA {self.id}")
        detail = ", ".join(part for part in (self.name, memory(self.memory_mb) if self.memory_mb else "") if part)
        return f"{known} – {detail}" if detail else known


CPU = Device("cpu", "")


class DeviceProbe(QObject):
    """Asks once; ``found`` comes with every CUDA GPU, MPS and the CPU, ``failed`` with a sentence."""

    found = Signal(list)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self.devices: list[Device] = [CPU]
        self.known = False

    def start(self) -> None:
        """Ask, unless that was done or is being done."""
        from lpstudio.studio.workers import worker_environment

        if self._process is not None or self.known:
            return
        process = QProcess(self)
        process.setProcessEnvironment(worker_environment())
        process.setProgram(sys.executable)
        process.setArguments(["-m", "lpstudio.worker.devices"])
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._error)
        self._process = process
        process.start()

    def _error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._give_up("the process that looks for GPUs could not be started")

    def _finished(self, _code: int, _status: QProcess.ExitStatus) -> None:
        process = self._process
        if process is None:
            return
        output = bytes(process.readAllStandardOutput().data())
        try:
            entries = json.loads(output.splitlines()[-1])["devices"]
            devices = [Device(str(e["id"]), str(e["name"]), e.get("memory_mb")) for e in entries]
        except (IndexError, KeyError, TypeError, ValueError):
            errors = bytes(process.readAllStandardError().data()).decode("utf-8", "replace").strip().splitlines()
            self._give_up(f"looking for GPUs failed: {errors[-1] if errors else 'no answer'}")
            return
        self._drop()
        gpus = [device.id for device in devices if device.id.isdigit()]
        if len(gpus) > 1:
            devices.insert(len(gpus), Device(",".join(gpus), f"all {len(gpus)} GPUs"))
        self.devices, self.known = devices, True
        self.found.emit(devices)

    def _give_up(self, message: str) -> None:
        self._drop()
        _log.warning("%s", message)
        self.failed.emit(message)

    def _drop(self) -> None:
        if self._process is not None:
            self._process.deleteLater()
            self._process = None

    def stop(self) -> None:
        """End the process when it still runs."""
        process, self._process = self._process, None
        if process is not None:
            process.blockSignals(True)
            if process.state() != QProcess.ProcessState.NotRunning:
                process.kill()
                process.waitForFinished(2000)
            process.deleteLater()
