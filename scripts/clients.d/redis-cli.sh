#!/usr/bin/env bash
# Typical use of redis-cli and redis-benchmark:
#
#   redis-cli.sh node|cluster PORT
#
# Prints a line for each use: whether it passed, or why not.
set -uo pipefail
kind=$1 port=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
version=$(redis-cli --version)
cli=(redis-cli -p "$port")
[ "$kind" = node ] || cli+=(-c)

use() { # NAME PATTERN COMMAND…: the command's output has the pattern; one that never ends is stopped after a while
	local name=$1 pattern=$2 output
	shift 2
	output=$(timeout -s INT "${SECONDS_EACH:-60}" "$@" 2>&1 </dev/stdin | tr '\r' '\n')
	if grep -qE -- "$pattern" <<<"$output"; then
		printf 'ok\t%s\t%s\n' "$version" "$name"
	else
		printf 'FAIL\t%s\t%s\tno "%s" in: %s\n' "$version" "$name" "$pattern" "$(tr -s '[:space:]' ' ' <<<"$output" | cut -c1-300)"
	fi
}

for key in {1..600}; do
	echo "SET {u}cli$key $key"
	echo "RPUSH {u}l $key"
	echo "HSET {u}h f$key $key"
	echo "ZADD {u}z $key m$key"
	echo "SADD {u}s m$key"
done >"$work/commands"
echo 'return {KEYS[1], ARGV[1], redis.call("LLEN", KEYS[1])}' >"$work/script.lua"
slot=$("${cli[@]}" CLUSTER KEYSLOT '{u}')
if [ "$kind" = cluster ]; then # some uses are of one node: that of {u}
	port=$("${cli[@]}" --json CLUSTER SLOTS | tr -d ' \n' | tr '[' '\n' | awk -F, -v slot="$slot" '/^[0-9]+,[0-9]+,$/ {mine = $1 <= slot && slot <= $2; next} mine && /^"/ {print $2; exit}')
fi
one=(redis-cli -p "$port")

use '--pipe' 'errors: 0, replies: 3000' "${one[@]}" --pipe <"$work/commands"
use '--scan --pattern' '^\{u\}cli600$' "${one[@]}" --scan --pattern '{u}cli*'
use '--bigkeys' "Biggest +list found .* has 600 items" "${one[@]}" --bigkeys
use '--memkeys' "Biggest +hash found .* has [0-9]+ bytes" "${one[@]}" --memkeys
use '--eval FILE KEY , ARGUMENT' '^600$' "${cli[@]}" --eval "$work/script.lua" '{u}l' , x
use '-3' '1# "f" => "v"' "${cli[@]}" -3 --no-raw EVAL 'redis.setresp(3) return {map = {f = "v"}}' 0
use '--json' '"f600":"600"' "${cli[@]}" --json HGETALL '{u}h'
use '-r' '^3$' "${cli[@]}" -r 3 INCR "{u}counter$$"
use '--latency' '^[0-9]+ [0-9]+ [0-9.]+ [0-9]+$' "${one[@]}" --latency --raw
SECONDS_EACH=3 use '--stat' '^[0-9]+ +[0-9.]+[KMG] +' stdbuf -oL "${one[@]}" --stat -i 1
SECONDS_EACH=3 use '--lru-test' 'Gets/sec \| Hits' stdbuf -oL "${one[@]}" --lru-test 100
(sleep 1; "${one[@]}" SET '{u}seen' x >"$work/set") & # what --monitor waits for
SECONDS_EACH=3 use 'monitor' '"SET" "\{u\}seen"' "${one[@]}" monitor
wait $!
use 'subscribe' '^hello$' bash -c '(sleep 1; redis-cli -p '"$port"' PUBLISH "{u}ch" hello) & timeout -s INT 3 redis-cli -p '"$port"' SUBSCRIBE "{u}ch"'
use '--ldb (there is no debugger: it runs through)' '^600$' "${one[@]}" --ldb --eval "$work/script.lua" '{u}l' , x
if [ "$kind" = cluster ]; then
	use '--cluster check' 'All 16384 slots covered' redis-cli --cluster check "127.0.0.1:$port"
	use '--cluster info' 'keys in 3 masters' redis-cli --cluster info "127.0.0.1:$port"
	use '--cluster call' ': PONG' redis-cli --cluster call "127.0.0.1:$port" PING
	ids=($(redis-cli -p "$port" CLUSTER NODES | sort -k9 -n | cut -d' ' -f1))
	use '--cluster reshard' 'Moving slot' redis-cli --cluster reshard "127.0.0.1:$port" --cluster-from "${ids[0]}" --cluster-to "${ids[1]}" --cluster-slots 200 --cluster-yes
	use '--cluster rebalance' 'Moving|No rebalancing' redis-cli --cluster rebalance "127.0.0.1:$port" --cluster-threshold 1
	use '--cluster fix' 'All 16384 slots covered' redis-cli --cluster fix "127.0.0.1:$port"
	use 'redis-benchmark --cluster' '"MSET \(10 keys\)"' redis-benchmark -p "$port" --cluster -n 500 -c 10 -P 4 -r 100 --csv
else
	use 'redis-benchmark, all tests' '"MSET \(10 keys\)"' redis-benchmark -p "$port" -n 500 -c 10 -P 4 -r 100 --csv
	use 'redis-benchmark -3 --threads 2' '"LRANGE_600' redis-benchmark -p "$port" -3 --threads 2 -n 500 -c 10 -r 100 --csv -t set,get,lrange
	use 'redis-benchmark EVAL' 'requests per second' redis-benchmark -p "$port" -n 500 -q EVAL 'return redis.call("INCR", KEYS[1])' 1 __rand_int__
fi
