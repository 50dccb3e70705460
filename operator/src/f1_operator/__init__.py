"""The operator: watches Seasons, runs Jobs for them, and reports progress in their status."""
