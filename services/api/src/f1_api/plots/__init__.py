"""Plots as SVG, drawn here and put into the page: no script, no library, colours from the theme.

A plot is a function from numbers to markup: :func:`lines.line_plot`, :func:`bars.bar_plot`,
:func:`boxes.box_plot`. Each takes a :class:`frame.Caption` for those who do not see it, axes from
:mod:`scales`, and a :class:`looks.Look` for each thing it shows, so that a driver looks the same in
all plots of a page, is found by colour, by dash or by the label at the line's end, and stands out
in all of them when the mouse or the keyboard is on one (style.css).
"""
