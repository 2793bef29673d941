"""How much of an input is read before it counts as hostile."""

from __future__ import annotations

from analyzer.frozen import frozen

MIB = 1 << 20
GIB = 1 << 30


@frozen
class Limits:
    """Bounds on what one input may cost, each far above any real bundle.

    The largest bundle seen holds 6,622 files and 32 GiB; xz packs a bundle about 27 times.
    """

    members: int = 500_000
    total_bytes: int = 64 * GIB
    """Bytes that one pass may read or inflate in all."""
    read_bytes: int = 64 * MIB
    """What ``Entry.read`` returns at most when the caller names no limit."""
    read_ceiling: int = GIB
    """What ``Entry.read`` returns at most whatever the caller asks for."""
    ratio: int = 250
    """Inflated bytes a packed byte, looked at once ``ratio_after`` bytes came out."""
    ratio_after: int = 64 * MIB
    window: int = 256 * MIB
    """Memory that one decompressor may take."""
    nested_archives: int = 2
    """Archives opened inside an archive: a case file holds a must-gather, which holds an Insights archive."""
    nested_zip: int = 256 * MIB
    """A zip inside another archive is held in memory: its directory stands at the end."""
    name_length: int = 4096
    extended_header: int = MIB
    """A tar member's pax header or long name."""
    zip_directory: int = 64 * MIB
    """A zip's central directory, which is held in memory."""
    directory_depth: int = 100
    issues: int = 50
    """Issues kept of each code; the rest are counted."""
    depth: int = 100
    """Nested collections in one YAML or JSON document."""
    nodes: int = 5_000_000
    aliases: int = 200
    alias_nodes: int = 100_000
    """Nodes that following every alias of a YAML document would visit."""


DEFAULT_LIMITS = Limits()
