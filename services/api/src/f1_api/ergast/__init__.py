"""The API of Ergast and Jolpica-F1 at ``/ergast/f1/...``, for their clients.

:mod:`grammar` parses or refuses a request, :mod:`dates` resolves `current`, `last` and `next`, a
module of :mod:`tables` reads the rows, and :mod:`envelope` wraps them. All scalars of an answer are
text, and unknown values are left out.
"""
