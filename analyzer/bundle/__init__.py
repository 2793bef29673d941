"""The reading layer: which files an input holds, and what their documents say on which line."""

from .document import Document, Format, Map, Place, Seq, Steps, UnreadableDocument, Value
from .entry import Entry
from .issues import Code, Issue, Severity
from .item_fields import item_api_version, item_kind, item_names
from .json_guard import iter_json, parse_json
from .limits import DEFAULT_LIMITS, Limits
from .lists import Cut, ListItem, cut_list, parse_item, parse_items, strip_managed_fields
from .names import inside_must_gather
from .opening import open_source, open_sources, splits_among
from .parts import ARCHIVE_SUFFIXES, Split
from .roots import is_above, note_of, parse_timestamps, split_root
from .source import Kind, Source, digest_of
from .text import excerpt, to_utf8
from .yaml_guard import iter_yaml, parse_yaml

__all__ = [
    "DEFAULT_LIMITS",
    "Limits",
    "Kind",
    "Source",
    "digest_of",
    "open_source",
    "open_sources",
    "splits_among",
    "Split",
    "ARCHIVE_SUFFIXES",
    "Entry",
    "Code",
    "Issue",
    "Severity",
    "Document",
    "Format",
    "Map",
    "Steps",
    "Place",
    "Seq",
    "UnreadableDocument",
    "Value",
    "iter_yaml",
    "parse_yaml",
    "iter_json",
    "parse_json",
    "Cut",
    "ListItem",
    "cut_list",
    "parse_item",
    "parse_items",
    "strip_managed_fields",
    "item_api_version",
    "item_kind",
    "item_names",
    "inside_must_gather",
    "is_above",
    "note_of",
    "parse_timestamps",
    "split_root",
    "excerpt",
    "to_utf8",
]
