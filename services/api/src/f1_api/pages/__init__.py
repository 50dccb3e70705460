"""The pages people look at: rendered here, no script, nothing from another host.

A page stands at the address of its data: :mod:`f1_api.endpoint.responder` renders its template,
which extends ``layout.html``, with the answer and what :mod:`f1_api.plots` draws.
"""
