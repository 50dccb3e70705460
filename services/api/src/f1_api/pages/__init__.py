"""The HTML pages: without scripts and without resources of other hosts.

A page has the address of its data. :mod:`f1_api.endpoint.responder` renders its template, which
extends ``layout.html``, with the answer and plots of :mod:`f1_api.plots`.
"""
