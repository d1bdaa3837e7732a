"""The journal's tables and their version.

SQL text only. Times are POSIX seconds, UTC, unless a column's name ends in ``monotonic_s``.
A change of the schema gets a new version and a migration here: a new journal is the first
version with every migration after it.
"""

from __future__ import annotations

FIRST = """
CREATE TABLE alarms (
  alarm_id TEXT PRIMARY KEY,
  incident TEXT NOT NULL,
  kind TEXT NOT NULL,
  is_open INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  raised_at REAL NOT NULL,
  updated_at REAL NOT NULL,
  cleared_at REAL,
  zone_id TEXT,
  track_id INTEGER,
  payload TEXT NOT NULL,
  outbox_seq INTEGER NOT NULL,
  acknowledged_by TEXT,
  acknowledged_at REAL,
  acknowledged_note TEXT
) STRICT;
CREATE UNIQUE INDEX alarms_one_open ON alarms (incident) WHERE is_open;
CREATE INDEX alarms_by_time ON alarms (raised_at);

-- cameras that hold an alarm open; '' stands for a part of the system that is no camera
CREATE TABLE contributors (
  alarm_id TEXT NOT NULL REFERENCES alarms (alarm_id),
  camera_id TEXT NOT NULL,
  PRIMARY KEY (alarm_id, camera_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX contributors_by_camera ON contributors (camera_id);

-- the ordered lane: each row goes out once, in the order of seq
CREATE TABLE outbox (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  topic TEXT NOT NULL,
  payload TEXT NOT NULL,
  written_at REAL NOT NULL,
  taken_at REAL,
  dead_at REAL,
  dead_reason TEXT
) STRICT;
CREATE INDEX outbox_waiting ON outbox (seq) WHERE taken_at IS NULL AND dead_at IS NULL;
CREATE INDEX outbox_taken ON outbox (taken_at) WHERE taken_at IS NOT NULL;
CREATE INDEX outbox_dead ON outbox (dead_at) WHERE dead_at IS NOT NULL;

-- the state lane: the latest value of each retained topic; an empty payload empties it
CREATE TABLE states (
  topic TEXT PRIMARY KEY,
  payload TEXT NOT NULL,
  expiry_s INTEGER NOT NULL,
  version INTEGER NOT NULL,
  taken_version INTEGER NOT NULL,
  written_at REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX states_due ON states (topic) WHERE taken_version < version;

CREATE TABLE passages (
  passage_id TEXT PRIMARY KEY,
  happened_at REAL NOT NULL,
  camera_id TEXT NOT NULL,
  zone_id TEXT NOT NULL,
  direction TEXT NOT NULL,
  staff_id TEXT,
  payload TEXT NOT NULL
) STRICT;
CREATE INDEX passages_by_time ON passages (happened_at);

CREATE TABLE camera_states (
  camera_id TEXT PRIMARY KEY,
  online INTEGER NOT NULL,
  fps REAL,
  lag_s REAL,
  why TEXT,
  written_at REAL NOT NULL
) STRICT;

CREATE TABLE occupancies (
  zone_id TEXT PRIMARY KEY,
  camera_id TEXT NOT NULL,
  people INTEGER NOT NULL,
  forklifts INTEGER NOT NULL,
  registered INTEGER NOT NULL,
  undetermined INTEGER NOT NULL,
  unregistered INTEGER NOT NULL,
  written_at REAL NOT NULL
) STRICT;

CREATE TABLE beats (
  process_id TEXT PRIMARY KEY,
  beat_at REAL NOT NULL,
  beat_monotonic_s REAL NOT NULL
) STRICT;

-- what operators did: 'acknowledge' or 'vouch'
CREATE TABLE operator_actions (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  done_at REAL NOT NULL,
  action TEXT NOT NULL,
  alarm_id TEXT NOT NULL,
  done_by TEXT NOT NULL,
  staff_id TEXT,
  note TEXT,
  result TEXT NOT NULL
) STRICT;

-- spans in which a camera was not watched
CREATE TABLE blind_intervals (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  camera_id TEXT NOT NULL,
  from_at REAL NOT NULL,
  to_at REAL NOT NULL,
  reason TEXT NOT NULL
) STRICT;
"""

FOR_EVIDENCE = """
-- whole files of evidence, synced and under their names; seq is the order in which they became so
CREATE TABLE evidence_files (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  alarm_id TEXT NOT NULL,
  folder TEXT NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  camera_id TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  begin_at REAL NOT NULL,
  end_at REAL NOT NULL,
  ended_by TEXT NOT NULL,
  written_at REAL NOT NULL,
  UNIQUE (alarm_id, name)
) STRICT;

-- spans that belong to a clip and are not in it, and why
CREATE TABLE evidence_gaps (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  alarm_id TEXT NOT NULL,
  camera_id TEXT NOT NULL,
  from_at REAL NOT NULL,
  to_at REAL NOT NULL,
  reason TEXT NOT NULL,
  written_at REAL NOT NULL
) STRICT;
CREATE INDEX evidence_gaps_by_alarm ON evidence_gaps (alarm_id);

-- evidence that nobody may delete
CREATE TABLE evidence_holds (
  alarm_id TEXT PRIMARY KEY,
  held_by TEXT NOT NULL,
  held_at REAL NOT NULL,
  note TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- what operators and the retention did to evidence: 'hold', 'release', 'delete'
CREATE TABLE evidence_actions (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  done_at REAL NOT NULL,
  action TEXT NOT NULL,
  alarm_id TEXT NOT NULL,
  done_by TEXT NOT NULL,
  note TEXT NOT NULL,
  files INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL
) STRICT;
"""

FOR_THE_LEDGER = """
-- what is to enter the ledger and is neither a message nor an operator's action
CREATE TABLE ledger_outbox (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  ref TEXT NOT NULL,
  content TEXT NOT NULL,
  subject TEXT,
  written_at REAL NOT NULL
) STRICT;

-- what the ledger has told of itself, and how far it has read; both may lag behind it
CREATE TABLE ledger_mark (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  origin TEXT NOT NULL,
  size INTEGER NOT NULL
) STRICT;
CREATE TABLE ledger_positions (
  source TEXT PRIMARY KEY,
  seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""

STEPS = (FIRST, FOR_EVIDENCE, FOR_THE_LEDGER)
"""The script that leads to version 1, to version 2, and so on."""

VERSION = len(STEPS)
