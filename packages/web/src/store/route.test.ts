import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readLook } from './look.ts'
import { hrefOf, parseRoute, type Route } from './route.ts'

const id = '0123456789abcdef0123456789abcdef'

test('every place has an address that leads to it', () => {
  const places: readonly Route[] = [
    { page: 'home' },
    { page: 'conversation', id, event: undefined },
    { page: 'conversation', id, event: 42 },
    { page: 'settings', section: '' },
    { page: 'settings', section: 'model' },
  ]
  for (const place of places) assert.deepEqual(parseRoute(hrefOf(place)), place)
})

test('[S16] an address that is no place is home', () => {
  for (const hash of ['', '#', '#/x', '#/conversations/../x', '#/conversations/', '#/conversations/<b>', '#code=abc']) {
    assert.deepEqual(parseRoute(hash), { page: 'home' })
  }
})

test('a look that was kept by another version, or by nobody, is read as far as it makes sense', () => {
  const look = readLook({ theme: 'dark', panelWidth: 'wide', panelOpen: 0, sidebarOpen: false })
  assert.deepEqual([look.theme, look.panelWidth, look.panelOpen, look.sidebarOpen], ['dark', 480, true, false])
  assert.equal(readLook(null).theme, 'system')
})
