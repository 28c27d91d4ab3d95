import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fitsKeys } from './commands.ts'

const pressed = (key: string, held: Partial<Record<'metaKey' | 'ctrlKey' | 'altKey' | 'shiftKey', boolean>> = {}) => ({
  key,
  metaKey: false,
  ctrlKey: false,
  altKey: false,
  shiftKey: false,
  ...held,
})

test('keys fit as they are pressed on this machine', () => {
  assert.equal(fitsKeys('Mod+K', pressed('k', { ctrlKey: true }), false), true)
  assert.equal(fitsKeys('Mod+K', pressed('k', { metaKey: true }), true), true)
  assert.equal(fitsKeys('Mod+K', pressed('k', { ctrlKey: true }), true), false)
  assert.equal(fitsKeys('Mod+K', pressed('k'), false), false)
  assert.equal(fitsKeys('g', pressed('g'), false), true)
  assert.equal(fitsKeys('g', pressed('G', { shiftKey: true }), false), false)
  assert.equal(fitsKeys('Shift+g', pressed('G', { shiftKey: true }), false), true)
  assert.equal(fitsKeys('g', pressed('g', { ctrlKey: true }), false), false)
  assert.equal(fitsKeys('g', pressed('g', { altKey: true }), false), false)
})

test('a sign fits on every keyboard, whether it needs Shift there or not', () => {
  assert.equal(fitsKeys('?', pressed('?', { shiftKey: true }), false), true)
  assert.equal(fitsKeys('?', pressed('?'), false), true)
  assert.equal(fitsKeys('/', pressed('/', { shiftKey: true }), false), true)
})
