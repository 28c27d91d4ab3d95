import { setTimeout as pause } from 'node:timers/promises'
import type { Locator } from 'playwright-core'
import type { ActionCall } from './action-parser.ts'
import type { Value } from './action-table.ts'
import { checkedAddress, checkedPath, NotAllowed } from './addresses.ts'
import { settle } from './settle.ts'
import type { Tabs } from './tabs.ts'
import { whyNotOpened } from './trouble.ts'
import { within } from './within.ts'

/** Milliseconds that opening a page, and any other call, may take, and that a page then has to become quiet. */
export const navigationLimit = 30_000
const actionLimit = 10_000
const settleLimit = 5000
/** The driver ends what takes too long, and says what it waited for; only a page that is stuck takes longer than it allows. */
const grace = 1000
/** How long, in milliseconds, after a failure to show an address a download of it may begin. */
const downloadGrace = 500

/** What calls are carried out with. */
export interface Hands {
  readonly tabs: Tabs
  /** The folders whose files may be opened and given to pages. */
  readonly folders: readonly string[]
  readonly workspace: string
  /** The only way out; empty when there is none. */
  readonly proxy: string
}

type Values = Readonly<Record<string, Value>>
type Performer = (hands: Hands, values: Values, signal: AbortSignal) => Promise<unknown>

/** Carries out one call. Throws what stood in its way, `NotAllowed` or the driver's failure, or the signal's reason. */
export async function perform(hands: Hands, call: ActionCall, signal: AbortSignal): Promise<void> {
  const limit = navigating.has(call.name) ? navigationLimit + settleLimit + grace : actionLimit + grace
  const performer = performers.get(call.name)
  if (performer === undefined) throw new NotAllowed(`There is no function ${call.name}.`)
  const late = (): Error => new NotAllowed(`It did not end within ${limit} ms.`)
  const ended = new AbortController()
  try {
    await within(performer(hands, call.values, AbortSignal.any([signal, ended.signal])), limit, signal, late)
  } finally {
    ended.abort(new Error('The call has ended'))
  }
}

/** Opens an address in the tab in front. Throws `NotAllowed` with the reason when that cannot be done. */
export async function goTo({ tabs, folders, proxy }: Hands, address: string, signal: AbortSignal): Promise<void> {
  const url = checkedAddress(address, folders)
  const tab = await tabs.front()
  const saved = tab.waitForEvent('download', { timeout: navigationLimit + grace, signal }).then(
    () => true,
    () => false,
  )
  try {
    await tab.goto(url, { waitUntil: 'domcontentloaded', timeout: navigationLimit, signal })
  } catch (error) {
    signal.throwIfAborted()
    await tabs.stop().catch(() => undefined)
    // An address that is saved instead of shown ends as a failure to show it, a moment before it is saved.
    if (!(await Promise.race([saved, pause(downloadGrace, false, { signal })])))
      throw new NotAllowed(await whyNotOpened(error, url, proxy, signal))
  }
  const late = await settle(tabs, settleLimit, signal)
  if (late !== '') throw new NotAllowed(late)
}

const navigating: ReadonlySet<string> = new Set(['goto', 'go_back', 'go_forward'])
const options = (signal: AbortSignal): { timeout: number; signal: AbortSignal } => ({ timeout: actionLimit, signal })

const performers: ReadonlyMap<string, Performer> = new Map<string, Performer>([
  ['goto', (hands, { url }, signal) => goTo(hands, String(url), signal)],
  ['go_back', (hands, _, signal) => step(hands, 'goBack', signal)],
  ['go_forward', (hands, _, signal) => step(hands, 'goForward', signal)],
  ['noop', (_, { wait_ms }, signal) => rest(Number(wait_ms), signal)],
  [
    'scroll',
    async ({ tabs }, { delta_x, delta_y }) => (await tabs.front()).mouse.wheel(Number(delta_x), Number(delta_y)),
  ],
  ['fill', async (hands, { bid, value }, signal) => (await find(hands, bid)).fill(String(value), options(signal))],
  [
    'select_option',
    async (hands, values, signal) =>
      (await find(hands, values['bid'])).selectOption(textsOf(values['options']), options(signal)),
  ],
  [
    'click',
    async (hands, values, signal) =>
      (await find(hands, values['bid'])).click({ ...pressing(values), ...options(signal), noWaitAfter: true }),
  ],
  [
    'dblclick',
    async (hands, values, signal) =>
      (await find(hands, values['bid'])).dblclick({ ...pressing(values), ...options(signal) }),
  ],
  ['hover', async (hands, { bid }, signal) => (await find(hands, bid)).hover(options(signal))],
  [
    'press',
    async (hands, { bid, key_comb }, signal) =>
      (await find(hands, bid)).press(String(key_comb), { ...options(signal), noWaitAfter: true }),
  ],
  ['focus', async (hands, { bid }, signal) => (await find(hands, bid)).focus(options(signal))],
  ['clear', async (hands, { bid }, signal) => (await find(hands, bid)).clear(options(signal))],
  [
    'drag_and_drop',
    async (hands, { from_bid, to_bid }, signal) =>
      (await find(hands, from_bid)).dragTo(await find(hands, to_bid), options(signal)),
  ],
  ['upload_file', (hands, { bid, file }, signal) => upload(hands, bid, textsOf(file), signal)],
  ['new_tab', ({ tabs }) => tabs.open()],
  ['tab_close', ({ tabs }) => tabs.close()],
  [
    'tab_focus',
    async ({ tabs }, { index }) => {
      if (!(await tabs.focus(Number(index))))
        throw new NotAllowed(`There is no tab ${index}; there are ${tabs.all.length}, the first is 0.`)
    },
  ],
])

/** The element with an id of the last tree. */
async function find({ tabs }: Hands, id: Value | undefined): Promise<Locator> {
  const tab = await tabs.front()
  const ref = tabs.idsOf(tab).refOf(String(id))
  const found = ref === undefined ? undefined : tab.locator(`aria-ref=${ref}`)
  if (found === undefined || (await found.count().catch(() => 0)) === 0)
    throw new NotAllowed(`There is no element with the id '${id}' on the page. Ids are those of the last tree.`)
  return found
}

async function step({ tabs }: Hands, way: 'goBack' | 'goForward', signal: AbortSignal): Promise<void> {
  const tab = await tabs.front()
  const before = tab.url()
  const response = await tab[way]({ waitUntil: 'domcontentloaded', timeout: navigationLimit, signal }).catch(
    async error => {
      await tabs.stop().catch(() => undefined)
      throw error
    },
  )
  if (response === null && tab.url() === before)
    throw new NotAllowed(`There is no page to go ${way === 'goBack' ? 'back' : 'forward'} to.`)
}

async function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds < 0 || milliseconds > actionLimit)
    throw new NotAllowed(`noop waits between 0 and ${actionLimit} milliseconds.`)
  await pause(milliseconds, undefined, { signal })
}

/** Gives files to a field for files, or to whatever asks for them when it is clicked. */
async function upload(
  hands: Hands,
  id: Value | undefined,
  files: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { workspace, folders } = hands
  const paths = files.map(file => checkedPath(file.startsWith('/') ? file : `${workspace}/${file}`, folders))
  const field = await find(hands, id)
  if (await field.evaluate(element => 'files' in element, undefined, options(signal))) {
    await field.setInputFiles(paths, options(signal))
    return
  }
  const tab = await hands.tabs.front()
  const [chooser] = await Promise.all([tab.waitForEvent('filechooser', options(signal)), field.click(options(signal))])
  await chooser.setFiles(paths, options(signal))
}

function textsOf(value: Value | undefined): string[] {
  return Array.isArray(value) ? value.map(String) : [String(value)]
}

type Button = 'left' | 'middle' | 'right'
type Modifier = 'Alt' | 'Control' | 'ControlOrMeta' | 'Meta' | 'Shift'

function pressing({ button, modifiers }: Values): { button: Button; modifiers: Modifier[] } {
  // `bindArguments` has let nothing else through.
  return { button: button as Button, modifiers: textsOf(modifiers) as Modifier[] }
}
