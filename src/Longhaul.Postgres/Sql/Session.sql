-- Workers' sessions: see Functions/Session.sql and Functions/Recover.sql.

-- name: Open
SELECT {schema}.lh_session_open($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15);

-- name: Close
SELECT {schema}.lh_session_close($1, $2, $3);

-- name: Bury
SELECT {schema}.lh_bury($1, $2, $3, $4, $5);

-- name: LeftBehind
SELECT * FROM {schema}.lh_left_behind();

-- name: TakeOver
SELECT recovered, failed, suspect, rest FROM {schema}.lh_take_over($1, $2, $3, $4);

-- name: Beat
SELECT kind, id, token, number, code, at, span, flag, gone, text_1, text_2, text_3, text_4 FROM {schema}.lh_beat($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: ServerStart
SELECT (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint;
