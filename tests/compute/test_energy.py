import importlib.util
import logging
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import codecarbon
import pytest

from lth.compute import energy
from lth.compute.energy import Energy, Meter, process_meter

Start = Callable[..., Meter]


class Machine:
    """A machine with a clock and CPU seconds that a test sets; it also replaces codecarbon's tracker."""

    def __init__(self) -> None:
        self.now, self.kwh, self.cpu = 0.0, 0.0, (0.0, 0.0)
        self.flushes = 0
        self.working = True
        self._hardware = ["RAM()", "CPU(Cpu Load)"]

    def __call__(self, output_handlers: list[Any], **options: Any) -> "Machine":
        self.options = options
        self.take = output_handlers[0].out
        return self

    def start(self) -> None:
        pass

    def flush(self) -> float | None:
        self.flushes += 1
        self.take(SimpleNamespace(energy_consumed=self.kwh, emissions=0.5 * self.kwh), None)
        return 0.5 * self.kwh if self.working else None

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def run(self, seconds: float, kwh: float, own: float, others: float) -> None:
        """Let time pass: the machine uses `kwh`, this process `own` CPU seconds and all others `others`."""
        self.now += seconds
        self.kwh += kwh
        self.cpu = (self.cpu[0] + own, self.cpu[1] + own + others)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine()
    monkeypatch.setattr(codecarbon, "OfflineEmissionsTracker", machine)
    monkeypatch.setattr(energy, "time", SimpleNamespace(perf_counter=lambda: machine.now, sleep=machine.sleep))
    monkeypatch.setattr(energy, "_cpu_seconds", lambda: machine.cpu)
    return machine


@pytest.fixture
def started() -> Iterator[Start]:
    """Start a meter and wait until it runs; its tracker is stopped at the end."""
    meters = []

    def start(country: str = "") -> Meter:
        meter = Meter(country)
        meter.start()
        meter._starting.join()
        meters.append(meter)
        return meter

    yield start
    for meter in meters:
        if hasattr(meter, "_tracker") and hasattr(meter._tracker, "stop"):
            meter._tracker.stop()


def test_a_process_is_charged_for_its_share_of_the_machine(machine: Machine, started: Start) -> None:
    meter = started()
    machine.run(10, kwh=0.008, own=5, others=15)
    assert meter.lap(10) == Energy(pytest.approx(0.002), pytest.approx(0.001), "estimated")
    machine.run(4, kwh=0.004, own=4, others=0)
    assert meter.lap(4) == Energy(pytest.approx(0.004), pytest.approx(0.002), "estimated")


def test_an_experiment_is_charged_for_its_own_time_only(machine: Machine, started: Start) -> None:
    meter = started()
    machine.run(10, kwh=0.010, own=10, others=0)
    assert meter.lap(3) == Energy(pytest.approx(0.003), pytest.approx(0.0015), "estimated")


def test_short_experiments_share_a_reading(machine: Machine, started: Start) -> None:
    meter = started()
    machine.run(10, kwh=0.010, own=10, others=0)
    assert meter.lap(10) == Energy(pytest.approx(0.010), pytest.approx(0.005), "estimated")
    readings = machine.flushes
    for _ in range(3):
        machine.run(0.2, kwh=0.001, own=0.2, others=0)
        assert meter.lap(0.2) == Energy(pytest.approx(0.0002), pytest.approx(0.0001), "estimated")
    assert machine.flushes == readings
    machine.run(0.9, kwh=0.0045, own=0.9, others=0)
    assert meter.lap(0.9) == Energy(pytest.approx(0.0045), pytest.approx(0.00225), "estimated")
    assert machine.flushes == readings + 1


def test_a_figure_from_a_power_sensor_is_called_measured(machine: Machine, started: Start) -> None:
    machine._hardware = ["RAM()", "CPU(Intel Rapl)"]
    meter = started()
    machine.run(10, kwh=0.010, own=10, others=0)
    lap = meter.lap(10)
    assert lap is not None
    assert lap.source == "measured"


def test_no_user_configuration_makes_codecarbon_write_files_or_send_data(machine: Machine, started: Start) -> None:
    started()
    assert machine.options["output_methods"] == []
    assert machine.options["emissions_endpoint"] is False
    assert not machine.options["electricitymaps_api_token"]


@pytest.mark.parametrize("when", ["at the start", "later"])
def test_a_failing_codecarbon_costs_one_warning_and_no_experiment(
    when: str, machine: Machine, started: Start, caplog: pytest.LogCaptureFixture
) -> None:
    machine.working = when == "later"
    meter = started()
    machine.working = False
    machine.run(10, kwh=0.010, own=10, others=0)
    assert [meter.lap(10), meter.lap(10)] == [None, None]
    problem = {
        "at the start": "codecarbon did not start (codecarbon returned no reading)",
        "later": "codecarbon returned no reading",
    }
    assert caplog.messages == [f"cannot measure energy: {problem[when]}; set LTH_ENERGY=off to turn this off"]


def test_a_codecarbon_that_cannot_be_imported_costs_one_warning_and_no_experiment(
    monkeypatch: pytest.MonkeyPatch, started: Start, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "codecarbon", None)
    assert started().lap(1) is None
    (message,) = caplog.messages
    assert message.startswith("cannot measure energy: codecarbon did not start (import of codecarbon halted")


def test_a_tracker_that_hangs_is_not_waited_for_twice(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    end = threading.Event()
    monkeypatch.setattr(codecarbon, "OfflineEmissionsTracker", lambda **options: end.wait())
    monkeypatch.setattr(energy, "PATIENCE", 0.01)
    meter = Meter()
    meter.start()
    assert [meter.lap(1), meter.lap(1)] == [None, None]
    end.set()
    meter._starting.join()
    assert caplog.messages == [
        "cannot measure energy: codecarbon did not start within 0.01 s; set LTH_ENERGY=off to turn this off"
    ]


@pytest.fixture
def fresh() -> Iterator[None]:
    process_meter.cache_clear()
    yield
    process_meter.cache_clear()


@pytest.mark.usefixtures("fresh")
def test_a_process_has_one_meter_with_the_country_of_the_environment(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LTH_ENERGY", raising=False)
    monkeypatch.setenv("LTH_COUNTRY", "deu")
    meter = process_meter()
    assert meter is not None
    assert meter is process_meter()
    meter._starting.join()
    assert machine.options["country_iso_code"] == "DEU"


@pytest.mark.usefixtures("fresh")
def test_meters_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LTH_ENERGY", "off")
    assert process_meter() is None


@pytest.mark.usefixtures("fresh")
def test_without_codecarbon_no_energy_is_recorded_and_nothing_is_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("LTH_ENERGY", raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert process_meter() is None
    assert caplog.text == ""


def test_the_real_codecarbon_measures_without_network_files_or_output(
    started: Start,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("the network was asked for")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.chdir(tmp_path)
    lap = started().lap(2.0)
    assert lap is not None
    assert 0 < lap.kwh < 0.001  # in two seconds, less than a machine of 1800 W uses
    assert lap.source in ("measured", "estimated")
    assert not list(tmp_path.iterdir())
    assert tuple(capfd.readouterr()) == ("", "")
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


# The last two are codecarbon's figures, from Our World in Data for 2023 (codecarbon/data/private_infra).
@pytest.mark.parametrize(("country", "grams"), [("", 475.0), ("XXX", 475.0), ("fra", 56.039), ("POL", 661.926)])
def test_the_emissions_of_a_kwh_are_those_of_the_country(started: Start, country: str, grams: float) -> None:
    lap = started(country).lap(1.0)
    assert lap is not None
    assert 1000 * lap.kg_co2e / lap.kwh == pytest.approx(grams)


def test_codecarbon_is_not_imported_before_it_is_needed() -> None:
    code = "import sys, lth.compute.energy; print(sorted({'codecarbon', 'psutil', 'torch'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
