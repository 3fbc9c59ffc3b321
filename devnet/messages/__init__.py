"""Messages between zones: what became of each, and the courier that carries them (docs/messages.md).

    message       `Message`, `Place`, `MessageFilter`: what was sent, and where
    life          `Life`, `Status`, `Step`: what became of it, from the chains of both zones
    messages      `Messages`: what can be asked; `network.messages`
    courier       `Courier`: proves and delivers; `network.courier`. modes, faults: how, and what goes wrong
    logs, tree, zone_log, lives, proofs, thinning, forgetting, round, sending, pool_jobs, retrying
                  what these are made of

Everything is a function of the chains: nothing is written down, and what a reorg, a revert or another process
leaves is what counts.
"""
