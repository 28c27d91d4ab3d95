import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { after, before, describe, test } from 'node:test'
import { Surfer } from './browser.ts'
import { Scenes } from './scenes.ts'
import { viewsOf } from './views.ts'

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
/** Runs rules; the answer is a line for each thing that breaks one. */
const check = (
  runOnly: object,
): string => `axe.run(document, { runOnly: ${JSON.stringify(runOnly)}, resultTypes: ['violations'] }).then(({ violations }) => violations.flatMap(({ id, nodes }) =>
  nodes.map(({ html, failureSummary }) => id + ': ' + html.slice(0, 160) + ' | ' + failureSummary.split('\\n').slice(1, 2).join(''))))`

/** All of WCAG 2.2, A and AA, and what its makers count as good practice. */
const all = check(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
/** What another theme can break: the page is the same but for its colours. */
const colours = check({ type: 'rule', values: ['color-contrast', 'link-in-text-block'] })

describe('everybody can use every view', { concurrency: 2 }, () => {
  const stack = new AsyncDisposableStack()
  let surfer: Surfer
  let scenes: Scenes
  before(async () => {
    surfer = stack.use(await Surfer.start())
    scenes = stack.use(await Scenes.start({ all: true }))
  })
  after(() => stack.disposeAsync())

  for (const width of ['wide', 'phone'] as const)
    test(`[WCAG 2.2 AA] no violation on any view, ${width}, light and dark`, async () => {
      const found: string[] = []
      await using visit = await surfer.visit('about:blank', { width, bypassCSP: true })
      const { tab } = visit
      // The sections of the settings stand below each other on one page.
      const views = viewsOf(scenes.shown).filter(({ name }) => !name.startsWith('settings-'))
      for (const { name, address, arrive } of views) {
        await tab.goto('about:blank')
        await tab.goto(address)
        await arrive(tab)
        await tab.addScriptTag({ path: axe })
        for (const [colorScheme, rules] of [
          ['light', all],
          ['dark', colours],
        ] as const) {
          await tab.emulateMedia({ colorScheme })
          const violations = (await tab.evaluate(rules)) as string[] // the script's own answer
          found.push(...violations.map(each => `${name}, ${colorScheme}: ${each}`))
        }
        await tab.emulateMedia({ colorScheme: 'light' })
      }
      assert.deepEqual([...new Set(found)], [])
    })
})
