"""The pages people look at: rendered here, no script, nothing from another host.

A page stands at the address of its data. The handler takes the parameter ``PageFormat``, asks
``exchange.form(format, ("json", "csv", "html"))``, and answers with :func:`shell.respond_page`, a
template that extends ``layout.html``, and what :mod:`f1_api.plots` draws.
"""
