# Outlives the worker, and ends what it ran. $1 is a variable that all its programs carry, as NAME=value. It waits until the worker's end of the pipe closes,
# which the kernel does however the worker ends.
trap '' HUP INT TERM
exec >/dev/null 2>&1 # whoever reads what the worker says must see its end
while read -r _; do :; done
# Twice over, with a pause: a program that was being started at that moment carries the variable a little later.
empty=0
while [ "$empty" -lt 2 ]; do
  empty=$((empty + 1))
  for process in /proc/[0-9]*; do
    tr '\0' '\n' 2>/dev/null <"$process/environ" | grep -qxF -- "$1" || continue
    kill -KILL "${process#/proc/}" 2>/dev/null && empty=0
  done
  sleep 0.1
done
