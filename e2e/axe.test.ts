import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { after, before, describe, test } from 'node:test'
import { type Look, Surfer } from './browser.ts'
import { Scenes } from './scenes.ts'
import { viewsOf } from './views.ts'

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
/** Runs rules, all of WCAG 2.2, A and AA, and what its makers count as good practice, or only some. */
const check = (options: object): string => `axe.run(document, ${JSON.stringify(options)})
  .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ': ' + html.slice(0, 160) + ' | ' + failureSummary.split('\\n').slice(1, 2).join(''))))`
const everything = check({
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  resultTypes: ['violations'],
})
const colours = check({ runOnly: ['color-contrast'], resultTypes: ['violations'] })

describe('everybody can use every view', () => {
  const stack = new AsyncDisposableStack()
  let surfer: Surfer
  let scenes: Scenes
  before(async () => {
    surfer = stack.use(await Surfer.start())
    scenes = stack.use(await Scenes.start())
  })
  after(() => stack.disposeAsync())

  for (const width of ['wide', 'phone'] as const)
    for (const theme of ['light', 'dark'] as const)
      test(`[WCAG 2.2 AA] no violation on any view, ${width}, ${theme}`, async () => {
        const look: Look = { width, theme }
        await using visit = await surfer.visit(`${scenes.url}/#/`, { ...look, bypassCSP: true })
        const found: string[] = []
        await visit.tab.addScriptTag({ path: axe })
        for (const { name, hash, arrive } of viewsOf(scenes)) {
          await visit.tab.keyboard.press('Escape')
          await visit.tab.goto(`${scenes.url}/${hash}`)
          await arrive(visit.tab, look)
          // Of a theme only the colours are another matter than of the other.
          const violations = (await visit.tab.evaluate(theme === 'light' ? everything : colours)) as string[] // the script's own answer
          found.push(...violations.map(each => `${name}: ${each}`))
        }
        assert.deepEqual([...new Set(found)], [])
        visit.assertQuiet()
      })
})
