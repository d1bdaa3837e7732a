# ruff: noqa: E501 - a table of cases reads best with one case a line
"""Reading config.yaml: everything that is right, and one line for everything that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from enrolment.places import PostgresDatabase, SecretSource
from models.manifest import EMBEDDED, read_manifest
from vision.config_reader import ConfigError, read_settings
from vision.settings import (
    CameraSettings,
    DecodePolicy,
    EvidenceSettings,
    ForkliftSettings,
    ModelSettings,
    PermitSettings,
    RegisterSettings,
    SearchIn,
    Secret,
    Settings,
    TlsSettings,
    ViewSettings,
    WeeklyHours,
    ZoneSettings,
)

ROOT = Path(__file__).resolve().parents[2]
TWELVE = Path(__file__).with_name("twelve_mistakes.yaml")

SMALL = """\
site: {id: plant-7, time_zone: Europe/Berlin}
models: {detector: yolox_nano_coco, face_detector: yunet_2023mar, embedder: dlib_resnet_v1}
groups: [staff]
zones:
  - id: bonded
    permits: [{groups: [staff]}]
cameras:
  - id: gate
    url: clips/gate.mp4
    views:
      - {zone: bonded, counts: true, polygon: [[0, 0], [1, 0], [1, 1]]}
"""


def problems(folder: Path, text: str | bytes, groups: set[str] | None = None) -> list[str]:
    """What is wrong with a configuration, as ``line:key: problem; remedy``."""
    path = folder / "config.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(ConfigError) as caught:
        read_settings(path, groups)
    return [str(problem).removeprefix(f"{path}:") for problem in caught.value.problems]


def test_a_small_configuration_has_the_documented_defaults(tmp_path):
    """What is left out has its default; a relative path lies in the file's folder."""
    path = tmp_path / "config.yaml"
    path.write_text(SMALL)

    settings = read_settings(path)

    triangle = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))
    assert settings == Settings(
        site_id="plant-7",
        time_zone="Europe/Berlin",
        data_dir=tmp_path / "var",
        mqtt=settings.mqtt.__class__(),
        models=ModelSettings("yolox_nano_coco", "yunet_2023mar", "dlib_resnet_v1"),
        zones=(ZoneSettings("bonded", "bonded", (PermitSettings(("staff",)),)),),
        cameras=(
            CameraSettings(
                "gate",
                str(tmp_path / "clips/gate.mp4"),
                views=(ViewSettings("bonded", triangle, counts=True),),
            ),
        ),
        groups=("staff",),
        register=RegisterSettings(
            key=Secret(file=tmp_path / "keys" / "site.key"),
            key_store=tmp_path / "keys" / "people.keys",
        ),
    )


def test_every_key_reaches_the_settings(tmp_path):
    """Keys that differ from their defaults arrive in the units of the settings."""
    path = tmp_path / "config.yaml"
    path.write_text(
        SMALL.replace(
            "    url: clips/gate.mp4\n",
            "    detect_url: rtsp://cam/sub\n    record_url: rtsps://cam:322/main\n"
            "    username: {env: GATE_USER}\n    password: {file: /run/secret}\n"
            "    decode: key_frames\n    preroll_mib: 2\n    lag_limit_s: 7.5\n",
        ).replace(
            "[{groups: [staff]}]",
            "[{groups: [staff], hours: {fri-sun: ['22:00-06:00']}}]\n"
            "    verify_within_s: never\n    forklifts: never",
        )
        + "mqtt: {host: '::1', port: 8883, tls: {ca_file: ca.pem}}\nworkers: 2\n"
    )

    settings = read_settings(path)

    zone, camera = settings.zones[0], settings.cameras[0]
    assert (camera.detect_url, camera.record_url) == ("rtsp://cam/sub", "rtsps://cam:322/main")
    assert (camera.username, camera.password) == (
        Secret("GATE_USER"),
        Secret(None, Path("/run/secret")),
    )
    assert (camera.decode, camera.preroll_bytes) == (DecodePolicy.KEY_FRAMES, 2 * 1024 * 1024)
    assert camera.lag_limit_s == 7.5
    nights = ((4, 1320, 360), (5, 1320, 360), (6, 1320, 360))
    assert zone.permits == (PermitSettings(("staff",), WeeklyHours(nights)),)
    assert (zone.verify_within_s, zone.forklifts) == (None, ForkliftSettings(never=True))
    assert settings.mqtt.tls == TlsSettings(tmp_path / "ca.pem")
    assert (settings.mqtt.host, settings.mqtt.port, settings.workers) == ("::1", 8883, 2)


def test_evidence(tmp_path):
    """Its keys arrive in the units of the settings; it can be switched off."""
    path = tmp_path / "config.yaml"
    path.write_text(
        SMALL + "evidence: {off: true, encrypt: true, pre_roll_s: 5, post_roll_s: 0, longest_s: 60,"
        " keep_days: 365, max_gib: 2, stop_below_mib: 64}\n"
    )

    assert read_settings(path).evidence == EvidenceSettings(
        enabled=False,
        encrypt=True,
        pre_roll_s=5.0,
        post_roll_s=0.0,
        longest_s=60.0,
        keep_days=365.0,
        max_bytes=2 * 1024**3,
        stop_below_bytes=64 * 1024**2,
    )


def test_a_pre_roll_that_no_camera_holds(tmp_path):
    """The clip would begin later than the configuration promises."""
    assert problems(tmp_path, SMALL + "evidence: {pre_roll_s: 30}\n") == [
        "12:evidence.pre_roll_s: is longer than camera gate keeps (12 s);"
        " lower it, or raise that camera's preroll_s"
    ]


def test_the_default_configuration_is_valid():
    """config.yaml at the root is a working example as it stands."""
    settings = read_settings(ROOT / "config.yaml")

    assert [camera.camera_id for camera in settings.cameras] == ["gate"]


def test_the_default_configuration_needs_no_file_beside_the_checkout():
    """Its models are those of the pack that the repository and set-up bring."""
    chosen = read_settings(ROOT / "config.yaml").models

    assert (chosen.detector, chosen.face_detector, chosen.embedder) == read_manifest().pack(
        EMBEDDED
    ).entries


def test_the_default_configuration_states_the_true_defaults(tmp_path):
    """A value that config.yaml gives for a setting with a default is that default."""
    path = tmp_path / "config.yaml"
    path.write_text(SMALL)
    small = read_settings(path)

    commented = read_settings(ROOT / "config.yaml")

    assert commented.mqtt == small.mqtt
    assert commented.identity == small.identity
    assert commented.workers == small.workers
    assert commented.evidence == small.evidence
    for name in ("decode", "analyses_per_s", "connect_timeout_s", "read_timeout_s"):
        assert getattr(commented.cameras[0], name) == getattr(small.cameras[0], name)
    for name in ("offline_after_s", "lag_limit_s", "preroll_s", "preroll_bytes"):
        assert getattr(commented.cameras[0], name) == getattr(small.cameras[0], name)
    assert commented.zones[0].verify_within_s == small.zones[0].verify_within_s


def test_twelve_mistakes_are_twelve_lines():
    """All mistakes are told at once, one a line, in the order of the file's lines."""
    with pytest.raises(ConfigError) as caught:
        read_settings(TWELVE)

    marked = [n for n, line in enumerate(TWELVE.read_text().splitlines(), 1) if ": " in line]
    marked = [n for n in marked if "  # " in TWELVE.read_text().splitlines()[n - 1]]
    assert [problem.line for problem in caught.value.problems] == marked
    assert len(str(caught.value).splitlines()) == 12


def test_no_mistake_tells_a_secret():
    """What stands where a secret should not stand is never quoted."""
    with pytest.raises(ConfigError) as caught:
        read_settings(TWELVE)

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("id: plant-7", "id: 7", "1:site.id: 7 where a text belongs; write a word or quote it"),
        ("id: plant-7, ", "", "1:site.id: is missing; give the site an id"),
        ("Europe/Berlin", "../etc/passwd", "1:site.time_zone: '../etc/passwd' is no time zone; use an IANA name such as Europe/Berlin"),
        ("yunet_2023mar", "yunet_2023", "2:models.face_detector: 'yunet_2023' is not known; did you mean yunet_2023mar?"),
        ("embedder: dlib_resnet_v1", "embedder: yunet_2023mar", "2:models.embedder: 'yunet_2023mar' is not known; use one of: dlib_resnet_v1, mobilefacenet_128, insightface_mobilefacenet_128, sface_2021dec, insightface_buffalo_l_arcface, insightface_buffalo_s_arcface, insightface_antelopev2_arcface"),
        ("groups: [staff]\n", "groups: [staff, staff]\n", "3:groups[1]: stands here twice; remove one of them"),
        ("groups: [staff]\n", "groups: staff\n", "3:groups: 'staff' where a list belongs; write '- ' items or [..]"),
        ("{groups: [staff]}", "{groups: [stuff]}", "6:zones[0].permits[0].groups[0]: 'stuff' is not in groups; did you mean staff?"),
        ("{groups: [staff]}", "{groups: []}", "6:zones[0].permits[0].groups: names no group; list the groups or remove the permit"),
        ("    permits: [{groups: [staff]}]\n", "", "5:zones[0].permits: is missing; list who may be here; [] lets nobody in"),
        ("zone: bonded", "zone: bondet", "11:cameras[0].views[0].zone: 'bondet' is no zone; did you mean bonded?"),
        (", counts: true", "", "5:zones[0].id: 0 views of 'bonded' count; set counts: true in exactly one view of it"),
        ("counts: true", "counts: yes", "11:cameras[0].views[0].counts: 'yes' is neither true nor false; write true or false"),
        ("    views:\n      - {zone: bonded, counts: true, polygon: [[0, 0], [1, 0], [1, 1]]}\n", "", "5:zones[0].id: no camera sees 'bonded'; add a view of it"),
        ("[[0, 0], [1, 0], [1, 1]]", "[[0, 0], [1, 0]]", "11:cameras[0].views[0].polygon: has 2 corners; give 3 to 100"),
        ("[[0, 0], [1, 0], [1, 1]]", "[[0, 0], [1, 0], [1, 1.01]]", "11:cameras[0].views[0].polygon[2]: is no corner; write [x, y], each from 0 to 1"),
        ("[[0, 0], [1, 0], [1, 1]]", "[[0, 0], [1, 0], [.nan, 1]]", "11:cameras[0].views[0].polygon[2]: is no corner; write [x, y], each from 0 to 1"),
        ("[[0, 0], [1, 0], [1, 1]]", "[[0, 0], [1, 0], [0.5, 0]]", "11:cameras[0].views[0].polygon: bounds no area; list its corners in order along the edge, each once"),
        ("url: clips/gate.mp4", "uri: clips/gate.mp4", "9:cameras[0].uri: is no known key; did you mean url?"),
        ("url: clips/gate.mp4", "url: http://cam/", "9:cameras[0].url: has the scheme 'http'; use rtsp://, rtsps:// or a file's path"),
        ("url: clips/gate.mp4", "url: rtsp:/cam", "9:cameras[0].url: is no RTSP URL; write rtsp://HOST:PORT/PATH"),
        ("url: clips/gate.mp4", "url: rtsp://cam:99999/", "9:cameras[0].url: is no RTSP URL; write rtsp://HOST:PORT/PATH"),
        ("url: clips/gate.mp4", "record_url: rtsp://cam/", "9:cameras[0].record_url: stands without detect_url; add detect_url or rename it url"),
        ("url: clips/gate.mp4", "url: a.mp4\n    detect_url: b.mp4", "9:cameras[0].url: stands beside detect_url or record_url; keep url, or the other two"),
        ("url: clips/gate.mp4", "url: a.mp4\n    password: {env: P}", "10:cameras[0].password: stands without a username; give username as well"),
        ("url: clips/gate.mp4", "url: a.mp4\n    username: {env: U, file: F}", "10:cameras[0].username: names two sources; keep env or file, not both"),
        ("url: clips/gate.mp4", "url: a.mp4\n    username: {}", "10:cameras[0].username: names no source; write {env: NAME} or {file: PATH}"),
        ("url: clips/gate.mp4", "url: a.mp4\n    username: {evn: U}", "10:cameras[0].username.evn: is no known key; did you mean env?"),
        ("url: clips/gate.mp4", "url: a.mp4\n    analyses_per_s: .inf", "10:cameras[0].analyses_per_s: inf is no number; write 0.2 to 30 a second"),
        ("url: clips/gate.mp4", "url: a.mp4\n    analyses_per_s: true", "10:cameras[0].analyses_per_s: True is no number; write 0.2 to 30 a second"),
        ("groups: [staff]\n", "groups: [staff]\nworkers: 1.5\n", "4:workers: 1.5 is no whole number; write 1 to 256"),
        ("groups: [staff]\n", "groups: [staff]\nmqtt: {host: 'mqtt://b'}\n", "4:mqtt.host: is no host name; write the name or address alone, the port and the user apart"),
        ("groups: [staff]\n", "groups: [staff]\nmqtt: {tls: {key_file: k}}\n", "4:mqtt.tls: has one of cert_file and key_file; give both or neither"),
        ("groups: [staff]\n", "groups: [staff]\nmqtt: []\n", "4:mqtt: is no mapping; write 'key: value' lines"),
        ("groups: [staff]\n", "groups: [staff]\nidentity: {accept: 0.5, reject: 0.6}\n", "4:identity.reject: is above accept; nobody could be both; lower reject"),
        ("groups: [staff]\n", "groups: [staff]\nregister: {url: mysql://h/d}\n", "4:register.url: is no PostgreSQL URL; write postgresql://HOST:PORT/DATABASE, or remove it"),
        ("groups: [staff]\n", "groups: [staff]\nregister: {url: 'postgresql:///d'}\n", "4:register.url: names no host and database; write postgresql://HOST:PORT/DATABASE"),
        ("groups: [staff]\n", "groups: [staff]\nregister: {username: {env: U}}\n", "4:register.username: stands without a url; give url, or remove it"),
        ("groups: [staff]\n", "groups: [staff]\nregister: {search: pgvector}\n", "4:register.search: pgvector needs a server; give url, or write memory"),
        ("groups: [staff]\n", "groups: [staff]\nregister: {search: pgvectors}\n", "4:register.search: 'pgvectors' is not known; did you mean pgvector?"),
        ("groups: [staff]\n", "groups: [staff]\ngroups: [other]\n", "4:groups: given twice, first in line 3; remove one of them"),
    ],
)  # fmt: skip
def test_one_mistake_is_one_line(tmp_path, old, new, expected):
    """Each mistake is one line that names its place, what is wrong and what to do."""
    assert old in SMALL

    assert problems(tmp_path, SMALL.replace(old, new)) == [expected]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "1:(file): holds nothing; start from the config.yaml of the project"),
        (b"- 1\n", "1:(file): is no mapping; write 'key: value' lines"),
        (b"site: {}\nname: \xff\n", "2:(file): is not UTF-8; save the file as UTF-8"),
        (b"site:\n\tid: x\n", "2:(file): is indented with a tab; indent with spaces"),
        (b"site: \x07\n", "1:(file): holds a control character; remove the character"),
        (b"a: &a [1]\nb: [*a, *a]\n", "1:(file): uses a YAML anchor or alias; write the value out"),
        (b"a: " + b"[" * 100_000, "1:(file): is nested deeper than 20; flatten it"),
        (b"#" * 1_100_000, "1:(file): is larger than 1 MiB; name a configuration file"),
        (b"a: 1\nb: c: d\n", "2:(file): is not YAML: mapping values are not allowed here; correct this line or the one above"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_document_is_one_line(tmp_path, content, expected):
    """What cannot be read as YAML at all is told in one line, and quickly."""
    assert problems(tmp_path, content) == [expected]


def test_a_missing_file_and_a_folder_are_told(tmp_path):
    """A path that holds no file is a mistake like any other."""
    for path, expected in ((tmp_path / "none", "does not exist"), (tmp_path, "is a directory")):
        with pytest.raises(ConfigError, match=expected):
            read_settings(path)


def test_a_group_that_nobody_has_is_a_mistake(tmp_path):
    """Where the register is known, a permit for a group without members is told."""
    found = problems(tmp_path, SMALL, {"cleaners"})

    assert found == [
        "6:zones[0].permits[0].groups[0]: nobody in the register has the group 'staff';"
        " enrol somebody with it or remove it"
    ]


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://admin:s3cr3t@192.0.2.1/",
        "rtsp://admin:s3/cr3t@192.0.2.1/",
        "rtsp://s3cr3t@192.0.2.1",
        "http://admin:s3cr3t@192.0.2.1/",
        "rtsp://admin:s3cr3t",
    ],
)
def test_a_password_in_a_url_is_refused_and_never_quoted(tmp_path, url):
    """The line names the key and the way out, not the secret."""
    found = problems(tmp_path, SMALL.replace("clips/gate.mp4", url))

    assert len(found) == 1
    assert found[0].startswith("9:cameras[0].url: ")
    assert "cr3t" not in found[0]


@pytest.mark.parametrize(
    "url",
    ["postgresql://u:s3cr3t@db/people", "postgresql://db/people?user=u&password=s3cr3t"],
)
def test_a_password_in_the_registers_url_is_refused_and_never_quoted(tmp_path, url):
    """It goes to username and password, where it is a secret."""
    text = SMALL.replace("groups: [staff]\n", f"groups: [staff]\nregister: {{url: '{url}'}}\n")

    (found,) = problems(tmp_path, text)

    assert found.startswith("4:register.url: holds credentials; move them")
    assert "s3cr3t" not in found


def test_a_register_on_a_server_has_a_place_with_secrets_to_come(tmp_path):
    """The settings name the server and where its secrets are; nothing reads them yet."""
    url = "postgresql://db:5433/people?sslmode=verify-full"
    login = "username: {env: U}, password: {file: pass}"
    said = f"register: {{url: '{url}', search: pgvector, {login}}}\n"
    path = tmp_path / "config.yaml"
    path.write_text(SMALL + said)

    settings = read_settings(path)

    secrets = (SecretSource("U"), SecretSource(None, tmp_path / "pass"))
    assert settings.register_place.database == PostgresDatabase(url, *secrets)
    assert settings.register.search is SearchIn.PGVECTOR


def test_a_password_in_plain_sight_is_refused_and_never_quoted(tmp_path):
    """A secret is named, not written down, and what was written down is not repeated."""
    text = SMALL.replace("clips/gate.mp4", "a.mp4\n    username: {env: U}\n    password: s3cr3t")

    assert problems(tmp_path, text) == [
        "11:cameras[0].password: a secret does not stand in the configuration;"
        " write {env: NAME} or {file: PATH}"
    ]
