"""How packages are fetched: index, proxy, certificates; the same for uv and pip, as variables of their environment."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from pathlib import Path

from ..errors import ParameterError

NOT_INHERITED = ("PYTHONHOME", "PYTHONPATH", "PYTHONEXECUTABLE", "PYTHONSTARTUP", "VIRTUAL_ENV", "CONDA_PREFIX")


@dataclass(frozen=True)
class Network:
    """The way to the packages.

    Attributes:
        index_url: A package index; empty for the usual one, or that of the system's own settings.
        proxy: Proxy for http and https, with user and password where needed; empty for that of the environment.
        certificates: File of certificate authorities to trust beside the usual ones; empty for the system's.
        bundle: Folder of an offline bundle; then nothing is fetched.
    """

    index_url: str = ""
    proxy: str = ""
    certificates: str = ""
    bundle: str = ""

    def check(self) -> None:
        """Refuse what cannot work.

        Raises:
            ParameterError: A file is missing, or an address is none.
        """
        if self.certificates and not Path(self.certificates).is_file():
            raise ParameterError(f"certificates {self.certificates} does not exist: name a file of certificates (.pem)")
        if self.bundle and not (Path(self.bundle) / "wheels").is_dir():
            raise ParameterError(
                f"bundle {self.bundle} is no offline bundle: it has no folder wheels; choose one that Build Offline "
                "Bundle wrote"
            )
        for name, text in (("index_url", self.index_url), ("proxy", self.proxy)):
            if text and "://" not in text:
                raise ParameterError(f"{name} {text!r} is no address: it begins with http:// or https://")

    def environment(self, cache: Path) -> dict[str, str]:
        """Return the environment for an installer.

        Args:
            cache: Folder for what was fetched.
        """
        found = {key: text for key, text in os.environ.items() if key.upper() not in NOT_INHERITED}
        found |= {"UV_CACHE_DIR": str(cache), "PIP_CACHE_DIR": str(cache), "UV_SYSTEM_CERTS": "1", "PYTHONUTF8": "1"}
        found |= {
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_INPUT": "1",
            "PIP_RETRIES": "2",
            "NO_COLOR": "1",
            "PYTHONUNBUFFERED": "1",
        }
        if self.proxy:
            found |= {name: self.proxy for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")}
        if self.certificates:
            trusted = str(self._trusted(cache))
            found |= dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT"), trusted)
        if self.index_url:
            found |= {"UV_DEFAULT_INDEX": self.index_url, "PIP_INDEX_URL": self.index_url}
            found |= {"UV_INDEX": "", "PIP_EXTRA_INDEX_URL": "", "UV_FIND_LINKS": "", "PIP_FIND_LINKS": ""}
        return found

    def _trusted(self, folder: Path) -> Path:
        """Write the usual authorities and the given ones into one file: installers take one, not both."""
        folder.mkdir(parents=True, exist_ok=True)
        usual = ssl.get_default_verify_paths().cafile
        parts = [Path(name).read_bytes() for name in (usual, self.certificates) if name]
        together = folder / "certificates.pem"
        together.write_bytes(b"\n".join(parts))
        return together

    def options(self) -> list[str]:
        """Return the options that keep uv and pip to the bundle, none without one."""
        return ["--no-index", "--find-links", str(Path(self.bundle) / "wheels")] if self.bundle else []

    def host(self) -> str:
        """Return where packages come from, in words."""
        if self.bundle:
            return f"the bundle {self.bundle}"
        return self.index_url or "the package index"
