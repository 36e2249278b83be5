-- D: ranges of pending jobs, a row for each run.
CREATE FUNCTION step(ids bigint[], tokens bigint[], secret bigint, wanted int, many int, low bigint) RETURNS TABLE (id bigint, token bigint, payload text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE firsts bigint[]; counts int[];
BEGIN
  IF cardinality(ids) > 0 THEN PERFORM settle(ids, tokens); END IF;
  SELECT t.firsts, t.counts INTO firsts, counts FROM take(wanted, many, low) t;
  IF cardinality(firsts) = 0 THEN RETURN; END IF;
  INSERT INTO tally VALUES (1, -(SELECT sum(c) FROM unnest(counts) c), (SELECT sum(c) FROM unnest(counts) c), 0);
  INSERT INTO run (id, token, session, claim, claimed, fence, due, lane, flags, run_number, place, priority, begun)
  SELECT i, hashint8extended(i, secret), 1, secret, us(), us(), i, 1, 0, 1, 1, 100, false
  FROM unnest(firsts, counts) r(first, jobs), generate_series(r.first, r.first + r.jobs - 1) i;
  RETURN QUERY
  SELECT j.id, hashint8extended(j.id, secret), j.payload FROM unnest(firsts, counts) r(first, jobs), job j WHERE j.id BETWEEN r.first AND r.first + r.jobs - 1;
END $$;
