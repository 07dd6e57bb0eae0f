"""Energy and CO2e of experiments by codecarbon, offline: one tracker per worker process, divided by time.

Does not write files, use the network or make an experiment fail; knows nothing of experiments.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import threading
import time
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, Literal

SWITCH, COUNTRY = "LTH_ENERGY", "LTH_COUNTRY"
"""Environment variables. LTH_ENERGY=off turns meters off. LTH_COUNTRY is the country whose electricity is used, by the
three letters of ISO 3166 (DEU). Without a country, or with one unknown to codecarbon, it is the mean of the world in
2018: 475 g CO2e per kWh (IEA, Global Energy & CO2 Status Report 2019).
"""
REFRESH, FIRST, PATIENCE = 1.0, 0.1, 30.0
"""In seconds: the least time between readings, the least time from the start to the first reading, and the longest time
that a tracker may take to start."""

SENSORS = ("Rapl", "Emi", "Gadget", "AppleSilicon")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Energy:
    """Electricity in kWh and the CO2e of producing it in kg.

    "measured": the processor's part comes from a power sensor. "estimated": no sensor can be read, so codecarbon uses
    the processor's load and rated power (TDP). Memory is always estimated, a GPU always measured.
    """

    kwh: float
    kg_co2e: float
    source: Literal["measured", "estimated"]


class Meter:
    """The energy of this process: the machine's energy × this process's share of all CPU time spent.

    Energy of other workers and of other programs is therefore not counted.
    """

    def __init__(self, country: str = "") -> None:
        self._country = country.upper()
        self._problem = f"codecarbon did not start within {PATIENCE:g} s"
        self._warned = False
        self._total: Any = None  # codecarbon's totals at the last flush
        self._power: tuple[float, float] | None = None  # this process's kWh and kg per second
        self._starting = threading.Thread(target=self._begin, name="lth-energy", daemon=True)

    def start(self) -> None:
        """Start in a thread: codecarbon takes 2 s to find the hardware, and mostly waits for a subprocess."""
        self._starting.start()

    def lap(self, seconds: float) -> Energy | None:
        """The energy of an experiment that ends now and took `seconds`; None, with one warning in the log, if unknown.

        It is the mean power since the last reading × `seconds`. A reading takes about 5 ms; it is used again until it
        is older than `REFRESH`. Waits if the meter is still starting.
        """
        if self._warned:
            return None
        self._starting.join(PATIENCE)
        try:
            kwh, kg = self._refreshed()
        except Exception as error:
            self._warned = True
            _log.warning("cannot measure energy: %s; set %s=off to turn this off", self._problem or error, SWITCH)
            return None
        measured = any(sensor in repr(self._tracker._hardware) for sensor in SENSORS)
        return Energy(kwh * seconds, kg * seconds, "measured" if measured else "estimated")

    def _begin(self) -> None:
        try:
            self._spent = _cpu_seconds()
            logging.getLogger("codecarbon").disabled = True
            from codecarbon import OfflineEmissionsTracker  # here, because every run of pytest imports this module

            quiet: dict[str, Any] = {"output_methods": [], "emissions_endpoint": False, "electricitymaps_api_token": ""}
            often: dict[str, Any] = {"measure_power_secs": 60, "api_call_interval": -1, "allow_multiple_runs": True}
            take = SimpleNamespace(out=lambda total, delta: setattr(self, "_total", total))
            self._tracker: Any = OfflineEmissionsTracker(
                country_iso_code=self._country, tracking_mode="machine", output_handlers=[take], **quiet, **often
            )
            self._tracker.start()
            self._last = self._read()
            self._problem = ""
        except Exception as error:
            self._problem = f"codecarbon did not start ({error or type(error).__name__})"

    def _read(self) -> tuple[float, float, float]:
        """The time in s, and the machine's kWh and kg until now."""
        if self._tracker.flush() is None:
            raise RuntimeError("codecarbon returned no reading")
        return time.perf_counter(), self._total.energy_consumed, self._total.emissions

    def _refreshed(self) -> tuple[float, float]:
        if self._problem:
            raise RuntimeError(self._problem)
        age = time.perf_counter() - self._last[0]
        if self._power is None or age >= REFRESH:
            time.sleep(max(0.0, FIRST - age))
            now, spent = self._read(), _cpu_seconds()
            own, everyone = spent[0] - self._spent[0], spent[1] - self._spent[1]
            share = own / max(own, everyone, 0.01)
            elapsed, kwh, kg = (after - before for after, before in zip(now, self._last, strict=True))
            self._last, self._spent, self._power = now, spent, (share * kwh / elapsed, share * kg / elapsed)
        return self._power


@lru_cache(maxsize=1)
def process_meter() -> Meter | None:
    """This process's meter, started by the first call; None if $LTH_ENERGY was `off` then, or without codecarbon."""
    if os.environ.get(SWITCH, "").lower() == "off" or importlib.util.find_spec("codecarbon") is None:
        return None
    meter = Meter(os.environ.get(COUNTRY, ""))
    meter.start()
    return meter


def _cpu_seconds() -> tuple[float, float]:
    """CPU seconds used so far by this process, and by the whole machine since it started."""
    import psutil  # as above

    times = psutil.cpu_times()
    return time.process_time(), times.user + times.system + getattr(times, "nice", 0.0)
