-- name: Wake
SELECT {schema}.lh_wake($1);

-- name: Claimable
SELECT h.queue FROM {schema}.lh_claimable($1) h;

-- name: Poke
SELECT pg_notify($1, '');

-- name: RaiseFlag
SELECT pg_advisory_lock_shared({schema}.lh_waiting_key());

-- name: LowerFlag
SELECT pg_advisory_unlock_shared({schema}.lh_waiting_key());

-- name: Hold
SELECT pg_advisory_lock_shared({schema}.lh_life_key($1));

-- name: Release
SELECT pg_advisory_unlock_shared({schema}.lh_life_key($1));
