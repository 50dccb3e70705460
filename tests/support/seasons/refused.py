"""Specs that the Season resource refuses, each with its message."""

from typing import Any

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no year": ({}, "spec.year: Required value"),
    "year before there was Formula 1": (
        {"year": 1949},
        "year is not a season of Formula 1: set one from 1950 to 2100, such as 2024",
    ),
    "year far ahead": ({"year": 2101}, "set one from 1950 to 2100"),
    "unknown source": (
        {"year": 2024, "source": "ergast"},
        'supported values: "jolpica", "openf1", "synthetic"',
    ),
    "openf1 before it began": (
        {"year": 2022, "source": "openf1"},
        "openf1 has seasons from 2023 on: set source: jolpica for earlier ones",
    ),
    "openf1 of what it lacks": (
        {"year": 2024, "source": "openf1", "resources": ["laps", "results"]},
        "openf1 has laps",
    ),
    "rounds in words": (
        {"year": 2024, "rounds": "first five"},
        'write all, or numbers and ranges from 1 to 99, such as 5, 1-5, "1-5,7" or ["1-5", 7]',
    ),
    "round zero": (
        {"year": 2024, "rounds": 0},
        "spec.rounds in body should be greater than or equal to 1",
    ),
    "round a hundred": ({"year": 2024, "rounds": "1-100"}, "numbers and ranges from 1 to 99"),
    "half a round": ({"year": 2024, "rounds": 1.5}, "should be a multiple of 1"),
    "rounds as a map": ({"year": 2024, "rounds": {"from": 1}}, "spec.rounds: Too many"),
    "a list of no rounds": ({"year": 2024, "rounds": []}, "should have at least 1 items"),
    "a list with words": (
        {"year": 2024, "rounds": ["1-3", "five"]},
        'write numbers and ranges from 1 to 99, such as ["1-5", 7]',
    ),
    "all in a list": (
        {"year": 2024, "rounds": ["all"]},
        'write numbers and ranges from 1 to 99, such as ["1-5", 7]',
    ),
    "a list with round zero": (
        {"year": 2024, "rounds": [0]},
        "spec.rounds[0] in body should be greater than or equal to 1",
    ),
    "a list with round a hundred": (
        {"year": 2024, "rounds": [5, 100]},
        "spec.rounds[1] in body should be less than or equal to 99",
    ),
    "unknown resource": (
        {"year": 2024, "resources": ["tyres"]},
        'supported values: "laps", "pitstops", "results"',
    ),
    "a resource twice": ({"year": 2024, "resources": ["laps", "laps"]}, "Duplicate value"),
    "no resource": ({"year": 2024, "resources": []}, "should have at least 1 items"),
    "no parallelism": (
        {"year": 2024, "parallelism": 0},
        "parallelism must be from 1 to 20; to pause, set suspend: true",
    ),
    "too much parallelism": ({"year": 2024, "parallelism": 21}, "must be from 1 to 20"),
    "too many tries": (
        {"year": 2024, "backoffLimitPerRound": 11},
        "backoffLimitPerRound must be from 0 to 10",
    ),
    "refresh too often": (
        {"year": 2024, "refresh": {"interval": "5m"}},
        "write a number and m, h or d, at least 10m, such as 12h or 1d; or never",
    ),
    "refresh in words": (
        {"year": 2024, "refresh": {"interval": "daily"}},
        "refresh.interval is invalid",
    ),
    "corrections in minutes": (
        {"year": 2024, "refresh": {"corrections": "90m"}},
        "write a number and h or d, such as 72h or 14d; or never",
    ),
    "deadline too short": (
        {"year": 2024, "activeDeadlineSeconds": 5},
        "activeDeadlineSeconds must be from 60 to 2592000 (30 days)",
    ),
    "time to live too long": (
        {"year": 2024, "ttlSecondsAfterFinished": 2592001},
        "ttlSecondsAfterFinished must be from 0 to 2592000 (30 days)",
    ),
    "unknown deletion policy": (
        {"year": 2024, "deletionPolicy": "Delete"},
        'supported values: "Retain", "Purge"',
    ),
    "misspelt field": ({"year": 2024, "round": 5}, 'unknown field "spec.round"'),
}

REFUSED_BY_POLICY: dict[str, tuple[Any, str]] = {
    "rounds backwards": (
        "5-1",
        "a range that ends before it begins: write the lower number first, such as 1-5",
    ),
    "rounds backwards among others": ("1-3, 7, 12-10", "a range that ends before it begins"),
    "rounds backwards in a list": (["1-3", 7, "12-10"], "a range that ends before it begins"),
    "yes": (True, "rounds cannot be read: write all, or numbers and ranges from 1 to 99"),
    "an empty map": ({}, "rounds cannot be read: write all, or numbers and ranges from 1 to 99"),
}
"""Values of `rounds` that the schema accepts and season-rules.yaml refuses."""
