"""Every benchmark runs at tiny sizes and prints its figures as one JSON object; nothing here is timed."""

import json
import re
import runpy
import sys
from pathlib import Path
from typing import Final

import pytest

FIELDS: Final = {
    "exchange": {"rate_0", "rate_0_sqlite", "group_0", "rate_2", "rate_2_sqlite", "group_2", "fdatasync"},
    "latency": {"sealed_p50", "sealed_p99", "durable_p50", "durable_p99", "receipted_p50", "receipted_p99"},
    "urgent": {"idle_p50", "idle_p99", "behind_40_p99", "slow_idle_max", "slow_behind_max"},
    "catchup": {"rate_40", "linear"},
    "verify": {"verify_0", "verify_2"},
    "wire": {"wire_0", "disk_a_0", "disk_b_0", "wire_2", "disk_a_2", "disk_b_2"},
    "idle": {"resident", "ready", "help"},
    "fold": {"fold"},
    "screen": {"answered_p50", "answered_max", "pressed_p50"},
    "reads": {"indexed_40", "traffic_120", "owed by us_120", "search, two words_120", "index_size"},
    "pages": {"/desk_120", "/desk/entry/{reference}_120", "/desk/case/{case}_120", "/desk/search?text_120"},
}


@pytest.mark.sockets
@pytest.mark.parametrize("name", FIELDS)
def test_a_benchmark_runs_and_gives_each_figure_beside_its_yardstick(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Run ``python -m bench`` here, where all it imports is loaded; its two sides are processes of their own."""
    options = ["--quick", "--json", "--profile", "--folder", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["bench", name, *options])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("bench", run_name="__main__")
    said, told = capsys.readouterr()
    assert not ended.value.code, told[-4000:]
    found = json.loads(said)
    assert set(found) == {"machine", name}
    assert FIELDS[name] <= set(found[name])
    for figure in found[name].values():
        assert figure["what"]
        assert figure["unit"]
        assert "value" in figure
        assert "beside" not in figure or "against" in figure
    profiled = [re.search(rf"^{side}: \d+ microseconds an act", told, re.MULTILINE) for side in "AB"]
    assert all(profiled) if name == "exchange" else not any(profiled)
