import assert from 'node:assert/strict'
import { test } from 'node:test'
import fastify from 'fastify'
import type { Clock } from '../core/ports.ts'
import { rateLimit } from './rate-limit.ts'

/** Time stands still until the test moves it; whoever sleeps is woken by that. */
class HandClock implements Clock {
  #now = 0
  readonly sleepers: (() => void)[] = []
  now(): Date {
    return new Date(this.#now)
  }
  sleep(): Promise<void> {
    return new Promise(resolve => this.sleepers.push(resolve))
  }
  move(milliseconds: number): void {
    this.#now += milliseconds
    for (const wake of this.sleepers.splice(0)) wake()
  }
}

test('[wire B2] of the requests of a second ten pass, ten wait, the rest are refused; files of the page do not count', async () => {
  const clock = new HandClock()
  const app = fastify()
  app.addHook('onRequest', rateLimit(clock, 10))
  app.get('/*', async () => 'ok')
  const ask = async (url = '/x', remoteAddress = '10.0.0.1') => await app.inject({ url, remoteAddress })
  for (let i = 0; i < 10; i++) assert.equal((await ask()).statusCode, 200)
  assert.equal(clock.sleepers.length, 0)
  const more = Array.from({ length: 12 }, () => ask())
  const [delayed, refused] = [more.slice(0, 10), await Promise.all(more.slice(10))]
  for (const { statusCode, headers, body } of refused) {
    assert.deepEqual([statusCode, headers['retry-after'], body], [429, '1', '{"message":"Too many requests"}'])
  }
  assert.equal(clock.sleepers.length, 10)
  assert.equal((await ask('/assets/x.js')).statusCode, 200)
  assert.equal((await ask('/x', '10.0.0.2')).statusCode, 200, 'another address')
  clock.move(1000)
  for (const { statusCode } of await Promise.all(delayed)) assert.equal(statusCode, 200)
  assert.equal((await ask()).statusCode, 200)
  assert.equal(clock.sleepers.length, 0)
  await app.close()
})
