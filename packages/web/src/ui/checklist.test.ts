import assert from 'node:assert/strict'
import { test } from 'node:test'
import '../../test/load-tsx.ts'
import type { PlanItem } from '@openhands/protocol'
import { createElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { planText } from '../text.ts'

const { Checklist, PlanBar } = await import('./checklist.tsx')

const html = (items: readonly PlanItem[]): string => renderToStaticMarkup(createElement(Checklist, { items }))
/** What is read aloud: no drawings, no tags. */
const spoken = (made: string): string[] =>
  [...made.matchAll(/<li.*?<\/li>/gs)].map(([item]) =>
    item.replace(/<span aria-hidden="true".*?<\/span>(?=<span class="min-w-0)/gs, '').replace(/<[^>]*>/g, ''),
  )

test('[C10] how far each step is can be seen and heard', () => {
  const made = html([
    { text: 'look', state: 'done' },
    { text: 'mend', state: 'doing' },
    { text: '<b>test</b>', state: 'open' },
  ])
  assert.deepEqual(spoken(made), ['done: look', 'in progress: mend', 'to do: &lt;b&gt;test&lt;/b&gt;'])
  assert.equal(new Set([...made.matchAll(/<span aria-hidden="true" class="([^"]*)"/g)].map(([, look]) => look)).size, 3)
  assert.match(made, /aria-posinset="3" aria-setsize="3"/)
  assert.doesNotMatch(made, /<button/)
})

test('[C10] a plan that is too long to be taken in shows the part that counts, and offers the rest', () => {
  const items = Array.from({ length: 40 }, (_, at): PlanItem => ({ text: `${at}`, state: at < 30 ? 'done' : 'open' }))
  const made = html(items)
  assert.equal(spoken(made).length, 15)
  assert.ok(spoken(made).includes('to do: 30'))
  assert.match(made, /aria-posinset="26" aria-setsize="40"/)
  assert.match(made, new RegExp(`<button[^>]*>${planText.all(40)}`))
  assert.match(renderToStaticMarkup(createElement(PlanBar, { items })), /width:75%/)
})
