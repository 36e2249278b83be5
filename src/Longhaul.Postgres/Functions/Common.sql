-- What all verbs share: where jobs are, how they go from table to table, how they end.
-- Numbers: states 0 waiting, 1 pending, 2 running, 3 paused, 4 completed, 5 failed, 6 cancelled; flags as 001-jobs.sql says.
-- p_now is the store's clock of the whole call, in microseconds, from lh_now.

-- A later moment that does not run over the end of time, however long the span.
CREATE OR REPLACE FUNCTION {schema}.lh_after(p_now bigint, p_span bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $f$
  SELECT least(p_now + p_span, 253402300799999999);
$f$;

-- Who asked and why, in one line (StorageText.Reason).
CREATE OR REPLACE FUNCTION {schema}.lh_reason(p_by text, p_reason text) RETURNS text LANGUAGE sql IMMUTABLE AS $f$
  SELECT CASE WHEN p_by IS NULL THEN p_reason WHEN p_reason IS NULL THEN 'by ' || p_by ELSE p_reason || ' (by ' || p_by || ')' END;
$f$;

-- Jobs go from one state to another; null: from nowhere, or away.
CREATE OR REPLACE FUNCTION {schema}.lh_tally_move(p_lane int, p_from int, p_to int, p_jobs int DEFAULT 1) RETURNS void LANGUAGE plpgsql AS $f$
BEGIN
  IF p_from IS NOT DISTINCT FROM p_to THEN
    RETURN;
  END IF;
  INSERT INTO {schema}.lh_tally (lane, waiting, pending, running, held, completed, failed, cancelled)
  VALUES (p_lane,
    p_jobs * ((p_to IS NOT DISTINCT FROM 0)::int - (p_from IS NOT DISTINCT FROM 0)::int),
    p_jobs * ((p_to IS NOT DISTINCT FROM 1)::int - (p_from IS NOT DISTINCT FROM 1)::int),
    p_jobs * ((p_to IS NOT DISTINCT FROM 2)::int - (p_from IS NOT DISTINCT FROM 2)::int),
    p_jobs * ((p_to IS NOT DISTINCT FROM 3)::int - (p_from IS NOT DISTINCT FROM 3)::int),
    p_jobs * ((p_to IS NOT DISTINCT FROM 4)::int - (p_from IS NOT DISTINCT FROM 4)::int),
    p_jobs * ((p_to IS NOT DISTINCT FROM 5)::int - (p_from IS NOT DISTINCT FROM 5)::int),
    p_jobs * ((p_to IS NOT DISTINCT FROM 6)::int - (p_from IS NOT DISTINCT FROM 6)::int));
END $f$;

-- The lane of a queue and a job name; made when it is not there. Lanes are only ever added.
CREATE OR REPLACE FUNCTION {schema}.lh_lane_of(p_queue text, p_name text) RETURNS int LANGUAGE plpgsql AS $f$
DECLARE
  v_queue int;
  v_name int;
  v_lane int;
BEGIN
  SELECT l.id INTO v_lane FROM {schema}.lh_queue q JOIN {schema}.lh_lane l ON l.queue = q.id JOIN {schema}.lh_name n ON n.id = l.name
  WHERE q.name = p_queue AND n.name = p_name;
  IF FOUND THEN
    RETURN v_lane;
  END IF;
  -- Looked for first: an insert that conflicts would use up an id each time.
  v_queue := {schema}.lh_queue_of(p_queue);
  SELECT n.id INTO v_name FROM {schema}.lh_name n WHERE n.name = p_name;
  IF NOT FOUND THEN
    INSERT INTO {schema}.lh_name (name) VALUES (p_name) ON CONFLICT DO NOTHING;
    SELECT n.id INTO v_name FROM {schema}.lh_name n WHERE n.name = p_name;
  END IF;
  INSERT INTO {schema}.lh_lane (queue, name) VALUES (v_queue, v_name) ON CONFLICT DO NOTHING;
  SELECT l.id INTO v_lane FROM {schema}.lh_lane l WHERE l.queue = v_queue AND l.name = v_name;
  RETURN v_lane;
END $f$;

CREATE OR REPLACE FUNCTION {schema}.lh_queue_of(p_queue text) RETURNS int LANGUAGE plpgsql AS $f$
DECLARE
  v_queue int;
BEGIN
  SELECT q.id INTO v_queue FROM {schema}.lh_queue q WHERE q.name = p_queue;
  IF NOT FOUND THEN
    INSERT INTO {schema}.lh_queue (name) VALUES (p_queue) ON CONFLICT DO NOTHING;
    SELECT q.id INTO v_queue FROM {schema}.lh_queue q WHERE q.name = p_queue;
  END IF;
  RETURN v_queue;
END $f$;

-- Pending jobs, in ranges of consecutive ids -------------------------------------------------------------------------------------------

-- Puts jobs with consecutive ids; more than one (at most 1,000) only when they are plain and of one write. A job that comes back to what is left of
-- its range stands beside it, or behind it: the next claim puts that right. Here it might mean to wait for one.
CREATE OR REPLACE FUNCTION {schema}.lh_pending_put(p_lane int, p_priority int, p_due bigint, p_id bigint, p_jobs int, p_flags int, p_now bigint)
RETURNS void LANGUAGE plpgsql AS $f$
BEGIN
  IF p_due > p_now THEN
    INSERT INTO {schema}.lh_later (due, id, jobs, lane, priority, flags) VALUES (p_due, p_id, p_jobs, p_lane, p_priority, p_flags);
    RETURN;
  END IF;
  INSERT INTO {schema}.lh_ready (lane, priority, due, id, jobs, flags) VALUES (p_lane, p_priority, p_due, p_id, p_jobs, p_flags);
END $f$;

-- Locks the range that a pending job, or a pending hook, is in, and gives its flags; null: it is in none. A range has at most 1,000 jobs,
-- which bounds the look for it.
CREATE OR REPLACE FUNCTION {schema}.lh_pending_lock(p_lane int, p_priority int, p_due bigint, p_id bigint) RETURNS int LANGUAGE plpgsql AS $f$
DECLARE
  v_flags int;
BEGIN
  SELECT r.flags INTO v_flags FROM {schema}.lh_ready r
  WHERE r.lane = p_lane AND r.priority = p_priority AND r.due = p_due AND r.id BETWEEN p_id - 1023 AND p_id
    AND p_id >= r.id + r.taken AND p_id < r.id + r.jobs
  ORDER BY r.id DESC LIMIT 1 FOR UPDATE;
  IF FOUND THEN
    RETURN v_flags;
  END IF;
  SELECT r.flags INTO v_flags FROM {schema}.lh_later r
  WHERE r.due = p_due AND r.id BETWEEN p_id - 1023 AND p_id AND p_id < r.id + r.jobs AND r.lane = p_lane
  ORDER BY r.id DESC LIMIT 1 FOR UPDATE;
  RETURN v_flags;
END $f$;

-- Takes a pending job, or a pending hook, out of its queue; what is left of its range stays where it is, due or not: whoever promotes
-- takes whole ranges. False: it was not there.
CREATE OR REPLACE FUNCTION {schema}.lh_pending_leave(p_lane int, p_priority int, p_due bigint, p_id bigint) RETURNS boolean LANGUAGE plpgsql AS $f$
DECLARE
  v_at tid;
  v_first bigint;
  v_end bigint;
  v_key bigint;
  v_flags int;
BEGIN
  SELECT r.ctid, r.id, r.id + r.taken, r.id + r.jobs, r.flags INTO v_at, v_key, v_first, v_end, v_flags FROM {schema}.lh_ready r
  WHERE r.lane = p_lane AND r.priority = p_priority AND r.due = p_due AND r.id BETWEEN p_id - 1023 AND p_id
    AND p_id >= r.id + r.taken AND p_id < r.id + r.jobs
  ORDER BY r.id DESC LIMIT 1 FOR UPDATE;
  IF FOUND THEN
    IF p_id > v_first THEN
      UPDATE {schema}.lh_ready r SET jobs = p_id - v_key WHERE r.ctid = v_at;
      IF v_end > p_id + 1 THEN
        INSERT INTO {schema}.lh_ready (lane, priority, due, id, jobs, flags) VALUES (p_lane, p_priority, p_due, p_id + 1, v_end - p_id - 1, v_flags);
      END IF;
    ELSIF v_end > p_id + 1 THEN
      UPDATE {schema}.lh_ready r SET taken = p_id + 1 - v_key WHERE r.ctid = v_at;
    ELSE
      DELETE FROM {schema}.lh_ready r WHERE r.ctid = v_at;
    END IF;
    RETURN true;
  END IF;

  SELECT r.ctid, r.id, r.id + r.jobs, r.flags INTO v_at, v_first, v_end, v_flags FROM {schema}.lh_later r
  WHERE r.due = p_due AND r.id BETWEEN p_id - 1023 AND p_id AND p_id < r.id + r.jobs AND r.lane = p_lane
  ORDER BY r.id DESC LIMIT 1 FOR UPDATE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  IF p_id > v_first THEN
    UPDATE {schema}.lh_later r SET jobs = p_id - v_first WHERE r.ctid = v_at;
  ELSE
    DELETE FROM {schema}.lh_later r WHERE r.ctid = v_at;
  END IF;
  IF v_end > p_id + 1 THEN
    INSERT INTO {schema}.lh_later (due, id, jobs, lane, priority, flags) VALUES (p_due, p_id + 1, v_end - p_id - 1, p_lane, p_priority, v_flags);
  END IF;
  RETURN true;
END $f$;

-- Where a job stands -------------------------------------------------------------------------------------------------------------------

-- Finds a job and locks the rows that hold its place (run, held, done, or the range of the queue), so that it stays there until the end of
-- the transaction. state null: there is no such job. runs: it, or its hook, runs. While the hook of a failed job is pending, that is locked too.
CREATE OR REPLACE FUNCTION {schema}.lh_find(
  p_id bigint, OUT state smallint, OUT lane int, OUT priority smallint, OUT due bigint, OUT flags int, OUT runs boolean, OUT hook_due bigint)
LANGUAGE plpgsql AS $f$
DECLARE
  v_first_due bigint;
  v_due bigint;
  v_flags int;
BEGIN
  FOR attempt IN 1..200 LOOP
    state := NULL;
    runs := false;
    hook_due := NULL;
    SELECT j.lane, j.priority, j.created + j.delay INTO lane, priority, v_first_due FROM {schema}.lh_job j WHERE j.id = p_id;
    IF NOT FOUND THEN
      RETURN;
    END IF;

    PERFORM {schema}.lh_settle_down(p_id);
    -- Done comes first: while the hook of a failed job runs it is in two tables. Who looks again holds that row, and others lock in this order.
    SELECT d.state, d.flags INTO state, flags FROM {schema}.lh_done d WHERE d.id = p_id FOR UPDATE;
    SELECT r.flags INTO v_flags FROM {schema}.lh_run r WHERE r.id = p_id AND (state IS NOT NULL OR (r.flags & 4) = 0) FOR UPDATE;
    IF FOUND THEN
      runs := true;
      IF state IS NULL THEN
        state := 2;
        flags := v_flags;
      END IF;
    ELSIF state IS NULL THEN
      SELECT h.state, h.flags INTO state, flags FROM {schema}.lh_held h WHERE h.id = p_id FOR UPDATE;
    END IF;

    v_due := NULL;
    SELECT s.due, s.hook_due INTO v_due, hook_due FROM {schema}.lh_state s WHERE s.id = p_id;
    due := coalesce(v_due, v_first_due);
    IF state IS NULL THEN
      flags := {schema}.lh_pending_lock(lane, priority, due, p_id);
      IF flags IS NOT NULL THEN
        state := 1;
        RETURN;
      END IF;
    ELSIF state = 5 AND hook_due IS NOT NULL AND NOT runs AND (flags & 64) = 0 THEN
      IF {schema}.lh_pending_lock(lane, priority, hook_due, p_id) IS NOT NULL THEN
        RETURN;
      END IF; -- else the hook has just been claimed
    ELSIF state <> 5 OR runs OR NOT EXISTS (SELECT FROM {schema}.lh_run r WHERE r.id = p_id) THEN -- else it was claimed since the first look
      RETURN;
    END IF;
    -- It went from one table to another between two looks: look again.
    IF attempt > 20 THEN
      PERFORM pg_sleep(0.005); -- its claim, or promotion, is about to commit
    END IF;
  END LOOP;
  RAISE EXCEPTION 'Job % must be in one table of states, but was found in none (last seen: state %, flags %, due %, hook due %, lane % priority %; pending near it: %); run ''longhaul doctor''.',
    p_id, state, flags, due, hook_due, lane, priority,
    (SELECT string_agg(format('%s from %s to %s due %s in lane %s priority %s flags %s', x.place, x.first, x.last, x.due, x.lane, x.priority, x.flags), ', ')
    FROM (
      SELECT 'ready' AS place, r.id + r.taken AS first, r.id + r.jobs - 1 AS last, r.due, r.lane, r.priority, r.flags FROM {schema}.lh_ready r
      UNION ALL SELECT 'later', l.id, l.id + l.jobs - 1, l.due, l.lane, l.priority, l.flags FROM {schema}.lh_later l) x
    WHERE p_id BETWEEN x.first AND x.last)
    USING ERRCODE = 'LH001';
END $f$;

-- What only some jobs have -------------------------------------------------------------------------------------------------------------

-- Makes sure of a job's row in lh_state. A plain job that ended has only its row in lh_done: what counts on goes on from there, and so does
-- whose end it was, so that a repeated settlement is told from a lost lease when the job has left lh_done.
CREATE OR REPLACE FUNCTION {schema}.lh_state_of(p_id bigint, p_now bigint) RETURNS {schema}.lh_state LANGUAGE plpgsql AS $f$
DECLARE
  v_state {schema}.lh_state;
BEGIN
  SELECT * INTO v_state FROM {schema}.lh_state s WHERE s.id = p_id;
  IF NOT FOUND THEN
    INSERT INTO {schema}.lh_state (id, updated, run_number, fence, settled_token)
    SELECT p_id, p_now, coalesce(max(d.run_number), 0), coalesce(max(d.finished), 0), max(d.token) FROM {schema}.lh_done d WHERE d.id = p_id
    ON CONFLICT DO NOTHING;
    SELECT * INTO v_state FROM {schema}.lh_state s WHERE s.id = p_id;
  END IF;
  RETURN v_state;
END $f$;

-- The counters of a job; text columns (error, reason, progress, checkpoint) are written where they change.
CREATE OR REPLACE FUNCTION {schema}.lh_state_save(p_state {schema}.lh_state, p_now bigint) RETURNS void LANGUAGE sql AS $f$
  UPDATE {schema}.lh_state SET due = p_state.due, run_number = p_state.run_number, failed_attempts = p_state.failed_attempts,
    lost_runs = p_state.lost_runs, hook_tries = p_state.hook_tries, hook_due = p_state.hook_due, fence = p_state.fence,
    settled_token = p_state.settled_token, started = p_state.started, item_failures = p_state.item_failures, log_lines = p_state.log_lines,
    updated = p_now
  WHERE id = p_state.id;
$f$;

-- What the job must still know when its run is gone. Not saved yet.
CREATE OR REPLACE FUNCTION {schema}.lh_remember(p_run {schema}.lh_run, p_settled_by bigint, p_now bigint) RETURNS {schema}.lh_state LANGUAGE plpgsql AS $f$
DECLARE
  v_state {schema}.lh_state;
BEGIN
  v_state := {schema}.lh_state_of(p_run.id, p_now);
  v_state.run_number := p_run.run_number;
  v_state.fence := p_run.fence;
  v_state.settled_token := coalesce(p_settled_by, v_state.settled_token);
  IF p_run.run_number = 1 THEN
    v_state.started := p_run.claimed;
  END IF;
  RETURN v_state;
END $f$;

CREATE OR REPLACE FUNCTION {schema}.lh_set_error(p_id bigint, p_type text, p_message text, p_detail text) RETURNS void LANGUAGE sql AS $f$
  UPDATE {schema}.lh_state SET error_type = p_type, error_message = p_message, error_detail = p_detail WHERE id = p_id;
$f$;

CREATE OR REPLACE FUNCTION {schema}.lh_set_reason(p_id bigint, p_reason text) RETURNS void LANGUAGE sql AS $f$
  UPDATE {schema}.lh_state SET reason = p_reason WHERE id = p_id;
$f$;

-- What happened to a job, for those that people will look at. Whoever calls it for a run sets its flag 32.
CREATE OR REPLACE FUNCTION {schema}.lh_history_add(
  p_job bigint, p_kind int, p_run_number int, p_session bigint, p_duration bigint, p_error_type text, p_error_message text, p_error_detail text,
  p_by text, p_reason text, p_now bigint)
RETURNS void LANGUAGE sql AS $f$
  INSERT INTO {schema}.lh_history (job, at, kind, run_number, worker, duration, error_type, error_message, error_detail, done_by, reason)
  VALUES (p_job, p_now, p_kind, p_run_number, (SELECT s.name FROM {schema}.lh_session s WHERE s.id = p_session), p_duration,
    p_error_type, p_error_message, p_error_detail, p_by, p_reason);
$f$;

-- Unique keys --------------------------------------------------------------------------------------------------------------------------

-- Keeps a pending job where it is until the end of this transaction: claims pass over it. False: it is not pending.
CREATE OR REPLACE FUNCTION {schema}.lh_pending_hold(p_id bigint) RETURNS boolean LANGUAGE sql AS $f$
  SELECT EXISTS (SELECT FROM {schema}.lh_job j LEFT JOIN {schema}.lh_state s ON s.id = j.id
    WHERE j.id = p_id AND {schema}.lh_pending_lock(j.lane, j.priority, coalesce(s.due, j.created + j.delay), j.id) IS NOT NULL);
$f$;

-- The job that occupies a key now; null: none does. One that gives its key up when it starts does not start before the end of this transaction:
-- it is to see what its duplicate was enqueued for. No other is locked, for a run must end, whoever's transaction this is.
CREATE OR REPLACE FUNCTION {schema}.lh_unique_holder(p_name int, p_owner text, p_key text, p_now bigint) RETURNS bigint LANGUAGE plpgsql AS $f$
DECLARE
  v_key record;
BEGIN
  FOR attempt IN 1..100 LOOP
    SELECT u.job, u.scope INTO v_key FROM {schema}.lh_unique u
    WHERE u.name = p_name AND u.owner = coalesce(p_owner, '') AND u.key = p_key AND (u.until IS NULL OR u.until > p_now);
    EXIT WHEN NOT FOUND OR v_key.scope <> 0 OR {schema}.lh_pending_hold(v_key.job) OR EXISTS (SELECT FROM {schema}.lh_held h WHERE h.id = v_key.job);
  END LOOP; -- it has started meanwhile
  RETURN v_key.job;
END $f$;

-- Occupies a key for a job. Null: done, or it was this job's already; else the job that has it. Waits for a writer of the same key.
CREATE OR REPLACE FUNCTION {schema}.lh_unique_occupy(p_name int, p_owner text, p_key text, p_job bigint, p_scope int, p_until bigint, p_now bigint)
RETURNS bigint LANGUAGE plpgsql AS $f$
DECLARE
  v_holder bigint;
BEGIN
  LOOP
    -- Not DO UPDATE, which locks the row also where it changes nothing.
    INSERT INTO {schema}.lh_unique (name, owner, key, job, scope, until) VALUES (p_name, coalesce(p_owner, ''), p_key, p_job, p_scope, p_until) ON CONFLICT DO NOTHING;
    IF FOUND THEN
      RETURN NULL;
    END IF;
    UPDATE {schema}.lh_unique u SET job = p_job, scope = p_scope, until = p_until
    WHERE u.name = p_name AND u.owner = coalesce(p_owner, '') AND u.key = p_key AND (u.job = p_job OR u.until <= p_now);
    IF FOUND THEN
      RETURN NULL;
    END IF;
    v_holder := {schema}.lh_unique_holder(p_name, p_owner, p_key, p_now);
    IF v_holder IS NOT NULL THEN
      RETURN v_holder;
    END IF;
  END LOOP;
END $f$;

-- Gives a job's key up, when its scope (0 until started, 1 until finished, 2 window) is among these. Only by the job that has it.
CREATE OR REPLACE FUNCTION {schema}.lh_unique_vacate(p_lane int, p_id bigint, p_scopes int[]) RETURNS void LANGUAGE sql AS $f$
  DELETE FROM {schema}.lh_unique u USING {schema}.lh_detail d, {schema}.lh_lane l
  WHERE d.id = p_id AND l.id = p_lane AND d.unique_key IS NOT NULL AND d.unique_scope = ANY(p_scopes)
    AND u.name = l.name AND u.owner = coalesce(d.owner, '') AND u.key = d.unique_key AND u.job = p_id;
$f$;

-- The job has ended, or is deleted. A window goes on.
CREATE OR REPLACE FUNCTION {schema}.lh_unique_ended(p_lane int, p_id bigint) RETURNS void LANGUAGE sql AS $f$
  SELECT {schema}.lh_unique_vacate(p_lane, p_id, '{0,1}');
$f$;

-- The job that occupies the key of another now.
CREATE OR REPLACE FUNCTION {schema}.lh_unique_holder_of(p_lane int, p_id bigint, p_now bigint) RETURNS bigint LANGUAGE sql AS $f$
  SELECT {schema}.lh_unique_holder(l.name, d.owner, d.unique_key, p_now) FROM {schema}.lh_detail d, {schema}.lh_lane l
  WHERE d.id = p_id AND l.id = p_lane AND d.unique_key IS NOT NULL;
$f$;

-- A person revives an ended job. False: another job has its key.
CREATE OR REPLACE FUNCTION {schema}.lh_unique_revive(p_lane int, p_id bigint, p_now bigint) RETURNS boolean LANGUAGE plpgsql AS $f$
DECLARE
  v_key record;
BEGIN
  SELECT l.name, d.owner, d.unique_key, d.unique_scope INTO v_key FROM {schema}.lh_detail d, {schema}.lh_lane l
  WHERE d.id = p_id AND l.id = p_lane AND d.unique_key IS NOT NULL AND d.unique_scope = 1;
  RETURN NOT FOUND OR {schema}.lh_unique_occupy(v_key.name, v_key.owner, v_key.unique_key, p_id, v_key.unique_scope, NULL, p_now) IS NULL;
END $f$;

-- From state to state ------------------------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION {schema}.lh_to_held(p_id bigint, p_lane int, p_priority int, p_flags int, p_state int, p_from int)
RETURNS void LANGUAGE plpgsql AS $f$
BEGIN
  INSERT INTO {schema}.lh_held (id, lane, flags, priority, state) VALUES (p_id, p_lane, p_flags, p_priority, p_state);
  PERFORM {schema}.lh_tally_move(p_lane, p_from, p_state);
END $f$;

-- Makes a job pending; or waiting, while the code of its last run goes on. The state it has then.
CREATE OR REPLACE FUNCTION {schema}.lh_to_pending(p_id bigint, p_lane int, p_priority int, p_flags int, p_due bigint, p_from int, p_now bigint)
RETURNS smallint LANGUAGE plpgsql AS $f$
BEGIN
  IF (p_flags & 64) <> 0 THEN
    PERFORM {schema}.lh_to_held(p_id, p_lane, p_priority, p_flags, 0, p_from);
    RETURN 0;
  END IF;
  PERFORM {schema}.lh_pending_put(p_lane, p_priority, p_due, p_id, 1, p_flags, p_now);
  PERFORM {schema}.lh_tally_move(p_lane, p_from, 1);
  RETURN 1;
END $f$;

-- Makes the hook of a failed job claimable: never a suspect.
CREATE OR REPLACE FUNCTION {schema}.lh_hook_to_pending(p_id bigint, p_lane int, p_priority int, p_flags int, p_due bigint, p_now bigint)
RETURNS void LANGUAGE sql AS $f$
  SELECT {schema}.lh_pending_put(p_lane, p_priority, p_due, p_id, 1, (p_flags & ~16) | 4 | 1, p_now);
$f$;

-- What is pruned when. Each call that keeps what has gone also forgets some of it, so that it stays little without a prune.
CREATE OR REPLACE FUNCTION {schema}.lh_expires(p_at bigint, p_gone boolean, p_jobs bigint[], p_now bigint) RETURNS void LANGUAGE plpgsql AS $f$
BEGIN
  INSERT INTO {schema}.lh_expiry (at, gone, jobs) VALUES (p_at, p_gone, p_jobs);
  IF p_gone THEN
    PERFORM {schema}.lh_forget(2, p_now);
  END IF;
END $f$;

-- Forgets what is left of jobs that went long enough ago.
CREATE OR REPLACE FUNCTION {schema}.lh_forget(p_parts int, p_now bigint) RETURNS void LANGUAGE sql AS $f$
  WITH due AS (
    SELECT e.at, e.number FROM {schema}.lh_expiry e WHERE e.gone AND e.at <= p_now ORDER BY e.at, e.number LIMIT p_parts FOR UPDATE SKIP LOCKED
  ), parts AS (
    DELETE FROM {schema}.lh_expiry e USING due WHERE e.at = due.at AND e.number = due.number RETURNING e.jobs
  )
  DELETE FROM {schema}.lh_gone g USING parts, unnest(parts.jobs) AS job WHERE g.id = job AND g.expires <= p_now;
$f$;

CREATE OR REPLACE FUNCTION {schema}.lh_to_done(
  p_id bigint, p_lane int, p_flags int, p_state int, p_run_number int, p_token bigint, p_retention bigint, p_from int, p_now bigint)
RETURNS void LANGUAGE plpgsql AS $f$
DECLARE
  v_expires bigint := {schema}.lh_after(p_now, p_retention);
BEGIN
  INSERT INTO {schema}.lh_done (id, token, finished, expires, flags, run_number, state)
  VALUES (p_id, p_token, p_now, v_expires, p_flags & ~(4 | 8), p_run_number, p_state);
  PERFORM {schema}.lh_expires(v_expires, false, ARRAY[p_id], p_now);
  PERFORM {schema}.lh_tally_move(p_lane, p_from, p_state);
END $f$;

-- Removes a job that is in no table of states any more, and all that hangs on it.
CREATE OR REPLACE FUNCTION {schema}.lh_erase(p_id bigint, p_lane int, p_flags int) RETURNS void LANGUAGE plpgsql AS $f$
BEGIN
  IF (p_flags & 2) <> 0 THEN
    PERFORM {schema}.lh_unique_ended(p_lane, p_id);
  END IF;
  IF (p_flags & 32) <> 0 THEN
    DELETE FROM {schema}.lh_tag t USING {schema}.lh_detail d WHERE d.id = p_id AND t.job = p_id AND t.tag = ANY(d.tags);
    DELETE FROM {schema}.lh_body WHERE job = p_id;
    DELETE FROM {schema}.lh_checkpoint WHERE job = p_id;
    DELETE FROM {schema}.lh_log WHERE job = p_id;
    DELETE FROM {schema}.lh_trace WHERE job = p_id;
    DELETE FROM {schema}.lh_item WHERE job = p_id;
    DELETE FROM {schema}.lh_history WHERE job = p_id;
  END IF;
  IF (p_flags & 128) <> 0 THEN
    DELETE FROM {schema}.lh_detail WHERE id = p_id;
  END IF;
  IF (p_flags & 1) <> 0 THEN
    DELETE FROM {schema}.lh_state WHERE id = p_id;
  END IF;
  IF (p_flags & 64) <> 0 THEN
    DELETE FROM {schema}.lh_hold WHERE id = p_id;
  END IF;
  DELETE FROM {schema}.lh_job WHERE id = p_id;
END $f$;

-- How jobs end, whoever ends them ------------------------------------------------------------------------------------------------------

-- A job that is not kept leaves its id, nonce and token for ten minutes.
CREATE OR REPLACE FUNCTION {schema}.lh_complete(
  p_id bigint, p_lane int, p_flags int, p_run_number int, p_token bigint, p_retention bigint, p_now bigint)
RETURNS void LANGUAGE plpgsql AS $f$
DECLARE
  v_expires bigint;
BEGIN
  IF (p_flags & 2) <> 0 THEN
    PERFORM {schema}.lh_unique_ended(p_lane, p_id);
  END IF;
  IF p_retention > 0 THEN
    PERFORM {schema}.lh_to_done(p_id, p_lane, p_flags, 4, p_run_number, p_token, p_retention, 2, p_now);
    RETURN;
  END IF;
  v_expires := p_now + 600000000;
  INSERT INTO {schema}.lh_gone (id, nonce, token, expires) SELECT j.id, j.nonce, p_token, v_expires FROM {schema}.lh_job j WHERE j.id = p_id;
  PERFORM {schema}.lh_expires(v_expires, true, ARRAY[p_id], p_now);
  PERFORM {schema}.lh_tally_move(p_lane, 2, NULL);
  PERFORM {schema}.lh_erase(p_id, p_lane, p_flags);
END $f$;

-- Fails a job for good (kept 90 days). Its hook becomes due now; or when the code of its last run has ended. lh_state.hook_due is the caller's.
CREATE OR REPLACE FUNCTION {schema}.lh_fail(
  p_id bigint, p_lane int, p_priority int, p_flags int, p_run_number int, p_token bigint, p_hook boolean, p_from int, p_now bigint)
RETURNS void LANGUAGE plpgsql AS $f$
BEGIN
  IF (p_flags & 2) <> 0 THEN
    PERFORM {schema}.lh_unique_ended(p_lane, p_id);
  END IF;
  PERFORM {schema}.lh_to_done(p_id, p_lane, p_flags, 5, p_run_number, p_token, 7776000000000, p_from, p_now);
  IF p_hook AND (p_flags & 64) = 0 THEN
    PERFORM {schema}.lh_hook_to_pending(p_id, p_lane, p_priority, p_flags, p_now, p_now);
  END IF;
END $f$;

-- Kept 14 days.
CREATE OR REPLACE FUNCTION {schema}.lh_cancel(p_id bigint, p_lane int, p_flags int, p_run_number int, p_token bigint, p_from int, p_now bigint)
RETURNS void LANGUAGE plpgsql AS $f$
BEGIN
  IF (p_flags & 2) <> 0 THEN
    PERFORM {schema}.lh_unique_ended(p_lane, p_id);
  END IF;
  PERFORM {schema}.lh_to_done(p_id, p_lane, p_flags, 6, p_run_number, p_token, 1209600000000, p_from, p_now);
END $f$;

-- The code of a settled run has ended: what waited for it is claimable.
CREATE OR REPLACE FUNCTION {schema}.lh_end_hold(p_id bigint, p_token bigint, p_now bigint) RETURNS void LANGUAGE plpgsql AS $f$
DECLARE
  v_job record;
BEGIN
  IF NOT EXISTS (SELECT FROM {schema}.lh_hold h WHERE h.id = p_id AND h.token = p_token) THEN
    RETURN;
  END IF;
  v_job := {schema}.lh_find(p_id); -- in the order in which everybody locks: the job's place first
  DELETE FROM {schema}.lh_hold h WHERE h.id = p_id AND h.token = p_token;
  IF NOT FOUND OR v_job.state IS NULL THEN
    RETURN;
  END IF;
  UPDATE {schema}.lh_held h SET flags = h.flags & ~64 WHERE h.id = p_id;
  UPDATE {schema}.lh_done d SET flags = d.flags & ~64 WHERE d.id = p_id;
  IF v_job.state = 0 THEN
    DELETE FROM {schema}.lh_held h WHERE h.id = p_id;
    PERFORM {schema}.lh_to_pending(p_id, v_job.lane, v_job.priority, v_job.flags & ~64, v_job.due, 0, p_now);
  ELSIF v_job.state = 5 AND v_job.hook_due IS NOT NULL THEN
    PERFORM {schema}.lh_hook_to_pending(p_id, v_job.lane, v_job.priority, v_job.flags & ~64, v_job.hook_due, p_now);
  END IF;
END $f$;
