-- C: immutable jobs, narrow rows for pending ones in segments. A segment that is drained is truncated: its dead rows go whoever looks back.
CREATE TABLE ready (seg int NOT NULL, lane int NOT NULL, priority smallint NOT NULL, due bigint NOT NULL, id bigint NOT NULL, flags int NOT NULL) PARTITION BY LIST (seg);

CREATE FUNCTION fill(jobs int, range int, payload text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM fill_jobs(jobs, payload);
  FOR n IN 0 .. (jobs - 1) / 50000 LOOP
    EXECUTE format('CREATE TABLE ready_%s PARTITION OF ready FOR VALUES IN (%s)', n, n);
    EXECUTE format('ALTER TABLE ready_%s ADD PRIMARY KEY (lane, priority, due, id)', n);
    EXECUTE format('INSERT INTO ready_%s SELECT %s, 1, 100, i, i, 0 FROM generate_series(%s, %s) i', n, n, n * 50000 + 1, least(jobs, n * 50000 + 50000));
  END LOOP;
END $$;

-- "low" is the segment to claim from; the caller goes on to the next when nothing comes.
CREATE FUNCTION step(ids bigint[], tokens bigint[], secret bigint, wanted int, many int, low bigint) RETURNS TABLE (id bigint, token bigint, payload text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  IF cardinality(ids) > 0 THEN PERFORM settle(ids, tokens); END IF;
  RETURN QUERY
  WITH head AS MATERIALIZED (
    SELECT due, id FROM ready WHERE seg = low::int AND lane = 1 ORDER BY priority, due, id LIMIT wanted FOR UPDATE SKIP LOCKED
  ), taken AS (
    DELETE FROM ready r USING head h WHERE r.seg = low::int AND r.lane = 1 AND r.priority = 100 AND r.due = h.due AND r.id = h.id RETURNING r.id, r.due, r.flags
  ), put AS (
    INSERT INTO run SELECT id, hashint8extended(id, secret), 1, secret, us(), us(), due, 1, flags, 1, row_number() OVER (), 100, false FROM taken RETURNING id, token
  )
  SELECT p.id, p.token, j.payload FROM put p JOIN job j ON j.id = p.id;
END $$;
