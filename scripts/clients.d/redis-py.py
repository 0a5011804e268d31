"""Typical use of the Python package redis:

    python3 redis-py.py node|cluster PORT

Prints a line for each use: whether it passed, or why not.
"""

import logging
import sys
import threading
import time

import redis
from redis.cluster import RedisCluster

kind, port = sys.argv[1], int(sys.argv[2])
in_cluster = kind == "cluster"
CLIENT = f"redis-py {redis.__version__}"
WAIT_SECONDS = 10


def same(got, want):
    assert got == want, f"{got!r}, want {want!r}"


def error(do):
    """The message of the error that do() raises."""
    try:
        do()
    except redis.RedisError as e:
        return str(e)
    raise AssertionError("no error")


def owner(c):
    """A client of the node that has the keys of {u}."""
    if not in_cluster:
        return redis.Redis(port=port, decode_responses=True, client_name="typical")
    node = c.get_node_from_key("{u}")
    return redis.Redis(host=node.host, port=node.port, decode_responses=True, client_name="typical")


def strings(c):
    c.set("{u}a", "värde", ex=100)
    assert c.ttl("{u}a") > 0
    same(c.set("{u}a", "new", keepttl=True, get=True), "värde")
    same(c.set("{u}a", "x", nx=True), None)
    same(c.mset({"{u}b": 1, "{u}c": 2.5}), True)
    same(c.mget("{u}b", "{u}none", "{u}c"), ["1", None, "2.5"])
    same(c.incrbyfloat("{u}c", 0.25), 2.75)
    same(c.getdel("{u}a"), "new")
    c.setbit("{u}a", 7, 1)
    same(c.bitcount("{u}a", 0, 7, "BIT"), 1)
    bits = owner(c).bitfield("{u}a", default_overflow="FAIL")
    same(bits.set("u8", 0, 250).incrby("u8", 0, 10).execute(), [1, None])


def pipeline(c):
    n = 1000
    p = c.pipeline(transaction=False) if not in_cluster else c.pipeline()
    for i in range(n):
        p.set(f"p{i}", i, ex=60)
    for i in range(n):
        p.get(f"p{i}")
    same(p.execute()[n:], [str(i) for i in range(n)])


def transactions(c):
    one = owner(c)
    same(one.pipeline().set("{u}a", 1).incr("{u}a").hset("{u}b", "f", "v").hgetall("{u}b").execute(), [True, 2, 1, {"f": "v"}])
    wrong, right = one.pipeline().lpush("{u}a", "x").incr("{u}a").execute(raise_on_error=False)
    assert str(wrong).startswith("WRONGTYPE") or "wrong kind of value" in str(wrong), wrong
    same(right, 3)


def watch(c):
    def count(p):
        n = int(p.get("{u}a") or 0)
        p.multi()
        p.set("{u}a", n + 1)

    threads = [threading.Thread(target=lambda: [owner(c).transaction(count, "{u}a") for _ in range(10)]) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    same(c.get("{u}a"), "40")


def scripts(c):
    one = owner(c)
    one.script_flush()
    add = one.register_script('redis.call("INCRBY", KEYS[1], ARGV[1]) return redis.call("INCRBY", KEYS[1], ARGV[1])')
    same([add(keys=["{u}a"], args=[2]), add(keys=["{u}a"], args=[1])], [4, 6])
    p = one.pipeline()
    add(keys=["{u}a"], args=[1], client=p)
    same(p.execute(), [8])
    same(c.eval('return {KEYS[1], ARGV[1], 7, {ok = "FINE"}}', 1, "{u}a", "x"), ["{u}a", "x", 7, "FINE"])
    same(error(lambda: c.eval('return redis.error_reply("OWN wrong")', 1, "{u}a")), "OWN wrong")


def lock(c):
    one = owner(c)
    with one.lock("{u}lock", timeout=60, blocking_timeout=WAIT_SECONDS) as held:
        assert held.owned()
        same(one.lock("{u}lock", timeout=60).acquire(blocking=False), False)
        held.extend(60)
    same(one.exists("{u}lock"), 0)


def heard(subscriber):
    """The next message that is no confirmation."""
    limit = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < limit:
        message = subscriber.get_message(ignore_subscribe_messages=True, timeout=WAIT_SECONDS)
        if message:
            return message["type"], message["channel"], message["data"]
    raise AssertionError("no message")


def channels(c):
    one = owner(c)
    with one.pubsub() as s:
        s.subscribe("{u}news")
        s.psubscribe("{u}n*")
        for _ in range(2):
            assert s.get_message(timeout=WAIT_SECONDS)
        same(one.publish("{u}news", "hello"), 2)
        same(sorted([heard(s), heard(s)]), [("message", "{u}news", "hello"), ("pmessage", "{u}news", "hello")])
        same(one.pubsub_numsub("{u}news"), [("{u}news", 1)])
        s.unsubscribe()


def blocking(c):
    def later(wait, push):
        got = []
        t = threading.Thread(target=lambda: got.append(wait()))
        t.start()
        push()
        t.join(WAIT_SECONDS)
        return got[0]

    same(later(lambda: c.blpop(["{u}a", "{u}b"], 0), lambda: c.rpush("{u}b", "x")), ("{u}b", "x"))
    same(later(lambda: c.brpop("{u}a", 0), lambda: c.rpush("{u}a", 1, 2)), ("{u}a", "2"))
    c.delete("{u}a")
    same(later(lambda: c.blmove("{u}a", "{u}b", 0), lambda: c.rpush("{u}a", "y")), "y")
    same(later(lambda: c.bzpopmin("{u}c", 0), lambda: c.zadd("{u}c", {"m": 1.5})), ("{u}c", "m", 1.5))
    same(later(lambda: c.blmpop(0, 1, "{u}d", direction="LEFT", count=5), lambda: c.rpush("{u}d", 1, 2)), ["{u}d", ["1", "2"]])


def scans(c):
    n = 700
    p = c.pipeline()
    for i in range(n):
        p.set(f"{{u}}scan{i}", "x").hset("{u}h", f"f{i}", i).sadd("{u}s", f"m{i}").zadd("{u}z", {f"m{i}": i})
    p.execute()
    same(len(set(c.scan_iter(match="{u}scan*", count=50))), n)
    same(len(dict(c.hscan_iter("{u}h"))), n)
    same(len(set(c.sscan_iter("{u}s"))), n)
    same(len(dict(c.zscan_iter("{u}z"))), n)
    same(c.delete("{u}h", "{u}s", "{u}z", *(f"{{u}}scan{i}" for i in range(n))), n + 3)


def hashes_and_lists(c):
    same(c.hset("{u}a", mapping={"name": "Ada", "age": 36}), 2)
    same(c.hgetall("{u}a"), {"name": "Ada", "age": "36"})
    same(c.hincrby("{u}a", "age"), 37)
    same(c.hmget("{u}a", "name", "none"), ["Ada", None])
    c.rpush("{u}b", "a", "b", "c", "b")
    c.linsert("{u}b", "BEFORE", "c", "x")
    c.lrem("{u}b", -1, "b")
    same(c.lrange("{u}b", 0, -1), ["a", "b", "x", "c"])
    same(c.lpos("{u}b", "x"), 2)
    same(c.lpop("{u}b", 9), ["a", "b", "x", "c"])


def sets_and_sorted_sets(c):
    c.sadd("{u}a", 1, 2, 3)
    c.sadd("{u}b", 2, 3, 4)
    same(c.sinter("{u}a", "{u}b"), {"2", "3"})
    same(list(map(int, c.smismember("{u}a", [1, 9]))), [1, 0])
    c.delete("{u}a", "{u}b")
    c.zadd("{u}a", {"a": 1, "b": 2.5, "c": float("inf")})
    same(c.zscore("{u}a", "b"), 2.5)
    same(c.zrange("{u}a", 0, -1, withscores=True), [("a", 1.0), ("b", 2.5), ("c", float("inf"))])
    same(c.zrangebyscore("{u}a", "(1", "+inf", start=0, num=1), ["b"])
    same(c.zmscore("{u}a", ["a", "none"]), [1.0, None])
    same(c.zpopmin("{u}a"), [("a", 1.0)])


def generic(c):
    c.rpush("{u}a", 3, 1, 2)
    same(c.sort("{u}a", desc=True), ["3", "2", "1"])
    same(c.sort("{u}a", start=0, num=2, store="{u}b"), 2)
    same(c.copy("{u}b", "{u}c"), True)
    same(c.object("ENCODING", "{u}c"), "quicklist")
    raw = redis.Redis(host="127.0.0.1", port=owner(c).connection_pool.connection_kwargs["port"])
    raw.restore("{u}d", 0, raw.dump("{u}c"))
    same(c.lrange("{u}d", 0, -1), ["1", "2"])
    same(c.expire("{u}d", 100, nx=True), True)
    same(c.unlink("{u}a", "{u}b", "{u}none"), 2)


def errors(c):
    c.set("{u}a", "x")
    same(error(lambda: c.incr("{u}a")), "value is not an integer or out of range")
    assert "WRONGTYPE" in error(lambda: c.lpush("{u}a", "x"))


def connection_and_server(c):
    one = owner(c)
    same(one.client_info()["name"], "typical")
    assert one.client_id() > 0
    same(one.client_no_evict("ON"), "OK")
    assert any(line["name"] == "typical" for line in one.client_list())
    assert one.info("server")["redis_version"]
    assert one.info("commandstats")["cmdstat_set"]["calls"] > 0
    same(one.config_get("maxclients"), {"maxclients": "10000"})
    assert len(one.command()) > 150
    same(one.command_getkeys("MSET", "a", 1, "b", 2), ["a", "b"])
    same(one.role()[0], "master")
    assert isinstance(one.slowlog_get(3), list)
    same(one.memory_usage("{u}none"), None)
    assert len(one.time()) == 2
    with one.monitor() as m:
        owner(c).set("{u}seen", "x")
        while "{u}seen" not in m.next_command()["command"]:
            pass  # what the client says of itself comes first


USES = {
    "strings, expiry, bits": strings,
    "pipeline": pipeline,
    "transactions": transactions,
    "WATCH with retries": watch,
    "scripts with NOSCRIPT fallback": scripts,
    "lock, which is scripts": lock,
    "channels and patterns": channels,
    "blocking pops": blocking,
    "scan iterators": scans,
    "hashes and lists": hashes_and_lists,
    "sets and sorted sets": sets_and_sorted_sets,
    "generic commands": generic,
    "errors": errors,
    "connection and server": connection_and_server,
}


def main():
    logging.disable()  # a cluster's errors, which are wanted here
    if in_cluster:
        c = RedisCluster(host="127.0.0.1", port=port, decode_responses=True)
    else:
        c = redis.Redis(port=port, decode_responses=True, client_name="typical")
    for name, use in USES.items():
        try:
            c.delete("{u}a", "{u}b", "{u}c", "{u}d")
            use(c)
            print(f"ok\t{CLIENT}\t{name}")
        except Exception as e:  # whatever it is: the use did not work
            why = " ".join(f"{type(e).__name__}: {e}".split())
            print(f"FAIL\t{CLIENT}\t{name}\t{why}")


main()
