"""Unpacking archives of strangers: nothing outside the folder, nothing beyond the limits, nothing left behind."""

import stat
import struct
import tempfile
import zipfile
from pathlib import Path

import pytest

from engine.errors import Cancelled, ModelPackageError
from engine.job import Job
from engine.package import dlpk


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """Return the folder where packages are unpacked."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def archive(path, **files):
    """Write an archive."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return path


class Announcements(Job):
    """Keeps what was announced."""

    def __init__(self):
        super().__init__()
        self.announced = []

    def temporary(self, path):
        """Keep the name."""
        assert not Path(path).exists()
        self.announced.append(Path(path))
        return Path(path)


def test_a_package_is_unpacked_into_a_folder_of_its_own(tmp_path, temporary):
    """Announced before it is made, with sub-folders, and removed on request."""
    job = Announcements()
    folder = dlpk.unpack(archive(tmp_path / "a.dlpk", **{"a.emd": "{}", "sub/b.png": b"x", "win\\c.txt": b"y"}), job)

    assert folder.parent == temporary and job.announced == [folder]
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()) == [
        "a.emd",
        "sub/b.png",
        "win/c.txt",
    ]
    dlpk.discard(folder)
    assert list(temporary.iterdir()) == []


def test_what_is_packed_is_unpacked_the_same(tmp_path, temporary):
    """Weights are stored, text is deflated."""
    (tmp_path / "w.pth").write_bytes(bytes(1000))
    (tmp_path / "t.emd").write_bytes(bytes(1000))
    package = dlpk.pack(tmp_path / "a.dlpk", [(tmp_path / "w.pth", "w.pth"), (tmp_path / "t.emd", "sub/t.emd")], Job())

    with zipfile.ZipFile(package) as held:
        assert {entry.filename: entry.compress_type for entry in held.infolist()} == {
            "w.pth": zipfile.ZIP_STORED,
            "sub/t.emd": zipfile.ZIP_DEFLATED,
        }
    assert (dlpk.unpack(package, Job()) / "sub/t.emd").read_bytes() == bytes(1000)


def refused(path, temporary, told):
    """Expect a refusal that leaves nothing behind."""
    with pytest.raises(ModelPackageError, match=told):
        dlpk.unpack(path, Job())
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    [
        "../x.txt",
        "a/../../x.txt",
        "/x.txt",
        "\\x.txt",
        "..\\x.txt",
        "C:\\x.txt",
        "C:x.txt",
        "\\\\server\\share\\x.txt",
        "a:b",
        "n" * 300,
    ],
)
def test_names_that_lead_outside_are_refused(tmp_path, temporary, name):
    """On every system's terms."""
    refused(archive(tmp_path / "a.dlpk", **{"a.emd": "{}", name: b"x"}), temporary, "relative and stay inside")
    assert not (tmp_path / "x.txt").exists()


def test_a_link_is_refused(tmp_path, temporary):
    """It could point anywhere."""
    entry = zipfile.ZipInfo("link")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.dlpk", "w") as made:
        made.writestr(entry, "/etc/passwd")
    refused(tmp_path / "a.dlpk", temporary, "link or a special file")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_entries_of_one_name_are_refused(tmp_path, temporary):
    """Which of them counts is a matter of the reader; some systems do not tell cases apart."""
    with zipfile.ZipFile(tmp_path / "a.dlpk", "w") as made:
        made.writestr("a.emd", "{}")
        made.writestr("A.EMD", "{}")
    refused(tmp_path / "a.dlpk", temporary, "twice")


def test_a_bomb_is_refused(tmp_path, temporary):
    """Thirty megabytes of zeros in thirty kilobytes."""
    refused(archive(tmp_path / "a.dlpk", bomb=bytes(30_000_000)), temporary, "bomb")


def test_too_many_bytes_and_too_many_files_are_refused(tmp_path, temporary, monkeypatch):
    """The limits are the module's constants."""
    package = archive(tmp_path / "a.dlpk", a=b"12345", b=b"12345")
    monkeypatch.setattr(dlpk, "LARGEST_TOTAL", 9)
    refused(package, temporary, "the limit is")
    monkeypatch.setattr(dlpk, "LARGEST_TOTAL", 10)
    monkeypatch.setattr(dlpk, "MOST_FILES", 1)
    refused(package, temporary, "2 entries")


def test_an_entry_that_lies_about_its_size_is_refused(tmp_path, temporary):
    """The limits are checked on what the directory says, so it must be true."""
    package = archive(tmp_path / "a.dlpk", a=b"x" * 5000)
    content = bytearray(package.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = content.find(signature) + offset
        content[place : place + 4] = struct.pack("<I", 10)
    package.write_bytes(content)
    refused(package, temporary, "no readable zip")


@pytest.mark.parametrize("kept", [0, 30, 150])
def test_a_package_cut_short_is_refused(tmp_path, temporary, kept):
    """Or a file that never was an archive."""
    package = archive(tmp_path / "a.dlpk", a=b"x" * 5000, b=b"y")
    package.write_bytes(package.read_bytes()[:kept])
    refused(package, temporary, "no readable zip archive")


def test_damaged_content_is_refused(tmp_path, temporary):
    """The checksum of an entry does not fit."""
    with zipfile.ZipFile(tmp_path / "a.dlpk", "w") as made:
        made.writestr("a.emd", b"x" * 100)
    content = bytearray((tmp_path / "a.dlpk").read_bytes())
    content[60] ^= 255
    (tmp_path / "a.dlpk").write_bytes(content)
    refused(tmp_path / "a.dlpk", temporary, "no readable zip archive")


def test_a_cancel_leaves_nothing(tmp_path, temporary):
    """Looked for before every file."""
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        dlpk.unpack(archive(tmp_path / "a.dlpk", a=b"x"), job)
    assert list(temporary.iterdir()) == []
