"""`zero deploy` runs this: the shares in alpha; in beta, what reads them."""


def main(network):
    alpha, beta = network["alpha"], network["beta"]
    shares = alpha.deploy("Shares")
    ballot = beta.deploy("Ballot", alpha.index, shares.address)
    claims = beta.deploy("Claims", alpha.index, shares.address)
    return {"shares": shares, "ballot": ballot, "claims": claims}
