import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Outgoing, withMessage } from '../../store/outbox.ts'
import { againText } from '../../text.ts'
import { refusalOf } from './message-refusal.ts'

test('a message is refused only where it could not even wait, and the reason is told', () => {
  assert.equal(refusalOf({ link: { kind: 'open' }, outbox: [] }), undefined)
  assert.equal(refusalOf({ link: { kind: 'connecting' }, outbox: [] }), undefined)
  assert.equal(refusalOf({ link: { kind: 'gone' }, outbox: [] }), againText.gone)
  assert.equal(refusalOf({ link: { kind: 'denied' }, outbox: [] }), againText.denied)
  let full: readonly Outgoing[] = []
  for (let next = withMessage(full, { id: '0', text: '', images: [] }); next; ) {
    assert.equal(refusalOf({ link: { kind: 'open' }, outbox: full }), undefined)
    full = next
    next = withMessage(full, { id: String(full.length), text: '', images: [] })
  }
  assert.equal(refusalOf({ link: { kind: 'open' }, outbox: full }), againText.full)
})
