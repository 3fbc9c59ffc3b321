def test_the_walk_votes_and_claims(deploy, capsys):
    deploy.script(path="scripts/walk.py")
    assert capsys.readouterr().out.splitlines() == [
        "in beta, by shares in alpha: 70 for it, 30 against it",
        "burned in alpha, claimed in beta: 20",
    ]
