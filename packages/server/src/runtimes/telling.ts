import type { Browser, Outcome, PageView, Python } from '../core/ports.ts'
import type { Refusals } from './refusals.ts'

/** A browser whose pages say what the way out has refused meanwhile: a page that lacks half of itself shows nobody why. */
export function tellingBrowser(browser: Browser, refusals: Refusals): Browser {
  const told = (outcome: Outcome<{ readonly page: PageView }>): Outcome<{ readonly page: PageView }> => {
    const notes = refusals.take()
    if (notes === '') return outcome
    if (!outcome.ok) return { ok: false, message: `${outcome.message}\n${notes}` }
    return { ok: true, page: { ...outcome.page, text: joined(outcome.page.text, notes) } }
  }
  return {
    open: async (url, signal) => told(await browser.open(url, signal)),
    act: async (code, signal) => told(await browser.act(code, signal)),
  }
}

/** Python whose cells say what the way out has refused meanwhile. */
export function tellingPython(python: Python, refusals: Refusals): Python {
  return {
    run: async (...request) => {
      const outcome = await python.run(...request)
      const notes = refusals.take()
      return notes === '' || !outcome.ok ? outcome : { ...outcome, text: joined(outcome.text, notes) }
    },
  }
}

function joined(text: string, notes: string): string {
  return text === '' || text.endsWith('\n') ? text + notes : `${text}\n${notes}`
}
