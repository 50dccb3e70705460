"""Plots as SVG in the page, without scripts and libraries; colours are from the theme.

A plot is a function from numbers to markup: :func:`lines.line_plot`, :func:`bars.bar_plot`,
:func:`boxes.box_plot`. Its arguments are a :class:`frame.Caption` for screen readers, axes from
:mod:`scales`, and a :class:`looks.Look` for each driver, which is the same in all plots of a page.
Drivers differ by colour, by dash and by the label at the end of the line. The driver under the
mouse or the keyboard focus is highlighted in all plots (style.css).
"""
