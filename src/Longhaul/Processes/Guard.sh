# Outlives the worker, and ends what it ran. $1 is a variable that all its programs carry, as NAME=value. It waits until the worker's end of the pipe closes,
# which the kernel does however the worker ends.
trap '' HUP INT TERM
while read -r _; do :; done
rounds=0
while [ "$rounds" -lt 200 ]; do
  rounds=$((rounds + 1)) found=no
  for process in /proc/[0-9]*; do
    tr '\0' '\n' <"$process/environ" 2>/dev/null | grep -qxF -- "$1" || continue
    kill -KILL "${process#/proc/}" 2>/dev/null && found=yes
  done
  [ "$found" = yes ] || exit 0
done
