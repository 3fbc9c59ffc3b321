"""What is done to a data folder while no network runs in it: checked, described, repaired, made smaller.

    looking     opens a folder and all its parts without writing anything
    checking    reads every byte that counts, and computes every hash and root again
    repairing   goes back to the newest commit that is whole
    measuring   what is in a folder, and how large it is
    shrinking   forgets old blocks, and leaves out what nothing needs

`zero data` (`zero_sdk/cli/data.py`) is the command line of this.
"""
