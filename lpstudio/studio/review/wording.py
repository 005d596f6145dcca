"""How Review says numbers."""

from __future__ import annotations


def percent(probability: float) -> str:
    """With one decimal; what would round to 100.0 has none, for columns and labels have room for three digits."""
    return "100%" if probability >= 0.9995 else f"{probability:.1%}"
