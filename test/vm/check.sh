#!/bin/bash
# In the machine: what somebody with the published package sees on this kernel. Its last word is "all is well".
modprobe -q virtio_console
udevadm settle
exec > /dev/virtio-ports/result 2>&1
failures=0

# Says what was seen, and counts it where it is not what it should be.
expect() { # WHAT PATTERN SEEN
  if [[ $3 =~ $2 ]]; then echo "ok: $1: $3"; else echo "FAILED: $1: $3"; failures=$((failures + 1)); fi
}

start() {
  local since
  since=$(date +%s)
  systemctl start sandgate
  for _ in {1..300}; do
    journalctl -u sandgate -o cat --since "@$since" | grep -q 'is ready' && break
    systemctl is-active -q sandgate || break
    sleep 1
  done
  # All of it where there is no such line.
  journalctl -u sandgate -o cat --since "@$since" | grep -E 'is ready|limits of pods' || journalctl -u sandgate -o cat
}

execute() {
  curl -sS -m 200 -X POST http://127.0.0.1:8080/alice/my-sandbox/execute \
    -H 'Content-Type: application/json' -d "{\"command\":\"$1\"}"
}

# How a pod of a Python program with limits has ended, and what it has said.
ended() { # NAME LIMITS PROGRAM
  kubectl run "$1" --image=sandgate.dev/runtime:latest --restart=Never --overrides='{"spec":{"containers":[{"name":"main",
    "image":"sandgate.dev/runtime:latest","command":["python3","-c","'"$3"'"],"resources":{"limits":'"$2"'}}]}}' > /dev/null
  local state='{.status.containerStatuses[0].state.terminated.reason}'
  kubectl wait "pod/$1" --for=jsonpath="$state" --timeout=300s > /dev/null
  echo "$(kubectl get pod "$1" -o jsonpath="$state") $(kubectl logs "$1")"
}

left() {
  echo "groups $(find /sys/fs/cgroup -maxdepth 2 -name 'sandgate-*' | wc -l) processes $(ps -eo uid= | awk '$1 >= 1900000000' | wc -l)" \
    "networks $(ip netns | wc -l) tables $(nft list tables | grep -c sandgate)"
}

echo "$(uname -srm), $(bwrap --version), $(stat -fc %T /sys/fs/cgroup), controllers: $(cat /sys/fs/cgroup/cgroup.controllers)"
limits=False
[[ ! -f /sys/fs/cgroup/cgroup.controllers || $(cat /sys/fs/cgroup/cgroup.controllers) =~ cpu.*memory ]] && limits=True

expect 'starts as a service' 'is ready' "$(start)"
[ $failures = 0 ] || exit 1
expect 'answers the curl of the README' '"42' "$(execute 'python3 -c \"print(6*7)\"')"
expect 'filters system calls' '^Seccomp: 2$' "$(execute 'cat /proc/self/status' | grep -oP 'Seccomp:\\t\d' | sed 's/.t/ /')"
expect 'says whether limits are enforced' "$limits" \
  "$(kubectl get nodes -o jsonpath='{.items[0].status.conditions[?(@.type=="ResourceLimits")]}')"
if [ $limits = True ]; then
  expect 'ends who takes too much memory' '^OOMKilled' "$(ended memory '{"memory":"64Mi"}' 'print(len(bytearray(200<<20)))')"
fi
expect 'bounds processor time' '^Completed 0\.' "$(ended processor '{"cpu":"100m"}' 'import time;e,c=time.monotonic()+5,time.process_time()\nwhile time.monotonic()<e: pass\nprint(time.process_time()-c)')"
expect 'bounds processes' '^Completed 10' "$(ended processes '{}' 'import os,time\nn=0\ntry:\n  while n<3000:\n    if os.fork()==0: time.sleep(100)\n    n+=1\nexcept OSError: print(n)')"

systemctl kill -s KILL --kill-whom=main sandgate
until ! systemctl is-active -q sandgate; do sleep 1; done
expect 'takes its pods along when it is killed' 'processes 0' "$(left)"
systemctl reset-failed sandgate
expect 'starts again' 'is ready' "$(start)"
expect 'answers again' '"42' "$(execute 'python3 -c \"print(6*7)\"')"
systemctl stop sandgate
expect 'leaves nothing behind' 'groups 0 processes 0 networks 0 tables 0' "$(left)"
[ $failures = 0 ] && echo 'all is well'
