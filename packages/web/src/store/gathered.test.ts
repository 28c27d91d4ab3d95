import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { Touched } from './file-watch.ts'
import { Gathered } from './gathered.ts'

const paths = (...names: string[]): Touched => ({ paths: names, all: false })

test('[P47] the first change is told at once, those that follow together when it has been dealt with, none is lost', async () => {
  mock.timers.enable({ apis: ['setTimeout'] })
  try {
    const told: Touched[] = []
    let settle = (): void => undefined
    const gathered = new Gathered(100, touched => {
      told.push(touched)
      return new Promise<void>((resolve, reject) => {
        settle = told.length === 1 ? resolve : () => reject(new Error('the server does not answer'))
      })
    })
    const pass = async (ms: number): Promise<void> => {
      mock.timers.tick(ms)
      await setImmediate()
    }
    gathered.add(paths())
    assert.equal(told.length, 0)
    gathered.add(paths('a'))
    gathered.add(paths('b'))
    assert.deepEqual(told, [paths('a')])
    await pass(100)
    assert.equal(told.length, 1) // nobody has dealt with it yet
    gathered.add(paths('b', 'c'))
    settle()
    await setImmediate()
    assert.deepEqual(told, [paths('a'), paths('b', 'c')])
    settle() // that it failed is no reason to tell nothing more
    await setImmediate()
    gathered.add(paths('d'))
    assert.equal(told.length, 2) // too soon
    for (let i = 0; i < 1_000; i++) gathered.add(paths(String(i)))
    await pass(100)
    assert.equal(told.length, 3)
    const last = told.at(-1)
    assert.equal(last?.all, true)
    assert.ok(last.paths.length <= 201)
    gathered.add(paths('late'))
    settle()
    gathered.end()
    await pass(1_000)
    gathered.add(paths('later'))
    assert.equal(told.length, 3)
  } finally {
    mock.timers.reset()
  }
})
