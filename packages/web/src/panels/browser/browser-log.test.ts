import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Draft, describe, type Event, parseEvent } from '@openhands/protocol'
import { RowMaker } from '../../store/rows.ts'
import { newestPage, pageIn, underWay } from './browser-log.ts'

const rowsOf = (...loose: readonly object[]) =>
  new RowMaker().rowsOf(
    loose.map((each, id) => {
      const draft: Draft = parseEvent(each)
      return { ...draft, id, timestamp: '2026-01-01T00:00:00Z', message: describe(draft) } as Event // a draft plus what it lacked
    }),
  )
const open = { action: 'browse', source: 'agent', args: { url: 'https://a.example/' } }
const click = { action: 'browse_interactive', source: 'agent', args: { browser_actions: "click('12')" } }
const seen = (cause: number, url: string, more: object = {}) => ({
  observation: 'browse',
  source: 'agent',
  cause,
  content: '',
  extras: { url, screenshot: 'data:image/jpeg;base64,AA==', open_pages_urls: [url], active_page_index: 0, ...more },
})

test('the newest page of the log is shown, with what was done to get there', () => {
  const blob = '/api/conversations/x/blobs/1.png'
  const page = pageIn(
    rowsOf(open, seen(0, 'https://a.example/'), click, seen(2, 'https://b.example/', { screenshot_url: blob })),
  )
  assert.equal(page?.url, 'https://b.example/')
  assert.equal(page?.screenshot, blob)
  assert.equal(page?.lastAction, "click('12')")
  assert.deepEqual(page?.tabs, ['https://b.example/'])
  assert.equal(page?.event, 3)
  assert.equal(pageIn(rowsOf(open)), undefined)
})

test('what failed after the newest page is told beside it', () => {
  const failure = { observation: 'error', source: 'agent', cause: 2, content: 'no such element', extras: {} }
  const page = pageIn(rowsOf(open, seen(0, 'https://a.example/'), click, failure))
  assert.equal(page?.url, 'https://a.example/')
  assert.equal(page?.error, 'no such element')
  assert.equal(page?.lastAction, "click('12')")
})

test('what the server tells counts where the log held here knows nothing newer', () => {
  const told = {
    running: true,
    page: { event: 7, url: 'https://t.example/', tabs: ['https://t.example/'], active_tab: 0, error: '' },
  }
  const logged = pageIn(rowsOf(open, seen(0, 'https://a.example/')))
  assert.equal(newestPage(logged, told)?.url, 'https://t.example/')
  assert.equal(newestPage(logged, { ...told, page: { ...told.page, event: 0 } })?.url, 'https://a.example/')
  assert.equal(newestPage(logged, undefined)?.url, 'https://a.example/')
  assert.equal(newestPage(undefined, { running: false, page: null }), undefined)
})

test('only what is being carried out is under way', () => {
  const [row] = rowsOf(click)
  assert.ok(row?.kind === 'act')
  assert.equal(underWay([{ action: row.action, approval: 'free' }]), "click('12')")
  assert.equal(underWay([{ action: row.action, approval: 'awaited' }]), undefined)
  assert.equal(underWay([]), undefined)
})
