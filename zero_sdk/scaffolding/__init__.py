"""New projects: what `zero init` makes.

templates       which there are, and where they lie
generating      a template becomes a project
"""
