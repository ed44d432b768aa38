"""How sure a count is: intervals at 95 % for a share that was counted in a sample."""

from __future__ import annotations

import math

Z = 1.959963984540054
"""The normal distribution's 97.5 % quantile."""

DOUBT = 0.05


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The interval of a share, from 0 to 1, two-sided (E. B. Wilson, 1927); of nothing nothing is known."""
    if of == 0:
        return 0.0, 1.0
    share, spread = hits / of, Z * Z / of
    middle = (share + spread / 2) / (1 + spread)
    half = Z / (1 + spread) * math.sqrt(share * (1 - share) / of + spread / (4 * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def at_most(hits: int, of: int) -> float:
    """The share that is exceeded with 5 % doubt at the most, one-sided (C. Clopper and E. Pearson, 1934).

    Of no hits in N it is about 3 / N.
    """
    if hits >= of:
        return 1.0
    low, high = hits / of, 1.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if _so_few(hits, of, middle) > DOUBT else (low, middle)
    return high


def _so_few(hits: int, of: int, share: float) -> float:
    """How likely so many hits or fewer are, if each of `of` is one with that share."""
    return math.fsum(math.comb(of, n) * share**n * (1 - share) ** (of - n) for n in range(hits + 1))
