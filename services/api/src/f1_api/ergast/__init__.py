"""The API that Ergast's clients know: ``/ergast/f1/...``, answered as Jolpica-F1 answers it.

A question goes through :mod:`grammar` (what is asked, or why it is refused), :mod:`dates` (which
round `last` is today), a module of :mod:`tables`, and :mod:`envelope`. Every scalar of
an answer is text, and what is not known is left out.
"""
