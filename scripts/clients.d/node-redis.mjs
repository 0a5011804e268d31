// Typical use of the npm package redis:
//
//   CLIENTS_PACKAGES=FOLDER node node-redis.mjs node|cluster PORT
import assert from 'node:assert/strict'
import { fails, load, plain, run, same, until } from './check.mjs'

const { createClient, createCluster, createClientPool, defineScript, RESP_TYPES, WatchError } = load('redis')
const [kind, port] = process.argv.slice(2)
const url = `redis://127.0.0.1:${port}`
const inCluster = kind === 'cluster'

const scripts = {
  addTwice: defineScript({
    NUMBER_OF_KEYS: 1,
    SCRIPT: 'redis.call("INCRBY", KEYS[1], ARGV[1]) return redis.call("INCRBY", KEYS[1], ARGV[1])',
    parseCommand(parser, key, n) { parser.pushKey(key); parser.push(String(n)) },
    transformReply: undefined,
  }),
}

async function connect(RESP) {
  const c = inCluster
    ? createCluster({ rootNodes: [{ url }], RESP, scripts })
    : createClient({ url, RESP, scripts, name: 'typical' })
  c.on('error', () => {}) // a use says what it misses
  await c.connect()
  await c.del(['{u}a', '{u}b', '{u}c', '{u}d'])
  return c
}

// alone is a connection to the node that has the keys of {u}.
async function alone(c, use) {
  const node = inCluster ? await c.nodeClient(c.slots[await c.sendCommand(undefined, true, ['CLUSTER', 'KEYSLOT', '{u}'])].master) : c
  const other = node.duplicate()
  other.on('error', () => {})
  await other.connect()
  try {
    return await use(other, node)
  } finally {
    other.destroy()
  }
}

const uses = {
  async 'strings, expiry, bits'(c) {
    await c.set('{u}a', 'värde', { expiration: { type: 'EX', value: 100 } })
    assert((await c.ttl('{u}a')) > 0)
    same(await c.set('{u}a', 'new', { GET: true, expiration: 'KEEPTTL' }), 'värde')
    same(await c.set('{u}a', 'x', { condition: 'NX' }), null)
    await c.mSet({ '{u}b': '1', '{u}c': '2.5' })
    same(await c.mGet(['{u}b', '{u}none', '{u}c']), ['1', null, '2.5'])
    same(Number(await c.incrByFloat('{u}c', 0.25)), 2.75)
    same(await c.getEx('{u}a', { type: 'PERSIST' }), 'new')
    same(await c.getDel('{u}a'), 'new')
    await c.setBit('{u}a', 7, 1)
    same(await c.bitCount('{u}a', { start: 0, end: 7, mode: 'BIT' }), 1)
    same(await c.bitField('{u}a', [
      { operation: 'SET', encoding: 'u8', offset: 0, value: 250 },
      { operation: 'OVERFLOW', behavior: 'FAIL' },
      { operation: 'INCRBY', encoding: 'u8', offset: 0, increment: 10 },
    ]), [1, null])
  },
  async 'binary values'(c) {
    const bytes = Buffer.from([0, 255, 13, 10, 0])
    await c.set('{u}a', bytes)
    const raw = c.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
    assert(bytes.equals(await raw.get('{u}a')))
    const large = Buffer.alloc(4 << 20, 'x')
    await c.set('{u}a', large)
    assert(large.equals(await raw.get('{u}a')))
  },
  async 'automatic pipeline'(c) {
    const n = 1000
    await Promise.all(Array.from({ length: n }, (_, i) => c.set(`p${i}`, String(i), { expiration: { type: 'EX', value: 60 } })))
    same(await Promise.all(Array.from({ length: n }, (_, i) => c.get(`p${i}`))), Array.from({ length: n }, (_, i) => String(i)))
    same(plain(await c.multi().incr('{u}a').incr('{u}a').execAsPipeline()), [1, 2])
  },
  async transactions(c) {
    same(plain(await c.multi().set('{u}a', '1').incr('{u}a').hSet('{u}b', 'f', 'v').hGetAll('{u}b').exec()), ['OK', 2, 1, { f: 'v' }])
    const message = await fails(c.multi().lPush('{u}a', 'x').incr('{u}a').exec())
    assert.match(message, /1 commands failed/)
    same(await c.get('{u}a'), '3')
  },
  async 'WATCH with retries'(c) {
    const watching = async client => {
      for (;;) {
        await client.watch('{u}a')
        const n = Number((await client.get('{u}a')) ?? 0)
        try {
          await client.multi().set('{u}a', String(n + 1)).exec()
          return
        } catch (error) {
          if (!(error instanceof WatchError)) throw error
        }
      }
    }
    await alone(c, async (one, node) => {
      const pool = createClientPool(node.options, { maximum: 4 })
      await pool.connect()
      await Promise.all(Array.from({ length: 20 }, () => pool.execute(watching)))
      pool.destroy()
      await one.watch('{u}a')
      await c.incr('{u}a')
      assert.match(await fails(one.multi().get('{u}a').exec()), /watched keys/i)
    })
    same(await c.get('{u}a'), '21')
  },
  async 'scripts with NOSCRIPT fallback'(c) {
    await alone(c, async one => { await one.scriptFlush() })
    same([await c.addTwice('{u}a', 2), await c.addTwice('{u}a', 1)], [4, 6])
    same(plain(await c.eval('return {KEYS[1], ARGV[1], 7, {ok = "FINE"}}', { keys: ['{u}a'], arguments: ['x'] })), ['{u}a', 'x', 7, 'FINE'])
    same(await fails(c.eval('return redis.error_reply("OWN wrong")', { keys: ['{u}a'] })), 'OWN wrong')
  },
  async 'channels and patterns'(c) {
    await alone(c, async (one, node) => {
      const heard = []
      await one.subscribe('{u}news', (message, channel) => heard.push(`${channel} ${message}`))
      await one.pSubscribe('{u}n*', (message, channel) => heard.push(`* ${channel} ${message}`))
      await (inCluster ? node : c).publish('{u}news', 'hello')
      await until(() => heard.length === 2)
      same(heard.sort(), ['* {u}news hello', '{u}news hello'])
      await one.unsubscribe()
      await one.pUnsubscribe()
      same(String(await one.ping()), 'PONG')
    })
  },
  async 'sharded channels'(c) {
    await alone(c, async one => {
      const listener = inCluster ? c : one
      let heard
      await listener.sSubscribe('{u}shard', message => { heard = message })
      same(await c.sPublish('{u}shard', 'hello'), 1)
      await until(() => heard === 'hello')
      await listener.sUnsubscribe('{u}shard')
    })
  },
  async 'blocking pops'(c) {
    await alone(c, async one => {
      let waiting = one.blPop(['{u}a', '{u}b'], 0)
      await c.rPush('{u}b', 'x')
      same(plain(await waiting), { key: '{u}b', element: 'x' })
      waiting = one.blMove('{u}a', '{u}b', 'LEFT', 'RIGHT', 0)
      await c.rPush('{u}a', 'y')
      same(await waiting, 'y')
      waiting = one.bzPopMin('{u}c', 0)
      await c.zAdd('{u}c', { score: 1.5, value: 'm' })
      same(plain(await waiting), { key: '{u}c', value: 'm', score: 1.5 })
      waiting = one.blmPop(0, ['{u}d'], 'LEFT', { COUNT: 5 })
      await c.rPush('{u}d', ['1', '2'])
      same(plain(await waiting), ['{u}d', ['1', '2']])
      same(await one.blPop('{u}d', 0.01), null)
    })
  },
  async 'scan iterators'(c) {
    const n = 700
    const many = c.multi()
    for (let i = 0; i < n; i++) many.set(`{u}scan${i}`, 'x').hSet('{u}h', `f${i}`, i).sAdd('{u}s', `m${i}`).zAdd('{u}z', { score: i, value: `m${i}` })
    await many.exec()
    const count = async pages => { let found = 0; for await (const page of pages) found += page.length; return found }
    await alone(c, async one => same(await count(one.scanIterator({ MATCH: '{u}scan*', TYPE: 'string', COUNT: 50 })), n))
    await alone(c, async one => {
      same(await count(one.hScanIterator('{u}h')), n)
      same(await count(one.sScanIterator('{u}s')), n)
      same(await count(one.zScanIterator('{u}z')), n)
    })
    same(await c.del(['{u}h', '{u}s', '{u}z', ...Array.from({ length: n }, (_, i) => `{u}scan${i}`)]), n + 3)
  },
  async 'hashes and lists'(c) {
    same(await c.hSet('{u}a', { name: 'Ada', age: '36' }), 2)
    same(plain(await c.hGetAll('{u}a')), { name: 'Ada', age: '36' })
    same(await c.hIncrBy('{u}a', 'age', 1), 37)
    same(await c.hmGet('{u}a', ['name', 'none']), ['Ada', null])
    same(plain(await c.hRandFieldCountWithValues('{u}a', 5)).length, 2)
    await c.rPush('{u}b', ['a', 'b', 'c', 'b'])
    await c.lInsert('{u}b', 'BEFORE', 'c', 'x')
    await c.lRem('{u}b', -1, 'b')
    same(await c.lRange('{u}b', 0, -1), ['a', 'b', 'x', 'c'])
    same(await c.lPos('{u}b', 'x'), 2)
    same(await c.lMove('{u}b', '{u}c', 'LEFT', 'RIGHT'), 'a')
    same(await c.lPopCount('{u}b', 9), ['b', 'x', 'c'])
  },
  async 'sets and sorted sets'(c) {
    await c.sAdd('{u}a', ['1', '2', '3'])
    await c.sAdd('{u}b', ['2', '3', '4'])
    same((await c.sInter(['{u}a', '{u}b'])).sort(), ['2', '3'])
    same(plain(await c.smIsMember('{u}a', ['1', '9'])).map(Number), [1, 0])
    same(await c.sUnionStore('{u}c', ['{u}a', '{u}b']), 4)
    await c.del(['{u}a', '{u}b'])
    await c.zAdd('{u}a', [{ score: 1, value: 'a' }, { score: 2.5, value: 'b' }, { score: Infinity, value: 'c' }])
    same(await c.zScore('{u}a', 'b'), 2.5)
    same(await c.zRangeWithScores('{u}a', 0, -1), [{ score: 1, value: 'a' }, { score: 2.5, value: 'b' }, { score: Infinity, value: 'c' }])
    same(await c.zRange('{u}a', '(1', '+inf', { BY: 'SCORE', LIMIT: { offset: 0, count: 1 } }), ['b'])
    same(await c.zmScore('{u}a', ['a', 'none']), [1, null])
    same(await c.zIncrBy('{u}a', 1, 'a'), 2)
    same(plain(await c.zPopMinCount('{u}a', 1)), [{ value: 'a', score: 2 }])
    same(await c.zUnionStore('{u}b', ['{u}a', '{u}c']), 6)
  },
  async 'generic commands'(c) {
    await c.rPush('{u}a', ['3', '1', '2'])
    same(await c.sort('{u}a', { DIRECTION: 'DESC' }), ['3', '2', '1'])
    same(await c.sortStore('{u}a', '{u}b', { LIMIT: { offset: 0, count: 2 } }), 2)
    same(Number(await c.copy('{u}b', '{u}c')), 1)
    same(await c.type('{u}c'), 'list')
    same(await c.objectEncoding('{u}c'), 'quicklist')
    const dump = await c.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }).dump('{u}c')
    await c.restore('{u}d', 0, dump)
    same(await c.lRange('{u}d', 0, -1), ['1', '2'])
    same(await c.expire('{u}d', 100, 'NX'), 1)
    same(await c.persist('{u}d'), 1)
    same(await c.unlink(['{u}a', '{u}b', '{u}none']), 2)
  },
  async errors(c) {
    await c.set('{u}a', 'x')
    same(await fails(c.lPush('{u}a', 'x')), 'WRONGTYPE Operation against a key holding the wrong kind of value')
    same(await fails(c.incr('{u}a')), 'ERR value is not an integer or out of range')
  },
  async 'connection and server'(c) {
    await alone(c, async (one, node) => {
      const info = await one.clientInfo()
      same(info.resp, one.options.RESP)
      await one.clientNoEvict(true)
      await one.clientSetName('other')
      same(await one.clientGetName(), 'other')
      assert((await node.clientList()).some(client => client.name === 'other'))
      assert.match(await one.info('server'), /redis_version/)
      same(plain(await one.configGet('maxclients')), { maxclients: '10000' })
      assert((await one.command()).length > 150)
      await one.slowLogGet?.()
      assert((await one.memoryUsage('{u}none')) === null)
      assert((await one.time()) !== undefined)
      assert((await one.dbSize()) >= 0)
      await one.latencyLatest?.()
    })
  },
  async 'its name in CLIENT INFO (Redis 7.2)'(c) {
    await alone(c, async one => same((await one.clientInfo()).libName, 'node-redis'))
  },
  async 'connects again after CLIENT KILL'(c) {
    await alone(c, async (one, node) => {
      const back = new Promise(resolve => one.once('ready', resolve))
      const heard = []
      await one.subscribe('{u}again', message => heard.push(message))
      const all = await node.clientList()
      const id = all.find(client => client.sub === 1 && client.cmd === 'subscribe').id
      await node.clientKill({ filter: 'ID', id })
      await back
      await until(async () => (await node.publish('{u}again', 'x')) === 1)
      await until(() => heard.length > 0)
    })
  },
}

for (const RESP of [2, 3]) {
  await run(`redis ${load('redis/package.json').version} (npm), RESP${RESP}`, uses, () => connect(RESP), c => c.destroy())
}
process.exit(0)
