import type { Area, Place } from '../area.ts'
import type { Answer, Call } from '../calls.ts'
import { Refusal } from '../refusal.ts'
import { BrowserKeeper, noBrowser } from './browser-keeper.ts'
import type { Page } from './page.ts'

/** How long, in milliseconds, a browser may be idle before it is ended. */
const idleLimit = 5 * 60_000

/** Opening pages and acting on them; the screenshot is the body of an answer. */
export function browserArea({ options }: Pick<Place, 'options'>, idleMs = idleLimit): Area {
  const keeper = new BrowserKeeper(options, idleMs)
  const open = async ({ params, signal }: Call): Promise<Answer> =>
    answerOf(await keeper.ask({ open: params.text('url') }, signal))
  const act = async ({ params, signal }: Call): Promise<Answer> => {
    if (keeper.program === undefined) throw new Refusal(noBrowser)
    return answerOf(await keeper.ask({ act: params.text('code') }, signal))
  }
  return {
    handlers: new Map([
      ['browser_open', open],
      ['browser_act', act],
    ]),
    close: () => keeper.close(),
  }
}

function answerOf({ screenshot, ...page }: Page): Answer {
  return { value: { ...page }, body: Buffer.from(screenshot, 'base64') }
}
