-- A job is immutable facts; where it is in its life is its presence in a narrow table, never a column that is rewritten:
--   lh_ready or lh_later: pending   lh_run or lh_young: running   lh_held: waiting or paused   lh_done or lh_done_many: completed, failed or cancelled
-- Moments are microseconds since 1970 by the server's clock_timestamp(). Flags say which of the colder tables know the job, so that a
-- plain one never asks them: 1 lh_state, 2 lh_unique, 4 the next run is FailedAsync, 8 the next run is for failed items alone, 16 suspect,
-- 32 rows in lh_log, lh_trace, lh_item, lh_history, lh_checkpoint, lh_body or lh_tag, 64 lh_hold, 128 lh_detail,
-- 256 it has an owner.
-- Who takes a job from its table locks that row first; rows of several jobs are locked in the order of their ids, or not waited for.

CREATE SEQUENCE {schema}.lh_job_id AS bigint MAXVALUE 9007199254740991;

CREATE TABLE {schema}.lh_queue (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE,
  paused boolean NOT NULL DEFAULT false
);

-- For each claim: mostly empty.
CREATE INDEX lh_queue_paused ON {schema}.lh_queue (id) WHERE paused;

CREATE TABLE {schema}.lh_name (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE
);

-- A queue and a job name as one small number: the hot keys stay narrow, and a claim seeks straight to the heads it may run. Only ever added.
CREATE TABLE {schema}.lh_lane (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  queue int NOT NULL,
  name int NOT NULL,
  -- How many jobs are in each state, as far as lh_tally has been rolled up into it.
  waiting bigint NOT NULL DEFAULT 0,
  pending bigint NOT NULL DEFAULT 0,
  running bigint NOT NULL DEFAULT 0,
  held bigint NOT NULL DEFAULT 0,
  completed bigint NOT NULL DEFAULT 0,
  failed bigint NOT NULL DEFAULT 0,
  cancelled bigint NOT NULL DEFAULT 0,
  UNIQUE (queue, name)
);

-- What each transaction changed in those counts. Appended, and rolled up now and then: a shared counter would make writers wait for each other.
CREATE TABLE {schema}.lh_tally (
  lane int NOT NULL,
  waiting int NOT NULL DEFAULT 0,
  pending int NOT NULL DEFAULT 0,
  running int NOT NULL DEFAULT 0,
  held int NOT NULL DEFAULT 0,
  completed int NOT NULL DEFAULT 0,
  failed int NOT NULL DEFAULT 0,
  cancelled int NOT NULL DEFAULT 0
);

CREATE TABLE {schema}.lh_job (
  id bigint PRIMARY KEY,
  nonce bigint NOT NULL,
  created bigint NOT NULL,
  delay bigint NOT NULL, -- first due = created + delay
  lane int NOT NULL,
  payload_version int NOT NULL,
  priority smallint NOT NULL CHECK (priority BETWEEN 0 AND 255),
  payload text NOT NULL
);

-- What most jobs do not say.
CREATE TABLE {schema}.lh_detail (
  id bigint PRIMARY KEY,
  continue_from bigint,
  enqueued_by bigint,
  unique_scope smallint,
  owner text COLLATE "C",
  policy text,
  tags text[],
  description text,
  unique_key text COLLATE "C",
  trace_parent text
);

-- For lists of one owner's jobs.
CREATE INDEX lh_detail_owner ON {schema}.lh_detail (owner, id) WHERE owner IS NOT NULL;

-- For lists by tag.
CREATE TABLE {schema}.lh_tag (
  tag text COLLATE "C" NOT NULL,
  job bigint NOT NULL,
  PRIMARY KEY (tag, job)
);

-- Due jobs in the order of the claim. One row for a series of plain jobs that were written together under consecutive ids: writing and
-- claiming a thousand of them touches one row here. A claim takes from the front: it raises "taken", which is in no index, so the key
-- stays. Ranges never overlap; taking a job from the middle splits its range.
CREATE TABLE {schema}.lh_ready (
  lane int NOT NULL,
  priority smallint NOT NULL,
  due bigint NOT NULL,
  id bigint NOT NULL,    -- the first that it was made for
  jobs int NOT NULL,     -- how many it was made for
  taken int NOT NULL DEFAULT 0,
  flags int NOT NULL
) WITH (fillfactor = 70);

-- Not unique: when the first job of a range is taken and comes back with its old due time, it stands beside what is left of the range.
CREATE INDEX lh_ready_order ON {schema}.lh_ready (lane, priority, due, id);

-- Jobs due later, in ranges too, apart from the due ones: however many there are, a claim reads the first of them only.
CREATE TABLE {schema}.lh_later (
  due bigint NOT NULL,
  id bigint NOT NULL,
  jobs int NOT NULL,
  lane int NOT NULL,
  priority smallint NOT NULL,
  flags int NOT NULL,
  PRIMARY KEY (due, id)
);

-- Waiting (state 0) and paused (3) jobs. Where their due time is not the first one, it is in lh_state.
CREATE TABLE {schema}.lh_held (
  id bigint PRIMARY KEY,
  lane int NOT NULL,
  flags int NOT NULL,
  priority smallint NOT NULL,
  state smallint NOT NULL
);

-- Jobs whose last run has been settled while its code still runs: nothing of them is claimable until that has ended.
CREATE TABLE {schema}.lh_hold (
  id bigint PRIMARY KEY,
  token bigint NOT NULL,
  session bigint NOT NULL
);

-- What runs now.
CREATE TABLE {schema}.lh_run (
  id bigint PRIMARY KEY,
  token bigint NOT NULL,
  session bigint NOT NULL,
  claim bigint NOT NULL,
  claimed bigint NOT NULL,
  fence bigint NOT NULL,
  due bigint NOT NULL,
  lane int NOT NULL,
  flags int NOT NULL,
  run_number int NOT NULL,
  place int NOT NULL, -- in its claim
  priority smallint NOT NULL,
  begun boolean NOT NULL,
  headway boolean NOT NULL DEFAULT false,
  ordered smallint, -- RunOrderKind: cancel or pause
  ordered_at bigint,
  ordered_by text,
  ordered_reason text,
  watched_until bigint
);

-- For the heartbeat's comparison, for a claim's answer that was lost, and for recovery.
CREATE INDEX lh_run_session ON {schema}.lh_run (session, claim);

-- Plain runs of one claim with consecutive ids, a bit each: see Functions/Young.sql.
CREATE TABLE {schema}.lh_young (
  secret bigint PRIMARY KEY,
  session bigint NOT NULL,
  claim bigint NOT NULL,
  claimed bigint NOT NULL,
  first bigint NOT NULL,
  due bigint NOT NULL,
  lane int NOT NULL,
  place int NOT NULL, -- of the first, in its claim
  slots int NOT NULL, -- of the claim: who has a lower place had begun
  flags int NOT NULL,
  priority smallint NOT NULL,
  open bit(1024) NOT NULL
) WITH (fillfactor = 30); -- its bits are cleared a few at a time

CREATE INDEX lh_young_first ON {schema}.lh_young (first);
CREATE INDEX lh_young_session ON {schema}.lh_young (session, claim);

-- Plain ends of such runs that were told together.
CREATE TABLE {schema}.lh_done_many (
  first bigint NOT NULL,
  secret bigint NOT NULL,
  finished bigint NOT NULL,
  expires bigint NOT NULL,
  flags int NOT NULL,
  jobs bit(1024) NOT NULL
);

CREATE INDEX lh_done_many_first ON {schema}.lh_done_many (first);
CREATE INDEX lh_done_many_expires ON {schema}.lh_done_many (expires);

CREATE TABLE {schema}.lh_done (
  id bigint PRIMARY KEY,
  token bigint, -- of the run that ended it: a repeated settle is answered "already yours"
  finished bigint NOT NULL,
  expires bigint NOT NULL,
  flags int NOT NULL,
  run_number int NOT NULL,
  state smallint NOT NULL
);

-- For the lists of failed and cancelled jobs. Completed ones, the many, are not in it.
CREATE INDEX lh_done_failed ON {schema}.lh_done (state, id) WHERE state <> 4;

-- What is left of a job that went at completion, so that a repeated enqueue or settle finds it.
CREATE TABLE {schema}.lh_gone (
  id bigint PRIMARY KEY,
  nonce bigint NOT NULL,
  token bigint,
  expires bigint NOT NULL
);

-- What expires when, for pruning: one row for all jobs that a call ended with the same expiry. An index on lh_done.expires would cost
-- each job as much again as its row. A job that was revived since, or expires later now, is passed over.
CREATE TABLE {schema}.lh_expiry (
  at bigint NOT NULL,
  number bigint GENERATED ALWAYS AS IDENTITY,
  gone boolean NOT NULL, -- false: rows of lh_done, true: of lh_gone
  jobs bigint[] NOT NULL,
  PRIMARY KEY (at, number)
);

-- What only some jobs have: more than one run, progress, a checkpoint, an error, a result.
CREATE TABLE {schema}.lh_state (
  id bigint PRIMARY KEY,
  due bigint, -- when it is not the first one any more
  hook_due bigint, -- when FailedAsync is to be called; null: it is not, or it runs
  fence bigint NOT NULL DEFAULT 0,
  settled_token bigint,
  started bigint,
  updated bigint NOT NULL DEFAULT 0,
  progress_at bigint,
  checkpoint_at bigint,
  checkpoint_order bigint NOT NULL DEFAULT 0,
  checkpoint_token bigint, -- the run that checkpoint_order belongs to
  run_number int NOT NULL DEFAULT 0,
  failed_attempts int NOT NULL DEFAULT 0,
  lost_runs int NOT NULL DEFAULT 0,
  hook_tries int NOT NULL DEFAULT 0,
  item_failures int NOT NULL DEFAULT 0,
  log_lines int NOT NULL DEFAULT 0,
  reason text,
  error_type text,
  error_message text,
  error_detail text,
  progress text,
  checkpoint text -- up to 64 KiB; a larger one is in lh_body
) WITH (fillfactor = 50);

-- Large checkpoints (kind 1) and results (kind 2), so that a flush of progress does not rewrite them.
CREATE TABLE {schema}.lh_body (
  job bigint NOT NULL,
  kind smallint NOT NULL,
  body text NOT NULL,
  PRIMARY KEY (job, kind)
);

-- Checkpoints kept for people: the last five of a job.
CREATE TABLE {schema}.lh_checkpoint (
  job bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  at bigint NOT NULL,
  run_number int NOT NULL,
  bytes int NOT NULL,
  phase text,
  body text NOT NULL,
  PRIMARY KEY (job, id)
);

-- Unique keys that are occupied.
CREATE TABLE {schema}.lh_unique (
  name int NOT NULL,
  owner text COLLATE "C" NOT NULL, -- empty: nobody's
  key text COLLATE "C" NOT NULL,
  job bigint NOT NULL,
  scope smallint NOT NULL,
  until bigint, -- with a window
  PRIMARY KEY (name, owner, key)
);

-- For pruning windows that are over.
CREATE INDEX lh_unique_until ON {schema}.lh_unique (until) WHERE until IS NOT NULL;

CREATE TABLE {schema}.lh_log (
  job bigint NOT NULL,
  seq bigint GENERATED ALWAYS AS IDENTITY,
  at bigint NOT NULL,
  run_number int NOT NULL,
  lane int NOT NULL,
  level smallint NOT NULL,
  text text NOT NULL,
  PRIMARY KEY (job, seq)
);

-- For the log of all jobs.
CREATE INDEX lh_log_seq ON {schema}.lh_log (seq);

CREATE TABLE {schema}.lh_trace (
  job bigint NOT NULL,
  seq bigint GENERATED ALWAYS AS IDENTITY,
  at bigint NOT NULL,
  milliseconds double precision NOT NULL,
  run_number int NOT NULL,
  ord int NOT NULL,
  success boolean NOT NULL,
  type text NOT NULL,
  subject text COLLATE "C" NOT NULL,
  method text,
  reason text,
  result_info text,
  PRIMARY KEY (job, seq)
);

-- For the traces of one subject over all jobs, and of all. A subject may be of any length: its hash is indexed.
CREATE INDEX lh_trace_subject ON {schema}.lh_trace (hashtextextended(subject, 0), seq);
CREATE INDEX lh_trace_seq ON {schema}.lh_trace (seq);

CREATE TABLE {schema}.lh_item (
  job bigint NOT NULL,
  seq bigint GENERATED ALWAYS AS IDENTITY,
  at bigint NOT NULL,
  tries int NOT NULL,
  loop text NOT NULL,
  cursor text NOT NULL,
  after text,
  error_type text NOT NULL,
  error_message text NOT NULL,
  error_detail text,
  label text,
  PRIMARY KEY (job, seq)
);

-- A cursor may be of any length: the hash of loop and cursor is indexed.
CREATE UNIQUE INDEX lh_item_key ON {schema}.lh_item (job, md5(loop || E'\n' || cursor));

CREATE TABLE {schema}.lh_history (
  job bigint NOT NULL,
  seq bigint GENERATED ALWAYS AS IDENTITY,
  at bigint NOT NULL,
  duration bigint,
  kind smallint NOT NULL,
  run_number int,
  worker text,
  error_type text,
  error_message text,
  error_detail text,
  done_by text,
  reason text,
  PRIMARY KEY (job, seq)
);

CREATE TABLE {schema}.lh_session (
  id bigint PRIMARY KEY,
  renewed bigint NOT NULL, -- the last renewal
  lease bigint NOT NULL,
  opened bigint NOT NULL,
  ended bigint,
  grp bigint,
  state smallint NOT NULL, -- WorkerState
  ordered smallint NOT NULL DEFAULT 0, -- WorkerOrder
  pid int NOT NULL,
  concurrency int NOT NULL,
  locked boolean NOT NULL DEFAULT false, -- whether its life is also shown by an advisory lock of a connection
  name text NOT NULL,
  host_name text NOT NULL,
  boot_id text,
  machine_id text,
  pid_namespace text,
  process_start text,
  version text,
  queues text[],
  names text[] NOT NULL
) WITH (fillfactor = 50); -- no indexed column of it changes while it lives, so renewals leave the index alone

-- Which roles of the cluster may do what here, so that a later version's new tables and functions are theirs too. Written by grant_roles.
CREATE TABLE {schema}.lh_role (
  kind text NOT NULL CHECK (kind IN ('worker', 'producer', 'reader', 'operator', 'row_security')),
  role name NOT NULL, -- with row_security: empty
  PRIMARY KEY (kind, role)
);
