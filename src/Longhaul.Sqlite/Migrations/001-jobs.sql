-- A job is immutable facts; where it is in its life is its presence in a narrow table, never a column that is rewritten:
--   lh_ready or lh_later: pending   lh_run: running   lh_held: waiting or paused   lh_done: completed, failed or cancelled
-- Moments are microseconds since 1970. Flags (JobFlags) say which of the colder tables know the job, so that a plain one never asks them.

CREATE TABLE lh_queue (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  paused INTEGER NOT NULL DEFAULT 0,
  arrivals INTEGER NOT NULL DEFAULT 0, -- grows whenever work may have become claimable: other processes watch it
  -- How many jobs are in each state. Kept in the same transaction as each move; nobody counts rows.
  waiting INTEGER NOT NULL DEFAULT 0,
  pending INTEGER NOT NULL DEFAULT 0,
  running INTEGER NOT NULL DEFAULT 0,
  held INTEGER NOT NULL DEFAULT 0,
  completed INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0,
  cancelled INTEGER NOT NULL DEFAULT 0
) STRICT;

-- For each claim: mostly empty.
CREATE INDEX lh_queue_paused ON lh_queue (id) WHERE paused;

CREATE TABLE lh_name (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

-- A queue and a job name as one small number: the hot keys stay narrow, and a claim seeks straight to the heads it may run.
CREATE TABLE lh_lane (
  id INTEGER PRIMARY KEY,
  queue INTEGER NOT NULL,
  name INTEGER NOT NULL,
  UNIQUE (queue, name)
) STRICT;

CREATE TABLE lh_job (
  id INTEGER PRIMARY KEY,
  lane INTEGER NOT NULL,
  priority INTEGER NOT NULL,
  created INTEGER NOT NULL,
  delay INTEGER NOT NULL, -- first due = created + delay; mostly 0, which takes no room
  nonce INTEGER NOT NULL,
  payload_version INTEGER NOT NULL,
  payload TEXT NOT NULL -- last: a large one spills to pages that nothing else reads
) STRICT;

-- What most jobs do not say. Apart, for a row of nine columns is written a quarter faster than one of eighteen.
CREATE TABLE lh_detail (
  id INTEGER PRIMARY KEY,
  owner TEXT,
  policy TEXT,
  tags TEXT,
  description TEXT,
  unique_key TEXT,
  unique_scope INTEGER,
  continue_from INTEGER,
  enqueued_by INTEGER,
  trace_parent TEXT
) STRICT;

-- For lists of one owner's jobs.
CREATE INDEX lh_detail_owner ON lh_detail (owner, id) WHERE owner IS NOT NULL;

-- For lists by tag.
CREATE TABLE lh_tag (
  tag TEXT NOT NULL,
  job INTEGER NOT NULL,
  PRIMARY KEY (tag, job)
) STRICT, WITHOUT ROWID;

-- Due jobs in the order of the claim. One row for a series of plain jobs that were written together under consecutive ids:
-- writing and claiming a thousand of them touches one row here. Ranges never overlap; taking a job from the middle splits its range.
CREATE TABLE lh_ready (
  lane INTEGER NOT NULL,
  priority INTEGER NOT NULL,
  due INTEGER NOT NULL,
  id INTEGER NOT NULL,   -- the first
  jobs INTEGER NOT NULL, -- how many
  flags INTEGER NOT NULL,
  PRIMARY KEY (lane, priority, due, id)
) STRICT, WITHOUT ROWID;

-- Jobs due later, in ranges too, apart from the due ones: however many there are, a claim reads the first of them only.
CREATE TABLE lh_later (
  due INTEGER NOT NULL,
  id INTEGER NOT NULL,
  jobs INTEGER NOT NULL,
  lane INTEGER NOT NULL,
  priority INTEGER NOT NULL,
  flags INTEGER NOT NULL,
  PRIMARY KEY (due, id)
) STRICT, WITHOUT ROWID;

-- Waiting (state 0) and paused (3) jobs. Where their due time is not the first one, it is in lh_state.
CREATE TABLE lh_held (
  id INTEGER PRIMARY KEY,
  state INTEGER NOT NULL,
  lane INTEGER NOT NULL,
  priority INTEGER NOT NULL,
  flags INTEGER NOT NULL
) STRICT;

-- Jobs whose last run has been settled while its code still runs: nothing of them is claimable until that has ended.
CREATE TABLE lh_hold (
  id INTEGER PRIMARY KEY,
  token INTEGER NOT NULL,
  session INTEGER NOT NULL
) STRICT;

-- What runs now. As many rows as there are busy slots: scanning it by session costs less than an index on every claim and settle.
CREATE TABLE lh_run (
  id INTEGER PRIMARY KEY,
  token INTEGER NOT NULL,
  session INTEGER NOT NULL,
  claim INTEGER NOT NULL,
  claimed INTEGER NOT NULL,
  fence INTEGER NOT NULL,
  lane INTEGER NOT NULL,
  priority INTEGER NOT NULL,
  due INTEGER NOT NULL,
  flags INTEGER NOT NULL,
  run_number INTEGER NOT NULL,
  place INTEGER NOT NULL, -- in its claim
  begun INTEGER NOT NULL,
  headway INTEGER NOT NULL,
  ordered INTEGER, -- RunOrderKind: cancel or pause
  ordered_at INTEGER,
  ordered_by TEXT,
  ordered_reason TEXT,
  watched_until INTEGER
) STRICT;

CREATE TABLE lh_done (
  id INTEGER PRIMARY KEY,
  state INTEGER NOT NULL,
  flags INTEGER NOT NULL,
  run_number INTEGER NOT NULL,
  token INTEGER, -- of the run that ended it: a repeated settle is answered "already yours"
  finished INTEGER NOT NULL,
  expires INTEGER NOT NULL
) STRICT;

-- For the lists of failed and cancelled jobs. Completed ones, the many, are not in it.
CREATE INDEX lh_done_failed ON lh_done (state, id) WHERE state <> 4;

-- What is left of a job that went at completion, so that a repeated enqueue or settle finds it.
CREATE TABLE lh_gone (
  id INTEGER PRIMARY KEY,
  nonce INTEGER NOT NULL,
  token INTEGER,
  expires INTEGER NOT NULL
) STRICT;

-- What expires when, for pruning: one row for all jobs that a transaction ended with the same expiry. An index on lh_done.expires would
-- cost each job as much again as its row. A job that was revived since, or expires later now, is passed over.
CREATE TABLE lh_expiry (
  gone INTEGER NOT NULL,  -- 0: rows of lh_done, 1: of lh_gone
  at INTEGER NOT NULL,
  number INTEGER NOT NULL,
  jobs BLOB NOT NULL,     -- the ids (IdList)
  PRIMARY KEY (gone, at, number)
) STRICT, WITHOUT ROWID;

-- What only some jobs have: more than one run, progress, a checkpoint, an error, a result.
CREATE TABLE lh_state (
  id INTEGER PRIMARY KEY,
  due INTEGER, -- when it is not the first one any more
  run_number INTEGER NOT NULL DEFAULT 0,
  failed_attempts INTEGER NOT NULL DEFAULT 0,
  lost_runs INTEGER NOT NULL DEFAULT 0,
  hook_tries INTEGER NOT NULL DEFAULT 0,
  hook_due INTEGER, -- when FailedAsync is to be called; null: it is not, or it runs
  fence INTEGER NOT NULL DEFAULT 0,
  settled_token INTEGER,
  started INTEGER,
  updated INTEGER NOT NULL DEFAULT 0,
  item_failures INTEGER NOT NULL DEFAULT 0,
  log_lines INTEGER NOT NULL DEFAULT 0,
  reason TEXT,
  error_type TEXT,
  error_message TEXT,
  error_detail TEXT,
  progress_at INTEGER,
  progress TEXT,
  checkpoint_at INTEGER,
  checkpoint TEXT -- up to 64 KiB; a larger one is in lh_body
) STRICT;

-- Large checkpoints (kind 1) and results (kind 2), so that a flush of progress does not rewrite them.
CREATE TABLE lh_body (
  job INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (job, kind)
) STRICT;

-- Checkpoints kept for people: the last five of a job.
CREATE TABLE lh_checkpoint (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  job INTEGER NOT NULL,
  run_number INTEGER NOT NULL,
  phase TEXT,
  at INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT;

-- For the list of one job's, and for deleting them with it.
CREATE INDEX lh_checkpoint_job ON lh_checkpoint (job);

-- Unique keys that are occupied.
CREATE TABLE lh_unique (
  name INTEGER NOT NULL,
  owner TEXT NOT NULL, -- empty: nobody's
  key TEXT NOT NULL,
  job INTEGER NOT NULL,
  scope INTEGER NOT NULL,
  until INTEGER, -- with a window
  PRIMARY KEY (name, owner, key)
) STRICT, WITHOUT ROWID;

-- For pruning windows that are over.
CREATE INDEX lh_unique_until ON lh_unique (until) WHERE until IS NOT NULL;

CREATE TABLE lh_log (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  job INTEGER NOT NULL,
  run_number INTEGER NOT NULL,
  lane INTEGER NOT NULL,
  at INTEGER NOT NULL,
  level INTEGER NOT NULL,
  text TEXT NOT NULL
) STRICT;

-- For the log of one job, and for dropping its oldest lines.
CREATE INDEX lh_log_job ON lh_log (job);

CREATE TABLE lh_trace (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  job INTEGER NOT NULL,
  run_number INTEGER NOT NULL,
  at INTEGER NOT NULL,
  type TEXT NOT NULL,
  subject TEXT NOT NULL,
  method TEXT,
  ord INTEGER NOT NULL,
  success INTEGER NOT NULL,
  reason TEXT,
  milliseconds REAL NOT NULL,
  result_info TEXT
) STRICT;

-- For the traces of one job, and of one subject over all jobs.
CREATE INDEX lh_trace_job ON lh_trace (job);
CREATE INDEX lh_trace_subject ON lh_trace (subject);

CREATE TABLE lh_item (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  job INTEGER NOT NULL,
  loop TEXT NOT NULL,
  cursor TEXT NOT NULL,
  after TEXT,
  error_type TEXT NOT NULL,
  error_message TEXT NOT NULL,
  error_detail TEXT,
  at INTEGER NOT NULL,
  label TEXT,
  tries INTEGER NOT NULL,
  UNIQUE (job, loop, cursor)
) STRICT;

-- For a job's list in the order in which they were recorded.
CREATE INDEX lh_item_job ON lh_item (job);

CREATE TABLE lh_history (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  job INTEGER NOT NULL,
  at INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  run_number INTEGER,
  worker TEXT,
  duration INTEGER,
  error_type TEXT,
  error_message TEXT,
  error_detail TEXT,
  done_by TEXT,
  reason TEXT
) STRICT;

-- For the history of one job.
CREATE INDEX lh_history_job ON lh_history (job);

CREATE TABLE lh_session (
  id INTEGER PRIMARY KEY,
  state INTEGER NOT NULL, -- WorkerState
  ordered INTEGER NOT NULL DEFAULT 0, -- WorkerOrder
  name TEXT NOT NULL,
  host_name TEXT NOT NULL,
  boot_id TEXT,
  machine_id TEXT,
  pid_namespace TEXT,
  pid INTEGER NOT NULL,
  process_start TEXT,
  queues TEXT,
  names TEXT NOT NULL,
  concurrency INTEGER NOT NULL,
  version TEXT,
  grp INTEGER,
  opened INTEGER NOT NULL,
  beat INTEGER NOT NULL,     -- the last renewal, by the wall clock: for people
  boot TEXT NOT NULL,        -- the boot in which the lease clock below means something
  renewed INTEGER NOT NULL,  -- the last renewal, by that boot's clock
  lease INTEGER NOT NULL,
  ended INTEGER
) STRICT;

-- One row: the next id to give out.
CREATE TABLE lh_sequence (
  next INTEGER NOT NULL
) STRICT;
INSERT INTO lh_sequence VALUES (1);
