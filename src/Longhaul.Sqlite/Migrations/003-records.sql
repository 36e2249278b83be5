-- What interfaces such as the HTTP API keep: who did what, and notes under a key.

CREATE TABLE lh_audit (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  done_by TEXT,
  action TEXT NOT NULL,
  target TEXT,
  reason TEXT,
  outcome TEXT NOT NULL,
  origin TEXT
) STRICT;

CREATE TABLE lh_note (
  key TEXT PRIMARY KEY,
  note BLOB NOT NULL,
  until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- For pruning.
CREATE INDEX lh_note_until ON lh_note (until);
