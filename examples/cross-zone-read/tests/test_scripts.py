import runpy
from pathlib import Path

SCRIPTS = Path(__file__).parents[1] / "scripts"


def test_the_walk_votes_and_claims(network, deploy, capsys):
    network.artifacts.add(deploy.build)
    walk = runpy.run_path(str(SCRIPTS / "walk.py"))
    walk["main"](network)
    assert capsys.readouterr().out.splitlines() == [
        "in beta, by shares in alpha: 70 for it, 30 against it",
        "burned in alpha, claimed in beta: 20",
    ]
