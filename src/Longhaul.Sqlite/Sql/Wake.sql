-- name: Arrivals
SELECT name, arrivals FROM lh_queue;
