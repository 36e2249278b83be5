-- What runs tell between claim and settle.

-- Writes one update of a run that is current and locked, and gives the run as it is then. The update's own columns; of the shared ones
-- (logs, rows, children) what is of number p_at. p_rows: JSON of traces, items and mended items; p_children: JSON of lh_children.
CREATE OR REPLACE FUNCTION {schema}.lh_tell(
  p_run {schema}.lh_run, p_at int, p_headway boolean, p_progress text, p_checkpoint text, p_order bigint, p_keep boolean, p_phase text, p_result text,
  p_log_of int[], p_log_at bigint[], p_log_level smallint[], p_log_text text[], p_rows text, p_child_of int[], p_children text, p_now bigint)
RETURNS {schema}.lh_run LANGUAGE plpgsql AS $f$
DECLARE
  v_run {schema}.lh_run := p_run;
  v_state {schema}.lh_state;
  v_logs int := 0;
  v_items boolean := false;
  v_traces boolean := false;
  v_child record;
BEGIN
  IF p_log_of IS NOT NULL THEN
    SELECT count(*) INTO v_logs FROM unnest(p_log_of) l WHERE l = p_at;
  END IF;
  IF p_rows IS NOT NULL THEN
    SELECT count(*) FILTER (WHERE r ->> 'k' = 't') > 0, count(*) FILTER (WHERE r ->> 'k' <> 't') > 0 INTO v_traces, v_items
    FROM json_array_elements(p_rows::json) r WHERE (r ->> 'of')::int = p_at;
  END IF;

  IF p_headway OR p_progress IS NOT NULL OR p_checkpoint IS NOT NULL OR p_result IS NOT NULL OR v_logs > 0 OR v_items THEN
    v_state := {schema}.lh_state_of(v_run.id, p_now);
    v_run.flags := v_run.flags | 1;
    IF p_headway THEN
      v_state.lost_runs := 0;
      v_run.flags := v_run.flags & ~16;
      v_run.headway := true;
    END IF;
    IF v_items THEN
      v_run.flags := v_run.flags | 32;
      v_state.item_failures := {schema}.lh_tell_items(v_run.id, p_at, p_rows);
    END IF;
    IF v_logs > 0 THEN
      v_run.flags := v_run.flags | 32;
      INSERT INTO {schema}.lh_log (job, at, run_number, lane, level, text)
      SELECT v_run.id, l.at, v_run.run_number, v_run.lane, l.level, l.text
      FROM unnest(p_log_of, p_log_at, p_log_level, p_log_text) WITH ORDINALITY AS l (of, at, level, text, n)
      WHERE l.of = p_at ORDER BY l.n;
      v_state.log_lines := v_state.log_lines + v_logs;
      IF v_state.log_lines > 10000 THEN -- the oldest go
        DELETE FROM {schema}.lh_log g WHERE g.job = v_run.id AND g.seq IN (
          SELECT o.seq FROM {schema}.lh_log o WHERE o.job = v_run.id ORDER BY o.seq LIMIT v_state.log_lines - 10000);
        v_state.log_lines := 10000;
      END IF;
    END IF;
    IF p_checkpoint IS NOT NULL AND v_state.checkpoint_token = v_run.token AND p_order < v_state.checkpoint_order THEN
      p_checkpoint := NULL; -- it was overtaken by a later one of this run
    END IF;

    UPDATE {schema}.lh_state s SET lost_runs = v_state.lost_runs, item_failures = v_state.item_failures, log_lines = v_state.log_lines, updated = p_now,
      progress = coalesce(p_progress, s.progress), progress_at = CASE WHEN p_progress IS NULL THEN s.progress_at ELSE p_now END,
      checkpoint = CASE WHEN p_checkpoint IS NULL THEN s.checkpoint WHEN octet_length(p_checkpoint) <= 65536 THEN p_checkpoint END,
      checkpoint_at = CASE WHEN p_checkpoint IS NULL THEN s.checkpoint_at ELSE p_now END,
      checkpoint_order = CASE WHEN p_checkpoint IS NULL THEN s.checkpoint_order ELSE p_order END,
      checkpoint_token = CASE WHEN p_checkpoint IS NULL THEN s.checkpoint_token ELSE v_run.token END
    WHERE s.id = v_run.id;
    IF p_checkpoint IS NOT NULL THEN
      IF octet_length(p_checkpoint) > 65536 THEN
        v_run.flags := v_run.flags | 32;
        PERFORM {schema}.lh_set_body(v_run.id, 1, p_checkpoint);
      ELSIF (v_run.flags & 32) <> 0 THEN
        DELETE FROM {schema}.lh_body b WHERE b.job = v_run.id AND b.kind = 1;
      END IF;
      IF p_keep THEN
        v_run.flags := v_run.flags | 32;
        INSERT INTO {schema}.lh_checkpoint (job, at, run_number, bytes, phase, body)
        VALUES (v_run.id, p_now, v_run.run_number, octet_length(p_checkpoint), p_phase, p_checkpoint);
        DELETE FROM {schema}.lh_checkpoint c WHERE c.job = v_run.id AND c.id IN (
          SELECT o.id FROM {schema}.lh_checkpoint o WHERE o.job = v_run.id ORDER BY o.id DESC OFFSET 5);
      END IF;
    END IF;
    IF p_result IS NOT NULL THEN
      v_run.flags := v_run.flags | 32;
      PERFORM {schema}.lh_set_body(v_run.id, 2, p_result);
    END IF;
  END IF;

  IF v_traces THEN
    v_run.flags := v_run.flags | 32;
    INSERT INTO {schema}.lh_trace (job, at, milliseconds, run_number, ord, success, type, subject, method, reason, result_info)
    SELECT v_run.id, t.at, t.ms::double precision, v_run.run_number, t.ord, t.success, t.type, t.subject, t.method, t.reason, t.info
    FROM json_to_recordset(p_rows::json) AS t (k text, of int, at bigint, ms text, ord int, success boolean, type text, subject text, method text, reason text, info text)
    WHERE t.k = 't' AND t.of = p_at;
  END IF;
  IF p_child_of IS NOT NULL AND p_at = ANY(p_child_of) THEN
    FOR v_child IN
      SELECT e.status, c.id, c.name FROM json_to_recordset(p_children::json) AS c (
        of int, id bigint, nonce bigint, lane int, name text, priority int, version int, delay bigint, run_at bigint, payload text, owner text, policy text,
        tags text[], description text, key text, scope int, span bigint, continue_from bigint, enqueued_by bigint, trace text)
      CROSS JOIN LATERAL {schema}.lh_enqueue_one(p_now, c.id, c.nonce, c.lane, c.priority, c.version, c.delay, c.run_at, c.payload, c.owner, c.policy, c.tags,
        c.description, c.key, c.scope, c.span, c.continue_from, c.enqueued_by, c.trace) e
      WHERE c.of = p_at
    LOOP
      IF v_child.status > 2 THEN
        RAISE EXCEPTION 'A job enqueued by a run must be writable, but % % was answered %; nothing of this update was written.', v_child.name, v_child.id,
          (ARRAY['IdTaken', 'NothingToContinue', 'ContinuedJobLives'])[v_child.status - 2] USING ERRCODE = 'LH002';
      END IF;
    END LOOP;
  END IF;

  IF v_run.flags <> p_run.flags OR v_run.headway <> p_run.headway THEN
    UPDATE {schema}.lh_run r SET flags = v_run.flags, headway = v_run.headway WHERE r.id = v_run.id;
  END IF;
  RETURN v_run;
END $f$;

CREATE OR REPLACE FUNCTION {schema}.lh_set_body(p_job bigint, p_kind int, p_body text) RETURNS void LANGUAGE sql AS $f$
  INSERT INTO {schema}.lh_body (job, kind, body) VALUES (p_job, p_kind, p_body) ON CONFLICT (job, kind) DO UPDATE SET body = excluded.body;
$f$;

-- New, changed and mended item failures of one update, in their order. How many the job has then.
CREATE OR REPLACE FUNCTION {schema}.lh_tell_items(p_job bigint, p_at int, p_rows text) RETURNS int LANGUAGE plpgsql AS $f$
DECLARE
  v_item record;
BEGIN
  FOR v_item IN
    SELECT * FROM json_to_recordset(p_rows::json) AS i (
      k text, of int, at bigint, tries int, l text, cursor text, after text, error_type text, error_message text, error_detail text, label text)
    WHERE i.k <> 't' AND i.of = p_at
  LOOP
    IF v_item.k = 'i' THEN
      INSERT INTO {schema}.lh_item AS o (job, at, tries, loop, cursor, after, error_type, error_message, error_detail, label)
      VALUES (p_job, v_item.at, v_item.tries, v_item.l, v_item.cursor, v_item.after, v_item.error_type, v_item.error_message, v_item.error_detail, v_item.label)
      ON CONFLICT (job, md5(loop || E'\n' || cursor)) DO UPDATE SET at = excluded.at, tries = excluded.tries, after = excluded.after,
        error_type = excluded.error_type, error_message = excluded.error_message, error_detail = excluded.error_detail, label = excluded.label;
    ELSE
      DELETE FROM {schema}.lh_item o
      WHERE o.job = p_job AND md5(o.loop || E'\n' || o.cursor) = md5(v_item.l || E'\n' || v_item.cursor);
    END IF;
  END LOOP;
  RETURN (SELECT count(*) FROM {schema}.lh_item o WHERE o.job = p_job);
END $f$;

-- Writes what runs have to tell, each update on its own, in the order of their ids. Answers (one row each): 0 written, 1 lease lost,
-- 2 refused, for that reason, 3 another transaction is writing this run (a caller's, that saved a checkpoint): nothing was written.
CREATE OR REPLACE FUNCTION {schema}.lh_flush(
  p_now bigint, p_wait boolean, p_ids bigint[], p_tokens bigint[], p_headway boolean[], p_progress text[], p_checkpoints text[], p_orders bigint[],
  p_keep boolean[], p_phases text[], p_results text[],
  p_log_of int[], p_log_at bigint[], p_log_level smallint[], p_log_text text[], p_rows text, p_child_of int[], p_children text)
RETURNS TABLE (at int, answer smallint, refusal text) LANGUAGE plpgsql
SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan AS $f$
#variable_conflict use_column
DECLARE
  v_now bigint := {schema}.lh_now(p_now);
  v_run {schema}.lh_run;
  v_update record;
BEGIN
  FOR v_update IN
    SELECT u.* FROM unnest(p_ids, p_tokens, p_headway, p_progress, p_checkpoints, p_orders, p_keep, p_phases, p_results) WITH ORDINALITY
      AS u (id, token, headway, progress, checkpoint, ord, keep, phase, result, n)
    ORDER BY u.id, u.n
  LOOP
    at := v_update.n;
    refusal := NULL;
    IF NOT p_wait THEN
      PERFORM FROM {schema}.lh_run r WHERE r.id = v_update.id FOR UPDATE SKIP LOCKED;
      IF NOT FOUND AND EXISTS (SELECT FROM {schema}.lh_run r WHERE r.id = v_update.id AND r.token = v_update.token) THEN
        answer := 3;
        RETURN NEXT;
        CONTINUE;
      END IF;
    END IF;
    v_run := {schema}.lh_current(v_update.id, v_update.token);
    IF v_run.id IS NULL THEN
      answer := 1;
    ELSE
      BEGIN
        PERFORM {schema}.lh_tell(v_run, at, v_update.headway, v_update.progress, v_update.checkpoint, v_update.ord, v_update.keep, v_update.phase,
          v_update.result, p_log_of, p_log_at, p_log_level, p_log_text, p_rows, p_child_of, p_children, v_now);
        answer := 0;
      EXCEPTION WHEN SQLSTATE 'LH002' THEN
        answer := 2;
        refusal := SQLERRM;
      END;
    END IF;
    RETURN NEXT;
  END LOOP;
END $f$;

-- For a transaction of the caller's own that keeps the run's row until its end: when it is left open, the server ends it after the worker's lease.
CREATE OR REPLACE FUNCTION {schema}.lh_end_when_idle(p_id bigint, p_token bigint) RETURNS void LANGUAGE plpgsql AS $f$
DECLARE
  v_lease bigint := (SELECT s.lease / 1000 FROM {schema}.lh_run r JOIN {schema}.lh_session s ON s.id = r.session WHERE r.id = p_id AND r.token = p_token);
  v_idle bigint := extract(epoch FROM current_setting('idle_in_transaction_session_timeout')::interval) * 1000;
BEGIN
  IF v_lease IS NOT NULL AND (v_idle = 0 OR v_idle > v_lease) THEN
    PERFORM set_config('idle_in_transaction_session_timeout', v_lease::text, true);
  END IF;
END $f$;

-- Writes one update in a transaction of the caller's own. The answer as of lh_flush; 4: the run must be settled down first.
CREATE OR REPLACE FUNCTION {schema}.lh_save(
  p_now bigint, p_ids bigint[], p_tokens bigint[], p_headway boolean[], p_progress text[], p_checkpoints text[], p_orders bigint[],
  p_keep boolean[], p_phases text[], p_results text[],
  p_log_of int[], p_log_at bigint[], p_log_level smallint[], p_log_text text[], p_rows text, p_child_of int[], p_children text)
RETURNS TABLE (at int, answer smallint, refusal text) LANGUAGE plpgsql AS $f$
BEGIN
  -- The row of a young run is its neighbours' too, and this transaction may last: it must be settled down by one that does not.
  IF EXISTS (SELECT FROM {schema}.lh_young y
    WHERE y.first BETWEEN p_ids[1] - 1023 AND p_ids[1] AND y.secret = p_tokens[1] >> 10 AND get_bit(y.open, (p_ids[1] - y.first)::int) = 1) THEN
    RETURN QUERY SELECT 1, 4::smallint, NULL::text;
    RETURN;
  END IF;
  PERFORM {schema}.lh_end_when_idle(p_ids[1], p_tokens[1]);
  RETURN QUERY SELECT * FROM {schema}.lh_flush(p_now, true, p_ids, p_tokens, p_headway, p_progress, p_checkpoints, p_orders, p_keep, p_phases, p_results,
    p_log_of, p_log_at, p_log_level, p_log_text, p_rows, p_child_of, p_children);
END $f$;
