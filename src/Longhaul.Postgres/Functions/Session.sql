-- Workers' sessions and their hearts. States: 0 active, 1 quiet, 2 stopping, 3 dead, 4 gone.

-- Opens a session, or renews one that is alive. Answers the state of one that has ended, else null.
CREATE OR REPLACE FUNCTION {schema}.lh_session_open(
  p_now bigint, p_id bigint, p_name text, p_host_name text, p_boot_id text, p_machine_id text, p_pid_namespace text, p_pid int, p_process_start text,
  p_queues text[], p_names text[], p_concurrency int, p_version text, p_group bigint, p_lease bigint)
RETURNS smallint LANGUAGE plpgsql AS $f$
DECLARE
  v_now bigint := {schema}.lh_now(p_now);
BEGIN
  INSERT INTO {schema}.lh_session AS s (id, state, name, host_name, boot_id, machine_id, pid_namespace, pid, process_start, queues, names,
    concurrency, version, grp, opened, renewed, lease)
  VALUES (p_id, 0, p_name, p_host_name, p_boot_id, p_machine_id, p_pid_namespace, p_pid, p_process_start, p_queues, p_names,
    p_concurrency, p_version, p_group, v_now, v_now, p_lease)
  ON CONFLICT (id) DO UPDATE SET renewed = excluded.renewed WHERE s.state < 3;
  RETURN (SELECT s.state FROM {schema}.lh_session s WHERE s.id = p_id AND s.state >= 3);
END $f$;

-- When the server's own life began. A lease is counted from then on at the earliest: while the server was away nobody could renew.
CREATE OR REPLACE FUNCTION {schema}.lh_server_start(p_now bigint) RETURNS bigint LANGUAGE sql STABLE AS $f$
  SELECT CASE WHEN p_now IS NULL THEN (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint ELSE 0 END;
$f$;

-- Whether nobody holds the lock that shows a worker's life. It is let go at once: two who look must not see each other.
CREATE OR REPLACE FUNCTION {schema}.lh_life_gone(p_session bigint) RETURNS boolean LANGUAGE plpgsql AS $f$
BEGIN
  IF NOT pg_try_advisory_lock({schema}.lh_life_key(p_session)) THEN
    RETURN false;
  END IF;
  PERFORM pg_advisory_unlock({schema}.lh_life_key(p_session));
  RETURN true;
END $f$;

-- One tick of a heart. p_locked: whether the worker's listener holds the lock of its life now; p_look: whether to look for others' locks;
-- p_hint: whether to tell what is claimable. Rows by kind:
--   0 the head (always one): number = the session's state or null, token = the runs' tokens combined, id = their count, at = now,
--     span = the lease, flag = whether the server has been up for a lease, gone = whether anything waits to be pruned (with a renewal),
--     code = the order for the worker
--   1 an order for a run: id, token, code (RunOrderKind), text_1 by, text_2 reason
--   2 a peer: id, code its pid, text_1..3 its host, text_4 its process' start, flag whether its lease is over, gone whether its lock is
--   3 a run that could not be marked as begun, for somebody holds its row: to be told again
--   4 a queue with something to claim: text_1
CREATE OR REPLACE FUNCTION {schema}.lh_beat(
  p_now bigint, p_session bigint, p_renew boolean, p_state int, p_locked boolean, p_begun bigint[], p_begun_tokens bigint[], p_look boolean, p_hint boolean)
RETURNS TABLE (kind int, id bigint, token bigint, number int, code int, at bigint, span bigint, flag boolean, gone boolean,
  text_1 text, text_2 text, text_3 text, text_4 text)
LANGUAGE plpgsql AS $f$
#variable_conflict use_column
DECLARE
  v_now bigint := {schema}.lh_now(p_now);
  v_start bigint := {schema}.lh_server_start(p_now);
  v_session {schema}.lh_session;
  v_look boolean;
BEGIN
  SELECT * INTO v_session FROM {schema}.lh_session s WHERE s.id = p_session;
  IF v_session.state < 3 AND (p_renew OR v_session.state <> p_state OR v_session.locked <> p_locked OR cardinality(p_begun) > 0) THEN
    -- What a crash of the server takes of this, the next tick brings again.
    PERFORM set_config('synchronous_commit', 'off', true);
    IF p_renew OR v_session.state <> p_state OR v_session.locked <> p_locked THEN
      UPDATE {schema}.lh_session s SET state = p_state, locked = p_locked, renewed = CASE WHEN p_renew THEN v_now ELSE s.renewed END
      WHERE s.id = p_session AND s.state < 3 RETURNING s.state INTO v_session.state;
      IF NOT FOUND THEN
        v_session.state := 3;
      END IF;
    END IF;
    -- What runs for a while gets a row of its own: it may go on for days, and its neighbours' row with it.
    PERFORM {schema}.lh_settle_down_all(p_session, p_begun, NULL) WHERE cardinality(p_begun) > 0;
    PERFORM {schema}.lh_settle_down_all(p_session, NULL, v_now - 5000000) WHERE p_renew;
    IF cardinality(p_begun) > 0 THEN
      WITH free AS (
        SELECT r.id FROM {schema}.lh_run r JOIN unnest(p_begun, p_begun_tokens) AS b (id, token) ON r.id = b.id AND r.token = b.token
        WHERE r.session = p_session AND NOT r.begun ORDER BY r.id FOR UPDATE OF r SKIP LOCKED
      )
      UPDATE {schema}.lh_run r SET begun = true FROM free WHERE r.id = free.id;
      RETURN QUERY SELECT 3, r.id, r.token, NULL::int, NULL::int, NULL::bigint, NULL::bigint, NULL::boolean, NULL::boolean, NULL::text, NULL::text, NULL::text, NULL::text
        FROM unnest(p_begun, p_begun_tokens) AS b (id, token) JOIN LATERAL {schema}.lh_run_at(b.id) r ON r.token = b.token
        WHERE r.session = p_session AND NOT r.begun;
    END IF;
  END IF;

  RETURN QUERY SELECT 0, count(r.id), coalesce({schema}.lh_xor(r.token), 0), v_session.state::int, coalesce(v_session.ordered::int, 0), v_now, v_session.lease,
    v_now - v_start >= v_session.lease, CASE WHEN p_renew THEN {schema}.lh_has_expired(v_now) END, NULL::text, NULL::text, NULL::text, NULL::text
    FROM {schema}.lh_runs() r WHERE r.session = p_session;
  IF v_session.state IS NULL OR v_session.state >= 3 THEN
    RETURN;
  END IF;

  RETURN QUERY SELECT 1, r.id, r.token, NULL::int, o.kind, NULL::bigint, NULL::bigint, NULL::boolean, NULL::boolean, o.asked_by, o.reason, NULL::text, NULL::text
    FROM {schema}.lh_run r CROSS JOIN LATERAL (
      SELECT r.ordered::int AS kind, r.ordered_by AS asked_by, r.ordered_reason AS reason WHERE r.ordered IS NOT NULL
      UNION ALL SELECT 2, NULL, NULL WHERE r.watched_until > v_now) o
    WHERE r.session = p_session;

  v_look := p_look AND v_now - v_start >= v_session.lease;
  RETURN QUERY SELECT 2, p.id, NULL::bigint, NULL::int, p.pid, NULL::bigint, NULL::bigint, p.over, p.lost, p.boot_id, p.machine_id, p.pid_namespace, p.process_start
    FROM (
      SELECT s.*, v_now - greatest(s.renewed, v_start) >= s.lease AS over,
        CASE WHEN v_look AND s.locked THEN {schema}.lh_life_gone(s.id) ELSE false END AS lost
      FROM {schema}.lh_session s WHERE s.state < 3 AND s.id <> p_session
      UNION ALL
      -- Those who have ended and left something, for somebody held the rows, or whoever took over died too.
      SELECT s.*, true, false FROM {schema}.lh_session s WHERE s.state >= 3 AND {schema}.lh_has_left(s.id)) p
    WHERE p.over OR p.lost OR (p.boot_id = v_session.boot_id AND p.machine_id = v_session.machine_id AND p.pid_namespace = v_session.pid_namespace);

  IF p_hint THEN
    RETURN QUERY SELECT 4, NULL::bigint, NULL::bigint, NULL::int, NULL::int, NULL::bigint, NULL::bigint, NULL::boolean, NULL::boolean, h.queue, NULL::text, NULL::text, NULL::text
      FROM {schema}.lh_claimable(p_now, v_session.queues, v_session.names) h;
  END IF;
  IF p_renew THEN
    BEGIN
      PERFORM {schema}.lh_roll_up();
    EXCEPTION WHEN OTHERS THEN
      NULL; -- a tick must not fail for it: it is tried again with the next renewal
    END;
  END IF;
END $f$;

CREATE OR REPLACE AGGREGATE {schema}.lh_xor(bigint) (SFUNC = pg_catalog.int8xor, STYPE = bigint);

-- The queues in which something is due, or has become so; of these (null: all), for jobs of these names.
CREATE OR REPLACE FUNCTION {schema}.lh_claimable(p_now bigint, p_queues text[] DEFAULT NULL, p_names text[] DEFAULT NULL)
RETURNS TABLE (queue text) LANGUAGE sql STABLE AS $f$
  WITH lanes AS (
    SELECT l.id, q.name FROM {schema}.lh_lane l JOIN {schema}.lh_queue q ON q.id = l.queue JOIN {schema}.lh_name n ON n.id = l.name
    WHERE NOT q.paused AND (p_queues IS NULL OR q.name = ANY (p_queues)) AND (p_names IS NULL OR n.name = ANY (p_names))
  )
  SELECT l.name FROM lanes l WHERE EXISTS (SELECT FROM {schema}.lh_ready r WHERE r.lane = l.id)
  UNION
  SELECT l.name FROM (SELECT u.lane FROM {schema}.lh_later u WHERE u.due <= {schema}.lh_now(p_now) ORDER BY u.due LIMIT 1000) d JOIN lanes l ON l.id = d.lane;
$f$;

-- Whether lh_prune would find anything.
CREATE OR REPLACE FUNCTION {schema}.lh_has_expired(p_now bigint) RETURNS boolean LANGUAGE sql STABLE AS $f$
  SELECT EXISTS (SELECT FROM {schema}.lh_expiry e WHERE e.at <= p_now)
    OR EXISTS (SELECT FROM {schema}.lh_done_many m WHERE m.expires <= p_now)
    OR EXISTS (SELECT FROM {schema}.lh_unique u WHERE u.until <= p_now)
    OR EXISTS (SELECT FROM {schema}.lh_session s WHERE s.ended < p_now - 3600000000 AND NOT {schema}.lh_has_left(s.id))
    OR {schema}.lh_have_records_expired(p_now);
$f$;

-- Whether anything of a session is still to be taken over, or to be settled.
CREATE OR REPLACE FUNCTION {schema}.lh_has_left(p_session bigint) RETURNS boolean LANGUAGE sql STABLE AS $f$
  SELECT EXISTS (SELECT FROM {schema}.lh_run r WHERE r.session = p_session) OR EXISTS (SELECT FROM {schema}.lh_young y WHERE y.session = p_session)
    OR EXISTS (SELECT FROM {schema}.lh_hold h WHERE h.session = p_session);
$f$;

-- Hands back some of a session's runs, and ends it with the last. False: there may be more; null: somebody holds what there is.
CREATE OR REPLACE FUNCTION {schema}.lh_session_close(p_now bigint, p_session bigint, p_limit int) RETURNS boolean LANGUAGE plpgsql AS $f$
DECLARE
  v_now bigint := {schema}.lh_now(p_now);
  v_run {schema}.lh_run;
  v_hold {schema}.lh_hold;
  v_ended int := 0;
BEGIN
  -- Alone, as for a death: a claim of this session that is on its way commits before, or finds it gone.
  PERFORM pg_advisory_xact_lock({schema}.lh_fence_key(p_session));
  IF NOT EXISTS (SELECT FROM {schema}.lh_session s WHERE s.id = p_session AND s.state < 3) THEN
    RETURN true;
  END IF;
  PERFORM {schema}.lh_settle_down_all(p_session);
  PERFORM FROM {schema}.lh_run r WHERE r.session = p_session ORDER BY r.id LIMIT p_limit FOR UPDATE; -- all of them before any range (lh_settle)
  FOR v_run IN SELECT * FROM {schema}.lh_run r WHERE r.session = p_session ORDER BY r.id LIMIT p_limit FOR UPDATE LOOP
    PERFORM {schema}.lh_hand_back(v_run, NULL, v_now);
    v_ended := v_ended + 1;
  END LOOP;
  FOR v_hold IN SELECT * FROM {schema}.lh_hold h WHERE h.session = p_session ORDER BY h.id LIMIT p_limit LOOP
    PERFORM {schema}.lh_end_hold(v_hold.id, v_hold.token, v_now);
    v_ended := v_ended + 1;
  END LOOP;
  IF v_ended > 0 THEN
    PERFORM {schema}.lh_notify('{""}');
  END IF;
  IF v_ended >= p_limit OR EXISTS (SELECT FROM {schema}.lh_young y WHERE y.session = p_session) THEN
    RETURN CASE WHEN v_ended > 0 THEN false END;
  END IF;
  UPDATE {schema}.lh_session s SET state = 4, ended = v_now, locked = false WHERE s.id = p_session;
  RETURN true;
END $f$;
