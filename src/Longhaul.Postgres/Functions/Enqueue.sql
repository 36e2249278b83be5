-- Writing jobs.

-- The first of so many consecutive ids that nobody else gets. Whoever takes any holds one lock, of the session and not of the transaction:
-- a caller's long transaction must not hold up all other producers.
CREATE OR REPLACE FUNCTION {schema}.lh_take_ids(p_count int) RETURNS bigint LANGUAGE plpgsql AS $f$
DECLARE
  v_lock bigint := {schema}.lh_work_key(2);
  v_first bigint;
BEGIN
  PERFORM pg_advisory_lock(v_lock);
  BEGIN
    v_first := nextval('{schema}.lh_job_id');
    IF p_count > 1 THEN
      PERFORM setval('{schema}.lh_job_id', v_first + p_count - 1);
    END IF;
  EXCEPTION WHEN OTHERS OR query_canceled THEN
    PERFORM pg_advisory_unlock(v_lock);
    RAISE;
  END;
  PERFORM pg_advisory_unlock(v_lock);
  RETURN v_first;
END $f$;

-- Writes one job, whatever it says. Status (EnqueueStatus): 0 created, 1 repeated, 2 duplicate, 3 id taken, 4 nothing to continue,
-- 5 continued job lives. p_run_at wins over p_delay.
CREATE OR REPLACE FUNCTION {schema}.lh_enqueue_one(
  p_now bigint, p_id bigint, p_nonce bigint, p_lane int, p_priority int, p_version int, p_delay bigint, p_run_at bigint, p_payload text,
  p_owner text, p_policy text, p_tags text[], p_description text, p_key text, p_scope int, p_window bigint, p_continue bigint,
  p_enqueued_by bigint, p_trace text, OUT status smallint, OUT job bigint)
LANGUAGE plpgsql AS $f$
DECLARE
  v_due bigint := coalesce(p_run_at, {schema}.lh_after(p_now, coalesce(p_delay, 0)));
  v_flags int := 0;
  v_name int;
  v_nonce bigint;
  v_holder bigint;
BEGIN
  job := p_id;
  SELECT coalesce((SELECT g.nonce FROM {schema}.lh_gone g WHERE g.id = p_id), (SELECT j.nonce FROM {schema}.lh_job j WHERE j.id = p_id)) INTO v_nonce;
  IF v_nonce IS NOT NULL THEN
    status := CASE WHEN v_nonce = p_nonce THEN 1 ELSE 3 END;
    RETURN;
  END IF;

  IF p_key IS NOT NULL THEN
    SELECT l.name INTO v_name FROM {schema}.lh_lane l WHERE l.id = p_lane;
    v_holder := {schema}.lh_unique_holder(v_name, p_owner, p_key, p_now);
    IF v_holder IS NOT NULL AND v_holder <> p_id THEN
      status := 2;
      job := v_holder;
      RETURN;
    END IF;
  END IF;
  IF p_continue IS NOT NULL THEN
    IF EXISTS (SELECT FROM {schema}.lh_run_at(p_continue) r WHERE (r.flags & 4) = 0) THEN -- its row may be its neighbours' too: it is not touched
      status := 5;
      RETURN;
    END IF;
    PERFORM {schema}.lh_settle_down(p_continue);
    PERFORM FROM {schema}.lh_done d WHERE d.id = p_continue FOR SHARE; -- its checkpoint must not change or go meanwhile
    IF NOT FOUND THEN
      status := CASE WHEN EXISTS (SELECT FROM {schema}.lh_job j WHERE j.id = p_continue) THEN 5 ELSE 4 END;
      RETURN;
    END IF;
  END IF;

  INSERT INTO {schema}.lh_job (id, nonce, created, delay, lane, payload_version, priority, payload)
  VALUES (p_id, p_nonce, p_now, v_due - p_now, p_lane, p_version, p_priority, p_payload)
  ON CONFLICT (id) DO NOTHING;
  IF NOT FOUND THEN -- another writer of this id came between
    SELECT j.nonce INTO v_nonce FROM {schema}.lh_job j WHERE j.id = p_id;
    status := CASE WHEN v_nonce = p_nonce THEN 1 ELSE 3 END;
    RETURN;
  END IF;
  SELECT g.nonce INTO v_nonce FROM {schema}.lh_gone g WHERE g.id = p_id;
  IF FOUND THEN -- another writer of this id came between, and its job has ended and gone
    DELETE FROM {schema}.lh_job WHERE id = p_id;
    status := CASE WHEN v_nonce = p_nonce THEN 1 ELSE 3 END;
    RETURN;
  END IF;
  IF p_key IS NOT NULL THEN
    v_holder := {schema}.lh_unique_occupy(v_name, p_owner, p_key, p_id, p_scope, CASE WHEN p_scope = 2 THEN {schema}.lh_after(p_now, p_window) END, p_now);
    IF v_holder IS NOT NULL THEN -- another writer of this key came between
      DELETE FROM {schema}.lh_job WHERE id = p_id;
      status := 2;
      job := v_holder;
      RETURN;
    END IF;
    v_flags := v_flags | 2 | 128;
  END IF;
  IF cardinality(p_tags) > 0 THEN
    INSERT INTO {schema}.lh_tag (tag, job) SELECT DISTINCT t, p_id FROM unnest(p_tags) t;
    v_flags := v_flags | 32 | 128;
  END IF;
  IF p_continue IS NOT NULL THEN
    -- Phases, cursors and state of an ended job. Its kept checkpoints stay where they are.
    INSERT INTO {schema}.lh_state (id, updated, checkpoint, checkpoint_at)
    SELECT p_id, p_now, s.checkpoint, s.checkpoint_at FROM {schema}.lh_state s WHERE s.id = p_continue AND s.checkpoint_at IS NOT NULL;
    IF FOUND THEN
      INSERT INTO {schema}.lh_body (job, kind, body) SELECT p_id, b.kind, b.body FROM {schema}.lh_body b WHERE b.job = p_continue AND b.kind = 1;
      v_flags := v_flags | 1 | 32;
    END IF;
  END IF;
  IF v_flags <> 0 OR num_nonnulls(p_owner, p_policy, p_description, p_continue, p_enqueued_by, p_trace) > 0 THEN
    INSERT INTO {schema}.lh_detail (id, continue_from, enqueued_by, unique_scope, owner, policy, tags, description, unique_key, trace_parent)
    VALUES (p_id, p_continue, p_enqueued_by, CASE WHEN p_key IS NOT NULL THEN p_scope END, p_owner, p_policy, p_tags, p_description, p_key, p_trace);
    v_flags := v_flags | 128 | CASE WHEN p_owner IS NULL THEN 0 ELSE 256 END;
  END IF;

  PERFORM {schema}.lh_pending_put(p_lane, p_priority, v_due, p_id, 1, v_flags, p_now);
  PERFORM {schema}.lh_tally_move(p_lane, NULL, 1);
  status := 0;
END $f$;

-- Writes one plain job that is due now, as most are: a fraction of the work of lh_enqueue. False: nothing is written, for there is or was a job of
-- this id; lh_enqueue tells which.
CREATE OR REPLACE FUNCTION {schema}.lh_enqueue_plain(
  p_now bigint, p_id bigint, p_nonce bigint, p_lane int, p_priority smallint, p_version int, p_payload text)
RETURNS boolean LANGUAGE plpgsql SET enable_seqscan = off AS $f$
DECLARE
  v_now bigint := {schema}.lh_now(p_now);
BEGIN
  INSERT INTO {schema}.lh_job (id, nonce, created, delay, lane, payload_version, priority, payload)
  VALUES (p_id, p_nonce, v_now, 0, p_lane, p_version, p_priority, p_payload) ON CONFLICT (id) DO NOTHING;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  IF EXISTS (SELECT FROM {schema}.lh_gone g WHERE g.id = p_id) THEN -- after the insert, which another writer's job may have made way for
    DELETE FROM {schema}.lh_job WHERE id = p_id;
    RETURN false;
  END IF;
  INSERT INTO {schema}.lh_ready (lane, priority, due, id, jobs, flags) VALUES (p_lane, p_priority, v_now, p_id, 1, 0);
  INSERT INTO {schema}.lh_tally (lane, pending) VALUES (p_lane, 1);
  RETURN true;
END $f$;

-- Writes jobs, in columns: one array each, as long as p_ids, or null where no job says anything. Ranges are what the caller found of
-- consecutive ids alike in all but the payload: the first (its place in the arrays, from 1), how many, their flags. Details and tags name
-- their job by its place. Answers those that were not created; no row: all were.
CREATE OR REPLACE FUNCTION {schema}.lh_enqueue(
  p_now bigint, p_ids bigint[], p_nonces bigint[], p_lanes int[], p_priorities smallint[], p_versions int[], p_delays bigint[], p_run_at bigint[],
  p_payloads text[], p_range_at int[], p_range_jobs int[], p_range_flags int[],
  p_detail_at int[], p_owners text[], p_policies text[], p_descriptions text[], p_keys text[], p_scopes smallint[], p_windows bigint[],
  p_continues bigint[], p_enqueued_by bigint[], p_traces text[], p_tag_at int[], p_tags text[])
RETURNS TABLE (at int, status smallint, job bigint) LANGUAGE plpgsql
SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan AS $f$
#variable_conflict use_column
DECLARE
  v_now bigint := {schema}.lh_now(p_now);
  v_created bigint[];
  v_job record;
BEGIN
  IF p_keys IS NULL AND p_continues IS NULL THEN
    WITH new AS (
      INSERT INTO {schema}.lh_job (id, nonce, created, delay, lane, payload_version, priority, payload)
      SELECT u.id, u.nonce, v_now, CASE WHEN u.run_at IS NULL THEN least(v_now + coalesce(u.delay, 0), 253402300799999999) ELSE u.run_at END - v_now,
        u.lane, coalesce(u.version, 1), u.priority, u.payload
      FROM unnest(p_ids, p_nonces, p_lanes, p_priorities, p_versions, p_delays, p_run_at, p_payloads)
        AS u (id, nonce, lane, priority, version, delay, run_at, payload)
      ON CONFLICT (id) DO NOTHING
      RETURNING id
    )
    SELECT array_agg(id) INTO v_created FROM new;

    -- Looked for after the insert, which another writer's job may have made way for.
    IF cardinality(v_created) = cardinality(p_ids)
      AND (NOT EXISTS (SELECT FROM {schema}.lh_gone) OR NOT EXISTS (SELECT FROM {schema}.lh_gone g WHERE g.id = ANY(p_ids)))
    THEN
      IF p_delays IS NULL AND p_run_at IS NULL THEN
        INSERT INTO {schema}.lh_ready (lane, priority, due, id, jobs, flags)
        SELECT p_lanes[r.at], p_priorities[r.at], v_now, p_ids[r.at], r.jobs, r.flags
        FROM unnest(p_range_at, p_range_jobs, p_range_flags) AS r (at, jobs, flags);
      ELSE
        PERFORM {schema}.lh_pending_put(
          p_lanes[r.at], p_priorities[r.at], coalesce(p_run_at[r.at], {schema}.lh_after(v_now, coalesce(p_delays[r.at], 0))), p_ids[r.at], r.jobs, r.flags, v_now)
        FROM unnest(p_range_at, p_range_jobs, p_range_flags) AS r (at, jobs, flags);
      END IF;
      IF cardinality(p_range_at) = 1 THEN
        INSERT INTO {schema}.lh_tally (lane, pending) VALUES (p_lanes[1], p_range_jobs[1]);
      ELSE
        INSERT INTO {schema}.lh_tally (lane, pending)
        SELECT p_lanes[r.at], sum(r.jobs) FROM unnest(p_range_at, p_range_jobs) AS r (at, jobs) GROUP BY 1;
      END IF;
      IF p_detail_at IS NOT NULL THEN
        INSERT INTO {schema}.lh_detail (id, enqueued_by, owner, policy, tags, description, trace_parent)
        SELECT p_ids[d.at], d.enqueued_by, d.owner, d.policy, t.tags, d.description, d.trace
        FROM unnest(p_detail_at, p_enqueued_by, p_owners, p_policies, p_descriptions, p_traces) AS d (at, enqueued_by, owner, policy, description, trace)
        LEFT JOIN (
          SELECT x.at, array_agg(x.tag ORDER BY x.n) AS tags FROM unnest(p_tag_at, p_tags) WITH ORDINALITY AS x (at, tag, n) GROUP BY x.at
        ) t ON t.at = d.at;
      END IF;
      IF p_tag_at IS NOT NULL THEN
        INSERT INTO {schema}.lh_tag (tag, job) SELECT DISTINCT t.tag, p_ids[t.at] FROM unnest(p_tag_at, p_tags) AS t (at, tag);
      END IF;
      RETURN;
    END IF;
    -- Some are or were in the store already, or are twice in this call: again, one by one.
    DELETE FROM {schema}.lh_job j WHERE j.id = ANY(v_created);
  END IF;

  FOR v_job IN
    SELECT u.*, d.owner, d.policy, d.description, d.key, d.scope, d.span, d.continue_from, d.enqueued_by, d.trace, t.tags
    FROM unnest(p_ids, p_nonces, p_lanes, p_priorities, p_versions, p_delays, p_run_at, p_payloads) WITH ORDINALITY
      AS u (id, nonce, lane, priority, version, delay, run_at, payload, n)
    LEFT JOIN unnest(p_detail_at, p_owners, p_policies, p_descriptions, p_keys, p_scopes, p_windows, p_continues, p_enqueued_by, p_traces)
      AS d (at, owner, policy, description, key, scope, span, continue_from, enqueued_by, trace) ON d.at = u.n
    LEFT JOIN (
      SELECT x.at, array_agg(x.tag ORDER BY x.n) AS tags FROM unnest(p_tag_at, p_tags) WITH ORDINALITY AS x (at, tag, n) GROUP BY x.at
    ) t ON t.at = u.n
    ORDER BY u.n
  LOOP
    SELECT o.status, o.job INTO status, job FROM {schema}.lh_enqueue_one(
      v_now, v_job.id, v_job.nonce, v_job.lane, v_job.priority, coalesce(v_job.version, 1), v_job.delay, v_job.run_at, v_job.payload,
      v_job.owner, v_job.policy, v_job.tags, v_job.description, v_job.key, v_job.scope, v_job.span, v_job.continue_from,
      v_job.enqueued_by, v_job.trace) o;
    IF status <> 0 THEN
      at := v_job.n;
      RETURN NEXT;
    END IF;
  END LOOP;
END $f$;
