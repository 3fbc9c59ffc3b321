"""`zero deploy` runs this. Each step happens once, however often the script runs."""


def main(network):
    return {zone.name: zone.deploy("Hello", f"Hello from {zone.name}!") for zone in network}
