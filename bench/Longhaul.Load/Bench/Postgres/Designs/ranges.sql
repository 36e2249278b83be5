-- What D and E share: one row for pending jobs that were written together. A claim takes from the front.
CREATE TABLE ready (
  lane int NOT NULL, priority smallint NOT NULL, due bigint NOT NULL, id bigint NOT NULL, jobs int NOT NULL, taken int NOT NULL DEFAULT 0,
  flags int NOT NULL, PRIMARY KEY (lane, priority, due, id)
) WITH (fillfactor = 70);

CREATE FUNCTION fill(jobs int, range int, payload text) RETURNS void LANGUAGE sql AS $$
  SELECT fill_jobs(jobs, payload);
  INSERT INTO ready SELECT 1, 100, i, i, range, 0, 0 FROM generate_series(1, jobs, range) i
$$;

-- Takes up to so many jobs from the front: at most so many ranges are locked at a time. Each statement has a snapshot of its own, so the
-- second sees what the first has locked as it is now.
CREATE FUNCTION take(wanted int, many int, low bigint, OUT firsts bigint[], OUT counts int[]) LANGUAGE plpgsql AS $$
DECLARE
  rows tid[]; starts bigint[]; sizes int[]; gone tid[];
  n int; got int;
BEGIN
  firsts := '{}'; counts := '{}';
  WHILE wanted > 0 LOOP
    SELECT array_agg(c.row), array_agg(c.start), array_agg(c.size) INTO rows, starts, sizes FROM (
      SELECT ctid AS row, id + taken AS start, jobs - taken AS size FROM ready
      WHERE lane = 1 AND (priority, due, id) >= (100, low, low) ORDER BY priority, due, id LIMIT least(many, wanted) FOR UPDATE SKIP LOCKED
    ) c;
    EXIT WHEN rows IS NULL;
    gone := '{}'; n := cardinality(rows);
    FOR i IN 1 .. n LOOP
      got := least(sizes[i], wanted);
      EXIT WHEN got = 0;
      firsts[cardinality(firsts) + 1] := starts[i];
      counts[cardinality(counts) + 1] := got;
      wanted := wanted - got;
      IF got = sizes[i] THEN
        gone[cardinality(gone) + 1] := rows[i];
      ELSE
        UPDATE ready SET taken = taken + got WHERE ctid = rows[i];
      END IF;
    END LOOP;
    IF cardinality(gone) > 0 THEN
      DELETE FROM ready WHERE ctid = ANY (gone);
    END IF;
  END LOOP;
END $$;
