"""What a zone's block is by rule: its environment, its overrides, its header (protocol section 2). A zone
makes blocks with it, and whoever proves or checks them uses the same. Knows no zones; any module may be
imported.
"""
