// What the JavaScript clients have in common: named uses, each of which
// passes or says why not, a line each on standard output.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import path from 'node:path'

// The packages are in a folder of their own, outside this one.
export const load = createRequire(path.join(process.env.CLIENTS_PACKAGES, 'x.js'))

export const same = assert.deepEqual

// plain is a reply in the arrays and objects that comparisons print well.
export const plain = value => JSON.parse(JSON.stringify(value))

// until waits for a condition that another connection brings about.
export async function until(holds) {
  const limit = Date.now() + 10_000
  while (!(await holds())) {
    assert(Date.now() < limit, 'not within ten seconds')
    await new Promise(resolve => setImmediate(resolve))
  }
}

// fails is the message with which a promise is rejected.
export async function fails(promise) {
  try {
    await promise
  } catch (error) {
    return error.message
  }
  assert.fail('no error')
}

const useMillis = 20_000

// run does uses one after the other. A use is a function of what make returns,
// which is made anew for each and given back by end.
export async function run(client, uses, make, end) {
  for (const [name, use] of Object.entries(uses)) {
    let made, timer
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not done in ${useMillis} ms`)), useMillis)
    })
    try {
      made = await Promise.race([make(), late])
      await Promise.race([use(made), late])
      console.log(`ok\t${client}\t${name}`)
    } catch (error) {
      console.log(`FAIL\t${client}\t${name}\t${String(error.message).replace(/\s+/g, ' ')}`)
    } finally {
      clearTimeout(timer)
      if (made) await end(made)
    }
  }
}
