"""Fetching over real HTTP on this machine: a miniature of PTB-XL as published, servers that misbehave."""

import csv
import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import wfdb
from rich.progress import Progress

from engine.errors import ConfigurationError
from engine.leads import LEADS
from monitor.cli import main
from training.data.catalogue import LUDB, PTBXL
from training.data.download import Download
from training.data.fetch import Fetched, fetch
from training.data.manifest import SUMS, Part, read_sums
from training.dataset import make_dataset
from training.ptbxl import read_entries

CODES = ["{'NORM': 100.0, 'SR': 0.0}", "{'IMI': 80.0, 'SR': 0.0}"]
STATEMENTS = [("NORM", "1.0", "NORM"), ("IMI", "1.0", "MI"), ("SR", "", "")]
N_RECORDS, N_DOCUMENTS = 12, 3


@pytest.fixture(scope="module")
def published(tmp_path_factory, ecg) -> Path:
    """A dozen records in folds 1-10 at both rates, tables, licence and checksums, arranged as PTB-XL is."""
    folder = tmp_path_factory.mktemp("published")
    rows = []
    for ecg_id in range(1, N_RECORDS + 1):
        names = {
            rate: f"records{rate}/00000/{ecg_id:05d}_{kind}" for rate, kind in ((100, "lr"), (500, "hr"))
        }
        for rate, name in names.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            x = ecg(ecg_id, rate).T.astype(np.float64)
            wfdb.wrsamp(
                Path(name).name,
                rate,
                ["mV"] * 12,
                list(LEADS),
                x,
                fmt=["16"] * 12,
                write_dir=str((folder / name).parent),
            )
        codes, fold = CODES[ecg_id % 2], (ecg_id - 1) % 10 + 1
        rows.append((ecg_id, f"{900 + ecg_id}.0", codes, fold, names[100], names[500]))
    table(
        folder / "ptbxl_database.csv",
        ["ecg_id", "patient_id", "scp_codes", "strat_fold", "filename_lr", "filename_hr"],
        rows,
    )
    table(folder / "scp_statements.csv", ["", "diagnostic", "diagnostic_class"], STATEMENTS)
    (folder / "LICENSE.txt").write_text("Creative Commons Attribution 4.0\n")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    sums = [f"{digest(path)} {path.relative_to(folder).as_posix()}\n" for path in files]
    (folder / SUMS).write_text("".join(sums))
    return folder


def table(path, header, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@dataclass
class Server:
    """What a test may ask of the server, and what it saw."""

    url: str = ""
    faults: dict[str, list[str]] = field(default_factory=dict)
    """File -> what goes wrong at each request of it in turn; the last stays. Empty text: nothing."""
    asked: list[str] = field(default_factory=list)
    halfway: threading.Event = field(default_factory=threading.Event)
    let_go: threading.Event = field(default_factory=threading.Event)


class Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, state: Server, *args, **kwargs):
        self.state = state
        super().__init__(*args, **kwargs)

    def do_GET(self):
        name = self.path.lstrip("/")
        self.state.asked.append(name)
        faults = self.state.faults.get(name, [""])
        fault = faults.pop(0) if len(faults) > 1 else faults[0]
        if fault.isdigit():
            return self.send_error(int(fault))
        if not fault:
            return super().do_GET()
        content = Path(self.directory, name).read_bytes()
        return self.misbehave(fault, content)

    def misbehave(self, fault, content):
        if fault == "wrong":
            content = content[:-1] + bytes([content[-1] ^ 1])
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content if fault == "wrong" else content[: len(content) // 2])
        self.wfile.flush()
        if fault == "hang":
            self.state.halfway.set()
            self.state.let_go.wait(30)
        self.close_connection = fault != "wrong"

    def log_message(self, *_):
        pass


@pytest.fixture
def server(published) -> Iterator[Server]:
    state = Server()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, state, directory=str(published))) as http:
        http.daemon_threads = True
        state.url = f"http://127.0.0.1:{http.server_address[1]}"
        thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield state
        state.let_go.set()
        http.shutdown()
        thread.join()


def bring(server: Server, folder: Path, part: Part | None = None, data_set=PTBXL, **options) -> Fetched:
    download = Download(server.url, folder, **{"pauses_s": (0.0, 0.0), **options})
    with Progress(disable=True) as progress:
        return fetch(data_set, part or Part(), download, progress)


def assert_whole(folder: Path, published: Path, names) -> None:
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == set(names)
    assert all((folder / name).read_bytes() == (published / name).read_bytes() for name in names)


def names_of(published: Path, *rates: int) -> list[str]:
    rates = rates or (100,)
    wanted = tuple(f"records{rate}/" for rate in rates)
    return [
        SUMS,
        *(name for name in read_sums(published / SUMS, PTBXL) if "/" not in name or name.startswith(wanted)),
    ]


def test_what_is_fetched_is_what_is_published_and_can_be_trained_on(server, published, tmp_path):
    assert bring(server, tmp_path) == Fetched(N_RECORDS, 0, N_DOCUMENTS + 2 * N_RECORDS)
    assert_whole(tmp_path, published, names_of(published))
    entries = read_entries(tmp_path)
    assert [one.fold for one in entries] == [*range(1, 11), 1, 2]
    assert len(make_dataset(entries).entries) == N_RECORDS


def test_both_rates_and_a_choice_of_folds(server, published, tmp_path):
    bring(server, tmp_path, Part((100, 500), (1, 9)))
    records = {path.name for path in tmp_path.rglob("*.hea")}
    assert records == {f"{n:05d}_{kind}.hea" for n in (1, 9, 11) for kind in ("lr", "hr")}
    assert bring(server, tmp_path, Part((100, 500))).n_there == N_DOCUMENTS + 12
    assert_whole(tmp_path, published, names_of(published, 100, 500))


def test_what_is_whole_is_not_fetched_again_and_what_is_damaged_is(server, published, tmp_path):
    bring(server, tmp_path)
    server.asked.clear()
    assert bring(server, tmp_path) == Fetched(N_RECORDS, N_DOCUMENTS + 2 * N_RECORDS, 0)
    assert server.asked == []
    cut = tmp_path / "records100/00000/00003_lr.dat"
    cut.write_bytes(cut.read_bytes()[:100])
    assert bring(server, tmp_path).n_new == 1
    assert server.asked == ["records100/00000/00003_lr.dat"]
    assert_whole(tmp_path, published, names_of(published))


@pytest.mark.parametrize("fault", ["cut", "wrong", "503", "429"])
def test_what_goes_wrong_once_is_fetched_again(server, published, tmp_path, fault):
    name = "records100/00000/00005_lr.dat"
    server.faults = {name: [fault, ""], "ptbxl_database.csv": [fault, ""]}
    bring(server, tmp_path)
    assert server.asked.count(name) == 2
    assert_whole(tmp_path, published, names_of(published))


@pytest.mark.parametrize(
    ("fault", "reason"), [("wrong", "wrong checksum, twice"), ("404", "not on the server")]
)
def test_a_file_that_cannot_be_had_is_named_and_the_others_are_kept(
    server, published, tmp_path, fault, reason
):
    name = "records100/00000/00005_lr.dat"
    server.faults = {name: [fault]}
    with pytest.raises(ConfigurationError, match=rf"1 of 24 files .*00005_lr\.dat \({reason}\)"):
        bring(server, tmp_path)
    assert_whole(tmp_path, published, set(names_of(published)) - {name})
    server.faults = {}
    assert bring(server, tmp_path).n_new == 1


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        ({SUMS: ["404"]}, r"holds no SHA256SUMS\.txt"),
        ({SUMS: ["cut"]}, "no connection to|not the list of checksums"),
        ({"records100/00000/00002_lr.hea": ["cut"]}, "no connection to"),
        ({"records100/00000/00002_lr.hea": ["403"]}, "refuses .*403"),
        ({"records100/00000/00002_lr.hea": ["503"]}, "refuses .*503"),
    ],
)
def test_what_stops_everything_is_one_sentence_and_the_next_call_goes_on(
    server, published, tmp_path, faults, said
):
    server.faults = faults
    with pytest.raises(ConfigurationError, match=said) as stopped:
        bring(server, tmp_path)
    assert len(str(stopped.value).splitlines()) == 1
    server.faults = {}
    bring(server, tmp_path)
    assert_whole(tmp_path, published, names_of(published))


@pytest.mark.parametrize("name", [SUMS, "records100/00000/00002_lr.dat"])
def test_a_server_that_falls_silent_is_given_up(server, tmp_path, name):
    server.faults = {name: ["hang"]}
    with pytest.raises(ConfigurationError, match="nothing has come from"):
        bring(server, tmp_path, silence_s=0.3)
    assert not (tmp_path / name).exists()


def test_a_page_that_is_no_list_of_checksums_is_not_kept(server, published, tmp_path):
    sums = (published / SUMS).read_text()
    for content in ("<html>please log in</html>\n", f"{'0' * 64} ../../etc/passwd\n{sums}", "", sums[:500]):
        (tmp_path / "list").write_text(content)
        with pytest.raises(ConfigurationError, match="not the list of checksums"):
            read_sums(tmp_path / "list", PTBXL)
    shutil.copy(published / "LICENSE.txt", tmp_path / SUMS)
    with pytest.raises(ConfigurationError, match="delete it"):
        bring(server, tmp_path)


def command(server, folder, *more):
    return [sys.executable, "-m", "monitor", *words(server, folder, *more)]


def words(server, folder, *more):
    return ["data", "fetch", "ptbxl", "--to", str(folder), "--mirror", server.url, *more]


def test_a_fetch_killed_halfway_through_a_file_goes_on_and_a_second_beside_it_is_refused(
    server, published, tmp_path
):
    stuck = "records100/00000/00007_lr.dat"
    server.faults = {stuck: ["hang", ""]}
    with subprocess.Popen(command(server, tmp_path), stdout=subprocess.DEVNULL) as fetching:
        assert server.halfway.wait(30)
        with pytest.raises(ConfigurationError, match="another fetch is filling"):
            bring(server, tmp_path)
        fetching.kill()
    server.let_go.set()
    assert not (tmp_path / stuck).exists()
    whole = [name for name in names_of(published) if (tmp_path / name).exists()]
    assert all((tmp_path / name).read_bytes() == (published / name).read_bytes() for name in whole)
    assert len(whole) > N_DOCUMENTS
    server.asked.clear()
    assert main(words(server, tmp_path)) == 0
    assert set(server.asked) == set(names_of(published)) - set(whole)
    assert_whole(tmp_path, published, names_of(published))


def test_a_full_disk_is_one_sentence(server, tmp_path):
    limited = f"ulimit -f 16; exec {' '.join(command(server, tmp_path))}"
    done = subprocess.run(
        ["bash", "-c", limited],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 2
    assert re.fullmatch(r"ecg-monitor: no room left for .*free some space.*\n", done.stderr)
    assert not list(tmp_path.rglob("*.dat"))


def test_a_disk_without_room_for_what_lacks_is_told_before_it_is_full(server, tmp_path, monkeypatch):
    little = shutil.disk_usage(tmp_path)._replace(free=100_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: little)
    with pytest.raises(ConfigurationError, match=r"has room for .* free some space"):
        bring(server, tmp_path)
    assert not list(tmp_path.rglob("*.dat"))


def test_a_folder_that_cannot_be_made_and_one_with_other_labels_are_refused(server, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be made a folder"):
        bring(server, tmp_path / "file" / "ptbxl")
    (tmp_path / "file").rename(tmp_path / "labels.csv")
    with pytest.raises(ConfigurationError, match="labels of its own"):
        bring(server, tmp_path)
    assert server.asked == []


def test_no_network_is_one_sentence(tmp_path, capsys):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        assert main(words(Server(url), tmp_path)) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"ecg-monitor: no connection to {url} (") and len(error.splitlines()) == 1
    assert main(words(Server("ftp://nowhere"), tmp_path)) == 2
    assert "begins with https://" in capsys.readouterr().err


def test_the_last_line_is_the_command_that_trains_once_all_is_there(server, tmp_path, monkeypatch, capsys):
    assert main(words(server, tmp_path / "ptbxl", "--folds", "9-10")) == 0
    assert "training needs folds 1-9 at 100 Hz: ecg-monitor data fetch" in capsys.readouterr().out
    assert main(words(server, tmp_path / "ptbxl", "--folds", "1-8")) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith(f"ecg-monitor train --data {tmp_path / 'ptbxl'}")
    monkeypatch.setenv("ECG_MONITOR_DATA", str(tmp_path))
    assert main(["data", "fetch", "ptbxl", "--mirror", server.url]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("ecg-monitor train")
    assert main(["data"]) == 0
    listed = capsys.readouterr().out
    assert "CC BY 4.0" in listed and "0.5 GB at 100 Hz" in listed


@pytest.mark.parametrize("folds", ["0", "11", "1-", "a", "", "5-2"])
def test_folds_that_are_none_are_refused(folds, capsys):
    assert main(["data", "fetch", "ptbxl", "--folds", folds]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_check_tells_what_lacks_and_what_is_damaged(server, tmp_path, capsys):
    bring(server, tmp_path)
    assert main(["data", "check", str(tmp_path)]) == 0
    assert "12 labelled records of 12 patients" in capsys.readouterr().out
    assert main(["data", "check", str(tmp_path), "--rate", "both"]) == 1
    (tmp_path / "records100/00000/00004_lr.dat").write_bytes(b"half")
    (tmp_path / "records100/00000/00005_lr.hea").unlink()
    capsys.readouterr()
    assert main(["data", "check", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert "00004_lr.dat" in out and "00005_lr.hea" in out
    assert f"data fetch ptbxl --to {tmp_path}" in out
    (tmp_path / SUMS).unlink()
    assert main(["data", "check", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert "00005_lr.hea" in out and "00004_lr.dat" not in out and "was not checked" in out


def test_another_data_set_is_fetched_whole_and_recognized(server, published, tmp_path, capsys):
    where = published / "ludb"
    (where / "data").mkdir(parents=True)
    (where / "unused").mkdir()
    for name in ("ludb.csv", "data/1.hea", "data/1.dat", "data/1.ii", "unused/page.html"):
        (where / name).write_text(name)
    names = [path.relative_to(where).as_posix() for path in where.rglob("*") if path.is_file()]
    (where / SUMS).write_text("".join(f"{digest(where / name)}  ./{name}\n" for name in names))
    server.url += "/ludb"
    assert bring(server, tmp_path, data_set=LUDB) == Fetched(200, 0, 4)
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {
        SUMS,
        "ludb.csv",
        "1.hea",
        "1.dat",
        "1.ii",
    }
    assert main(["data", "check", str(tmp_path)]) == 0
    (tmp_path / "data/1.ii").write_text("other")
    assert main(["data", "check", str(tmp_path)]) == 1
    assert "damaged: data/1.ii" in capsys.readouterr().out
    assert main(["data", "fetch", "ludb", "--folds", "9", "--mirror", server.url]) == 2
    assert "fetched whole" in capsys.readouterr().err
    with pytest.raises(ConfigurationError, match=r"not the list of checksums of PTB-XL"):
        bring(server, tmp_path)
    shutil.rmtree(where)
