"""`module_of`: what is written type-checks under mypy --strict, and works."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.process import environment
from tests.client.contracts import document
from zero_sdk.client.binding.module import module_of
from zero_sdk.client.deployable import deployable_from

ROOT = Path(__file__).resolve().parents[2]
COMPILED = ROOT / "devnet" / "contracts" / "compiled"

USE = """
from __future__ import annotations
import zero_sdk
from kitchen import BothResult, Kitchen, Order, Point

network = zero_sdk.local()
zone, (alice, bob) = network["alpha"], network.accounts[:2]
kitchen = Kitchen.deploy(zone, 5, value=3)
value: int = kitchen.value()
transaction: zero_sdk.Transaction = kitchen.store(1, (alice, [Point(1, 2)], b"abcd", "x"), sender=bob)
order: Order = kitchen.load(1)
both: BothResult = kitchen.both(block="latest")
picked: str = kitchen.pick(bob)
found: tuple[zero_sdk.Event, ...] = kitchen.events.Stored.get(key=1, from_=[bob])
assert (value, order.path[0].x, both.number, picked, len(found)) == (5, 1, 5, "address", 1)
assert type(order) is Order and type(order.path[0]) is Point and type(both) is BothResult
assert Kitchen.attach(zone, kitchen).set.call(6) == 5
assert kitchen.deployment is not None and zone.balance(kitchen) == 3
"""

WRONG = {
    "kitchen.set('five')": "arg-type",
    "kitchen.set(5, colour=1)": "call-arg",
    "text: str = kitchen.value()": "assignment",
    "kitchen.load(1).colour": "attr-defined",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bound modules, and programs that use them rightly and wrongly."""
    made = tmp_path_factory.mktemp("bound")
    (made / "kitchen.py").write_text(module_of(deployable_from(document("Kitchen"))), encoding="utf-8")
    for path in sorted(COMPILED.glob("*.json")):
        artifact = json.loads(path.read_text(encoding="utf-8"))
        text = module_of(deployable_from(artifact), path.stem)
        (made / f"{path.stem.lower()}.py").write_text(text, encoding="utf-8")
    (made / "use.py").write_text(USE, encoding="utf-8")
    head = (
        "import zero_sdk\nfrom kitchen import Kitchen\nkitchen = Kitchen.deploy(zero_sdk.local()['alpha'], 5)"
    )
    (made / "wrong.py").write_text("\n".join([head, *WRONG]) + "\n", encoding="utf-8")
    return made


def test_bound_classes_type_check_and_wrong_use_of_them_is_found(folder: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--follow-imports=silent",
            "--python-version",
            "3.11",
            ".",
        ],
        cwd=folder,
        env=environment({"MYPYPATH": str(ROOT)}),
        capture_output=True,
        text=True,
        check=False,
    )
    faults = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert len(faults) == len(WRONG), done.stdout + done.stderr
    for number, (fault, code) in enumerate(zip(faults, WRONG.values(), strict=True), 4):
        assert fault.startswith(f"wrong.py:{number}:")
        assert fault.endswith(f"[{code}]")


def test_a_bound_class_works(folder: Path) -> None:
    variables = environment({"PYTHONPATH": str(ROOT)})
    subprocess.run([sys.executable, "use.py"], cwd=folder, env=variables, check=True)
