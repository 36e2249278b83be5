-- What is claimed first, and how.

-- The runs of a claim as the worker is told of them, with all that the colder tables know.
CREATE OR REPLACE FUNCTION {schema}.lh_claimed(p_session bigint, p_claim bigint)
RETURNS TABLE (
  at int, id bigint, token bigint, flags int, lane int, priority smallint, begun boolean, run_number int, due bigint, claimed bigint, fence bigint,
  created bigint, version int, payload text, policy text, owner text, trace text, failed_attempts int, lost_runs int, hook_tries int,
  item_failures int, error_type text, error_message text, error_detail text, progress text, checkpoint text)
LANGUAGE sql STABLE SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off AS $f$
  SELECT r.place, r.id, r.token, r.flags, r.lane, r.priority, r.begun, r.run_number, r.due, r.claimed, r.fence,
    j.created, j.payload_version, j.payload, d.policy, d.owner, d.trace_parent, s.failed_attempts, s.lost_runs, s.hook_tries,
    s.item_failures, s.error_type, s.error_message, s.error_detail, s.progress, coalesce(s.checkpoint, b.body)
  FROM {schema}.lh_runs() r
  JOIN {schema}.lh_job j ON j.id = r.id
  LEFT JOIN {schema}.lh_detail d ON d.id = r.id
  LEFT JOIN {schema}.lh_state s ON s.id = r.id
  LEFT JOIN {schema}.lh_body b ON b.job = s.id AND b.kind = 1
  WHERE r.session = p_session AND r.claim = p_claim
  ORDER BY r.place;
$f$;

-- Moves what has become due, since p_from, among the claimable, 2,000 ranges at most. 0: nothing was due; 1: all that could be had; 2: there is more;
-- 3: others are at it.
CREATE OR REPLACE FUNCTION {schema}.lh_promote(p_from bigint, p_now bigint) RETURNS int LANGUAGE plpgsql AS $f$
DECLARE
  v_moved int;
BEGIN
  IF NOT EXISTS (SELECT FROM {schema}.lh_later l WHERE l.due BETWEEN p_from AND p_now) THEN
    RETURN 0;
  END IF;
  WITH due AS (
    SELECT l.ctid AS at FROM {schema}.lh_later l WHERE l.due BETWEEN p_from AND p_now ORDER BY l.due, l.id LIMIT 2000 FOR UPDATE SKIP LOCKED
  ), moved AS (
    DELETE FROM {schema}.lh_later l USING due WHERE l.ctid = due.at RETURNING l.*
  )
  INSERT INTO {schema}.lh_ready (lane, priority, due, id, jobs, flags) SELECT m.lane, m.priority, m.due, m.id, m.jobs, m.flags FROM moved m;
  GET DIAGNOSTICS v_moved = ROW_COUNT;
  RETURN CASE WHEN v_moved = 0 THEN 3 WHEN v_moved < 2000 THEN 1 ELSE 2 END;
END $f$;

-- Pages of the queue and its index that this session has looked at, since it last told the server's statistics: never in the middle of a transaction.
CREATE OR REPLACE FUNCTION {schema}.lh_queue_pages() RETURNS bigint LANGUAGE sql VOLATILE AS $f$
  SELECT pg_stat_get_xact_blocks_fetched('{schema}.lh_ready'::regclass) + pg_stat_get_xact_blocks_fetched('{schema}.lh_ready_order'::regclass);
$f$;

-- Claims due jobs. Lanes are those that the worker may run, with the place of their queue in its order, and the queue. p_lane_count is how many
-- lanes the caller knows of. p_secret is random (53 bits, the lowest ten 0) and makes the tokens. p_look is a guess of how many rows of a lane it takes.
-- The first row (at = -1) is the answer's head: in flags 0 done, 1 the session is dead, 2 there are lanes that the caller does not know, 3 much has
-- become due and was promoted in part: ask again; in due how long until there may be more, null: nothing is known to come;
-- in run_number how many rows of a lane it took; in version 1 when the look for them was long: rows that others' open transactions keep from being
-- cleaned up lie before the heads. Then the caller may say where its last claim ended in some lanes (p_ends_…: lane, priority, due time, id) and that
-- all was promoted until p_later_from, and the look begins there; with fewer than wanted it begins from the front again. Not for long: what
-- comes back with an older due time is only found from the front.
CREATE OR REPLACE FUNCTION {schema}.lh_claim(
  p_now bigint, p_session bigint, p_claim bigint, p_lanes int[], p_places int[], p_queues int[], p_lane_count int, p_slots int, p_prefetch int,
  p_suspect boolean, p_oldest boolean, p_secret bigint, p_look int,
  p_ends_lanes int[], p_ends_priorities smallint[], p_ends_dues bigint[], p_ends_ids bigint[], p_later_from bigint)
RETURNS TABLE (
  at int, id bigint, token bigint, flags int, lane int, priority smallint, begun boolean, run_number int, due bigint, claimed bigint, fence bigint,
  created bigint, version int, payload text, policy text, owner text, trace text, failed_attempts int, lost_runs int, hook_tries int,
  item_failures int, error_type text, error_message text, error_detail text, progress text, checkpoint text)
LANGUAGE plpgsql
SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off SET plan_cache_mode = force_generic_plan AS $f$
#variable_conflict use_column
DECLARE
  c_many constant int := {schema}.lh_many();
  c_other constant bigint := -9223372036854775808; -- the sign: tokens of young runs are positive, all others negative
  v_now bigint := {schema}.lh_now(p_now);
  v_lanes int[] := p_lanes;
  v_from int[] := array_fill(0, ARRAY[coalesce(cardinality(p_lanes), 0)]);
  v_to int[] := array_fill(255, ARRAY[coalesce(cardinality(p_lanes), 0)]);
  v_places int[] := p_places;
  v_paused int[];
  v_left int := p_slots + p_prefetch;
  v_look int := greatest(p_look, 2);
  v_suspects int := CASE WHEN p_suspect THEN 1 ELSE 0 END;
  v_alive boolean;
  v_lane_count bigint;
  v_has_due boolean;
  v_promoted int;
  v_few boolean;
  v_many boolean;
  v_odd boolean;
  v_passed int := 0;  -- how many jobs to choose beyond those wanted, for others hold some
  v_seen int;  -- heads that were looked at
  v_eligible int;  -- of them, those that may be claimed now
  v_chosen int;  -- of them, those that were tried
  v_chosen_jobs int;
  v_rows int := p_slots + p_prefetch;  -- as many as may be tried: each has a job at least
  v_again boolean := false;
  v_got int;
  v_ends int[] := CASE WHEN NOT p_oldest THEN p_ends_lanes END;
  v_count int;
  v_began timestamptz;
  v_pages bigint;
  v_held boolean := false;
  v_next bigint;
  v_excess int;
  -- what is taken: one place each for each range
  a_at tid[]; a_lane int[]; a_priority smallint[]; a_due bigint[]; a_first bigint[]; a_jobs int[]; a_flags int[]; a_late boolean[];
  t_lane int[] := '{}'; t_priority smallint[] := '{}'; t_due bigint[] := '{}'; t_first bigint[] := '{}'; t_jobs int[] := '{}'; t_flags int[] := '{}';
BEGIN
  at := -1;
  flags := 0;
  claimed := v_now;
  run_number := 0;
  version := 0;
  -- Whoever declares the session dead takes this lock alone: when it is seen alive below, it stays so until the end of this transaction.
  -- And a claim that is lost in a crash leaves its jobs pending: nothing to wait for at the commit.
  PERFORM pg_advisory_xact_lock_shared({schema}.lh_fence_key(p_session)), set_config('synchronous_commit', 'off', true);
  SELECT EXISTS (SELECT FROM {schema}.lh_session s WHERE s.id = p_session AND s.state < 3), (SELECT count(*) FROM {schema}.lh_lane),
    (SELECT array_agg(q.id) FROM {schema}.lh_queue q WHERE q.paused), EXISTS (SELECT FROM {schema}.lh_later l WHERE l.due BETWEEN p_later_from AND v_now)
  INTO v_alive, v_lane_count, v_paused, v_has_due;
  IF NOT v_alive THEN
    flags := 1;
    RETURN NEXT;
    RETURN;
  END IF;
  IF v_lane_count <> p_lane_count THEN
    flags := 2;
    RETURN NEXT;
    RETURN;
  END IF;
  IF v_has_due THEN
    v_promoted := {schema}.lh_promote(p_later_from, v_now);
    IF v_promoted = 2 THEN
      flags := 3;
      RETURN NEXT;
      RETURN;
    END IF;
    v_held := v_promoted = 3;
  END IF;

  IF v_paused IS NOT NULL OR cardinality(p_lanes) > 16 OR p_oldest THEN
    -- Only lanes that hold anything, found by one seek each; oldest first: a head for each priority of each lane.
    SELECT coalesce(array_agg(o.lane), '{}'), coalesce(array_agg(o.place), '{}'), coalesce(array_agg(o.p_from), '{}'), coalesce(array_agg(o.p_to), '{}')
    INTO v_lanes, v_places, v_from, v_to
    FROM {schema}.lh_open_lanes(p_lanes, p_places, p_queues, v_paused, p_oldest) o;
  END IF;

  WHILE v_left > 0 AND cardinality(v_lanes) > 0 LOOP
    v_began := clock_timestamp();
    v_pages := {schema}.lh_queue_pages();
    -- As many heads as it takes; locked unless another claim has them; and read again as they are then.
    SELECT array_agg(y.at), array_agg(y.lane), array_agg(y.priority), array_agg(y.due), array_agg(y.first), array_agg(y.jobs), array_agg(y.flags),
      array_agg(y.late), max(y.seen), max(y.eligible), max(y.chosen), max(y.chosen_jobs), max(y.before + y.jobs)
    INTO a_at, a_lane, a_priority, a_due, a_first, a_jobs, a_flags, a_late, v_seen, v_eligible, v_chosen, v_chosen_jobs, v_excess
    FROM (
      SELECT x.*, sum(x.jobs) OVER (ROWS UNBOUNDED PRECEDING) - x.jobs AS before
      FROM (
        SELECT r.ctid AS at, r.lane, r.priority, r.due, r.id + r.taken AS first, r.jobs - r.taken AS jobs, r.flags, c.seen, c.eligible, c.chosen, c.chosen_jobs,
          r.taken > 0 AND EXISTS (
            SELECT FROM {schema}.lh_ready b
            WHERE b.lane = r.lane AND b.priority = r.priority AND b.due = r.due AND b.id BETWEEN r.id AND r.id + r.taken - 1 AND b.ctid <> r.ctid) AS late
        FROM (
          SELECT h.*, count(*) OVER () AS chosen, sum(h.jobs) OVER () AS chosen_jobs
          FROM {schema}.lh_heads(v_lanes, v_places, v_from, v_to, v_ends, p_ends_priorities, p_ends_dues, p_ends_ids, v_look, p_oldest, v_suspects) h
          WHERE NOT h.waits AND h.before < v_left + v_passed
        ) c
        JOIN {schema}.lh_ready r ON r.ctid = c.at
        ORDER BY c.place, c.rank, c.due, c.id
        LIMIT v_rows -- what is locked and not taken is in others' way
        FOR UPDATE OF r SKIP LOCKED
      ) x
    ) y
    WHERE y.before < v_left;

    -- Each row that it looked at takes a page at most, and each lane the way to its first. More are pages of rows that are gone; where those lie
    -- together, the time tells.
    IF version = 0 AND (clock_timestamp() - v_began > interval '1 ms' + coalesce(v_seen, 0) * interval '10 us'
      OR {schema}.lh_queue_pages() - v_pages > 64 + 4 * coalesce(v_seen, v_look) + 8 * cardinality(v_lanes)) THEN
      version := 1;
    END IF;
    v_got := 0;
    IF a_at IS NULL THEN
      -- None to be had: the lanes are empty, or others hold all that was chosen.
      SELECT coalesce(max(h.seen), 0), coalesce(max(h.eligible), 0), count(*) FILTER (WHERE NOT h.waits AND h.before < v_left + v_passed),
        coalesce(sum(h.jobs) FILTER (WHERE NOT h.waits AND h.before < v_left + v_passed), 0)
      INTO v_seen, v_eligible, v_chosen, v_chosen_jobs
      FROM {schema}.lh_heads(v_lanes, v_places, v_from, v_to, v_ends, p_ends_priorities, p_ends_dues, p_ends_ids, v_look, p_oldest, v_suspects) h;
      v_held := v_held OR v_chosen > 0;
    ELSIF true = ANY(a_late) THEN
      -- Jobs came back that were the first of a range, and stand behind it, maybe where no look reached: it is called after the first of those left
      -- now. It has none taken then, so this ends.
      UPDATE {schema}.lh_ready r SET id = r.id + r.taken, jobs = r.jobs - r.taken, taken = 0
      WHERE r.ctid = ANY(ARRAY(SELECT u.at FROM unnest(a_at, a_late) AS u (at, late) WHERE u.late));
      CONTINUE;
    ELSE
      run_number := run_number + cardinality(a_at);
      v_excess := greatest(v_excess - v_left, 0); -- only the last range can hold more than is wanted
      IF v_excess > 0 THEN
        a_jobs[cardinality(a_jobs)] := a_jobs[cardinality(a_jobs)] - v_excess;
        UPDATE {schema}.lh_ready r SET taken = r.taken + a_jobs[cardinality(a_jobs)] WHERE r.ctid = a_at[cardinality(a_at)];
        IF NOT FOUND THEN
          RAISE EXCEPTION 'A range that is locked must stay where it is.' USING ERRCODE = '40001';
        END IF;
        a_at := a_at[1:cardinality(a_at) - 1];
      END IF;
      IF cardinality(a_at) > 0 THEN
        DELETE FROM {schema}.lh_ready r WHERE r.ctid = ANY(a_at);
        GET DIAGNOSTICS v_count = ROW_COUNT;
        IF v_count <> cardinality(a_at) THEN
          RAISE EXCEPTION 'Ranges that are locked must stay where they are.' USING ERRCODE = '40001';
        END IF;
      END IF;
      t_lane := t_lane || a_lane; t_priority := t_priority || a_priority; t_due := t_due || a_due;
      t_first := t_first || a_first; t_jobs := t_jobs || a_jobs; t_flags := t_flags || a_flags;
      v_got := (SELECT sum(j) FROM unnest(a_jobs) j);
      v_left := v_left - v_got;
      EXIT WHEN v_left = 0;
      v_held := v_held OR v_chosen > cardinality(a_lane);
      IF v_suspects > 0 AND EXISTS (SELECT FROM unnest(a_flags) f WHERE (f & 16) <> 0) THEN
        v_suspects := 0;
      END IF;
      IF cardinality(a_lane) = v_rows THEN
        v_rows := v_left; -- smaller ones came: there may be more to be had here
        CONTINUE;
      END IF;
    END IF;
    -- Those behind will be about as large; the first and the last may be cut.
    v_rows := CASE WHEN v_chosen_jobs > 0 THEN least(v_left, v_left::bigint * v_chosen / v_chosen_jobs + 2) ELSE v_left END;
    IF v_chosen < v_eligible THEN
      -- Others hold of what was chosen: on behind it, and each time further, for each look costs as much as a claim.
      v_passed := greatest(v_chosen_jobs - v_got, 2 * v_passed);
    ELSIF v_seen >= v_look THEN
      EXIT WHEN v_look > 60000;
      v_passed := greatest(v_chosen_jobs - v_got, v_passed);
      v_look := v_look * 16;
    ELSIF v_ends IS NOT NULL THEN
      v_ends := NULL; -- nothing more lies behind them: from the front
      v_passed := 0;
    ELSE
      EXIT WHEN v_again OR v_got >= v_chosen_jobs; -- the lanes are exhausted
      v_again := true; -- a range of which another claim took some just now is another row since
    END IF;
  END LOOP;

  IF v_left > 0 THEN
    -- Who is next of those due later. Bounded: beyond the first 256 it is the time to look again.
    SELECT coalesce(min(l.due) FILTER (WHERE l.lane = ANY(p_lanes) AND NOT coalesce(l.queue = ANY(v_paused), false)),
      CASE WHEN count(*) = 256 THEN max(l.due) END) - v_now
    INTO v_next
    FROM (
      SELECT u.due, u.lane, (SELECT n.queue FROM {schema}.lh_lane n WHERE n.id = u.lane AND v_paused IS NOT NULL) AS queue
      FROM {schema}.lh_later u WHERE u.due >= p_later_from ORDER BY u.due, u.id LIMIT 256
    ) l;
    due := CASE WHEN v_held THEN least(greatest(coalesce(v_next, 5000), 1000), 5000) ELSE v_next END;
  END IF;
  RETURN NEXT;
  IF cardinality(t_first) = 0 THEN
    RETURN;
  END IF;

  INSERT INTO {schema}.lh_tally (lane, pending, running)
  SELECT t.lane, -sum(t.jobs), sum(t.jobs) FROM unnest(t_lane, t_jobs, t_flags) AS t (lane, jobs, flags)
  WHERE (t.flags & 4) = 0 GROUP BY t.lane; -- the job of a hook stays failed

  -- Plain ones, many together: one row for each range. Others: a row each.
  SELECT bool_or((t.flags & ~128) = 0 AND t.jobs >= c_many), bool_or((t.flags & ~128) <> 0 OR t.jobs < c_many), bool_or((t.flags & ~384) <> 0)
  INTO v_many, v_few, v_odd FROM unnest(t_jobs, t_flags) AS t (jobs, flags);
  IF v_many THEN
    INSERT INTO {schema}.lh_young (secret, session, claim, claimed, first, due, lane, place, slots, flags, priority, open)
    SELECT p_secret + t.n, p_session, p_claim, v_now, t.first, t.due, t.lane, t.place, p_slots, t.flags, t.priority,
      overlay(0::bit(1024) PLACING repeat('1', t.jobs)::varbit FROM 1)
    FROM (
      SELECT x.*, sum(x.jobs) OVER (ROWS UNBOUNDED PRECEDING)::int - x.jobs AS place
      FROM unnest(t_first, t_jobs, t_due, t_lane, t_priority, t_flags) WITH ORDINALITY AS x (first, jobs, due, lane, priority, flags, n)) t
    WHERE (t.flags & ~128) = 0 AND t.jobs >= c_many;
  END IF;

  IF v_few THEN
    INSERT INTO {schema}.lh_run (id, token, session, claim, claimed, fence, due, lane, flags, run_number, place, priority, begun)
    SELECT t.first + g, hashint8extended(t.first + g, p_secret) | c_other, p_session, p_claim, v_now, greatest(coalesce(s.fence, 0) + 1, v_now),
      t.due, t.lane, t.flags, coalesce(s.run_number, 0) + 1, t.place + g, t.priority, t.place + g < p_slots
    FROM (SELECT x.*, sum(x.jobs) OVER (ROWS UNBOUNDED PRECEDING)::int - x.jobs AS place
      FROM unnest(t_first, t_jobs, t_due, t_lane, t_priority, t_flags) AS x (first, jobs, due, lane, priority, flags)) t
    CROSS JOIN generate_series(0, t.jobs - 1) g
    LEFT JOIN {schema}.lh_state s ON s.id = CASE WHEN (t.flags & 1) <> 0 THEN t.first + g END
    WHERE (t.flags & ~128) <> 0 OR t.jobs < c_many;
  END IF;

  IF v_odd THEN
    -- The hook of a failed job is on its way: it is no longer due. A key that was for until the start is free.
    UPDATE {schema}.lh_state s SET hook_due = NULL FROM unnest(t_first, t_flags) AS t (first, flags) WHERE (t.flags & 4) <> 0 AND s.id = t.first;
    PERFORM {schema}.lh_unique_vacate(t.lane, t.first, '{0}') FROM unnest(t_lane, t_first, t_flags) AS t (lane, first, flags)
    WHERE (t.flags & 6) = 2;
    RETURN QUERY SELECT * FROM {schema}.lh_claimed(p_session, p_claim) c WHERE (c.flags & ~384) <> 0;
  END IF;
  RETURN QUERY
  SELECT (t.place + j.id - t.first)::int, j.id,
    CASE WHEN (t.flags & ~128) = 0 AND t.jobs >= c_many THEN ((p_secret + t.n) << 10) | (j.id - t.first) ELSE hashint8extended(j.id, p_secret) | c_other END, t.flags, t.lane, t.priority,
    t.place + j.id - t.first < p_slots, 1, t.due, v_now, v_now, j.created, j.payload_version, j.payload,
    d.policy, d.owner, d.trace_parent, NULL::int, NULL::int, NULL::int, NULL::int, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text
  FROM (SELECT x.*, sum(x.jobs) OVER (ROWS UNBOUNDED PRECEDING)::int - x.jobs AS place
    FROM unnest(t_first, t_jobs, t_due, t_lane, t_priority, t_flags) WITH ORDINALITY AS x (first, jobs, due, lane, priority, flags, n)) t
  JOIN {schema}.lh_job j ON j.id BETWEEN t.first AND t.first + t.jobs - 1
  LEFT JOIN {schema}.lh_detail d ON d.id = CASE WHEN (t.flags & 128) <> 0 THEN j.id END
  WHERE (t.flags & ~384) = 0;
END $f$;

-- The heads of the lanes merged, in order. Of each, whether it waits, being of a suspect beyond so many, and how many jobs those before it have that do
-- not; and of all together, how many were seen and how many do not wait.
CREATE OR REPLACE FUNCTION {schema}.lh_heads(
  p_lanes int[], p_places int[], p_from int[], p_to int[], p_ends_lanes int[], p_ends_priorities smallint[], p_ends_dues bigint[], p_ends_ids bigint[],
  p_look int, p_oldest boolean, p_suspects int)
RETURNS TABLE (place int, rank int, at tid, due bigint, id bigint, jobs int, waits boolean, before bigint, seen bigint, eligible bigint) LANGUAGE sql STABLE AS $f$
  SELECT h.place, h.rank, h.at, h.due, h.id, h.jobs, h.waits,
    coalesce(sum(h.jobs) FILTER (WHERE NOT h.waits) OVER (ORDER BY h.place, h.rank, h.due, h.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0),
    count(*) OVER (), count(*) FILTER (WHERE NOT h.waits) OVER ()
  FROM (
    SELECT l.place, o.rank, f.at, f.due, f.id, f.jobs,
      (f.flags & 16) <> 0 AND count(*) FILTER (WHERE (f.flags & 16) <> 0)
        OVER (ORDER BY l.place, o.rank, f.due, f.id ROWS UNBOUNDED PRECEDING) > p_suspects AS waits
    FROM unnest(p_lanes, p_places, p_from, p_to) AS l (lane, place, p_from, p_to)
    LEFT JOIN unnest(p_ends_lanes, p_ends_priorities, p_ends_dues, p_ends_ids) AS e (lane, priority, due, id) ON e.lane = l.lane
    CROSS JOIN LATERAL (
      (SELECT r.ctid AS at, r.priority, r.due, r.id + r.taken AS id, r.jobs - r.taken AS jobs, r.flags FROM {schema}.lh_ready r
      WHERE e.lane IS NULL AND r.lane = l.lane AND r.priority BETWEEN l.p_from AND l.p_to
      ORDER BY r.priority, r.due, r.id LIMIT p_look)
      UNION ALL
      (SELECT r.ctid, r.priority, r.due, r.id + r.taken, r.jobs - r.taken, r.flags FROM {schema}.lh_ready r
      WHERE r.lane = e.lane AND r.priority < e.priority
      ORDER BY r.priority, r.due, r.id LIMIT p_look)
      UNION ALL
      (SELECT r.ctid, r.priority, r.due, r.id + r.taken, r.jobs - r.taken, r.flags FROM {schema}.lh_ready r
      WHERE r.lane = e.lane AND (r.priority, r.due, r.id) >= (e.priority, e.due, e.id)
      ORDER BY r.priority, r.due, r.id LIMIT p_look)
    ) f
    CROSS JOIN LATERAL (SELECT CASE WHEN p_oldest THEN 0 ELSE f.priority END AS rank) o
  ) h;
$f$;

-- Which of the lanes hold anything and are of no paused queue; oldest first: once for each priority.
CREATE OR REPLACE FUNCTION {schema}.lh_open_lanes(p_lanes int[], p_places int[], p_queues int[], p_paused int[], p_oldest boolean)
RETURNS TABLE (lane int, place int, p_from int, p_to int) LANGUAGE sql STABLE AS $f$
  WITH RECURSIVE live AS (
    (SELECT r.lane FROM {schema}.lh_ready r ORDER BY r.lane LIMIT 1)
    UNION ALL
    SELECT (SELECT r.lane FROM {schema}.lh_ready r WHERE r.lane > l.lane ORDER BY r.lane LIMIT 1) FROM live l WHERE l.lane IS NOT NULL
  ), open AS (
    SELECT p.lane, p.place FROM unnest(p_lanes, p_places, p_queues) AS p (lane, place, queue)
    WHERE p.lane IN (SELECT live.lane FROM live) AND NOT coalesce(p.queue = ANY(p_paused), false)
  ), priorities AS (
    SELECT o.lane, o.place, (SELECT r.priority FROM {schema}.lh_ready r WHERE r.lane = o.lane ORDER BY r.priority LIMIT 1) AS priority FROM open o WHERE p_oldest
    UNION ALL
    SELECT p.lane, p.place, (SELECT r.priority FROM {schema}.lh_ready r WHERE r.lane = p.lane AND r.priority > p.priority ORDER BY r.priority LIMIT 1)
    FROM priorities p WHERE p.priority IS NOT NULL
  )
  SELECT o.lane, o.place, 0, 255 FROM open o WHERE NOT p_oldest
  UNION ALL
  SELECT p.lane, 0, p.priority, p.priority FROM priorities p WHERE p.priority IS NOT NULL;
$f$;
