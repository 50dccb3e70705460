"""The operator: watches Seasons, runs Jobs for them, and says in their status how far they are."""
