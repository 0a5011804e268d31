// Typical use of the npm package ioredis:
//
//   CLIENTS_PACKAGES=FOLDER node ioredis.mjs node|cluster PORT
import assert from 'node:assert/strict'
import { fails, load, run, same, until } from './check.mjs'

const { Redis, Cluster } = load('ioredis')
const [kind, port] = process.argv.slice(2)
const inCluster = kind === 'cluster'

async function connect(protocol) {
  const redisOptions = { protocol, connectionName: 'typical' }
  const c = inCluster
    ? new Cluster([{ host: '127.0.0.1', port }], { redisOptions })
    : new Redis({ host: '127.0.0.1', port, ...redisOptions })
  c.on('error', () => {}) // a use says what it misses
  await c.del('{u}a', '{u}b', '{u}c', '{u}d')
  return c
}

// alone is a connection to the node that has the keys of {u}.
async function alone(c, use) {
  let node = c
  if (inCluster) {
    const slot = await c.cluster('KEYSLOT', '{u}')
    const owner = (await c.cluster('SLOTS')).find(([first, last]) => first <= slot && slot <= last)[2]
    node = c.nodes('master').find(n => n.options.port === Number(owner[1]))
  }
  const other = node.duplicate({ retryStrategy: () => 10 }) // those of a cluster have none
  try {
    return await use(other, node)
  } finally {
    other.disconnect()
  }
}

const uses = {
  async 'strings, expiry, bits'(c) {
    await c.set('{u}a', 'värde', 'EX', 100)
    assert((await c.ttl('{u}a')) > 0)
    same(await c.set('{u}a', 'new', 'KEEPTTL', 'GET'), 'värde')
    same(await c.set('{u}a', 'x', 'NX'), null)
    await c.mset({ '{u}b': 1, '{u}c': 2.5 })
    same(await c.mget('{u}b', '{u}none', '{u}c'), ['1', null, '2.5'])
    same(Number(await c.incrbyfloat('{u}c', 0.25)), 2.75)
    same(await c.getdel('{u}a'), 'new')
    await c.setbit('{u}a', 7, 1)
    same(await c.bitcount('{u}a', 0, 7, 'BIT'), 1)
    same(await c.bitfield('{u}a', 'SET', 'u8', 0, 250, 'OVERFLOW', 'FAIL', 'INCRBY', 'u8', 0, 10), [1, null])
  },
  async 'binary values'(c) {
    const bytes = Buffer.from([0, 255, 13, 10, 0])
    await c.set('{u}a', bytes)
    assert(bytes.equals(await c.getBuffer('{u}a')))
    const large = Buffer.alloc(4 << 20, 'x')
    await c.set('{u}a', large)
    assert(large.equals(await c.getBuffer('{u}a')))
  },
  async pipeline(c) {
    const n = 1000
    const p = c.pipeline()
    for (let i = 0; i < n; i++) p.set(`{u}p${i}`, i, 'EX', 60)
    for (let i = 0; i < n; i++) p.get(`{u}p${i}`)
    const replies = await p.exec()
    same(replies.slice(n), Array.from({ length: n }, (_, i) => [null, String(i)]))
    same(await Promise.all(Array.from({ length: n }, (_, i) => c.set(`p${i}`, i, 'EX', 60))), Array(n).fill('OK'))
  },
  async 'automatic pipeline'(c) {
    const options = inCluster ? [[{ host: '127.0.0.1', port }], { enableAutoPipelining: true }] : [{ host: '127.0.0.1', port, enableAutoPipelining: true }]
    const auto = inCluster ? new Cluster(...options) : new Redis(...options)
    try {
      await auto.set('{u}a', 0)
      same((await Promise.all(Array.from({ length: 100 }, () => auto.incr('{u}a')))).at(-1), 100)
    } finally {
      auto.disconnect()
    }
  },
  async transactions(c) {
    same(await c.multi().set('{u}a', 1).incr('{u}a').exec(), [[null, 'OK'], [null, 2]])
    const [wrong, right] = await c.multi().lpush('{u}a', 'x').incr('{u}a').exec()
    assert.match(wrong[0].message, /^WRONGTYPE/)
    same(right, [null, 3])
    await alone(c, async one => {
      same(await one.multi({ pipeline: false }), 'OK')
      same(await one.get('{u}a'), 'QUEUED')
      same(await one.exec(), [[null, '3']])
      await one.multi({ pipeline: false })
      await fails(one.call('nosuch'))
      assert.match(await fails(one.exec()), /^EXECABORT/)
    })
  },
  async 'WATCH with retries'(c) {
    const count = () => alone(c, async one => {
      for (;;) {
        await one.watch('{u}a')
        const n = Number((await one.get('{u}a')) ?? 0)
        if ((await one.multi().set('{u}a', n + 1).exec()) !== null) return
      }
    })
    await Promise.all(Array.from({ length: 8 }, count))
    same(await c.get('{u}a'), '8')
  },
  async 'scripts with NOSCRIPT fallback'(c) {
    await alone(c, (_, node) => node.script('FLUSH'))
    c.defineCommand('addTwice', { numberOfKeys: 1, lua: 'redis.call("INCRBY", KEYS[1], ARGV[1]) return redis.call("INCRBY", KEYS[1], ARGV[1])' })
    same([await c.addTwice('{u}a', 2), await c.addTwice('{u}a', 1)], [4, 6])
    same(await c.pipeline().addTwice('{u}a', 1).exec(), [[null, 8]])
    same(await c.eval('return {KEYS[1], ARGV[1], 7, {ok = "FINE"}}', 1, '{u}a', 'x'), ['{u}a', 'x', 7, 'FINE'])
    same(await fails(c.eval('return redis.error_reply("OWN wrong")', 1, '{u}a')), 'OWN wrong')
  },
  async 'channels and patterns'(c) {
    await alone(c, async (one, node) => {
      const heard = []
      one.on('message', (channel, message) => heard.push(`${channel} ${message}`))
      one.on('pmessage', (pattern, channel, message) => heard.push(`${pattern} ${channel} ${message}`))
      same(await one.subscribe('{u}news', '{u}other'), 2)
      same(await one.psubscribe('{u}n*'), 3)
      same(await node.publish('{u}news', 'hello'), 2)
      await until(() => heard.length === 2)
      same(heard.sort(), ['{u}n* {u}news hello', '{u}news hello'])
      same(await one.unsubscribe('{u}other'), 2)
    })
  },
  async 'sharded channels'(c) {
    await alone(c, async (one, node) => {
      let heard
      one.on('smessage', (_, message) => { heard = message })
      await one.ssubscribe('{u}shard')
      same(await node.spublish('{u}shard', 'hello'), 1)
      await until(() => heard === 'hello')
    })
  },
  async 'blocking pops'(c) {
    await alone(c, async one => {
      let waiting = one.blpop('{u}a', '{u}b', 0)
      await c.rpush('{u}b', 'x')
      same(await waiting, ['{u}b', 'x'])
      waiting = one.blmove('{u}a', '{u}b', 'LEFT', 'RIGHT', 0)
      await c.rpush('{u}a', 'y')
      same(await waiting, 'y')
      waiting = one.bzpopmin('{u}c', 0)
      await c.zadd('{u}c', 1.5, 'm')
      same((await waiting).map(String), ['{u}c', 'm', '1.5'])
      waiting = one.blmpop(0, 1, '{u}d', 'LEFT', 'COUNT', 5)
      await c.rpush('{u}d', 1, 2)
      same(await waiting, ['{u}d', ['1', '2']])
      same(await one.blpop('{u}d', 0.01), null)
    })
  },
  async 'scan streams'(c) {
    const n = 700
    const many = c.pipeline()
    for (let i = 0; i < n; i++) many.set(`{u}scan${i}`, 'x').hset('{u}h', `f${i}`, i).sadd('{u}s', `m${i}`).zadd('{u}z', i, `m${i}`)
    await many.exec()
    const count = async pages => { let found = 0; for await (const page of pages) found += page.length; return found }
    await alone(c, async one => {
      same(await count(one.scanStream({ match: '{u}scan*', type: 'string', count: 50 })), n)
      same(await count(one.hscanStream('{u}h')), 2 * n)
      same(await count(one.sscanStream('{u}s')), n)
      same(await count(one.zscanStream('{u}z')), 2 * n)
    })
    same(await c.del('{u}h', '{u}s', '{u}z', ...Array.from({ length: n }, (_, i) => `{u}scan${i}`)), n + 3)
  },
  async 'hashes and lists'(c) {
    same(await c.hset('{u}a', { name: 'Ada', age: 36 }), 2)
    same({ ...(await c.hgetall('{u}a')) }, { name: 'Ada', age: '36' })
    same(await c.hincrby('{u}a', 'age', 1), 37)
    same(await c.hmget('{u}a', 'name', 'none'), ['Ada', null])
    await c.rpush('{u}b', 'a', 'b', 'c', 'b')
    await c.linsert('{u}b', 'BEFORE', 'c', 'x')
    await c.lrem('{u}b', -1, 'b')
    same(await c.lrange('{u}b', 0, -1), ['a', 'b', 'x', 'c'])
    same(await c.lpos('{u}b', 'x'), 2)
    same(await c.lpop('{u}b', 9), ['a', 'b', 'x', 'c'])
  },
  async 'sets and sorted sets'(c) {
    await c.sadd('{u}a', 1, 2, 3)
    await c.sadd('{u}b', 2, 3, 4)
    same((await c.sinter('{u}a', '{u}b')).sort(), ['2', '3'])
    same((await c.smismember('{u}a', 1, 9)).map(Number), [1, 0])
    await c.del('{u}a', '{u}b')
    await c.zadd('{u}a', 1, 'a', 2.5, 'b', '+inf', 'c')
    same(Number(await c.zscore('{u}a', 'b')), 2.5)
    same((await c.zrange('{u}a', 0, 1, 'WITHSCORES')).flat().map(String), ['a', '1', 'b', '2.5'])
    same(await c.zrange('{u}a', '(1', '+inf', 'BYSCORE', 'LIMIT', 0, 1), ['b'])
    same((await c.zpopmin('{u}a')).flat().map(String), ['a', '1'])
  },
  async 'generic commands'(c) {
    await c.rpush('{u}a', 3, 1, 2)
    same(await c.sort('{u}a', 'DESC'), ['3', '2', '1'])
    same(await c.sort('{u}a', 'LIMIT', 0, 2, 'STORE', '{u}b'), 2)
    same(await c.copy('{u}b', '{u}c'), 1)
    same(await c.object('ENCODING', '{u}c'), 'quicklist')
    const dump = await c.dumpBuffer('{u}c')
    await c.restore('{u}d', 0, dump)
    same(await c.lrange('{u}d', 0, -1), ['1', '2'])
    same(await c.expire('{u}d', 100, 'NX'), 1)
    same(await c.unlink('{u}a', '{u}b', '{u}none'), 2)
  },
  async errors(c) {
    await c.set('{u}a', 'x')
    same(await fails(c.lpush('{u}a', 'x')), 'WRONGTYPE Operation against a key holding the wrong kind of value')
    same(await fails(c.incr('{u}a')), 'ERR value is not an integer or out of range')
  },
  async 'connection and server'(c) {
    await alone(c, async (one, node) => {
      assert.match(await one.client('INFO'), /name=typical /)
      same(await one.client('NO-EVICT', 'ON'), 'OK')
      assert.match(await node.client('LIST'), /name=typical/)
      assert.match(await one.info('server', 'clients'), /redis_version/)
      assert((await one.command()).length > 150)
      same((await one.role())[0], 'master')
      same(await one.memory('USAGE', '{u}none'), null)
    })
  },
  async monitor(c) {
    await alone(c, async (one, node) => {
      const watch = await node.monitor()
      try {
        const seen = new Promise(resolve => watch.on('monitor', (_, words) => words.includes('{u}seen') && resolve(words)))
        await one.set('{u}seen', 'x')
        same(await seen, ['set', '{u}seen', 'x'])
      } finally {
        watch.disconnect()
      }
    })
  },
  async 'its name in CLIENT INFO (Redis 7.2)'(c) {
    await alone(c, async one => assert.match(await one.client('INFO'), /lib-name=ioredis/))
  },
  async 'connects again after CLIENT KILL'(c) {
    await alone(c, async (one, node) => {
      await one.subscribe('{u}again')
      const line = (await node.client('LIST')).split('\n').find(l => / sub=1 /.test(l) && /cmd=subscribe/.test(l))
      const heard = new Promise(resolve => one.on('message', (_, message) => resolve(message)))
      same(await node.client('KILL', 'ID', /^id=(\d+)/.exec(line)[1]), 1)
      await until(async () => (await node.publish('{u}again', 'x')) === 1)
      same(await heard, 'x')
    })
  },
}

for (const protocol of [2, 3]) {
  await run(`ioredis ${load('ioredis/package.json').version}, RESP${protocol}`, uses, () => connect(protocol), c => c.disconnect())
}
process.exit(0)
