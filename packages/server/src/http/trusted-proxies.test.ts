import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { TrustedProxies } from './trusted-proxies.ts'

/** A request as far as it matters here. */
function request(remoteAddress: string, told: Readonly<Record<string, readonly string[]>> = {}): IncomingMessage {
  const headers = Object.fromEntries(Object.entries(told).map(([name, values]) => [name, values.join(', ')]))
  return { socket: { remoteAddress }, headers, headersDistinct: told } as unknown as IncomingMessage // all that is looked at
}

test('[P46] what is forwarded counts only from proxies on the list', () => {
  const proxies = new TrustedProxies(['127.0.0.1', '10.0.0.0/8', 'fd00::/8'])
  const table: [from: string, told: readonly string[], client: string][] = [
    ['192.0.2.1', ['1.1.1.1'], '192.0.2.1'],
    ['127.0.0.1', [], '127.0.0.1'],
    ['127.0.0.1', ['198.51.100.7'], '198.51.100.7'],
    ['::ffff:127.0.0.1', ['198.51.100.7'], '198.51.100.7'],
    ['127.0.0.1', ['1.1.1.1, 198.51.100.7'], '198.51.100.7'],
    ['127.0.0.1', ['1.1.1.1', '198.51.100.7, 10.3.2.1'], '198.51.100.7'],
    ['fd00::1', ['2001:db8::1'], '2001:db8::1'],
    ['127.0.0.1', ['198.51.100.7, nonsense'], '127.0.0.1'],
    ['127.0.0.2', ['198.51.100.7'], '127.0.0.2'],
  ]
  for (const [from, told, client] of table)
    assert.equal(proxies.clientOf(request(from, { 'x-forwarded-for': told })), client, `${from} ${told}`)
  assert.equal(proxies.hostOf(request('127.0.0.1', { 'x-forwarded-host': ['Public.example'] })), 'public.example')
  assert.equal(proxies.hostOf(request('127.0.0.2', { 'x-forwarded-host': ['public.example'] })), undefined)
  assert.equal(proxies.hostOf(request('127.0.0.1')), undefined)
  for (const riddle of [['a', 'b'], ['a, b']])
    assert.equal(proxies.hostOf(request('127.0.0.1', { 'x-forwarded-host': riddle })), null)
})

test('[P46] a list that says something else is refused', () => {
  for (const wrong of ['proxy.example', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '::/129', '', '*'])
    assert.throws(() => new TrustedProxies([wrong]), RangeError, wrong)
})
