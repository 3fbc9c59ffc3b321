"""What a compiled contract consists of, as plain rows that `zero inspect` prints as tables or JSON.

interface       functions, events, errors, by selector and topic
layout          storage: slots, offsets, what is packed with what
sizes           code sizes beside the limits
instructions    the code, instruction by instruction, with its source
ir              the compiler's intermediate code
tables          the rows for a terminal
"""
