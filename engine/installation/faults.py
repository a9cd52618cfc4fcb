"""What goes wrong when packages are fetched: recognised by what installers print, told in a sentence with a remedy."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

LOCKED_FILE = (
    "a file of the environment is locked, by a virus scanner or by a running engine: close what runs, except "
    "engine_folder from the scanner, then run again"
)

LOCK_ERRORS = frozenset({5, 32, 33, 225, 226, 1224})
"""Windows' errors of access, sharing, and of a scanner that stops a program, whatever language its words are in."""

LOCK_ENDS = frozenset({0xC0000022, 0xC0000043, 0xC0000906, 0xC0000907})
"""What a Windows program ends with when a file that it needs is locked, or was found to be infected."""

_FAULTS = (
    (
        r"hash(es)? (mismatch|do(es)? not match)|do not match the hashes|HashMismatch|THESE PACKAGES DO NOT MATCH",
        "a package that was fetched is not the one that was tested (its hash differs): the index or something on the "
        "way changed it; use another index_url, or build a bundle on another connected computer",
    ),
    (
        r"no space left|disk full|os error 28\b|os error 112\b|not enough space|ENOSPC|quota exceeded",
        "the disk is full: the engine needs about 8 GB while it is installed; free some space or choose another "
        "engine_folder",
    ),
    (
        r"proxy authentication required|status code 407|\b407\b",
        "the proxy asks for a user and a password: give them in proxy (user:password@ before the host) or in QGIS's "
        "network settings",
    ),
    (
        r"certificate[ _]verify[ _]failed|invalid peer certificate|UnknownIssuer|self[- ]signed certificate|"
        r"unable to get local issuer|SSLCertVerificationError",
        "the certificate of the package index is not trusted: something on the way (a virus scanner, a company's "
        "proxy) opens the line; give its certificate file in certificates",
    ),
    (
        r"dns error|failed to lookup address|name or service not known|temporary failure in name resolution|"
        r"getaddrinfo failed|nodename nor servname",
        "the package index is not found: the computer has no network, or needs a proxy; connect it, give a proxy, or "
        "install from a bundle made on a connected computer",
    ),
    (
        r"connection refused|connection reset|network is unreachable|tunnel|error trying to connect|"
        r"connection (was )?aborted|error sending request|RemoteDisconnected|tcp connect error|operation timed out|"
        r"read timed out|Max retries exceeded|connection closed before|end of file before|unexpected end of file|"
        r"IncompleteRead",
        "the line to the package index broke: check network, firewall and proxy, then run again; what was fetched is "
        "kept; or install from a bundle",
    ),
    (
        r"\b40[13]\b.*(forbidden|unauthorized)|forbidden|unauthorized|status code 40[13]",
        "the package index refuses access: check index_url, with user and password where it needs them",
    ),
    (
        r"WinError (5|32|33|225|226|1224)\b|being used by another process|access is denied"
        + (r"|os error (5|32|33|225|226|1224)\b" if os.name == "nt" else ""),
        LOCKED_FILE,
    ),
    (
        r"permission denied|read-only file system|os error (13|30)\b",
        "the folder of the engine cannot be written to: choose another engine_folder",
    ),
    (
        r"could not find a version that satisfies the requirement (?P<what>\S+)|no matching distribution|"
        r"no solution found|has no wheels|no versions of|not found in the package registry|was not found in the",
        "the index does not have a package that the engine needs{what}: use another index_url, a complete bundle, or "
        "another version of Python",
    ),
    (
        r"(bad|invalid|corrupt).{0,20}(zip|wheel|archive)|BadZipFile|failed to (extract|unpack)",
        "a package that was fetched is damaged: run again, and it is fetched anew",
    ),
)


def is_lock(error: OSError) -> bool:
    """Return whether Windows says that somebody else holds a file."""
    return getattr(error, "winerror", None) in LOCK_ERRORS


def end_of(code: int, lines: Iterable[str], program: str) -> str:
    """Return in one sentence why an installer ended.

    Args:
        code: What it ended with; Windows' own codes may come as negative numbers.
        lines: The last lines that it printed.
        program: Its name.
    """
    if code % 2**32 in LOCK_ENDS:
        return LOCKED_FILE
    return sentence(lines, f"{program} ended with code {code}")


def sentence(lines: Iterable[str], otherwise: str) -> str:
    """Return what went wrong in one sentence.

    Args:
        lines: The last lines that an installer printed.
        otherwise: What is known when nothing is recognised; the last line is added.
    """
    said = [line.strip() for line in lines if line.strip()]
    text = "\n".join(said)
    for pattern, meaning in _FAULTS:
        if found := re.search(pattern, text, re.IGNORECASE):
            what = found.groupdict().get("what")
            return meaning.replace("{what}", f" ({what})" if what else "")
    last = f": {said[-1][:300]}" if said else ""
    return f"{otherwise}{last}; run Diagnose the Engine and ask with its report"
